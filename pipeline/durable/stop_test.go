package durable_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// takes is an activity that needs so long, and gives up only when it is killed.
func (w *world) takes(d time.Duration) durable.Activity[string, string] {
	return func(ctx context.Context, s string) (string, error) {
		select {
		case <-time.After(d):
			return w.upper(ctx, s)
		case <-ctx.Done():
			w.do("killed")
			return "", ctx.Err()
		}
	}
}

func TestSignalLetsWhatIsInFlightCommitAndStartsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, j, start := &world{}, durable.NewMemory(), time.Now()
		orch := func(o *durable.Orchestration, _ none) ([]string, error) {
			first := []*durable.Task[string]{
				durable.Go(o, step("a"), w.takes(2*time.Second), "a"),
				durable.Go(o, step("b"), w.takes(3*time.Second), "b"),
			}
			done, err := durable.All(first)
			if err != nil {
				t.Errorf("what was in flight is lost: %v", err)
			}
			_, err = durable.Call(o, step("c"), w.takes(0), "c")
			if !errors.Is(err, durable.ErrStopped) {
				t.Errorf("new work got %v", err)
			}
			return done, nil
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		out, err := run(ctx, j, orch)
		s := wantSuspension(t, err)
		if s.Reason != "interrupted" || !s.ResumeAt.IsZero() || time.Since(start) != 3*time.Second {
			t.Errorf("suspended with %+v after %v", s, time.Since(start))
		}
		if !slices.Equal(out, []string{"A", "B"}) || len(records(t, j)) != 2 {
			t.Errorf("got %v, on disk %v", out, records(t, j))
		}
		w.wantDone(t, "a", "b")
	})
}

func TestAfterTheGraceWhatIsInFlightIsKilled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, j, start := &world{}, durable.NewMemory(), time.Now()
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		e := &durable.Engine{Journal: j, Grace: 5 * time.Second}
		_, err := durable.Run(ctx, e, "run", func(o *durable.Orchestration, _ none) (none, error) {
			tasks := []*durable.Task[string]{
				durable.Go(o, step("slow"), w.takes(time.Hour), "slow"),
				durable.Go(o, step("quick"), w.takes(5*time.Second), "quick"),
			}
			_, err := durable.All(tasks)
			return none{}, err
		}, none{})
		wantSuspension(t, err)
		if time.Since(start) != 6*time.Second {
			t.Errorf("it ended after %v, want 1s and the grace of 5s", time.Since(start))
		}
		w.wantDone(t, "killed", "quick")
		if all := records(t, j); len(all) != 1 || all["quick:@"].State != durable.Succeeded {
			t.Errorf("on disk: %v; what was killed is no attempt", all)
		}
	})
}

func TestWhatWaitsGivesUpAsSoonAsTheRunStops(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start, j := time.Now(), durable.NewMemory()
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		_, err := run(ctx, j, calling(func(ctx context.Context, _ none) (none, error) {
			<-durable.Stopping(ctx).Done()
			if ctx.Err() != nil {
				t.Error("the activity was killed before it could give up")
			}
			return none{}, durable.ErrStopped
		}))
		wantSuspension(t, err)
		if time.Since(start) != time.Second || len(records(t, j)) != 0 {
			t.Errorf("it ended after %v with %v on disk", time.Since(start), records(t, j))
		}
	})
	if ctx := t.Context(); durable.Stopping(ctx) != ctx || durable.Attempt(ctx) != 1 {
		t.Error("outside an activity a context stands for itself")
	}
}

func TestEndedContextSuspends(t *testing.T) {
	why := errors.New("why it ended")
	for name, tt := range map[string]struct {
		end    func(context.Context) (context.Context, context.CancelFunc)
		reason string
	}{
		"cancelled": {context.WithCancel, "interrupted"},
		"deadline": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeout(ctx, time.Second)
		}, "the deadline is reached"},
		"deadline with a cause": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			return context.WithTimeoutCause(ctx, time.Second, why)
		}, "the deadline is reached"},
		"cancelled with a cause": {func(ctx context.Context) (context.Context, context.CancelFunc) {
			ctx, cancel := context.WithCancelCause(ctx)
			return ctx, func() { cancel(why) }
		}, "interrupted"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := tt.end(t.Context())
				defer cancel()
				time.AfterFunc(2*time.Second, cancel)
				w := &world{}
				_, err := run(ctx, durable.NewMemory(), func(o *durable.Orchestration, _ none) (none, error) {
					_, err := durable.Call(o, step("a"), w.takes(2*time.Second), "a")
					if err == nil {
						_, err = durable.Call(o, step("b"), w.takes(2*time.Second), "b")
					}
					return none{}, err
				})
				s := wantSuspension(t, err)
				if s.Reason != tt.reason || strings.Contains(name, "with a cause") && !errors.Is(s, why) {
					t.Errorf("suspended with %+v", s)
				}
			})
		})
	}
}

func TestStoppedRunStillReplays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, j := &world{}, durable.NewMemory()
		mustRun(t, j, chain(w, "a", "b"))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		var seen []string
		_, err := run(ctx, j, func(o *durable.Orchestration, _ none) (none, error) {
			for _, item := range []string{"a", "b", "c"} {
				out, _ := durable.Call(o, durable.Key{Step: "upper", Item: item, Revision: "1"}, w.upper, item)
				seen = append(seen, out)
			}
			return none{}, nil
		})
		wantSuspension(t, err)
		if !slices.Equal(seen, []string{"A", "B", ""}) {
			t.Errorf("saw %q: what is on disk is known, what is not must not begin", seen)
		}
		w.wantDone(t, "a", "b")
	})
}

func TestAbortWritesNothingAndWins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, j := &world{}, durable.NewMemory()
		refused := failWith(durable.Remedy{Course: durable.Abort, Cause: "credentials"})
		orch := func(o *durable.Orchestration, _ none) (string, error) {
			sibling := durable.Go(o, step("sibling"), w.takes(2*time.Second), "sibling")
			_, err := durable.Call(o, step("ask"), w.failing(refused), none{})
			if !errors.Is(err, durable.ErrStopped) {
				t.Errorf("the orchestrator got %v", err)
			}
			out, _ := sibling.Await()
			return out, errors.New("the orchestrator's own error")
		}
		for range 2 {
			if out, err := run(t.Context(), j, orch); !errors.Is(err, refused) || out != "SIBLING" {
				t.Errorf("the run ended with %q, %v", out, err)
			}
		}
		w.wantDone(t, "attempt", "attempt", "sibling")
		if all := records(t, j); len(all) != 1 || all["sibling:@"].State != durable.Succeeded {
			t.Errorf("on disk: %v", all)
		}
	})
}

func TestAbortIsNotHiddenByASuspension(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		refused := failWith(durable.Remedy{Course: durable.Abort})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		_, err := run(ctx, durable.NewMemory(), calling(func(context.Context, none) (none, error) {
			time.Sleep(2 * time.Second)
			return none{}, refused
		}))
		if !errors.Is(err, refused) {
			t.Errorf("the run ended with %v", err)
		}
	})
}

func TestPanicOfAnActivityNamesItsKeyAndLosesNoSibling(t *testing.T) {
	type start func(*durable.Orchestration, durable.Activity[string, string]) error
	for name, begin := range map[string]start{
		"called": func(o *durable.Orchestration, do durable.Activity[string, string]) error {
			_, err := durable.Call(o, step("bad"), do, "bad")
			return err
		},
		"fanned out": func(o *durable.Orchestration, do durable.Activity[string, string]) error {
			_, err := durable.Go(o, step("bad"), do, "bad").Await()
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, j := &world{}, durable.NewMemory()
				orch := func(o *durable.Orchestration, _ none) ([]string, error) {
					var siblings []*durable.Task[string]
					for _, s := range []string{"x", "y"} {
						siblings = append(siblings, durable.Go(o, step(s), w.takes(time.Second), s))
					}
					_, err := durable.Sub(o, "github", func(o *durable.Orchestration, _ none) (none, error) {
						return none{}, begin(o, func(context.Context, string) (string, error) {
							time.Sleep(time.Millisecond) // the siblings are under way then
							panic("index out of reach")
						})
					}, none{}).Await()
					if err == nil {
						t.Error("the orchestrator saw no error")
					}
					return durable.All(siblings)
				}
				out, err := run(t.Context(), j, orch)
				p, ok := errors.AsType[*durable.PanicError](err)
				if !ok || p.Key != "github/bad:@" || p.Value != "index out of reach" || !strings.Contains(p.Stack, "stop_test.go") {
					t.Fatalf("the run ended with %#v", err)
				}
				if got := err.Error(); got != "github/bad:@ panicked: index out of reach" {
					t.Error(got)
				}
				if !slices.Equal(out, []string{"X", "Y"}) || len(records(t, j)) != 2 {
					t.Errorf("siblings: %v, on disk: %v", out, records(t, j))
				}
			})
		})
	}
}

// explosive is a result that panics when it is decoded.
type explosive struct{}

func (*explosive) UnmarshalJSON([]byte) error { panic("boom") }

func TestPanicElsewhereNamesItsPlace(t *testing.T) {
	bad := func(*durable.Orchestration, none) (none, error) { panic("boom") }
	for where, orch := range map[string]durable.Orchestrator[none, none]{
		"orchestrator": bad,
		"orchestrator github/owner x": func(o *durable.Orchestration, _ none) (none, error) {
			durable.Sub(o, "github", func(o *durable.Orchestration, _ none) (none, error) {
				return durable.Sub(o, "owner x", bad, none{}).Await()
			}, none{})
			return none{}, nil // never looks
		},
		"fetch:@": func(o *durable.Orchestration, _ none) (none, error) {
			durable.Go(o, step("fetch"), func(context.Context, none) (explosive, error) { return explosive{}, nil }, none{})
			return none{}, nil
		},
	} {
		synctest.Test(t, func(t *testing.T) {
			_, err := run(t.Context(), durable.NewMemory(), orch)
			if p, ok := errors.AsType[*durable.PanicError](err); !ok || p.Key != where || p.Value != "boom" {
				t.Errorf("%s: the run ended with %v", where, err)
			}
		})
	}
}

func TestPanicOfTheOrchestratorStopsWhatGoesOnBesideIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		_, err := run(t.Context(), durable.NewMemory(), func(o *durable.Orchestration, _ none) (none, error) {
			durable.Sub(o, "aside", func(o *durable.Orchestration, _ none) (none, error) {
				for _, s := range []string{"a", "b"} {
					if _, err := durable.Call(o, step(s), w.takes(time.Second), s); err != nil {
						return none{}, err
					}
				}
				return none{}, nil
			}, none{})
			time.Sleep(time.Millisecond) // a is in flight
			panic("boom")
		})
		if _, ok := errors.AsType[*durable.PanicError](err); !ok {
			t.Errorf("the run ended with %v", err)
		}
		w.wantDone(t, "a")
	})
}
