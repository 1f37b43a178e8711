package github

import (
	"strings"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// listing is what was learnt of one owner's repositories.
type listing struct {
	run   *githubRun
	o     *durable.Orchestration
	owner string
	known map[string]pipeline.Repository // of this owner, by id
	prior *pipeline.Listing              // how it was listed last; nil for never

	login    string // as GitHub spells it
	ownerID  string
	total    int                             // as GitHub counts
	found    map[string]*pipeline.Repository // by id
	order    []string                        // of their ids, as they were found
	excluded map[string]bool                 // listed, and left out by the configuration
	swept    map[string]bool                 // ids that the sweep at hand has met
	sought   int                             // how many it looks for; zero for all
	hidden   int                             // elements of it that were null
	why      string
	changed  bool   // only what had changed was listed
	gone     string // why nothing can be asked about the owner; empty when it can
	notices  []string
	// properties are the custom ones by name, folded to lower case; nil when they
	// were not asked for.
	properties map[string]map[string][]string
	listed     bool // to the end

	carried map[string]bool
	pending []string // ids whose tip is to be read, not yet a batch
	batches []batch  // in the order they were begun
	ahead   []ahead  // not entered yet
	walks   map[string]*walk
	sized   map[string]bool // commits whose size was asked for, by id
	tally   tally
}

// batch is repositories whose tips are read together, as many as GitHub allows,
// while the listing still pages.
type batch struct {
	rows []pipeline.Repository // as they were listed
	tips *durable.Task[answers[Tip]]
}

// ahead is histories that are read while the listing still pages.
type ahead struct {
	of   []batch
	read *durable.Task[answers[CommitPage]]
}

// walk is how far a default branch was read.
type walk struct {
	commits []pipeline.Commit // newest first
	next    string            // cursor
	ended   bool
	failed  string // why it cannot be read on
}

// on reports that there is more to read.
func (w *walk) on() bool { return w == nil || !w.ended && w.failed == "" }

// take appends a page. The history ends where GitHub says so, or with as many
// commits as it has by GitHub's count; one that goes on in circles fails.
func (w *walk) take(page CommitPage) {
	seen := make(map[string]bool, len(w.commits))
	for _, c := range w.commits {
		seen[c.OID] = true
	}
	fresh := 0
	for _, c := range page.Commits {
		if !seen[c.OID] {
			seen[c.OID] = true
			w.commits = append(w.commits, c)
			fresh++
		}
	}
	w.next, w.ended = page.Next, page.Next == "" || len(w.commits) >= page.Total
	if !w.ended && fresh == 0 {
		w.failed = "GitHub's history of it does not advance"
	}
}

func (s *githubRun) newListing(o *durable.Orchestration, owner string) *listing {
	l := &listing{run: s, o: o, owner: owner, login: owner, known: make(map[string]pipeline.Repository),
		walks: make(map[string]*walk), sized: make(map[string]bool)}
	for id, r := range s.Known {
		if login, _ := pipeline.SplitName(r.NameWithOwner); strings.EqualFold(login, owner) {
			l.known[id] = r
		}
	}
	for _, p := range s.Listed {
		if strings.EqualFold(p.Owner, owner) {
			l.prior = &p
		}
	}
	l.forget()
	return l
}

// forget begins the listing anew.
func (l *listing) forget() {
	l.found, l.order = make(map[string]*pipeline.Repository), nil
	l.excluded, l.carried = make(map[string]bool), make(map[string]bool)
	l.total, l.hidden = 0, 0
}

// seen counts the distinct repositories that were listed.
func (l *listing) seen() int { return len(l.found) + len(l.excluded) }

// missing is how many repositories were not listed by GitHub's own count, surplus
// how many were listed beyond it.
func (l *listing) missing() int { return max(0, l.total-l.seen()) }
func (l *listing) surplus() int { return max(0, l.seen()-l.total) }

// add takes up a repository, and returns it if it is new and the configuration covers
// it.
func (l *listing) add(r pipeline.Repository) *pipeline.Repository {
	r.Properties = l.properties[strings.ToLower(r.NameWithOwner)]
	switch {
	case l.found[r.ID] != nil || l.excluded[r.ID]:
		return nil
	case !l.run.Judge.Rules().Include.Covers(r):
		l.excluded[r.ID] = true
		return nil
	}
	l.found[r.ID] = &r
	l.order = append(l.order, r.ID)
	return &r
}

// own gives the repository a copy of its detail, which may be an earlier run's, and
// returns it for this run to write to.
func own(r *pipeline.Repository) *pipeline.Detail {
	d := pipeline.Detail{}
	if r.Detail != nil {
		d = *r.Detail
	}
	r.Detail = &d
	return &d
}

// unchanged reports that the tip that is known of a repository still holds.
func (s *githubRun) unchanged(r, known pipeline.Repository) bool {
	return known.Detail != nil && known.ReadError == "" &&
		known.Detail.Revision == s.revision && pipeline.SamePush(r, known)
}
