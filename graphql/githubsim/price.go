package githubsim

import (
	"strings"
	"time"
)

// price is what a field takes of GitHub's time.
type price struct {
	time time.Duration // for each value, that is for each element of a list
	git  bool          // the repository's git has to be open for it
	once bool          // the fields of one commit that have this price share it
}

// openGit is the price of opening a repository's git, once a query.
const openGit = 12 * time.Millisecond

// prices is GitHub's price list by Type.field, for elements of nodes(ids:) with
// their type behind it. Everything else is free.
//
// GitHub publishes no prices. It says that its time is the sum of response
// times, that a query has ten seconds and an account sixty a minute
// (docs.github.com/graphql/overview/rate-limits-and-query-limits). The numbers
// are estimates from reports: one blob in each of 50 repositories took over ten
// seconds where 40 did not (backstage/backstage#28741, #31474), a tree with its
// blobs in 50 but not in 30 (praetorian-inc/gato#270), so a path lookup is 0.1 to
// 0.2 s; a hundred tips take far less; a listing's metadata is nearly free. The
// branch of a listing's row is a ref like any other: GitHub asks git for it.
var prices = map[string]price{
	"Query.nodes Repository":         {time: 1500 * time.Microsecond},
	"RepositoryConnection.nodes":     {time: 1500 * time.Microsecond},
	"Repository.repositoryTopics":    {time: time.Millisecond},
	"Repository.issues":              {time: 6 * time.Millisecond},
	"Repository.pullRequests":        {time: 6 * time.Millisecond},
	"Repository.latestRelease":       {time: 6 * time.Millisecond},
	"Repository.parent":              {time: 6 * time.Millisecond},
	"Repository.defaultBranchRef":    {time: 3 * time.Millisecond, git: true},
	"Repository.ref":                 {time: 3 * time.Millisecond, git: true},
	"Ref.target":                     {time: 8 * time.Millisecond},
	"Query.nodes Commit":             {time: 8 * time.Millisecond, git: true},
	"Repository.object":              {time: 8 * time.Millisecond, git: true},
	"Repository.object(path)":        {time: 120 * time.Millisecond, git: true},
	"Commit.history":                 {time: 30 * time.Millisecond},
	"CommitHistoryConnection.nodes":  {time: 3 * time.Millisecond},
	"Commit.additions":               {time: 60 * time.Millisecond, once: true},
	"Commit.deletions":               {time: 60 * time.Millisecond, once: true},
	"Commit.changedFilesIfAvailable": {time: 60 * time.Millisecond, once: true},
}

// bill adds up what one query takes of GitHub's time.
type bill struct {
	total time.Duration
	paid  map[object]bool // repositories that are open, commits that are measured
}

// first reports whether o was not paid for yet.
func (b *bill) first(o object) bool {
	was := b.paid[o]
	b.paid[o] = true
	return !was
}

// charge adds the price of a field of o that came to v.
func (b *bill) charge(o object, f *plannedField, v value) {
	items, isList := v.([]object)
	if !isList {
		b.add(o, priceOf(f))
		return
	}
	for _, item := range items {
		p := prices[f.name]
		if f.name == "Query.nodes" {
			p = prices[f.name+" "+item.typeName()]
		}
		b.add(item, p)
	}
}

// add adds a price that is due for o.
func (b *bill) add(o object, p price) {
	if p.git && b.first(repositoryOf(o)) {
		b.total += openGit
	}
	if !p.once || b.first(o) {
		b.total += p.time
	}
}

// repositoryOf is the repository that a priced object lies in.
func repositoryOf(o object) object {
	switch o := o.(type) {
	case gitObject:
		return o.repository()
	case refNode:
		return o.of
	}
	return o
}

// priceOf is the list's price of a field with its arguments.
func priceOf(f *plannedField) price {
	if f.name == "Repository.object" && strings.Contains(f.args.string("expression"), ":") {
		return prices["Repository.object(path)"]
	}
	return prices[f.name]
}
