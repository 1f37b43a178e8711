package pipeline

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// Scope names a set of owners whatever their order and case, in the form in
// which it stands in stored data: logins folded to lower case, sorted, without
// repetition, joined with "+", which no login can hold.
type Scope string

// ScopeOf is the scope of owners.
func ScopeOf(owners ...string) Scope {
	folded := make([]string, len(owners))
	for i, o := range owners {
		folded[i] = strings.ToLower(o)
	}
	slices.Sort(folded)
	return Scope(strings.Join(slices.Compact(folded), "+"))
}

// Logins are the owners, folded to lower case and sorted.
func (s Scope) Logins() []string { return strings.Split(string(s), "+") }

// Has reports whether an owner, in whatever case, is one of the scope's.
func (s Scope) Has(owner string) bool {
	return slices.Contains(s.Logins(), strings.ToLower(owner))
}

// RunID names the run of the owners on the UTC date of asOf, so that a late, a
// second or a manual start finds the same run.
func RunID(owners []string, asOf time.Time) string {
	return asOf.UTC().Format(time.DateOnly) + "/" + string(ScopeOf(owners...))
}

// Over reports whether a run in this state has ended, so that only a rerun
// goes on from it.
func (s RunState) Over() bool { return s == Complete || s == Partial }

// enterprisePrefix is what the name of an enterprise begins with where owners
// are named, as its address on github.com does. No login holds a slash.
const enterprisePrefix = "enterprises/"

// Enterprise reports whether an owner stands for all organizations of an
// enterprise, and returns the enterprise's slug.
func Enterprise(owner string) (slug string, is bool) {
	if len(owner) > len(enterprisePrefix) && strings.EqualFold(owner[:len(enterprisePrefix)], enterprisePrefix) {
		return owner[len(enterprisePrefix):], true
	}
	return "", false
}

// Fingerprint identifies what a run covers: a run that was begun with another
// one cannot be resumed.
func Fingerprint(owners []string, include Include) string {
	return durable.Digest(string(ScopeOf(owners...)), fmt.Sprint(include))
}
