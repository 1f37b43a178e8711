package pipeline_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// TestStepOf is the specification of the worklist: which group a repository
// belongs to, the first that fits.
func TestStepOf(t *testing.T) {
	asOf := time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)
	midnight := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	in := func(days int) *time.Time { return new(midnight.AddDate(0, 0, days)) }
	owned := []string{"@contoso/web"}
	retired := &pipeline.Retired{Words: "deprecated", Where: "topic"}
	until := func(days int) *pipeline.Exemption { return &pipeline.Exemption{Reason: "a course", Until: in(days)} }
	type change = func(*pipeline.Finding)
	for _, c := range []struct {
		name   string
		status pipeline.Status
		change change
		want   pipeline.Step
	}{
		{"fresh and owned", pipeline.Fresh, func(f *pipeline.Finding) {}, ""},
		{"fresh and retired", pipeline.Fresh, func(f *pipeline.Finding) { f.Retired = retired }, pipeline.StepRetired},
		{"dormant fork that says it is retired", pipeline.Dormant, func(f *pipeline.Finding) { f.Retired, f.Lane = retired, pipeline.LaneFork }, pipeline.StepRetired},
		{"archived and retired", pipeline.Archived, func(f *pipeline.Finding) { f.Retired = retired }, ""},
		{"stale fork", pipeline.Stale, func(f *pipeline.Finding) { f.Lane, f.TipIsBot = pipeline.LaneFork, true }, pipeline.StepFork},
		{"aging fork", pipeline.Aging, func(f *pipeline.Finding) { f.Lane = pipeline.LaneFork }, ""},
		{"only bots since it went stale", pipeline.Stale, func(f *pipeline.Finding) { f.TipIsBot, f.StargazerCount = true, 9 }, pipeline.StepBots},
		{"only bots, but active", pipeline.Active, func(f *pipeline.Finding) { f.TipIsBot = true }, ""},
		{"stale tomorrow", pipeline.Aging, func(f *pipeline.Finding) { f.StaleFrom = in(1) }, pipeline.StepSoon},
		{"stale tomorrow and nobody's", pipeline.Aging, func(f *pipeline.Finding) { f.StaleFrom, f.Owners = in(1), nil }, pipeline.StepSoon},
		{"stale in 30 days", pipeline.Aging, func(f *pipeline.Finding) { f.StaleFrom = in(30) }, pipeline.StepSoon},
		{"stale in 31 days", pipeline.Aging, func(f *pipeline.Finding) { f.StaleFrom = in(31) }, ""},
		{"exempt until today", pipeline.Stale, func(f *pipeline.Finding) { f.Exemption = until(0) }, pipeline.StepEnding},
		{"exempt for 29 days more, and retired", pipeline.Fresh, func(f *pipeline.Finding) { f.Exemption, f.Retired = until(29), retired }, pipeline.StepEnding},
		{"exempt for 31 days more", pipeline.Stale, func(f *pipeline.Finding) { f.Exemption = until(31) }, ""},
		{"exempt without end, and nobody's", pipeline.Dormant, func(f *pipeline.Finding) { f.Exemption, f.Owners = &pipeline.Exemption{}, nil }, ""},
		{"stale with a star", pipeline.Stale, func(f *pipeline.Finding) { f.StargazerCount, f.StaleFrom = 1, in(-1) }, pipeline.StepStarred},
		{"dormant with stars and nobody's", pipeline.Dormant, func(f *pipeline.Finding) { f.StargazerCount, f.Owners = 5, nil }, pipeline.StepStarred},
		{"dormant without stars", pipeline.Dormant, func(f *pipeline.Finding) {}, pipeline.StepStale},
		{"fresh, on what is over", pipeline.Fresh, func(f *pipeline.Finding) { f.Outdated, f.Owners = []pipeline.Reason{{Rule: "x"}}, nil }, pipeline.StepOutdated},
		{"stale tomorrow, on what is over", pipeline.Aging, func(f *pipeline.Finding) { f.Outdated, f.StaleFrom = []pipeline.Reason{{Rule: "x"}}, in(1) }, pipeline.StepSoon},
		{"stale, but its package is new", pipeline.Stale, func(f *pipeline.Finding) { f.Alive, f.StargazerCount = &pipeline.Reason{Rule: "x"}, 5 }, ""},
		{"fresh and nobody's", pipeline.Fresh, func(f *pipeline.Finding) { f.Owners = nil }, pipeline.StepNobody},
		{"unknown and nobody's", pipeline.Unknown, func(f *pipeline.Finding) { f.Owners = nil }, ""},
		{"empty and nobody's", pipeline.Empty, func(f *pipeline.Finding) { f.Owners = nil }, ""},
	} {
		f := pipeline.Finding{Status: c.status, Owners: owned}
		c.change(&f)
		if got := pipeline.StepOf(&f, asOf); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// TestWorklistOrder: every finding stands in one group at most, by day where
// the group has days, else by stars, then by name.
func TestWorklistOrder(t *testing.T) {
	asOf := time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)
	of := func(name string, stars int, staleIn int) pipeline.Finding {
		f := pipeline.Finding{Repository: pipeline.Repository{NameWithOwner: name, StargazerCount: stars}, Status: pipeline.Stale, Owners: []string{"@a"}}
		if staleIn > 0 {
			f.Status, f.StaleFrom = pipeline.Aging, new(asOf.Truncate(24*time.Hour).AddDate(0, 0, staleIn))
		}
		return f
	}
	findings := []pipeline.Finding{of("a", 3, 0), of("b", 9, 0), of("c", 0, 9), of("d", 3, 0), of("e", 7, 4), of("f", 8, 9), of("g", 0, 0)}
	want := map[pipeline.Step][]int{pipeline.StepSoon: {4, 5, 2}, pipeline.StepStarred: {1, 0, 3}, pipeline.StepStale: {6}}
	groups := pipeline.Worklist(findings, asOf)
	for i, g := range groups {
		if g.Step != pipeline.Steps[i] || !slices.Equal(g.Findings, want[g.Step]) {
			t.Errorf("group %d: %s %v, want %s %v", i, g.Step, g.Findings, pipeline.Steps[i], want[g.Step])
		}
	}
	if n := pipeline.CountSteps(findings, asOf); len(n) != len(pipeline.Steps) || n[pipeline.StepSoon] != 3 {
		t.Errorf("counts: %v", n)
	}
}
