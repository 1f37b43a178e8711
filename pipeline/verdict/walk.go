package verdict

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// walk goes back through a default branch, newest commit first, in search of
// one that no bot authored. Where it stops does not depend on how the commits
// were cut into pages.
//
// It goes back no further than the dormant limit. Dates in a history lie now
// and then, so a single commit beyond the limit does not end it: two in a row
// do, a bot's and the one before it.
type walk struct {
	policy *Policy
	asOf   time.Time
	search pipeline.Search
	last   time.Time // of the bot's commit seen last
	bots   map[string]int
	done   bool
}

// Search walks back through commits, newest first, to the first that no bot
// authored. It goes no further than asOf's dormant limit, see [walk].
func (p *Policy) Search(commits []pipeline.Commit, ended bool, asOf time.Time) *pipeline.Search {
	w := &walk{policy: p, asOf: asOf, search: pipeline.Search{Revision: p.botsRevision}, bots: make(map[string]int)}
	w.visit(commits, !ended)
	return w.result()
}

// visit looks at further commits; more says whether the history goes on after
// them.
func (w *walk) visit(commits []pipeline.Commit, more bool) {
	for _, c := range commits {
		if w.done {
			return
		}
		w.step(c)
	}
	if !more && !w.done {
		w.search.Exhausted, w.done = true, true
	}
}

func (w *walk) step(c pipeline.Commit) {
	if w.search.BotCommits > 0 {
		later := w.last
		if c.CommittedDate.After(later) {
			later = c.CommittedDate
		}
		if w.search.Reach.IsZero() || later.Before(w.search.Reach) {
			w.search.Reach = later
		}
		if w.policy.pastLimit(w.search.Reach, w.asOf) {
			w.done = true
			return
		}
	}
	if !w.policy.IsBot(c) {
		w.search.Human, w.done = &c, true
		return
	}
	w.last = c.CommittedDate
	w.search.BotCommits++
	w.bots[authorName(c.Author)]++
}

// maxBots is how many bots a search names.
const maxBots = 3

// result is the search so far.
func (w *walk) result() *pipeline.Search {
	s := w.search
	s.Bots = slices.SortedFunc(maps.Keys(w.bots), func(a, b string) int {
		return cmp.Or(cmp.Compare(w.bots[b], w.bots[a]), cmp.Compare(a, b))
	})
	s.Bots = s.Bots[:min(len(s.Bots), maxBots)]
	return &s
}

// authorName is what to call an author: the login, else the name.
func authorName(a pipeline.Author) string {
	switch {
	case a.Login != nil:
		return *a.Login
	case a.Name != nil:
		return *a.Name
	}
	return "unknown"
}
