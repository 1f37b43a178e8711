package pipeline

import (
	"slices"
	"strings"
	"time"
)

// Scope names a set of owners whatever their order and case: logins folded to
// lower case, sorted, without repetition, joined with "+".
func Scope(owners []string) string {
	folded := make([]string, len(owners))
	for i, o := range owners {
		folded[i] = strings.ToLower(o)
	}
	slices.Sort(folded)
	return strings.Join(slices.Compact(folded), "+")
}

// RunID names the run of the owners on the UTC date of asOf, so that a late, a
// second or a manual start finds the same run.
func RunID(owners []string, asOf time.Time) string {
	return asOf.UTC().Format(time.DateOnly) + "/" + Scope(owners)
}

// Over reports whether a run in this state has ended, so that only a rerun
// goes on from it.
func (s RunState) Over() bool { return s == Complete || s == Partial }
