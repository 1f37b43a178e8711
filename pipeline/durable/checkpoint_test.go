package durable_test

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// chain calls upper for each item, one after the other.
func chain(w *world, items ...string) durable.Orchestrator[none, string] {
	return func(o *durable.Orchestration, _ none) (string, error) {
		var all []string
		for _, item := range items {
			out, err := durable.Call(o, durable.Key{Step: "upper", Item: item, Revision: "1"}, w.upper, item)
			if err != nil {
				return "", err
			}
			all = append(all, out)
		}
		return strings.Join(all, " "), nil
	}
}

func TestSuccessNeverRunsAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, j := &world{}, durable.NewMemory()
		for range 3 {
			if got := mustRun(t, j, chain(w, "a", "b", "c")); got != "A B C" {
				t.Errorf("got %q", got)
			}
		}
		w.wantDone(t, "a", "b", "c")
	})
}

func TestDeathBetweenEffectAndCheckpointRunsAgain(t *testing.T) {
	killed := errors.New("killed")
	for name, tt := range map[string]struct {
		journal fragile
		b       int // how often b is done
	}{
		"before the write": {fragile{save: failOnce(":b@", killed)}, 2},
		"after the write":  {fragile{saved: failOnce(":b@", killed)}, 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, j := &world{}, &tt.journal
				j.Memory = durable.NewMemory()
				out, err := run(t.Context(), j, chain(w, "a", "b", "c"))
				if !errors.Is(err, killed) || !strings.Contains(err.Error(), "upper:b@1") {
					t.Errorf("the first run ended with %v, want one that names the checkpoint", err)
				}
				if out != "" || w.count("c") > 0 {
					t.Errorf("got %q and did %v, though b is not on disk", out, w.done)
				}
				if got := mustRun(t, j, chain(w, "a", "b", "c")); got != "A B C" {
					t.Errorf("got %q", got)
				}
				if w.count("a") != 1 || w.count("b") != tt.b || w.count("c") != 1 {
					t.Errorf("done: %v", w.done)
				}
			})
		})
	}
}

func TestKeysAreNamesNotPositions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, j := &world{}, durable.NewMemory()
		mustRun(t, j, chain(w, "a", "b", "c"))
		// A rebuilt binary may do the same in another order, and more.
		if got := mustRun(t, j, chain(w, "new", "c", "a", "b")); got != "NEW C A B" {
			t.Errorf("got %q", got)
		}
		w.wantDone(t, "a", "b", "c", "new")
	})
}

func TestChangedRevisionRunsJustThatStepAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, j := &world{}, durable.NewMemory()
		survey := func(listed, fetched string) durable.Orchestrator[none, none] {
			return func(o *durable.Orchestration, _ none) (none, error) {
				_, err1 := durable.Call(o, durable.Key{Step: "list", Revision: listed}, w.upper, "list")
				_, err2 := durable.Call(o, durable.Key{Step: "fetch", Revision: fetched}, w.upper, "fetch")
				return none{}, errors.Join(err1, err2)
			}
		}
		mustRun(t, j, survey("1", "1"))
		mustRun(t, j, survey("1", "2"))
		mustRun(t, j, survey("1", "2"))
		w.wantDone(t, "list", "fetch", "fetch")
	})
}

func TestRunsAreApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, e := &world{}, &durable.Engine{Journal: durable.NewMemory()}
		for _, id := range []string{"monday", "tuesday", "monday"} {
			if _, err := durable.Run(t.Context(), e, id, chain(w, "a"), none{}); err != nil {
				t.Fatal(err)
			}
		}
		w.wantDone(t, "a", "a")
	})
}

// shifty is a value that JSON does not carry as it is in memory.
type shifty struct {
	Kept     string
	Dropped  string `json:"-"`
	hidden   string
	When     time.Time
	Empty    []string `json:"empty,omitempty"`
	Anything any
}

func TestLiveRunSeesWhatAReplaySees(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := durable.NewMemory()
		orch := calling(func(context.Context, none) (shifty, error) {
			return shifty{Kept: "a\xffb", Dropped: "x", hidden: "y", When: time.Now(), Empty: []string{}, Anything: 1}, nil
		})
		live := mustRun(t, j, orch)
		replayed := mustRun(t, j, orch)
		if !reflect.DeepEqual(live, replayed) {
			t.Errorf("live   %#v\nreplay %#v", live, replayed)
		}
		if live.Dropped != "" || live.hidden != "" || live.Empty != nil || live.Anything != 1.0 || live.Kept != "a\uFFFDb" {
			t.Errorf("the live run saw what is not on disk: %#v", live)
		}
	})
}

// brittle can be written as JSON, but not read.
type brittle struct{}

func (*brittle) UnmarshalJSON([]byte) error { return errors.New("nobody can read this") }

func TestResultThatDoesNotSurviveJSONAborts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, j := &world{}, durable.NewMemory()
		_, written := run(t.Context(), j, calling(func(context.Context, none) (chan int, error) {
			w.do("chan")
			return make(chan int), nil
		}))
		_, read := run(t.Context(), j, calling(func(context.Context, none) (brittle, error) {
			w.do("brittle")
			return brittle{}, nil
		}))
		for _, err := range []error{written, read} {
			if err == nil || !strings.Contains(err.Error(), "ask:@ does not survive JSON") {
				t.Errorf("the run ended with %v", err)
			}
		}
		w.wantDone(t, "chan", "brittle")
		if len(records(t, j)) != 0 {
			t.Errorf("on disk: %v", records(t, j))
		}
	})
}

func TestCheckpointThatDoesNotFitIsMadeAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := durable.NewMemory()
		old := durable.Record{State: durable.Succeeded, Attempts: 2, Causes: []string{"timeout"}, Output: json.RawMessage(`{"empty":["old"],"Kept":5}`)}
		if err := j.Save(t.Context(), "run", step("ask").String(), old); err != nil {
			t.Fatal(err)
		}
		got := mustRun(t, j, calling(func(context.Context, none) (shifty, error) { return shifty{Kept: "new"}, nil }))
		if want := (shifty{Kept: "new"}); !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want nothing of the old record", got)
		}
		if rec := record(t, j); rec.State != durable.Succeeded || rec.Attempts != 3 || !slices.Equal(rec.Causes, old.Causes) {
			t.Errorf("on disk: %+v", rec)
		}
	})
}

func TestResultThatIsNotOnDiskIsNotShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		full := errors.New("no space left on device")
		j := &fragile{Memory: durable.NewMemory(), save: func(string, durable.Record) error { return full }}
		_, err := run(t.Context(), j, func(o *durable.Orchestration, _ none) (none, error) {
			got, err := durable.Call(o, step("ask"), new(world).upper, "a")
			if got != "" || !errors.Is(err, durable.ErrStopped) {
				t.Errorf("the orchestrator saw %q, %v", got, err)
			}
			return none{}, nil
		})
		if !errors.Is(err, full) {
			t.Errorf("the run ended with %v", err)
		}
	})
}

func TestJournalThatCannotBeReadAborts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, broken := &world{}, errors.New("bad sector")
		j := &fragile{Memory: durable.NewMemory(), load: func(string) error { return broken }}
		_, err := run(t.Context(), j, chain(w, "a"))
		if !errors.Is(err, broken) || !strings.Contains(err.Error(), "upper:a@1") {
			t.Errorf("the run ended with %v", err)
		}
		w.wantDone(t)
	})
}

func TestPermanentFailureIsReplayed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, j := &world{}, durable.NewMemory()
		gone := durable.WithRemedy(errors.New("no such repository"), durable.Remedy{Course: durable.Fail, Cause: "not-found"})
		orch := calling(w.failing(errTransient, gone))
		var seen []*durable.Failure
		for range 2 {
			_, err := run(t.Context(), j, orch)
			f, ok := errors.AsType[*durable.Failure](err)
			if !ok {
				t.Fatalf("the run ended with %v", err)
			}
			seen = append(seen, f)
		}
		want := durable.Failure{Key: "ask:@", Code: "not-found", Message: "no such repository"}
		if *seen[0] != want || *seen[1] != want {
			t.Errorf("live %+v, replay %+v, want %+v", *seen[0], *seen[1], want)
		}
		w.wantDone(t, "attempt", "attempt")
		if rec := record(t, j); rec.State != durable.Failed || !slices.Equal(rec.Causes, []string{"error", "not-found"}) {
			t.Errorf("on disk: %+v", rec)
		}
	})
}

func TestOnlyActivitiesAreJournaledAndSubsSetTheirKeysApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, j := &world{}, durable.NewMemory()
		owner := func(o *durable.Orchestration, name string) (string, error) {
			return durable.Call(o, step("list"), w.upper, name)
		}
		orch := func(o *durable.Orchestration, _ none) ([]string, error) {
			outer := durable.Sub(o, "github", func(o *durable.Orchestration, _ none) (string, error) {
				return durable.Sub(o, "a/b:c@d", owner, "inner").Await()
			}, none{})
			return durable.All([]*durable.Task[string]{durable.Sub(o, "x", owner, "x"), durable.Sub(o, "y", owner, "y"), outer})
		}
		for range 2 {
			if got := mustRun(t, j, orch); !slices.Equal(got, []string{"X", "Y", "INNER"}) {
				t.Errorf("got %v", got)
			}
		}
		w.wantDone(t, "x", "y", "inner")
		want := []string{"github/a%2Fb%3Ac%40d/list:@", "x/list:@", "y/list:@"}
		if got := slices.Sorted(maps.Keys(records(t, j))); !slices.Equal(got, want) {
			t.Errorf("on disk: %v, want %v", got, want)
		}
	})
}

// TestCheckpointedComesAfterTheWrite: who waits for the outcome to be on disk
// is told after every attempt, and before the pause that follows a failed one.
func TestCheckpointedComesAfterTheWrite(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j := durable.NewMemory()
		var states []durable.State
		began := time.Now()
		act := func(ctx context.Context, _ none) (string, error) {
			durable.Checkpointed(ctx, func() {
				if time.Since(began) > time.Minute/2 && durable.Attempt(ctx) == 1 {
					t.Error("it was told after the pause")
				}
				for e, err := range j.Records(context.Background(), "run") {
					if err != nil {
						t.Error(err)
					}
					states = append(states, e.Record.State)
				}
			})
			if durable.Attempt(ctx) == 1 {
				return "", durable.WithRemedy(errTransient, durable.Remedy{Course: durable.Retry, After: time.Minute})
			}
			return "done", nil
		}
		mustRun(t, j, func(o *durable.Orchestration, _ none) (string, error) {
			return durable.Call(o, durable.Key{Step: "act"}, act, none{})
		})
		if want := []durable.State{durable.Attempted, durable.Succeeded}; !slices.Equal(states, want) {
			t.Errorf("found %v on disk, want %v", states, want)
		}
		outside := false
		durable.Checkpointed(t.Context(), func() { outside = true })
		if !outside {
			t.Error("outside an activity it was not told at once")
		}
	})
}
