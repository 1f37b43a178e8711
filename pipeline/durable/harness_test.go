package durable_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/pipeline/durable"
)

type none struct{}

var errTransient = errors.New("the other side is tired")

// world is what activities work on. It remembers what was done to it, and when.
type world struct {
	mu   sync.Mutex
	done []string
	at   []time.Time
}

func (w *world) do(what string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.done = append(w.done, what)
	w.at = append(w.at, time.Now())
}

func (w *world) count(what string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := 0
	for _, d := range w.done {
		if d == what {
			n++
		}
	}
	return n
}

// pauses are the times between one thing done and the next.
func (w *world) pauses() []time.Duration {
	var p []time.Duration
	for i := 1; i < len(w.at); i++ {
		p = append(p, w.at[i].Sub(w.at[i-1]))
	}
	return p
}

// upper is an activity that cannot fail.
func (w *world) upper(_ context.Context, s string) (string, error) {
	w.do(s)
	return strings.ToUpper(s), nil
}

// failing is an activity whose nth attempt over all processes returns errs[n-1],
// and that succeeds after those.
func (w *world) failing(errs ...error) durable.Activity[none, string] {
	return func(ctx context.Context, _ none) (string, error) {
		w.do("attempt")
		if n := durable.Attempt(ctx); n <= len(errs) {
			return "", errs[n-1]
		}
		return "at last", nil
	}
}

func step(name string) durable.Key { return durable.Key{Step: name} }

// calling is an orchestrator that calls one activity.
func calling[Out any](do durable.Activity[none, Out]) durable.Orchestrator[none, Out] {
	return func(o *durable.Orchestration, _ none) (Out, error) {
		return durable.Call(o, step("ask"), do, none{})
	}
}

func run[Out any](ctx context.Context, j durable.Journal, orch durable.Orchestrator[none, Out]) (Out, error) {
	return durable.Run(ctx, &durable.Engine{Journal: j}, "run", orch, none{})
}

// mustRun is run where nothing goes wrong.
func mustRun[Out any](t *testing.T, j durable.Journal, orch durable.Orchestrator[none, Out]) Out {
	t.Helper()
	out, err := run(t.Context(), j, orch)
	if err != nil {
		t.Fatalf("the run ended with: %v", err)
	}
	return out
}

func records(t *testing.T, j durable.Journal) map[string]durable.Record {
	t.Helper()
	all := make(map[string]durable.Record)
	for e, err := range j.Records(context.Background(), "run") {
		if err != nil {
			t.Fatal(err)
		}
		all[e.Key] = e.Record
	}
	return all
}

// record returns the only record of the run.
func record(t *testing.T, j durable.Journal) durable.Record {
	t.Helper()
	all := records(t, j)
	if len(all) != 1 {
		t.Fatalf("the journal holds %d records, want 1: %v", len(all), all)
	}
	for _, rec := range all {
		return rec
	}
	panic("unreachable")
}

func wantSuspension(t *testing.T, err error) *durable.Suspension {
	t.Helper()
	s, ok := errors.AsType[*durable.Suspension](err)
	if !ok {
		t.Fatalf("the run ended with %v, want a suspension", err)
	}
	return s
}

// fragile is a journal that can be made to fail.
type fragile struct {
	*durable.Memory
	load func(key string) error
	// save is asked before a record is written, and saved after; an error of
	// the latter is a process that died after the write.
	save, saved func(key string, rec durable.Record) error
}

func (f *fragile) Load(ctx context.Context, run, key string) (durable.Record, bool, error) {
	if f.load != nil {
		if err := f.load(key); err != nil {
			return durable.Record{}, false, err
		}
	}
	return f.Memory.Load(ctx, run, key)
}

func (f *fragile) Save(ctx context.Context, run, key string, rec durable.Record) error {
	if f.save != nil {
		if err := f.save(key, rec); err != nil {
			return err
		}
	}
	if err := f.Memory.Save(ctx, run, key, rec); err != nil {
		return err
	}
	if f.saved != nil {
		return f.saved(key, rec)
	}
	return nil
}

// failOnce fails for a key the first time.
func failOnce(match string, err error) func(string, durable.Record) error {
	var once sync.Once
	return func(key string, _ durable.Record) (failed error) {
		if strings.Contains(key, match) {
			once.Do(func() { failed = err })
		}
		return failed
	}
}

// wantDone compares what was done to the world, in any order.
func (w *world) wantDone(t *testing.T, want ...string) {
	t.Helper()
	got := slices.Sorted(slices.Values(w.done))
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("done: %v, want %v", got, want)
	}
}
