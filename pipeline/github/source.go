package github

import (
	"encoding/json"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// Judge is what reading has to know of judging. Like [pipeline.Judge] it is pure.
type Judge interface {
	// Wants returns what has to be read before the repositories can be judged
	// at asOf; nothing for those that can be judged already.
	Wants(repos []pipeline.Repository, asOf time.Time) []pipeline.Want
	// Search sums up the newest commits of a default branch, newest first, as
	// far as they were read; ended says that there are no further ones.
	Search(commits []pipeline.Commit, ended bool, asOf time.Time) *pipeline.Search
	// CondenseReadme keeps of a README's text what judging looks at, and no e-mail
	// address.
	CondenseReadme(text string) string
	// CondenseCodeowners keeps of a CODEOWNERS file what judging looks at. What
	// it returns holds no e-mail address.
	CondenseCodeowners(text string) string
	// Rules returns the rules in force. Callers must not change them.
	Rules() pipeline.Rules
}

// Source is the [pipeline.Source] of the owners' repositories. It asks in
// rounds: the listing, and while it still pages, the tips of what changed; then
// what lies behind tips that do not decide; and when every status stands, the
// details. Create it with [New].
type Source struct {
	Catalog Catalog
	Judge   Judge
	// Known are the repositories of the last saved run, by ID. Those that have
	// not changed since keep their detail. Nil means that nothing is known.
	Known map[string]pipeline.Repository
	// Listed is how that run listed the owners; without it, or without Known,
	// they are listed anew.
	Listed []pipeline.Listing

	learner *learner
}

// New returns a source that begins with what an earlier one had learnt, see
// [Source.Learnt]; nil means nothing.
func New(c Catalog, j Judge, learnt json.RawMessage) *Source {
	return &Source{Catalog: c, Judge: j, learner: newLearner(learnt)}
}

// Learnt is how much to ask for at once, for the next process to begin with.
func (g *Source) Learnt() json.RawMessage { return g.learner.learnt() }

// recordSchema changes when the form of [pipeline.Detail] does.
const recordSchema = "2"

// RecordRevision identifies everything that decides what a repository's record
// holds, besides the repository. Records of another revision are read anew.
func RecordRevision(c Catalog) string {
	return durable.Digest(recordSchema, pipeline.ReadingRevision, c.Revision())
}

// Name is "github".
func (g *Source) Name() string { return "github" }

// Recall returns the repositories and listings that a snapshot holds.
func (g *Source) Recall(prior *pipeline.Snapshot) pipeline.Gathered {
	var known pipeline.Gathered
	for _, f := range prior.Findings {
		known.Repositories = append(known.Repositories, f.Repository)
	}
	known.Listings, known.Counters.CarriedOver = prior.Listings, len(known.Repositories)
	return known
}

// KnownRepositories indexes the findings of a snapshot for [Source.Known].
func KnownRepositories(findings []pipeline.Finding) map[string]pipeline.Repository {
	known := make(map[string]pipeline.Repository, len(findings))
	for _, f := range findings {
		known[f.ID] = f.Repository
	}
	return known
}

// githubRun is one execution of the source.
type githubRun struct {
	*Source
	moment   pipeline.Moment
	revision string
}
