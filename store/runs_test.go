package store_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
	"github.com/stalewatch/stalewatch/store"
)

// journal saves one record under the name and returns whether it is there.
func journal(t *testing.T, s *store.Store, name string) (kept func() bool) {
	t.Helper()
	rec := durable.Record{State: durable.Succeeded, Attempts: 1, Output: []byte(`1`)}
	if err := s.Save(t.Context(), name, "key", rec); err != nil {
		t.Fatal(err)
	}
	return func() bool {
		_, ok, err := s.Load(t.Context(), name, "key")
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
}

func update(t *testing.T, s *store.Store, run pipeline.Run, state pipeline.RunState) {
	t.Helper()
	run.State, run.Reason = state, "a reason"
	if err := s.UpdateRun(t.Context(), run); err != nil {
		t.Fatal(err)
	}
}

// TestBeginAgain begins a run, leaves it in a state, and begins the same day
// once more.
func TestBeginAgain(t *testing.T) {
	for _, tt := range []struct {
		name    string
		state   pipeline.RunState
		rerun   store.Rerun
		changed bool // the fingerprint
		over    bool
		resumed bool
		attempt int
	}{
		{name: "killed", state: pipeline.Running, resumed: true, attempt: 1},
		{name: "suspended", state: pipeline.Suspended, resumed: true, attempt: 1},
		{name: "failed", state: pipeline.Failed, resumed: true, attempt: 1},
		{name: "suspended, rerun completed", state: pipeline.Suspended, rerun: store.RerunCompleted, resumed: true, attempt: 1},
		{name: "suspended, other filters", state: pipeline.Suspended, changed: true, attempt: 2},
		{name: "complete", state: pipeline.Complete, over: true, attempt: 1},
		{name: "complete, other filters", state: pipeline.Complete, changed: true, over: true, attempt: 1},
		{name: "complete, rerun failed", state: pipeline.Complete, rerun: store.RerunFailed, over: true, attempt: 1},
		{name: "complete, rerun completed", state: pipeline.Complete, rerun: store.RerunCompleted, attempt: 2},
		{name: "partial", state: pipeline.Partial, over: true, attempt: 1},
		{name: "partial, rerun failed", state: pipeline.Partial, rerun: store.RerunFailed, attempt: 2},
		{name: "partial, rerun completed", state: pipeline.Partial, rerun: store.RerunCompleted, attempt: 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := open(t, t.TempDir())
			first := begin(t, s, 0, store.RerunNone, "b", "A")
			if first.Run.ID != "2026-11-22/a+b" || first.Run.State != pipeline.Running || first.Run.Attempt != 1 || first.Resumed || first.Over {
				t.Fatalf("the first beginning is %+v", first)
			}
			kept := journal(t, s, pipeline.JournalID(first.Run))
			switch {
			case tt.state.Over():
				finish(t, s, first.Run, tt.state, 3)
			case tt.state != pipeline.Running:
				update(t, s, first.Run, tt.state)
			}
			wanted := store.Wanted{Owners: []string{"a", "B"}, AsOf: day.Add(5 * time.Hour), Fingerprint: "f1", Rerun: tt.rerun}
			if tt.changed {
				wanted.Fingerprint = "f2"
			}
			b, err := s.Begin(t.Context(), wanted)
			if err != nil {
				t.Fatal(err)
			}
			if b.Over != tt.over || b.Resumed != tt.resumed || b.Run.Attempt != tt.attempt {
				t.Errorf("over %v, resumed %v, attempt %d; want %v, %v, %d", b.Over, b.Resumed, b.Run.Attempt, tt.over, tt.resumed, tt.attempt)
			}
			if kept() != tt.resumed {
				t.Errorf("the journal is kept: %v, want %v", kept(), tt.resumed)
			}
			wantAsOf := day
			if !tt.over && !tt.resumed {
				wantAsOf = wanted.AsOf
			}
			if !b.Run.AsOf.Equal(wantAsOf) {
				t.Errorf("asOf %v, want %v", b.Run.AsOf, wantAsOf)
			}
			if !tt.over && (b.Run.State != pipeline.Running || b.Run.Reason != "" || !b.Run.EndedAt.IsZero()) {
				t.Errorf("it goes on as %+v", b.Run)
			}
			if abandoned := tt.changed && !tt.over; (b.Abandoned != nil) != abandoned {
				t.Errorf("abandoned %+v", b.Abandoned)
			} else if abandoned && (b.Abandoned.State != pipeline.Abandoned || !strings.HasSuffix(b.Abandoned.Reason, ".")) {
				t.Errorf("abandoned %+v", b.Abandoned)
			}
		})
	}
}

func TestResumeForgetsFailures(t *testing.T) {
	s := open(t, t.TempDir())
	b := begin(t, s, 0, store.RerunNone, "o")
	kept := journal(t, s, pipeline.JournalID(b.Run))
	failed := durable.Record{State: durable.Failed, Attempts: 1, Error: "forbidden"}
	if err := s.Save(t.Context(), pipeline.JournalID(b.Run), "broken", failed); err != nil {
		t.Fatal(err)
	}
	there := func() bool {
		_, ok, err := s.Load(t.Context(), pipeline.JournalID(b.Run), "broken")
		if err != nil {
			t.Fatal(err)
		}
		return ok
	}
	update(t, s, b.Run, pipeline.Suspended)
	begin(t, s, 0, store.RerunNone, "o")
	if !there() {
		t.Error("a suspended run forgot a failure")
	}
	update(t, s, b.Run, pipeline.Failed)
	begin(t, s, 0, store.RerunNone, "o")
	if there() || !kept() {
		t.Errorf("after resuming a failed run: failure kept %v, success kept %v", there(), kept())
	}
}

// TestSalvage leaves runs unfinished day after day: what they read stays within
// reach until a run is over, and no journal outlives its use.
func TestSalvage(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	var kept []func() bool
	for d := range 5 {
		b := begin(t, s, d, store.RerunNone, "o")
		if d > 0 && (b.Abandoned == nil || b.Abandoned.State != pipeline.Abandoned || b.Abandoned.Reason == "") {
			t.Errorf("day %d abandons %+v", d, b.Abandoned)
		}
		if len(b.Salvage) != min(d, 3) {
			t.Errorf("day %d can salvage %v", d, b.Salvage)
		}
		kept = append(kept, journal(t, s, pipeline.JournalID(b.Run)))
		update(t, s, b.Run, pipeline.Suspended)
		again := begin(t, s, d, store.RerunNone, "o")
		if !again.Resumed || !reflect.DeepEqual(again.Salvage, b.Salvage) {
			t.Errorf("day %d resumed %v can salvage %v, before %v", d, again.Resumed, again.Salvage, b.Salvage)
		}
	}
	alive := func() (days []int) {
		for d, k := range kept {
			if k() {
				days = append(days, d)
			}
		}
		return days
	}
	if got := alive(); !slices.Equal(got, []int{1, 2, 3, 4}) {
		t.Errorf("journals of days %v are kept", got)
	}
	last := mustRuns(t, s)[0]
	finish(t, s, last, pipeline.Partial, 2)
	if got := alive(); got != nil {
		t.Errorf("journals of days %v outlive the run that could use them", got)
	}
	for _, r := range mustRuns(t, s) {
		if r.ID != last.ID && (r.State != pipeline.Abandoned || r.EndedAt.IsZero()) {
			t.Errorf("run %s is %s, ended %v", r.ID, r.State, r.EndedAt)
		}
	}
}

// TestSalvageIsKnown holds that every journal to salvage belongs to a run that
// the store still knows, also when runs are months apart.
func TestSalvageIsKnown(t *testing.T) {
	s := openLater(t, t.TempDir())
	var kept []func() bool
	for i, d := range []int{0, 60, 120, 300} {
		b := begin(t, s, d, store.RerunNone, "o")
		kept = append(kept, journal(t, s, pipeline.JournalID(b.Run)))
		if want := []int{0, 1, 1, 0}[i]; len(b.Salvage) != want {
			t.Errorf("day %d can salvage %v, want %d journals", d, b.Salvage, want)
		}
	}
	for i, k := range kept {
		if want := i == 3; k() != want {
			t.Errorf("journal %d is kept: %v", i, !want)
		}
	}
}

func mustRuns(t *testing.T, s *store.Store) []pipeline.Run {
	t.Helper()
	runs, err := s.Runs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return runs
}

func TestScopesAreApart(t *testing.T) {
	s := open(t, t.TempDir())
	a, ab := begin(t, s, 0, store.RerunNone, "a"), begin(t, s, 0, store.RerunNone, "a", "b")
	kept := journal(t, s, pipeline.JournalID(a.Run))
	want := finish(t, s, ab.Run, pipeline.Complete, 5)
	if b := begin(t, s, 1, store.RerunNone, "a", "b"); b.Abandoned != nil || len(b.Salvage) != 0 {
		t.Errorf("a run of a+b abandons %+v", b.Abandoned)
	}
	if !kept() {
		t.Error("the journal of a is gone")
	}
	got, ok, err := s.Snapshot(t.Context(), "a+b")
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	equal(t, "the snapshot of a+b", got, want)
	if _, ok, _ := s.Snapshot(t.Context(), "a"); ok {
		t.Error("a has a snapshot")
	}
	if scopes, err := s.Scopes(t.Context()); !slices.Equal(scopes, []pipeline.Scope{"a+b"}) || err != nil {
		t.Errorf("scopes %q, %v", scopes, err)
	}
}

func TestRunsAreKeptFor90Days(t *testing.T) {
	s := openLater(t, t.TempDir())
	for _, d := range []int{0, 1, 50, 91, 180} {
		finish(t, s, begin(t, s, d, store.RerunNone, "o").Run, pipeline.Complete, 1)
	}
	var ids []string
	for _, r := range mustRuns(t, s) {
		ids = append(ids, r.ID)
	}
	if want := []string{"2027-05-21/o", "2027-02-21/o"}; !slices.Equal(ids, want) {
		t.Errorf("runs %q, want %q", ids, want)
	}
}

// TestARunInTheFuture holds that a wrong date takes nothing from the days that
// are right.
func TestARunInTheFuture(t *testing.T) {
	s := open(t, t.TempDir())
	finish(t, s, begin(t, s, -1, store.RerunNone, "o").Run, pipeline.Complete, 3)
	changed := snapshot(begin(t, s, 0, store.RerunNone, "o").Run, pipeline.Complete, 3)
	changed.Findings[0].Status = pipeline.Fresh
	if err := s.SaveSnapshot(t.Context(), changed); err != nil {
		t.Fatal(err)
	}
	finish(t, s, begin(t, s, 3650, store.RerunNone, "o").Run, pipeline.Complete, 3)
	after := snapshot(begin(t, s, 1, store.RerunNone, "o").Run, pipeline.Complete, 3)
	if err := s.SaveSnapshot(t.Context(), after); err != nil {
		t.Fatal(err)
	}
	if runs := mustRuns(t, s); len(runs) != 4 {
		t.Errorf("%d runs are known, want 4", len(runs))
	}
	for _, c := range after.StatusChanges {
		if c.Date.After(after.Run.AsOf) {
			t.Errorf("what a run in the future noticed stays: %+v", c)
		}
	}
	if len(after.StatusChanges) != 1 || after.StatusChanges[0].Date != changed.Run.AsOf {
		t.Errorf("changes of status %+v, want the one of the day before", after.StatusChanges)
	}
}

func TestRefusedChanges(t *testing.T) {
	s := open(t, t.TempDir())
	b := begin(t, s, 0, store.RerunNone, "o")
	never := b.Run
	never.ID = "2026-01-01/o"
	finish(t, s, b.Run, pipeline.Complete, 1)
	second := begin(t, s, 0, store.RerunCompleted, "o")
	wrongID := second.Run
	wrongID.ID = "today/o"
	for name, err := range map[string]error{
		"a run that never began":      s.UpdateRun(t.Context(), never),
		"an attempt that is past":     s.UpdateRun(t.Context(), b.Run),
		"its snapshot":                s.SaveSnapshot(t.Context(), snapshot(b.Run, pipeline.Complete, 1)),
		"an end without a snapshot":   s.UpdateRun(t.Context(), snapshot(second.Run, pipeline.Complete, 0).Run),
		"a snapshot of a running one": s.SaveSnapshot(t.Context(), snapshot(second.Run, pipeline.Running, 1)),
		"an id that is none":          s.SaveSnapshot(t.Context(), snapshot(wrongID, pipeline.Complete, 1)),
	} {
		if err == nil {
			t.Errorf("%s is accepted", name)
		}
	}
	if _, err := s.Begin(t.Context(), store.Wanted{AsOf: day}); err == nil {
		t.Error("a run without owners begins")
	}
}

// TestInterimSnapshot holds that a suspended run's snapshot is shown, and that
// nothing builds on it.
func TestInterimSnapshot(t *testing.T) {
	s := open(t, t.TempDir())
	finish(t, s, begin(t, s, 0, store.RerunNone, "o").Run, pipeline.Complete, 10)
	partial := finish(t, s, begin(t, s, 1, store.RerunNone, "o").Run, pipeline.Partial, 9)
	b := begin(t, s, 2, store.RerunNone, "o")
	kept := journal(t, s, pipeline.JournalID(b.Run))
	interim := finish(t, s, b.Run, pipeline.Suspended, 4)
	if !kept() {
		t.Error("the journal of a suspended run is gone")
	}
	check := func(what string, got *pipeline.Snapshot, ok bool, err error, want *pipeline.Snapshot) {
		t.Helper()
		if err != nil || !ok {
			t.Fatalf("%s: %v, %v", what, ok, err)
		}
		equal(t, what, got, want)
	}
	all := func(latest, over *pipeline.Snapshot) {
		t.Helper()
		got, ok, err := s.Latest(t.Context(), "o")
		check("the latest", got, ok, err, latest)
		got, ok, err = s.Snapshot(t.Context(), "o")
		check("the last that is over", got, ok, err, over)
	}
	all(interim, partial)
	b = begin(t, s, 2, store.RerunNone, "o")
	if !b.Resumed {
		t.Errorf("%+v is not resumed", b)
	}
	last := finish(t, s, b.Run, pipeline.Complete, 8)
	if kept() {
		t.Error("the journal outlives its run")
	}
	all(last, last)
}

// TestStatusChanges holds that every change between two runs is kept for two
// years, the one into unknown and the one back too.
func TestStatusChanges(t *testing.T) {
	s := openLater(t, t.TempDir())
	var want []pipeline.StatusChange
	statuses := []pipeline.Status{pipeline.Aging, pipeline.Stale, pipeline.Unknown, pipeline.Stale, pipeline.Stale, pipeline.Fresh}
	days := []int{0, 1, 2, 3, 400, 800}
	for i, status := range statuses {
		run := begin(t, s, days[i], store.RerunNone, "o").Run
		if days[i] == 800 {
			want = want[3:]
		}
		interim := snapshot(run, pipeline.Suspended, 2)
		interim.Findings[0].Status = pipeline.Dormant
		if err := s.SaveSnapshot(t.Context(), interim); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(interim.StatusChanges, want) {
			t.Errorf("day %d: a suspended run looks back on %+v, want %+v", days[i], interim.StatusChanges, want)
		}
		snap := snapshot(run, pipeline.Complete, 2)
		snap.Findings[0].Status = status
		if i > 0 && statuses[i-1] != status {
			want = append(want, pipeline.StatusChange{ID: snap.Findings[0].ID, NameWithOwner: snap.Findings[0].NameWithOwner, Date: run.AsOf, From: statuses[i-1], To: status})
		}
		if err := s.SaveSnapshot(t.Context(), snap); err != nil {
			t.Fatal(err)
		}
		if got := mustSnapshot(t, s); !slices.Equal(got.StatusChanges, want) || !slices.Equal(snap.StatusChanges, want) {
			t.Errorf("day %d: changes %+v, want %+v", days[i], got.StatusChanges, want)
		}
	}
}

func TestNotes(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	for _, note := range []string{"one", "another\x00one", ""} {
		if err := s.SaveNote(t.Context(), "github.com/o", []byte(note)); err != nil {
			t.Fatal(err)
		}
		closeStore(t, s)
		s = open(t, dir)
		got, ok, err := s.Note(t.Context(), "github.com/o")
		if err != nil || !ok || string(got) != note {
			t.Errorf("note %q, %v, %v, want %q", got, ok, err, note)
		}
	}
	if err := s.SaveNote(t.Context(), "", nil); err == nil {
		t.Error("a note without a name is accepted")
	}
}
