package graphql

import (
	"slices"

	"github.com/stalewatch/stalewatch/graphql/budget"
	"github.com/stalewatch/stalewatch/pipeline/durable"
	"github.com/stalewatch/stalewatch/pipeline/github"
)

// Remember adds to what is known of an account what a journal tells of an
// activity that ended after that was saved, in a process that was killed: how
// much of GitHub's minute it used, and whether GitHub asked to stay away.
func Remember(s *budget.State, rec durable.Record) {
	if !rec.Ended.After(s.Saved) {
		return
	}
	s.Minute = append(s.Minute, budget.Spending{At: rec.Ended, Took: rec.Took})
	if n := len(rec.Causes); n > 0 && slices.Contains([]string{github.CauseSecondary, github.CauseRateLimit}, rec.Causes[n-1]) && rec.RetryAt.After(s.PausedUntil) {
		s.PausedUntil, s.PauseReason = rec.RetryAt, tooMuch
	}
}
