package graphql

import (
	"slices"
	"time"

	"github.com/stalewatch/stalewatch/graphql/budget"
	"github.com/stalewatch/stalewatch/pipeline/durable"
	"github.com/stalewatch/stalewatch/pipeline/github"
)

// Remember adds to the state of an account what the journal tells of an activity
// that ended after the state was saved, in a process that was killed: how much of
// GitHub's minute it used, and whether GitHub asked to stay away. Every process
// has to save the state when it starts. Where that time is ahead of now a clock
// has jumped: the record counts, and a pause that seems longer than any can be is
// dropped.
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
