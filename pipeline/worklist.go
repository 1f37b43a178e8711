package pipeline

import (
	"cmp"
	"slices"
	"time"
)

// Step is what a maintainer could do next about a repository. Each is a group
// of the worklist, and its name is part of the data files and of URLs.
type Step string

// The steps, the surest first.
const (
	StepRetired  Step = "retired"           // it says itself that it is over
	StepFork     Step = "forks"             // a fork that fell behind: delete it, or go on upstream
	StepBots     Step = "bots-only"         // stale, and only bots have committed since
	StepSoon     Step = "becoming-stale"    // within [Soon], unless somebody commits
	StepEnding   Step = "exemptions-ending" // within [Soon]
	StepStarred  Step = "stale-starred"     // other stale or dormant ones that people have starred
	StepStale    Step = "stale"             // the other stale or dormant ones
	StepOutdated Step = "outdated"          // somebody commits, but on what is no longer supported
	StepNobody   Step = "nobody"            // looked after, but nobody is named to answer for it
)

// Steps lists all of them in the order of the worklist. Callers must not change it.
var Steps = []Step{StepRetired, StepFork, StepBots, StepSoon, StepEnding, StepStarred, StepStale, StepOutdated, StepNobody}

// Soon is how far ahead the worklist looks.
const Soon = 30 * 24 * time.Hour

// StepOf returns the step that a finding asks for at asOf: the first that fits,
// or "" for none. Only live repositories have one, those whose age decides. An
// exempt one was looked at already, and asks for nothing before its exemption
// ends.
func StepOf(f *Finding, asOf time.Time) Step {
	behind := f.Status == Stale || f.Status == Dormant
	switch {
	case !slices.Contains(Statuses[:5], f.Status):
		return ""
	case f.Exemption != nil && (f.Exemption.Until == nil || f.Exemption.Until.AddDate(0, 0, 1).Sub(asOf) > Soon):
		return ""
	case f.Exemption != nil:
		return StepEnding
	case f.Retired != nil:
		return StepRetired
	case f.Alive != nil:
		return "" // its package shows that somebody looks after it
	case behind && f.Lane == LaneFork:
		return StepFork
	case behind && f.TipIsBot:
		return StepBots
	case !behind && f.StaleFrom != nil && f.StaleFrom.Sub(asOf) <= Soon:
		return StepSoon
	case behind && f.StargazerCount > 0:
		return StepStarred
	case behind:
		return StepStale
	case len(f.Outdated) > 0:
		return StepOutdated
	case len(f.Owners) == 0:
		return StepNobody
	}
	return ""
}

// StepDay is the UTC day that a step waits for: when the repository becomes
// stale, or the last day of its exemption. It is zero for the other steps.
func StepDay(f *Finding, step Step) time.Time {
	switch step {
	case StepSoon:
		return *f.StaleFrom
	case StepEnding:
		return *f.Exemption.Until
	}
	return time.Time{}
}

// StepGroup is one group of the worklist.
type StepGroup struct {
	Step     Step
	Findings []int // indices, in the order of the group: by day where there is one, by stars, by name
}

// Worklist groups findings, which are in order of name, by their next step: all
// groups in order, empty ones included, each finding in one at most.
func Worklist(findings []Finding, asOf time.Time) []StepGroup {
	groups := make([]StepGroup, len(Steps))
	for i, s := range Steps {
		groups[i].Step = s
	}
	for i := range findings {
		if at := slices.Index(Steps, StepOf(&findings[i], asOf)); at >= 0 {
			groups[at].Findings = append(groups[at].Findings, i)
		}
	}
	for _, g := range groups {
		slices.SortStableFunc(g.Findings, func(a, b int) int {
			x, y := &findings[a], &findings[b]
			return cmp.Or(StepDay(x, g.Step).Compare(StepDay(y, g.Step)), cmp.Compare(y.StargazerCount, x.StargazerCount))
		})
	}
	return groups
}

// CountSteps counts findings by their next step; all steps are there.
func CountSteps(findings []Finding, asOf time.Time) map[Step]int {
	counts := make(map[Step]int, len(Steps))
	for _, g := range Worklist(findings, asOf) {
		counts[g.Step] = len(g.Findings)
	}
	return counts
}
