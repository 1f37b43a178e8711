package verdict

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

const (
	// mostPeople bounds what is kept of a history that people's merges of bots'
	// branches fill.
	mostPeople = 100
	// inARow is how many commits have to lie beyond the dormant limit before a
	// search ends there: now and then a date is wrong.
	inARow = 5
)

// beforeGit is when git was first released: dates before it are a clock's
// mistake and say nothing.
var beforeGit = time.Date(2005, time.April, 7, 0, 0, 0, 0, time.UTC)

// Search sums up the newest commits of a default branch, newest first, from the
// tip on; ended says that there are no further ones. It looks no further than
// asOf's dormant limit, so what it returns does not depend on how the commits
// were cut into pages.
func (p *Policy) Search(commits []pipeline.Commit, ended bool, asOf time.Time) *pipeline.Search {
	s := &pipeline.Search{Revision: p.botsRevision}
	bots := make(map[string]int)
	var lately []time.Time // the last few dates that can be true
	for i, c := range commits {
		s.Commits++
		if !c.CommittedDate.Before(beforeGit) {
			lately = append(lately[max(0, len(lately)-inARow+1):], c.CommittedDate)
		}
		if len(lately) == inARow {
			if newest := slices.MaxFunc(lately, time.Time.Compare); s.Reach.IsZero() || newest.Before(s.Reach) {
				s.Reach = newest.UTC()
			}
			if p.pastLimit(s.Reach, asOf) {
				break
			}
		}
		switch {
		case !p.IsBot(c):
			if i < pipeline.RecentCommits {
				s.Recent++
			}
			if len(s.People) == 0 && i > 0 {
				s.Newer = commits[i-1].CommittedDate.UTC()
			}
			if len(s.People) < mostPeople {
				s.People = append(s.People, c)
			}
		case len(s.People) == 0:
			s.BotCommits++
			bots[authorName(c.Author)]++
		}
	}
	s.Exhausted = ended && s.Commits == len(commits)
	s.Bots = slices.SortedFunc(maps.Keys(bots), func(a, b string) int {
		return cmp.Or(cmp.Compare(bots[b], bots[a]), cmp.Compare(a, b))
	})
	s.Bots = s.Bots[:min(len(s.Bots), maxBots)]
	return s
}

// maxBots is how many bots a search names.
const maxBots = 3

// searchedFar reports that a search need not go on at asOf, whatever it found.
func (p *Policy) searchedFar(s *pipeline.Search, asOf time.Time) bool {
	return s.Exhausted || p.pastLimit(s.Reach, asOf)
}

// pastLimit reports whether a search that reached t had looked far enough at
// asOf; never for the zero time. It compares moments, because adding months
// does not keep their order where months end.
func (p *Policy) pastLimit(t, asOf time.Time) bool {
	return !t.IsZero() && !t.After(p.rules.Tiers.Stale.Before(asOf))
}
