package durable_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stalewatch/stalewatch/pipeline/durable"
)

func failWith(r durable.Remedy) error { return durable.WithRemedy(errTransient, r) }

func TestTransientErrorsAreRetriedWithGrowingPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var firsts []time.Duration
		for range 20 {
			w, j := &world{}, durable.NewMemory()
			got := mustRun(t, j, calling(w.failing(errTransient, failWith(durable.Remedy{Cause: "timeout"}), errTransient)))
			if got != "at last" {
				t.Fatalf("got %q", got)
			}
			for i, p := range w.pauses() {
				if middle := time.Second << i; p < middle/2 || p > middle*3/2 {
					t.Errorf("pause %d lasted %v, want %v and half of it to either side", i+1, p, middle)
				}
			}
			firsts = append(firsts, w.pauses()[0])
			rec := record(t, j)
			if rec.State != durable.Succeeded || rec.Attempts != 4 || !slices.Equal(rec.Causes, []string{"error", "timeout", "error"}) || !rec.RetryAt.IsZero() {
				t.Errorf("on disk: %+v", rec)
			}
		}
		slices.Sort(firsts)
		if len(slices.Compact(firsts)) < 10 {
			t.Errorf("the pauses do not vary: %v", firsts)
		}
	})
}

func TestTimeTakenIsAddedUpOverAttemptsAndProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, j := &world{}, durable.NewMemory()
		inner := w.failing(errTransient, failWith(durable.Remedy{Course: durable.Suspend, Cause: "quota"}), errTransient)
		orch := calling(func(ctx context.Context, in none) (string, error) {
			time.Sleep(time.Hour) // waiting for its turn
			durable.Took(ctx, time.Second)
			durable.Took(ctx, 500*time.Millisecond)
			return inner(ctx, in)
		})
		_, err := run(t.Context(), j, orch)
		wantSuspension(t, err)
		if got := record(t, j).Took; got != 3*time.Second {
			t.Errorf("two attempts took %v, want 3s", got)
		}
		mustRun(t, j, orch)
		if got := record(t, j).Took; got != 6*time.Second {
			t.Errorf("four attempts took %v, want 6s", got)
		}
	})
	durable.Took(t.Context(), time.Second) // outside an activity it does nothing
}

func TestRetryPolicyTakesItsZeroFieldsFromTheDefault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{}
		always := slices.Repeat([]error{errTransient}, 100)
		e := &durable.Engine{Journal: durable.NewMemory(), Retries: durable.RetryPolicy{Attempts: 12, Max: 4 * time.Second}}
		_, err := durable.Run(t.Context(), e, "run", calling(w.failing(always...)), none{})
		wantSuspension(t, err)
		if len(w.done) != 12 {
			t.Errorf("%d attempts, want 12", len(w.done))
		}
		if longest := slices.Max(w.pauses()); longest < 2*time.Second || longest > 6*time.Second {
			t.Errorf("the longest pause lasted %v, want 4s and half of it to either side", longest)
		}
	})
}

func TestAttemptsAndCausesOutliveTheProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, j := &world{}, durable.NewMemory()
		orch := calling(w.failing(errTransient, failWith(durable.Remedy{Cause: "timeout"}), errTransient))
		for want := 1; want <= 3; want++ {
			ctx, cancel := context.WithCancel(t.Context())
			e := &durable.Engine{Journal: j, Observe: func(ev durable.Event) {
				if ev.Kind == durable.Waiting && ev.Attempt == want {
					cancel() // the process ends in the pause after this attempt
				}
			}}
			_, err := durable.Run(ctx, e, "run", orch, none{})
			wantSuspension(t, err)
			if rec := record(t, j); rec.State != durable.Attempted || rec.Attempts != want || len(rec.Causes) != want || rec.RetryAt.IsZero() {
				t.Errorf("after process %d on disk: %+v", want, rec)
			}
		}
		mustRun(t, j, orch)
		if rec := record(t, j); rec.Attempts != 4 || !slices.Equal(rec.Causes, []string{"error", "timeout", "error"}) {
			t.Errorf("on disk: %+v", rec)
		}
	})
}

func TestRetryAfterIsObeyedToTheSecond(t *testing.T) {
	for name, remedy := range map[string]func() durable.Remedy{
		"after": func() durable.Remedy { return durable.Remedy{After: 37 * time.Second} },
		"until": func() durable.Remedy { return durable.Remedy{Until: time.Now().Add(37 * time.Second)} },
		"both": func() durable.Remedy {
			return durable.Remedy{After: 37 * time.Second, Until: time.Now().Add(time.Second)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &world{}
				mustRun(t, durable.NewMemory(), calling(w.failing(failWith(remedy()))))
				if p := w.pauses(); len(p) != 1 || p[0] != 37*time.Second {
					t.Errorf("paused %v, want 37s", p)
				}
			})
		})
		t.Run(name+" in the next process", func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, j := &world{}, durable.NewMemory()
				orch := calling(w.failing(failWith(remedy())))
				ctx, cancel := context.WithCancel(t.Context())
				time.AfterFunc(10*time.Second, cancel)
				_, err := run(ctx, j, orch)
				wantSuspension(t, err)
				time.Sleep(10 * time.Second)

				var waits []time.Duration
				e := &durable.Engine{Journal: j, Observe: func(ev durable.Event) {
					if ev.Kind == durable.Waiting {
						waits = append(waits, ev.Wait)
					}
				}}
				if _, err := durable.Run(t.Context(), e, "run", orch, none{}); err != nil {
					t.Fatal(err)
				}
				if p := w.pauses(); len(p) != 1 || p[0] != 37*time.Second {
					t.Errorf("paused %v, want 37s", p)
				}
				if !slices.Equal(waits, []time.Duration{17 * time.Second}) {
					t.Errorf("told of the waits %v, want the 17s that were left", waits)
				}
			})
		})
	}
}

// TestNamedPausesAreWaitedOut: they do not count as tries, but add up to no more
// than the longest.
func TestNamedPausesAreWaitedOut(t *testing.T) {
	for name, tt := range map[string]struct {
		after    time.Duration
		refusals int
		attempts int
		suspends bool
	}{
		"a second, often":          {time.Second, 60, 61, false},
		"minutes":                  {time.Minute, 20, 21, false},
		"for ever":                 {10 * time.Minute, 100, 13, true},
		"at once, for ever":        {time.Microsecond, 10_000, 7201, true}, // each counts as a second
		"the longest":              {2 * time.Hour, 1, 2, false},
		"more than can be meant":   {1_000_000_000 * time.Second, 1, 2, false},
		"twice more than is meant": {1_000_000_000 * time.Second, 2, 2, true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, j, start := &world{}, durable.NewMemory(), time.Now()
				refusal := failWith(durable.Remedy{After: tt.after})
				_, err := run(t.Context(), j, calling(w.failing(slices.Repeat([]error{refusal}, tt.refusals)...)))
				if len(w.done) != tt.attempts {
					t.Errorf("%d attempts, want %d", len(w.done), tt.attempts)
				}
				if tt.suspends {
					wantSuspension(t, err)
				} else if err != nil {
					t.Error(err)
				}
				if waited := time.Since(start); waited > 2*time.Hour {
					t.Errorf("it waited for %v", waited)
				}
			})
		})
	}
}

// TestPausesBeyondReasonDoNotOutliveTheProcess: neither what the other side
// named, nor what a process kept whose clock was a year ahead.
func TestPausesBeyondReasonDoNotOutliveTheProcess(t *testing.T) {
	for name, tt := range map[string]struct {
		remedy durable.Remedy
		kept   bool
	}{
		"two hours":     {durable.Remedy{After: 2 * time.Hour}, true},
		"a day":         {durable.Remedy{After: 24 * time.Hour}, false},
		"31 years":      {durable.Remedy{After: 1_000_000_000 * time.Second}, false},
		"a guess":       {durable.Remedy{After: time.Hour, Doubtful: true}, false},
		"suspended for": {durable.Remedy{Course: durable.Suspend, After: 24 * time.Hour}, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, j, start := &world{}, durable.NewMemory(), time.Now()
				orch := calling(w.failing(failWith(tt.remedy)))
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				_, err := run(ctx, j, orch)
				if s := wantSuspension(t, err); s.ResumeAt.After(start.Add(2 * time.Hour)) {
					t.Errorf("it says to go on at %v", s.ResumeAt)
				}
				if kept := !record(t, j).RetryAt.IsZero(); kept != tt.kept {
					t.Errorf("kept for the next process: %v, want %v", kept, tt.kept)
				}
				mustRun(t, j, orch)
				if waited := time.Since(start); waited > 2*time.Hour || !tt.kept && waited != 0 {
					t.Errorf("the next process waited for %v", waited)
				}
			})
		})
	}
	synctest.Test(t, func(t *testing.T) {
		w, j, start := &world{}, durable.NewMemory(), time.Now()
		ahead := durable.Record{State: durable.Attempted, Attempts: 1, RetryAt: start.AddDate(1, 0, 0)}
		if err := j.Save(t.Context(), "run", step("ask").String(), ahead); err != nil {
			t.Fatal(err)
		}
		mustRun(t, j, calling(w.failing(errTransient)))
		if waited := time.Since(start); waited != 0 {
			t.Errorf("it waited for %v", waited)
		}
	})
}

func TestOutlastedRetriesSuspendWhateverTheOrchestratorDoes(t *testing.T) {
	other := errors.New("something else")
	for name, react := range map[string]func(error) error{
		"passes the error on": func(err error) error { return err },
		"swallows it":         func(error) error { return nil },
		"replaces it":         func(error) error { return other },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w, j := &world{}, durable.NewMemory()
				out, err := run(t.Context(), j, func(o *durable.Orchestration, _ none) (string, error) {
					_, err := durable.Call(o, step("ask"), w.failing(slices.Repeat([]error{errTransient}, 100)...), none{})
					if !errors.Is(err, durable.ErrStopped) {
						t.Errorf("the orchestrator got %v", err)
					}
					_, next := durable.Call(o, step("next"), w.upper, "next")
					if !errors.Is(next, durable.ErrStopped) {
						t.Errorf("the next call got %v", next)
					}
					return "what there is", react(err)
				})
				s, rec := wantSuspension(t, err), record(t, j)
				if !errors.Is(s, errTransient) || s.Reason != errTransient.Error() || !s.ResumeAt.Equal(rec.RetryAt) || !s.ResumeAt.After(time.Now()) {
					t.Errorf("suspended with %+v, on disk %+v", s, rec)
				}
				if out != "what there is" {
					t.Errorf("the orchestrator's result is lost: %q", out)
				}
				if rec.State != durable.Attempted || rec.Attempts != 6 || w.count("attempt") != 6 || w.count("next") != 0 {
					t.Errorf("done %v, on disk %+v", w.done, rec)
				}
			})
		})
	}
}

func TestTimeoutOfAnActivityIsNotTheDeadlineOfTheRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := fmt.Errorf("no answer: %w", context.DeadlineExceeded)
		_, err := run(t.Context(), durable.NewMemory(), calling(new(world).failing(slices.Repeat([]error{slow}, 6)...)))
		if s := wantSuspension(t, err); s.Reason != slow.Error() || s.ResumeAt.IsZero() {
			t.Errorf("suspended with %+v", s)
		}
	})
}

func TestPauseThatWouldPassTheDeadlineSuspendsAtOnce(t *testing.T) {
	for _, tt := range []struct {
		after    time.Duration
		attempts int
	}{
		{59 * time.Second, 2},
		{time.Minute, 1},
		{time.Hour, 1},
	} {
		t.Run(tt.after.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start, w, j := time.Now(), &world{}, durable.NewMemory()
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				orch := calling(w.failing(failWith(durable.Remedy{After: tt.after})))
				_, err := run(ctx, j, orch)
				if len(w.done) != tt.attempts {
					t.Errorf("%d attempts, want %d", len(w.done), tt.attempts)
				}
				if tt.attempts == 2 {
					if err != nil {
						t.Errorf("the run ended with %v", err)
					}
					return
				}
				s := wantSuspension(t, err)
				if !s.ResumeAt.Equal(start.Add(tt.after)) || !errors.Is(s, errTransient) {
					t.Errorf("suspended with %+v", s)
				}
				// A resumed run with as little time does not sleep either.
				_, err = run(ctx, j, orch)
				if s := wantSuspension(t, err); !s.ResumeAt.Equal(start.Add(tt.after)) {
					t.Errorf("suspended again with %+v", s)
				}
				if time.Since(start) != 0 {
					t.Errorf("it slept for %v", time.Since(start))
				}
				w.wantDone(t, "attempt")
			})
		})
	}
}

func TestSuspendRemedy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		later := time.Now().Add(time.Hour).UTC()
		for name, tt := range map[string]struct {
			err      error
			resumeAt time.Time
			attempts int
		}{
			"with a time":    {failWith(durable.Remedy{Course: durable.Suspend, Cause: "quota", Until: later}), later, 1},
			"without a time": {failWith(durable.Remedy{Course: durable.Suspend, Cause: "quota"}), time.Time{}, 1},
			"refused before it did anything": {
				fmt.Errorf("ask: %w", &durable.Suspension{Reason: "no points left", ResumeAt: later}), later, 0},
		} {
			w, j := &world{}, durable.NewMemory()
			start := time.Now()
			_, err := run(t.Context(), j, calling(w.failing(tt.err)))
			if s := wantSuspension(t, err); !s.ResumeAt.Equal(tt.resumeAt) || time.Since(start) != 0 {
				t.Errorf("%s: suspended with %+v after %v", name, s, time.Since(start))
			}
			rec := record(t, j)
			if rec.State != durable.Attempted || rec.Attempts != tt.attempts || len(rec.Causes) != tt.attempts || !rec.RetryAt.Equal(tt.resumeAt) {
				t.Errorf("%s: on disk: %+v", name, rec)
			}
		}
	})
}

func TestRemedyOf(t *testing.T) {
	inner := failWith(durable.Remedy{Course: durable.Abort, Cause: "credentials"})
	for name, tt := range map[string]struct {
		err  error
		want durable.Remedy
	}{
		"no remedy":     {errTransient, durable.Remedy{Course: durable.Retry, Cause: "error"}},
		"wrapped":       {fmt.Errorf("list: %w", inner), durable.Remedy{Course: durable.Abort, Cause: "credentials"}},
		"joined":        {errors.Join(errTransient, inner), durable.Remedy{Course: durable.Abort, Cause: "credentials"}},
		"outermost":     {durable.WithRemedy(inner, durable.Remedy{Course: durable.Fail}), durable.Remedy{Course: durable.Fail}},
		"failure":       {&durable.Failure{Code: "gone"}, durable.Remedy{Course: durable.Fail, Cause: "gone"}},
		"suspension":    {&durable.Suspension{}, durable.Remedy{Course: durable.Suspend, Cause: "suspended"}},
		"panic":         {&durable.PanicError{}, durable.Remedy{Course: durable.Abort, Cause: "panic"}},
		"run's own end": {durable.ErrStopped, durable.Remedy{Course: durable.Retry, Cause: "error"}},
	} {
		if got := durable.RemedyOf(tt.err); got != tt.want {
			t.Errorf("%s: %+v, want %+v", name, got, tt.want)
		}
	}
	if durable.WithRemedy(nil, durable.Remedy{Course: durable.Fail}) != nil {
		t.Error("no error became one")
	}
	s := &durable.Suspension{Reason: "no points left", ResumeAt: time.Date(2026, 11, 22, 9, 0, 0, 0, time.FixedZone("", 3600))}
	if got := s.Error(); !strings.HasPrefix(got, "suspended until 2026-11-22T08:00:00Z: ") {
		t.Error(got)
	}
}
