package graphql

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/shurcooL/githubv4"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
	"github.com/stalewatch/stalewatch/pipeline/github"
)

// headQuery and tailQuery are a page of an owner's repositories, from the
// beginning on and from the end on. Only scalars, single objects and the topics,
// so that a page of 100 costs one point and little of GitHub's time.
//
// Orders that move under the cursor, such as that by last push, are no good
// here. ownerAffiliations keeps other people's repositories out of a user's
// listing.
type headQuery struct {
	envelope
	RepositoryOwner *headOwner `graphql:"repositoryOwner(login: $owner)"`
}

type headOwner struct {
	ownerNode
	Repositories connection `graphql:"repositories(first: $size, after: $cursor, privacy: $privacy, ownerAffiliations: [OWNER], orderBy: {field: $order, direction: ASC})"`
}

type tailQuery struct {
	envelope
	RepositoryOwner *tailOwner `graphql:"repositoryOwner(login: $owner)"`
}

type tailOwner struct {
	ownerNode
	Repositories connection `graphql:"repositories(last: $size, before: $cursor, privacy: $privacy, ownerAffiliations: [OWNER], orderBy: {field: $order, direction: ASC})"`
}

type ownerNode struct {
	ownerKind
	ID    githubv4.ID
	Login text
}

// ownerKind tells a person's account from an organization.
type ownerKind struct {
	Typename text `graphql:"__typename"`
}

// mark notes whose the repositories of an owner are.
func (k ownerKind) mark(repos []pipeline.Repository) {
	for i := range repos {
		repos[i].OwnerIsUser = k.Typename.string == "User"
	}
}

type connection struct {
	TotalCount number
	PageInfo   pageInfo
	Nodes      []*listed
}

type pageInfo struct {
	HasNextPage     flag
	HasPreviousPage flag
	StartCursor     text
	EndCursor       text
}

// next is the cursor that leads on; empty at the end.
func (p pageInfo) next(back bool) string {
	switch {
	case back && p.HasPreviousPage.bool:
		return p.StartCursor.string
	case !back && p.HasNextPage.bool:
		return p.EndCursor.string
	}
	return ""
}

// listed is a repository as a listing shows it.
type listed struct {
	ID                            githubv4.ID
	NameWithOwner                 text
	URL                           text
	Description                   text
	CreatedAt                     moment
	PushedAt                      moment
	UpdatedAt                     moment
	IsArchived                    flag
	IsFork                        flag
	IsTemplate                    flag
	IsMirror                      flag
	IsEmpty                       flag
	IsDisabled                    flag
	IsLocked                      flag
	IsPrivate                     flag
	Visibility                    text
	IsUserConfigurationRepository flag
	StargazerCount                number
	ForkCount                     number
	PrimaryLanguage               *struct{ Name text }
	LicenseInfo                   *struct{ SpdxID text }
	LatestRelease                 *struct {
		TagName     text
		PublishedAt moment
	}
	Parent *struct {
		NameWithOwner text
		PushedAt      moment
		IsArchived    flag
	}
	RepositoryTopics struct {
		Nodes []*struct{ Topic struct{ Name text } }
	} `graphql:"repositoryTopics(first: 20)"` // GitHub allows 20 topics
	DefaultBranchRef *struct{ Name text } `graphql:"defaultBranchRef @include(if: $branches)"`
}

// List reads one page of an owner's repositories. It costs one point.
func (c *Client) List(ctx context.Context, q github.ListQuery) (github.ListPage, error) {
	var head headQuery
	var a *answer
	var err error
	if q.Back {
		var tail tailQuery
		a, err = c.ask(ctx, listAsk(q), &tail, listVariables(q))
		head.envelope, head.RepositoryOwner = tail.envelope, (*headOwner)(tail.RepositoryOwner)
	} else {
		a, err = c.ask(ctx, listAsk(q), &head, listVariables(q))
	}
	if err != nil {
		return github.ListPage{}, err
	}
	if head.RepositoryOwner == nil {
		return github.ListPage{}, ownerRefused(q.Owner, a)
	}
	found := head.RepositoryOwner.Repositories
	page := github.ListPage{
		Spent:      head.spent(a),
		Owner:      head.RepositoryOwner.Login.string,
		OwnerID:    id(head.RepositoryOwner.ID),
		TotalCount: found.TotalCount.int,
		Next:       found.PageInfo.next(q.Back),
	}
	if page.OwnerID == "" || !found.TotalCount.set || found.TotalCount.bad {
		return github.ListPage{}, &EmptyAnswerError{Message: "the listing tells neither whose it is nor how long"}
	}
	page.Repositories, page.Hidden, page.HiddenWhy, err = rows(ctx, a, found.Nodes, "repositoryOwner", "repositories", "nodes")
	if err != nil {
		return github.ListPage{}, err
	}
	head.RepositoryOwner.mark(page.Repositories)
	a.followed = page.Next != ""
	return page, nil
}

func listVariables(q github.ListQuery) map[string]any {
	return map[string]any{
		"owner":    githubv4.String(q.Owner),
		"size":     githubv4.Int(q.Size),
		"cursor":   cursor(q.Cursor),
		"privacy":  privacy(q.Private),
		"order":    githubv4.RepositoryOrderField(q.Order),
		"branches": githubv4.Boolean(q.Branches),
	}
}

// cursor is null for the beginning, never empty.
func cursor(s string) *githubv4.String {
	if s == "" {
		return nil
	}
	return githubv4.NewString(githubv4.String(s))
}

func privacy(private bool) *githubv4.RepositoryPrivacy {
	if private {
		return nil
	}
	public := githubv4.RepositoryPrivacyPublic
	return &public
}

// rows maps the elements of a listing. The path is the list's. What GitHub
// fails on is asked for again a few times; then a repository of which something
// could not be read says so, and one without an id or a name counts as hidden.
func rows(ctx context.Context, a *answer, nodes []*listed, path ...string) (found []pipeline.Repository, hidden int, why string, err error) {
	spoilt := errorsBelow(a, path...)
	for i, n := range nodes {
		nameless := n == nil || id(n.ID) == "" || !n.isNamed()
		if nameless {
			hidden++
		}
		for _, e := range spoilt[i] {
			if passes(e, len(path)+1) || e.is("FORBIDDEN", "INSUFFICIENT_SCOPES") {
				continue
			}
			if durable.Attempt(ctx) <= patience {
				return nil, 0, "", holes(a.status, e.Message)
			}
		}
		if nameless {
			continue
		}
		r := n.repository()
		if name := n.flaw(); name != "" {
			r.ReadError = "GitHub's answer about it cannot be used: " + name
		}
		for _, e := range spoilt[i] {
			if !passes(e, len(path)+1) {
				r.ReadError = fmt.Sprintf("GitHub could not read its %v: %s", e.Path[len(path)+1], e.Message)
			}
		}
		found = append(found, r)
	}
	if hidden == 0 {
		return found, 0, "", nil
	}
	if !a.anyIs("FORBIDDEN", "INSUFFICIENT_SCOPES") && durable.Attempt(ctx) <= patience {
		return nil, 0, "", holes(a.status, a.text())
	}
	return found, hidden, a.text(), nil
}

// holes is a page of which something is missing. Less of it is asked for only
// when GitHub says that it had no time: what it cannot read of one repository it
// cannot read on a smaller page either.
func holes(status int, said string) error {
	said = "a page came with holes in it; " + said
	if timedOut(said) {
		return &TimeoutError{Status: status, Message: said}
	}
	return &EmptyAnswerError{Message: said}
}

// passes reports an error that leaves a null where a null is as true: a fork's
// parent that this token may not see, and a repository as a whole, which the
// null tells already.
func passes(e queryError, depth int) bool {
	if len(e.Path) <= depth {
		return true
	}
	return e.Path[depth] == "parent" && e.is("FORBIDDEN", "NOT_FOUND", "INSUFFICIENT_SCOPES")
}

// ownerRefused says why an owner came back as null: GitHub names no reason for
// an unknown one, or NOT_FOUND; a policy of the organization is FORBIDDEN.
func ownerRefused(owner string, a *answer) error {
	if a.anyIs("FORBIDDEN", "INSUFFICIENT_SCOPES") {
		return &ForbiddenError{Owner: owner, Message: a.text()}
	}
	for _, e := range a.errors {
		if !e.is("NOT_FOUND") {
			return &TimeoutError{Status: a.status, Message: e.Message}
		}
	}
	return &UnknownOwnerError{Owner: owner}
}

// isNamed reports a name of both parts.
func (n *listed) isNamed() bool {
	owner, name := pipeline.SplitName(n.NameWithOwner.string)
	return owner != "" && name != ""
}

// flaw names a value that cannot be used; empty when all can.
func (n *listed) flaw() string {
	if webAddress(n.URL) == "" {
		return "url"
	}
	flags := []named{
		{"nameWithOwner", n.NameWithOwner, false}, {"description", n.Description, true},
		{"createdAt", n.CreatedAt, false}, {"pushedAt", n.PushedAt, true}, {"updatedAt", n.UpdatedAt, false},
		{"isArchived", n.IsArchived, false}, {"isFork", n.IsFork, false}, {"isTemplate", n.IsTemplate, false},
		{"isMirror", n.IsMirror, false}, {"isEmpty", n.IsEmpty, false}, {"isDisabled", n.IsDisabled, false},
		{"isLocked", n.IsLocked, false}, {"isPrivate", n.IsPrivate, false}, {"visibility", n.Visibility, false},
		{"isUserConfigurationRepository", n.IsUserConfigurationRepository, false},
		{"stargazerCount", n.StargazerCount, false}, {"forkCount", n.ForkCount, false},
	}
	if n.LatestRelease != nil {
		flags = append(flags, named{"latestRelease", n.LatestRelease.PublishedAt, true})
	}
	if n.Parent != nil {
		flags = append(flags, named{"parent", n.Parent.PushedAt, true})
	}
	return flaw(flags...)
}

func (n *listed) repository() pipeline.Repository {
	r := pipeline.Repository{
		ID:                            id(n.ID),
		NameWithOwner:                 n.NameWithOwner.string,
		URL:                           webAddress(n.URL),
		Description:                   n.Description.pointer(),
		CreatedAt:                     n.CreatedAt.Time,
		PushedAt:                      n.PushedAt.pointer(),
		UpdatedAt:                     n.UpdatedAt.Time,
		IsArchived:                    n.IsArchived.bool,
		IsFork:                        n.IsFork.bool,
		IsTemplate:                    n.IsTemplate.bool,
		IsMirror:                      n.IsMirror.bool,
		IsEmpty:                       n.IsEmpty.bool,
		IsDisabled:                    n.IsDisabled.bool,
		IsLocked:                      n.IsLocked.bool,
		IsPrivate:                     n.IsPrivate.bool,
		Visibility:                    pipeline.Visibility(strings.ToLower(n.Visibility.string)),
		IsUserConfigurationRepository: n.IsUserConfigurationRepository.bool,
		StargazerCount:                n.StargazerCount.int,
		ForkCount:                     n.ForkCount.int,
	}
	if n.DefaultBranchRef != nil {
		r.DefaultBranch = n.DefaultBranchRef.Name.pointer()
	}
	if n.PrimaryLanguage != nil {
		r.PrimaryLanguage = n.PrimaryLanguage.Name.pointer()
	}
	if n.LicenseInfo != nil {
		r.License = n.LicenseInfo.SpdxID.pointer()
	}
	if n.LatestRelease != nil {
		r.LatestRelease = &pipeline.Release{TagName: n.LatestRelease.TagName.string, PublishedAt: n.LatestRelease.PublishedAt.pointer()}
	}
	if p := n.Parent; p != nil {
		r.Parent = &pipeline.Parent{NameWithOwner: p.NameWithOwner.string, PushedAt: p.PushedAt.pointer(), IsArchived: p.IsArchived.bool}
	}
	for _, t := range n.RepositoryTopics.Nodes {
		if t != nil && t.Topic.Name.string != "" {
			r.Topics = append(r.Topics, t.Topic.Name.string)
		}
	}
	return r
}

// webAddress is the text when it is an address on the web, and else empty.
func webAddress(t text) string {
	u, err := url.Parse(t.string)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return ""
	}
	return u.String()
}
