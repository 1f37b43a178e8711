package store_test

import (
	"crypto/sha256"
	"fmt"
	"log/slog"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
	"github.com/stalewatch/stalewatch/pipeline/durable/journaltest"
	"github.com/stalewatch/stalewatch/store"
)

// day is the asOf of the first run in these tests.
var day = time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)

func options() store.Options {
	return store.Options{
		Logger: slog.New(slog.DiscardHandler),
		Now:    func() time.Time { return day.Add(time.Minute) },
	}
}

// openLater is open with a clock that is far ahead of the days of all runs.
func openLater(t testing.TB, dir string) *store.Store {
	t.Helper()
	opts := options()
	opts.Now = func() time.Time { return day.AddDate(3, 0, 0) }
	s, err := store.Open(t.Context(), dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeStore(t, s) })
	return s
}

// open returns a store that is closed with the test.
func open(t testing.TB, dir string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), dir, options())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeStore(t, s) })
	return s
}

func closeStore(t testing.TB, s *store.Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestJournal(t *testing.T) {
	dirs := make(map[durable.Journal]string)
	journaltest.Run(t,
		func(t *testing.T) durable.Journal {
			dir := t.TempDir()
			s := open(t, dir)
			dirs[s] = dir
			return s
		},
		func(t *testing.T, j durable.Journal) durable.Journal {
			old := j.(*store.Store)
			closeStore(t, old)
			s := open(t, dirs[old])
			dirs[s] = dirs[old]
			return s
		})
}

// TestUnreadableRecord holds that a record that cannot be read counts as none
// and spoils nothing else.
func TestUnreadableRecord(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	b := begin(t, s, 0, store.RerunNone, "o")
	for i, name := range []string{"a", "b", "c"} {
		record(t, s, pipeline.JournalID(b.Run), name, i)
	}
	if err := s.Spoil(pipeline.JournalID(b.Run), "b"); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, ok, err := s.Load(t.Context(), pipeline.JournalID(b.Run), "b"); ok || err != nil {
			t.Errorf("the spoilt record: %v, %v", ok, err)
		}
		var names []string
		for e, err := range s.Records(t.Context(), pipeline.JournalID(b.Run)) {
			if err != nil {
				t.Fatal(err)
			}
			names = append(names, e.Key)
		}
		if !slices.Equal(names, []string{"a", "c"}) {
			t.Errorf("records %q", names)
		}
		export(t, s)
		closeStore(t, s)
		s = open(t, dir)
		if s.Incident() != "" {
			t.Error(s.Incident())
		}
	}
	record(t, s, pipeline.JournalID(b.Run), "b", 1)
	if _, ok, err := s.Load(t.Context(), pipeline.JournalID(b.Run), "b"); !ok || err != nil {
		t.Errorf("saved again: %v, %v", ok, err)
	}
}

func TestEmptyStore(t *testing.T) {
	s := open(t, t.TempDir())
	if s.Incident() != "" {
		t.Errorf("a new store has the incident %q", s.Incident())
	}
	if runs, err := s.Runs(t.Context()); len(runs) != 0 || err != nil {
		t.Errorf("runs %v, %v", runs, err)
	}
	if scopes, err := s.Scopes(t.Context()); len(scopes) != 0 || err != nil {
		t.Errorf("scopes %v, %v", scopes, err)
	}
	if _, ok, err := s.Snapshot(t.Context(), "o"); ok || err != nil {
		t.Errorf("a snapshot: %v, %v", ok, err)
	}
	if _, ok, err := s.Note(t.Context(), "a"); ok || err != nil {
		t.Errorf("a note: %v, %v", ok, err)
	}
}

func TestClosedStore(t *testing.T) {
	s := open(t, t.TempDir())
	closeStore(t, s)
	closeStore(t, s)
	if _, err := s.Runs(t.Context()); err != store.ErrClosed {
		t.Errorf("Runs returns %v", err)
	}
	if err := s.Save(t.Context(), "run", "key", durable.Record{}); err != store.ErrClosed {
		t.Errorf("Save returns %v", err)
	}
	for _, err := range s.Records(t.Context(), "run") {
		if err == nil {
			t.Error("Records yields a record")
		}
	}
}

// begin begins the run of owners on the n-th day and fails the test if it
// cannot.
func begin(t testing.TB, s *store.Store, n int, rerun store.Rerun, owners ...string) store.Beginning {
	t.Helper()
	b, err := s.Begin(t.Context(), store.Wanted{
		Owners: owners, AsOf: day.AddDate(0, 0, n), Fingerprint: "f1", Rerun: rerun,
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// finish saves a snapshot of n repositories as the end of the run.
func finish(t testing.TB, s *store.Store, run pipeline.Run, state pipeline.RunState, n int) *pipeline.Snapshot {
	t.Helper()
	snap := snapshot(run, state, n)
	if err := s.SaveSnapshot(t.Context(), snap); err != nil {
		t.Fatal(err)
	}
	return snap
}

// snapshot makes up what a run over n repositories found, with every field
// that the store must bring back in use.
func snapshot(run pipeline.Run, state pipeline.RunState, n int) *pipeline.Snapshot {
	run.State, run.EndedAt = state, run.AsOf.Add(time.Hour)
	run.Counters = pipeline.Counters{Requests: 12, Points: 12, Retries: map[string]int{"timeout": 1}, Chunks: 3}
	snap := &pipeline.Snapshot{
		Run: run, GeneratedAt: run.EndedAt, Notices: []string{"a notice"},
		Rules:   pipeline.Rules{Tiers: pipeline.Tiers{Fresh: pipeline.Span{Months: 6}, Active: pipeline.Span{Years: 1}, Aging: pipeline.Span{Years: 2}, Stale: pipeline.Span{Years: 4}}},
		Events:  []pipeline.Event{{Date: run.AsOf, Type: pipeline.EventNew, NameWithOwner: "o/r0"}},
		History: []pipeline.HistoryEntry{{ID: run.ID, AsOf: run.AsOf, State: state, RuleVersion: "1", Total: n, Counts: pipeline.CountStatuses(nil)}},
	}
	for i := range n {
		snap.Findings = append(snap.Findings, finding(run.AsOf, i))
	}
	snap.Tombstones = []pipeline.Tombstone{{Finding: finding(run.AsOf, n), GoneAt: run.AsOf, MovedTo: "o/elsewhere"}}
	snap.Packages = []pipeline.Package{{ID: "P", ReadAt: run.AsOf}}
	snap.Items = []pipeline.Item{{Source: "s", Name: "i", Date: &run.AsOf, State: "old"}}
	return snap
}

func finding(asOf time.Time, i int) pipeline.Finding {
	hex := func(n int) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(strconv.Itoa(n)))) }
	committed := day.Add(-time.Duration(i%4000) * 24 * time.Hour)
	pushed := committed.Add(time.Duration(i%977) * time.Minute)
	name := fmt.Sprintf("azure-%s-sample-%s", []string{"functions", "storage", "cosmos-db", "openai", "iot"}[i%5], hex(i)[:6])
	login, branch, lang := fmt.Sprintf("user-%s", hex(i % 300)[:7]), "main", []string{"C#", "Python", "Go"}[i%3]
	description := fmt.Sprintf("This sample shows how to use %s with %s, see %s", name, lang, hex(i)[20:50])
	previous, since := pipeline.Aging, day.AddDate(0, -1, 0)
	if i%100 == asOf.Day() {
		since = asOf // one in a hundred took its status today
	}
	age := int(asOf.Sub(committed) / (24 * time.Hour))
	tip := &pipeline.Commit{OID: hex(i)[:40], CommittedDate: committed, Author: pipeline.Author{Login: &login, Name: &login}}
	return pipeline.Finding{
		Repository: pipeline.Repository{
			ID: "R_kgDO" + hex(i)[:8], NameWithOwner: "Azure-Samples/" + name, URL: "https://github.com/Azure-Samples/" + name,
			Description: &description, CreatedAt: committed.AddDate(-2, 0, 0), PushedAt: &pushed, DefaultBranch: &branch,
			StargazerCount: i * 7 % 1013, ForkCount: i % 101, PrimaryLanguage: &lang, Topics: []string{"azure", lang, "sample"},
			Detail: &pipeline.Detail{
				ReadAt: asOf, Revision: "r1", Tip: tip, OpenIssueCount: i % 40,
				RootEntries: []string{".github", ".gitignore", "LICENSE", "README.md", "src", "infra", "azure.yaml", "CONTRIBUTING.md", hex(i)[50:60]},
			},
		},
		Status: pipeline.Stale, StatusSince: since, PreviousStatus: &previous,
		LastHumanCommit: tip, DecidedBy: &committed, AgeDays: &age,
		Reason: pipeline.Reason{Rule: "age", Sentence: fmt.Sprintf("No person has committed for %d days; the limit is 730 days.", age)},
	}
}

func equal(t *testing.T, what string, got, want *pipeline.Snapshot) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s differs from what was saved:\n got %.600v\nwant %.600v", what, got, want)
	}
}

func TestSnapshotRoundTrip(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	for _, n := range []int{0, 1, 30, 1000} {
		b := begin(t, s, n, store.RerunNone, "Azure-Samples")
		want := finish(t, s, b.Run, pipeline.Complete, n)
		for range 2 {
			got, ok, err := s.Snapshot(t.Context(), "azure-samples")
			if err != nil || !ok {
				t.Fatalf("snapshot of %d: %v, %v", n, ok, err)
			}
			equal(t, fmt.Sprintf("the snapshot of %d", n), got, want)
			closeStore(t, s)
			s = open(t, dir)
		}
	}
	if s.Incident() != "" {
		t.Error(s.Incident())
	}
}
