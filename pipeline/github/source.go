package github

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// Judge is what the asking has to know of judging. Like [pipeline.Judge] it is
// pure.
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

// Learnt is how much to ask for at once, for the next process that asks the same
// GitHub.
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

// githubRun is one execution of the source.
type githubRun struct {
	*Source
	moment   pipeline.Moment
	revision string
}

// Orchestrate starts one sub-orchestration per owner, and when all their
// statuses stand, reads the details.
func (g *Source) Orchestrate(o *durable.Orchestration, m pipeline.Moment) (pipeline.Gathered, error) {
	s := &githubRun{Source: g, moment: m, revision: RecordRevision(g.Catalog)}
	owners, err := s.owners(o)
	if err != nil {
		return pipeline.Gathered{}, err
	}
	var tasks []*durable.Task[*listing]
	for _, owner := range owners {
		tasks = append(tasks, durable.Sub(o, "owner "+string(pipeline.ScopeOf(owner)), s.statuses, owner))
	}
	listings, err := durable.All(tasks)
	listings = slices.DeleteFunc(listings, func(l *listing) bool { return l == nil })
	gone := 0
	for _, l := range listings {
		if l.gone != "" {
			gone++
		}
	}
	if gone == len(owners) {
		return pipeline.Gathered{}, errors.New(listings[0].gone)
	}
	var notices []string
	var more tally
	if err == nil {
		var d *detailing
		d, err = s.details(o, listings)
		notices, more = d.notices(), d.tally
		for _, l := range listings {
			if err == nil {
				err = l.deepen(o, "judge by words "+l.owner)
			}
		}
	}
	if err != nil {
		for _, l := range listings {
			l.leaveUndecided()
		}
	}
	parts := make([]pipeline.Gathered, len(listings))
	for i, l := range listings {
		parts[i] = l.gathered()
	}
	all := pipeline.Join(parts)
	all.Notices = append(all.Notices, notices...)
	all.Counters.Chunks += more.chunks
	all.Counters.SplitChunks += more.split
	return all, err
}

// statuses finds out all that the statuses of one owner's repositories depend
// on. When it is stopped it returns what it has.
func (s *githubRun) statuses(o *durable.Orchestration, owner string) (*listing, error) {
	l := s.newListing(o, owner)
	err := l.readProperties()
	if err == nil && l.gone == "" {
		err = l.list()
	}
	if tipsErr := l.enterTips(); err == nil {
		err = tipsErr
	}
	if err == nil {
		err = l.deepen(o, "judge")
	}
	return l, err
}

// leaveUndecided takes back what was learnt of repositories that cannot be
// judged by it yet, because the run stops: they stay as they were known.
func (l *listing) leaveUndecided() {
	for _, want := range l.run.Judge.Wants(l.judgeable(), l.run.moment.AsOf) {
		r := l.found[want.ID]
		if known := l.run.Known[want.ID]; known.Detail != nil && known.ReadError == "" {
			r.Detail = known.Detail
		} else {
			r.ReadError = "not read yet: the run was suspended before what decides its status was read"
		}
	}
}

// gathered is what was found out about one owner.
func (l *listing) gathered() pipeline.Gathered {
	g := pipeline.Gathered{Notices: l.notices, Counters: pipeline.Counters{Chunks: l.tally.chunks, SplitChunks: l.tally.split, CarriedOver: len(l.carried)}}
	for _, id := range l.order {
		g.Repositories = append(g.Repositories, *l.found[id])
	}
	switch {
	case l.gone != "":
		g.Missing, g.Short = max(1, len(l.known)), []string{l.owner}
		g.Notices = append(g.Notices, l.gone)
	case !l.listed:
	case l.total == 0 && len(l.known) > 0:
		g.Missing, g.Short = len(l.known), []string{l.owner}
		g.Notices = append(g.Notices, fmt.Sprintf("%s had %s and now shows none: what is known of them is kept. Check whether the token may still see them.", l.login, repositories(len(l.known))))
	case l.total == 0:
		g.Notices = append(g.Notices, fmt.Sprintf("%s has no repositories that this token can see. If it should, check the spelling, and whether they are private (include.private).", l.login))
	case l.missing() > 0:
		g.Missing, g.Short = l.missing(), []string{l.owner}
		g.Notices = append(g.Notices, l.missingNotice())
	case l.surplus() > 0:
		g.Missing, g.Short = l.surplus(), []string{l.owner}
		g.Notices = append(g.Notices, fmt.Sprintf("%s has %d repositories by GitHub's count, but %d different ones were listed, twice: one of the two is wrong. The next run lists them again.", l.login, l.total, l.seen()))
	default:
		whole := l.run.moment.AsOf
		if l.changed {
			whole = l.prior.Whole
		}
		g.Listings = []pipeline.Listing{{Owner: l.login, ID: l.ownerID, AsOf: l.run.moment.AsOf, Whole: whole,
			Include: l.run.Judge.Rules().Include, Basis: l.basis(), Excluded: slices.Sorted(maps.Keys(l.excluded))}}
	}
	return g
}

func (l *listing) missingNotice() string {
	s := fmt.Sprintf("%s has %d repositories by GitHub's count, but only %d of them could be listed.", l.login, l.total, l.seen())
	if l.hidden == 0 {
		return s + " They may have been renamed while the listing was read; the next run lists them again."
	}
	if l.why != "" {
		s += " GitHub says: " + pipeline.Plain(l.why, pipeline.TextLimit) + "."
	}
	return s + " Use a token that is authorized for all of them (SAML single sign-on, repository access)."
}

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
	return maps.Collect(func(yield func(string, pipeline.Repository) bool) {
		for _, f := range findings {
			if !yield(f.ID, f.Repository) {
				return
			}
		}
	})
}
