package graphql

import (
	"slices"
	"time"

	"github.com/stalewatch/stalewatch/graphql/budget"
	"github.com/stalewatch/stalewatch/pipeline/durable"
	"github.com/stalewatch/stalewatch/pipeline/github"
)

// Remember adds to what is known of an account what a journal tells of an
// activity that ended after that was saved, in a process that was killed: how
// much of GitHub's minute it used, and whether GitHub asked to stay away. A
// process has to save what is known when it starts, by its own clock. Where that
// is ahead of now, nobody can tell what came later, and it counts; but a pause
// that by this clock lasts longer than any can is none, and hides no other.
func Remember(s *budget.State, rec durable.Record) {
	now := time.Now()
	if !rec.Ended.After(s.Saved) && !s.Saved.After(now) {
		return
	}
	latest := now.Add(budget.LongestWait)
	if s.PausedUntil.After(latest) {
		s.PausedUntil = time.Time{}
	}
	s.Minute = append(s.Minute, budget.Spending{At: rec.Ended, Took: rec.Took})
	if n := len(rec.Causes); n > 0 && slices.Contains([]string{github.CauseSecondary, github.CauseRateLimit}, rec.Causes[n-1]) &&
		rec.RetryAt.After(s.PausedUntil) && !rec.RetryAt.After(latest) {
		s.PausedUntil, s.PauseReason = rec.RetryAt, tooMuch
	}
}
