package durable_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stalewatch/stalewatch/pipeline/durable"
)

func TestAllReturnsResultsInTheOrderOfTheTasks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var want []int
		got := mustRun(t, durable.NewMemory(), func(o *durable.Orchestration, _ none) ([]int, error) {
			var tasks []*durable.Task[int]
			for i := range 50 {
				want = append(want, i)
				tasks = append(tasks, durable.Go(o, durable.Key{Step: "fetch", Item: fmt.Sprint(i)}, func(_ context.Context, i int) (int, error) {
					time.Sleep(time.Duration(100-i) * time.Second) // the last ends first
					return i, nil
				}, i))
			}
			return durable.All(tasks)
		})
		if !slices.Equal(got, want) {
			t.Errorf("got %v", got)
		}
	})
}

func TestAllJoinsErrorsAndKeepsTheOtherResults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gone := failWith(durable.Remedy{Course: durable.Fail, Cause: "gone"})
		_, err := run(t.Context(), durable.NewMemory(), func(o *durable.Orchestration, _ none) (none, error) {
			w := &world{}
			got, err := durable.All([]*durable.Task[string]{
				durable.Go(o, step("a"), w.takes(time.Second), "a"),
				durable.Go(o, step("b"), w.failing(gone), none{}),
				durable.Sub(o, "c", func(*durable.Orchestration, none) (string, error) { return "half", errors.New("c failed") }, none{}),
				durable.Go(o, step("d"), w.takes(0), "d"),
			})
			if !slices.Equal(got, []string{"A", "", "half", "D"}) {
				t.Errorf("got %q", got)
			}
			if f, ok := errors.AsType[*durable.Failure](err); !ok || f.Key != "b:@" || !strings.Contains(err.Error(), "c failed") {
				t.Errorf("the error is %v", err)
			}
			nothing, err := durable.All[string](nil)
			if len(nothing) != 0 || err != nil {
				t.Errorf("no tasks gave %v, %v", nothing, err)
			}
			return none{}, nil
		})
		if err != nil {
			t.Errorf("failures that the orchestrator dealt with ended the run: %v", err)
		}
	})
}

func TestFanOutIsBoundedByWorkers(t *testing.T) {
	for workers, want := range map[int]int64{1: 1, 3: 3, 0: 64} {
		synctest.Test(t, func(t *testing.T) {
			var now, most atomic.Int64
			busy := func(_ context.Context, i int) (int, error) {
				n := now.Add(1)
				defer now.Add(-1)
				for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
				}
				time.Sleep(time.Second)
				return i, nil
			}
			// The bound holds over all sub-orchestrations, and one that is full
			// of them does not lock itself up.
			part := func(o *durable.Orchestration, _ none) ([]int, error) {
				var tasks []*durable.Task[int]
				for i := range 50 {
					tasks = append(tasks, durable.Go(o, durable.Key{Step: "fetch", Item: fmt.Sprint(i)}, busy, i))
				}
				return durable.All(tasks)
			}
			e := &durable.Engine{Journal: durable.NewMemory(), Workers: workers}
			_, err := durable.Run(t.Context(), e, "run", func(o *durable.Orchestration, _ none) ([][]int, error) {
				var subs []*durable.Task[[]int]
				for i := range 4 {
					subs = append(subs, durable.Sub(o, fmt.Sprint("part ", i), part, none{}))
				}
				return durable.All(subs)
			}, none{})
			if err != nil || most.Load() != want {
				t.Errorf("workers %d: %d at once, want %d; the run ended with %v", workers, most.Load(), want, err)
			}
		})
	}
}

func TestDuplicatedKeyIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		_, err := run(t.Context(), durable.NewMemory(), func(o *durable.Orchestration, _ none) (none, error) {
			for range 2 {
				if _, err := durable.Call(o, step("same"), w.upper, "a"); err != nil {
					break
				}
			}
			return none{}, nil
		})
		if err == nil || !strings.Contains(err.Error(), "same:@ is used twice") {
			t.Errorf("the run ended with %v", err)
		}
		w.wantDone(t, "a")
	})
}

func TestRunWaitsForWhatNobodyAwaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, j := &world{}, durable.NewMemory()
		mustRun(t, j, func(o *durable.Orchestration, _ none) (none, error) {
			durable.Sub(o, "aside", func(o *durable.Orchestration, _ none) (none, error) {
				time.Sleep(time.Second) // stands for the results it would wait for
				durable.Go(o, step("late"), w.takes(time.Minute), "late")
				return none{}, nil
			}, none{})
			return none{}, nil
		})
		w.wantDone(t, "late")
		if record(t, j).State != durable.Succeeded {
			t.Error("it is not on disk")
		}
	})
}

func TestEventsTellEveryStep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		var told []string
		e := &durable.Engine{Journal: durable.NewMemory(), Observe: func(ev durable.Event) {
			told = append(told, fmt.Sprintf("%d %s/%s #%d %s", ev.Kind, strings.Join(ev.Path, "/"), ev.Key, ev.Attempt, ev.Cause)+string(ev.Output))
		}}
		gone := failWith(durable.Remedy{Course: durable.Fail, Cause: "gone"})
		for range 2 {
			_, err := durable.Run(t.Context(), e, "run", func(o *durable.Orchestration, _ none) (none, error) {
				return durable.Sub(o, "sub", func(o *durable.Orchestration, _ none) (none, error) {
					_, _ = durable.Call(o, step("good"), w.failing(errTransient), none{})
					_, _ = durable.Call(o, step("bad"), w.failing(gone), none{})
					return none{}, nil
				}, none{}).Await()
			}, none{})
			if err != nil {
				t.Fatal(err)
			}
		}
		want := []string{
			fmt.Sprint(int(durable.Started), " sub/good:@ #1 "),
			fmt.Sprint(int(durable.Waiting), " sub/good:@ #1 error"),
			fmt.Sprint(int(durable.Started), " sub/good:@ #2 "),
			fmt.Sprint(int(durable.Completed), ` sub/good:@ #2 "at last"`),
			fmt.Sprint(int(durable.Started), " sub/bad:@ #1 "),
			fmt.Sprint(int(durable.Gone), " sub/bad:@ #1 gone"),
			fmt.Sprint(int(durable.Replayed), ` sub/good:@ #2 "at last"`),
			fmt.Sprint(int(durable.Replayed), " sub/bad:@ #1 gone"),
		}
		if !slices.Equal(told, want) {
			t.Errorf("told\n%s\nwant\n%s", strings.Join(told, "\n"), strings.Join(want, "\n"))
		}
	})
}
