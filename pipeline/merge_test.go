package pipeline_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// part is a snapshot of one owner with so many fresh repositories, and entries
// in its history for the given days before noon.
func part(owner string, repositories int, state pipeline.RunState, daysAgo ...int) *pipeline.Snapshot {
	s := &pipeline.Snapshot{
		Run: pipeline.Run{ID: pipeline.RunID([]string{owner}, noon), Scope: pipeline.ScopeOf(owner), Owners: []string{owner}, AsOf: noon, State: state, Attempt: 1,
			BeganAt: noon, EndedAt: noon.Add(time.Minute), Counters: pipeline.Counters{Requests: 2, Points: 3, Retries: map[string]int{"timeout": 1}}},
		Rules: pipeline.DefaultRules(),
	}
	for i := range repositories {
		s.Findings = append(s.Findings, pipeline.Finding{
			Repository: pipeline.Repository{ID: fmt.Sprint(owner, i), NameWithOwner: fmt.Sprintf("%s/r%d", owner, i)}, Status: pipeline.Fresh, StatusSince: noon})
	}
	for _, d := range daysAgo {
		counts := pipeline.CountStatuses(s.Findings)
		at := noon.AddDate(0, 0, -d)
		s.History = append(s.History, pipeline.HistoryEntry{ID: pipeline.RunID([]string{owner}, at), AsOf: at, State: pipeline.Complete, RuleVersion: "1", Total: repositories, Counts: counts})
	}
	return s
}

func merge(t *testing.T, parts ...*pipeline.Snapshot) *pipeline.Snapshot {
	t.Helper()
	s, err := pipeline.Merge(parts)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestMergedHistory: a day counts when no part that had begun lacks it.
func TestMergedHistory(t *testing.T) {
	tests := map[string]struct {
		parts []*pipeline.Snapshot
		want  string // days ago and totals
	}{
		"all days":            {[]*pipeline.Snapshot{part("a", 1, pipeline.Complete, 1, 0), part("b", 2, pipeline.Complete, 1, 0)}, "1:3 0:3"},
		"one began later":     {[]*pipeline.Snapshot{part("a", 1, pipeline.Complete, 2, 1, 0), part("b", 2, pipeline.Complete, 0)}, "2:1 1:1 0:3"},
		"one lacks a day":     {[]*pipeline.Snapshot{part("a", 1, pipeline.Complete, 2, 1, 0), part("b", 2, pipeline.Complete, 2, 0)}, "2:3 0:3"},
		"one is suspended":    {[]*pipeline.Snapshot{part("a", 1, pipeline.Complete, 1, 0), part("b", 2, pipeline.Suspended, 1)}, "1:3"},
		"one has no history":  {[]*pipeline.Snapshot{part("a", 1, pipeline.Complete, 0), part("b", 2, pipeline.Suspended)}, ""},
		"one alone is itself": {[]*pipeline.Snapshot{part("a", 4, pipeline.Complete, 1, 0)}, "1:4 0:4"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			var got []string
			s := merge(t, test.parts...)
			for _, h := range s.History {
				got = append(got, fmt.Sprintf("%d:%d", int(noon.Sub(h.AsOf).Hours())/24, h.Total))
				if h.ID != pipeline.RunID(s.Run.Owners, h.AsOf) || h.Counts[pipeline.Fresh] != h.Total || len(h.Counts) != len(pipeline.Statuses) {
					t.Errorf("the entry %+v", h)
				}
			}
			if strings.Join(got, " ") != test.want {
				t.Errorf("got %v, want %s", got, test.want)
			}
		})
	}
}

// TestMergedRun: the whole is as good as its worst part, and spent their sum.
func TestMergedRun(t *testing.T) {
	b := part("B", 2, pipeline.Suspended, 1)
	b.Run.Reason, b.Run.ResumeAt = "the deadline is reached", noon.Add(time.Hour)
	b.Notices = []string{"the same", "another"}
	a := part("a", 1, pipeline.Partial, 1, 0)
	a.Notices = []string{"the same"}
	s := merge(t, b, a)
	run := s.Run
	if run.ID != "2026-11-22/a+b" || run.Scope != "a+b" || !slices.Equal(run.Owners, []string{"B", "a"}) {
		t.Errorf("it is %s of %v", run.ID, run.Owners)
	}
	if run.State != pipeline.Suspended || run.Reason != "b: the deadline is reached" || !run.ResumeAt.Equal(noon.Add(time.Hour)) || !run.EndedAt.IsZero() {
		t.Errorf("it is %s, %q, resumes at %s", run.State, run.Reason, run.ResumeAt)
	}
	if run.Counters.Requests != 4 || run.Counters.Points != 6 || run.Counters.Retries["timeout"] != 2 {
		t.Errorf("it spent %+v", run.Counters)
	}
	if !slices.Equal(s.Notices, []string{"the same", "another"}) {
		t.Errorf("notices %q", s.Notices)
	}
	if a.Run.Counters.Retries["timeout"] != 1 || len(a.Findings) != 1 {
		t.Error("a part was changed")
	}
	if got := merge(t, part("a", 1, pipeline.Complete, 0), part("b", 1, pipeline.Partial, 0)).Run.State; got != pipeline.Partial {
		t.Errorf("complete and partial make %s", got)
	}
}

// TestMergedMoments: parts of different hours of one day become one moment, and
// what each tells of a change of rules is told once.
func TestMergedMoments(t *testing.T) {
	early, late := part("a", 1, pipeline.Complete, 0), part("b", 1, pipeline.Complete, 0)
	morning := noon.Add(-5 * time.Hour)
	early.Run.AsOf, early.History[0].AsOf, early.Findings[0].StatusSince = morning, morning, morning
	early.Events = []pipeline.Event{{Date: morning, Type: pipeline.EventNew, NameWithOwner: "a/r0"}, {Date: morning, Type: pipeline.EventRulesChanged, From: "1", To: "2"}}
	late.Events = []pipeline.Event{{Date: noon, Type: pipeline.EventRulesChanged, From: "1", To: "2"}}
	s := merge(t, early, late)
	if !s.Run.AsOf.Equal(noon) || len(s.History) != 1 || !s.History[0].AsOf.Equal(noon) || !s.Findings[0].StatusSince.Equal(noon) {
		t.Errorf("as of %s, history %+v, since %s", s.Run.AsOf, s.History, s.Findings[0].StatusSince)
	}
	if len(s.Events) != 2 || !s.Events[0].Date.Equal(noon) || s.Events[1].Type != pipeline.EventRulesChanged {
		t.Errorf("events %+v", s.Events)
	}
}

// TestMergedSources: a package that two parts use is one, and what happened to
// it happened once.
func TestMergedSources(t *testing.T) {
	a, b := part("a", 1, pipeline.Complete, 0), part("b", 1, pipeline.Complete, 0)
	for _, p := range []*pipeline.Snapshot{a, b} {
		p.Packages = []pipeline.Package{{ID: "P", UsedBy: []pipeline.PackageUse{{NameWithOwner: p.Findings[0].NameWithOwner}}}}
		p.Events = []pipeline.Event{{Date: noon, Type: pipeline.EventPackageVersion, Package: "P", From: "1.0.0", To: "2.0.0"}}
		p.Items = []pipeline.Item{{Source: "s", Name: "shared"}, {Source: "s", Name: "of " + p.Findings[0].NameWithOwner}}
		p.Run.Counters.Sources = map[string]pipeline.SourceCounters{"nuget": {Items: 1, Requests: 2}, "s": {Items: 2, Requests: 3}, "idle": {}}
	}
	b.Events = append(b.Events, pipeline.Event{Date: noon, Type: pipeline.EventPackageVersion, Package: "Q", From: "1.0.0", To: "2.0.0"})
	s := merge(t, a, b)
	if len(s.Packages) != 1 || len(s.Packages[0].UsedBy) != 2 || len(s.Events) != 2 || len(s.Items) != 3 {
		t.Errorf("packages %+v, events %+v, items %+v", s.Packages, s.Events, s.Items)
	}
	if got := fmt.Sprint(s.Run.Counters.Sources); got != "map[idle:0 items, 0 requests nuget:1 item, 4 requests s:3 items, 6 requests]" {
		t.Error(got)
	}
}

// TestMoveDuringSurveys: a repository that both parts listed counts once.
func TestMoveDuringSurveys(t *testing.T) {
	a, b := part("a", 2, pipeline.Complete, 0), part("b", 2, pipeline.Complete, 0)
	b.Findings[1].ID = a.Findings[1].ID
	s := merge(t, a, b)
	if len(s.Findings) != 3 || s.Findings[1].NameWithOwner != "a/r1" {
		t.Errorf("findings %+v", s.Findings)
	}
}

// TestUnmergeable: what does not fit is refused with a sentence.
func TestUnmergeable(t *testing.T) {
	other := part("b", 1, pipeline.Complete)
	other.Run.AsOf = noon.AddDate(0, 0, 1)
	strict := part("b", 1, pipeline.Complete)
	strict.Rules.AllowUnread = pipeline.Allowance{Count: 7}
	tests := map[string]struct {
		parts []*pipeline.Snapshot
		says  string
	}{
		"none":        {nil, "there is no snapshot to merge"},
		"other day":   {[]*pipeline.Snapshot{part("a", 1, pipeline.Complete), other}, "the last run of a is of 2026-11-22, that of b of 2026-11-23; run both for the same day"},
		"other rules": {[]*pipeline.Snapshot{part("a", 1, pipeline.Complete), strict}, "a and b were judged by different rules"},
		"twice":       {[]*pipeline.Snapshot{part("a", 1, pipeline.Complete), part("a", 1, pipeline.Complete)}, "a is in both a and a"},
	}
	for name, test := range tests {
		if _, err := pipeline.Merge(test.parts); err == nil || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: %v, want %q", name, err, test.says)
		}
	}
}

// TestRemember: what a published report knows of the past takes the place of
// what a lost store made of it; of today and of other owners it knows nothing.
func TestRemember(t *testing.T) {
	s := merge(t, part("a", 1, pipeline.Complete, 2, 1, 0), part("b", 2, pipeline.Complete, 0))
	entry := func(owners []string, daysAgo, total int) pipeline.HistoryEntry {
		at := noon.AddDate(0, 0, -daysAgo)
		return pipeline.HistoryEntry{ID: pipeline.RunID(owners, at), AsOf: at, State: pipeline.Complete, Total: total}
	}
	both := []string{"a", "b"}
	s.Remember([]pipeline.HistoryEntry{entry(both, 3, 3), entry(both, 1, 3), entry(both, 0, 99), entry([]string{"c"}, 1, 99)},
		[]pipeline.Event{{Date: noon, Type: pipeline.EventNew, NameWithOwner: "b/r0"}, {Date: noon.AddDate(0, 0, -1), Type: pipeline.EventGone, NameWithOwner: "b/x"},
			{Date: noon.AddDate(0, 0, -91), Type: pipeline.EventGone, NameWithOwner: "b/y"}})
	var got []string
	for _, h := range s.History {
		got = append(got, fmt.Sprintf("%s:%d", h.AsOf.Format("02"), h.Total))
	}
	if strings.Join(got, " ") != "19:3 20:1 21:3 22:3" {
		t.Errorf("history %v", got)
	}
	if len(s.Events) != 1 || s.Events[0].NameWithOwner != "b/x" || s.Since == nil || s.Since.Total != 3 {
		t.Errorf("events %+v, since %+v", s.Events, s.Since)
	}
}
