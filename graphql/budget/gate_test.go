package budget_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stalewatch/stalewatch/graphql/budget"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

func TestPauseHoldsEverybodyToTheSecond(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		var waits []budget.Wait
		b := budget.New(budget.Config{Observe: func(w budget.Wait) { waits = append(waits, w) }})
		p, q := b.Pipeline(), b.Pipeline()
		if until := b.PauseFor(42*time.Second, "slow down"); !until.Equal(start.Add(42 * time.Second)) {
			t.Errorf("paused until %v", until)
		}
		if until := b.PauseFor(10*time.Second, "less"); !until.Equal(start.Add(42 * time.Second)) {
			t.Errorf("a shorter pause ended the longer one: %v", until)
		}
		rs := []*request{ask(t.Context(), p, budget.Ask{}), ask(t.Context(), q, budget.Ask{Urgent: true, Final: true})}
		time.Sleep(42*time.Second - 1)
		if count(rs) != 0 {
			t.Error("somebody passed the gate")
		}
		time.Sleep(time.Nanosecond)
		if count(rs) != 2 {
			t.Error("the gate did not open")
		}
		if want := []budget.Wait{{Reason: "slow down", Until: start.Add(42 * time.Second)}}; !slices.Equal(waits, want) {
			t.Errorf("told of %v, want %v", waits, want)
		}
	})
}

func TestPauseGrowsWhileItWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := budget.New(budget.Config{})
		b.PauseFor(time.Minute, "slow down")
		r := ask(t.Context(), b.Pipeline(), budget.Ask{})
		time.Sleep(30 * time.Second)
		b.PauseFor(time.Minute, "slower")
		time.Sleep(time.Minute - 1)
		r.wantGranted(t, false)
		time.Sleep(time.Nanosecond)
		r.wantGranted(t, true)
	})
}

// within reports that d is want or up to a quarter more.
func within(d, want time.Duration) bool { return d >= want && d < want*5/4 }

func TestPauseWithoutATimeDoublesWhileItDoesNotHelp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := budget.New(budget.Config{Concurrency: 1})
		s := b.Pipeline()
		pushBack := func(times int) time.Duration {
			r := ask(t.Context(), s, budget.Ask{})
			var until time.Time
			for range times {
				until = b.PauseFor(0, "slow down")
			}
			r.settle(t, budget.Usage{PushBack: true, Failed: true})
			d := time.Until(until)
			time.Sleep(d)
			return d
		}
		varies := false
		for i, want := range []time.Duration{1, 2, 4, 8, 16, 30, 30, 30} {
			d := pushBack(1)
			if !within(d, want*time.Minute) {
				t.Errorf("pause %d lasts %v, want %d minutes and up to a quarter more", i+1, d, want)
			}
			varies = varies || d%time.Second != 0
		}
		if !varies {
			t.Error("several programs would all return together")
		}
		ask(t.Context(), s, budget.Ask{}).settle(t, budget.Usage{Cost: 1})
		// Those that are pushed back together have one cause.
		for _, want := range []time.Duration{1, 2} {
			if d := pushBack(4); !within(d, want*time.Minute) {
				t.Errorf("after a success the pause lasts %v, want %d minutes and up to a quarter more", d, want)
			}
		}
	})
}

func TestHourlyPoints(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		b := budget.New(budget.Config{Concurrency: 4})
		s := b.Pipeline()
		reset := start.Add(20 * time.Minute)
		told(t, s, 1000, 15, reset) // ten of a thousand are kept in reserve

		large := ask(t.Context(), s, budget.Ask{Points: 4})
		large.wantGranted(t, true)
		held := ask(t.Context(), s, budget.Ask{Points: 2})
		held.wantGranted(t, false) // until the large one is settled
		large.settle(t, budget.Usage{Cost: 1, Limit: 1000, Remaining: 12, Reset: reset})
		held.wantGranted(t, true) // it cost less than was reserved
		held.settle(t, budget.Usage{Cost: 2, Limit: 1000, Remaining: 10, Reset: reset})

		usual := ask(t.Context(), s, budget.Ask{Urgent: true})
		usual.wantGranted(t, false)
		final := ask(t.Context(), s, budget.Ask{Final: true, Points: 10})
		final.wantGranted(t, true) // though another waits before it
		last := ask(t.Context(), s, budget.Ask{Final: true})
		last.wantGranted(t, false)
		final.settle(t, budget.Usage{Cost: 10, Limit: 1000, Remaining: 0, Reset: reset})

		time.Sleep(time.Until(reset) + time.Second - 1)
		usual.wantGranted(t, false)
		last.wantGranted(t, false)
		time.Sleep(time.Nanosecond)
		usual.wantGranted(t, true)
		last.wantGranted(t, true)
	})
}

func TestAnswersThatOvertakeOneAnother(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := budget.New(budget.Config{})
		s := b.Pipeline()
		reset := time.Now().Add(time.Hour)
		for _, step := range []struct {
			usage budget.Usage
			want  int
		}{
			{budget.Usage{Limit: 5000, Remaining: 4000, Reset: reset}, 4000},
			{budget.Usage{Limit: 5000, Remaining: 4001, Reset: reset}, 4000}, // an older answer
			{budget.Usage{}, 3999},                                                                  // no figures
			{budget.Usage{Cost: 9}, 3990},                                                           // but a cost
			{budget.Usage{Limit: 5000, Remaining: 10}, 3989},                                        // no reset
			{budget.Usage{Limit: 5000, Remaining: 10, Reset: reset.Add(-time.Hour)}, 3989},          // of the hour before
			{budget.Usage{Limit: 5000, Remaining: 4999, Reset: reset.Add(time.Hour)}, 4999},         // of the next
			{budget.Usage{Limit: 5000, Remaining: 3, Reset: reset.Add(time.Hour), Failed: true}, 3}, // refusals tell as well
		} {
			ask(t.Context(), s, budget.Ask{}).settle(t, step.usage)
			if got := b.State().Remaining; got != step.want {
				t.Errorf("after %+v %d remain, want %d", step.usage, got, step.want)
			}
		}
	})
}

func TestExhaustedHoldsEverybodyUntilTheReset(t *testing.T) {
	for name, tt := range map[string]struct{ reset, opens time.Duration }{
		"known":   {30 * time.Minute, 30*time.Minute + time.Second},
		"unknown": {-time.Hour, time.Minute + time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				b := budget.New(budget.Config{})
				until := b.Exhausted(start.Add(tt.reset))
				if want := start.Add(tt.opens - time.Second); !until.Equal(want) {
					t.Errorf("exhausted until %v, want %v", until, want)
				}
				r := ask(t.Context(), b.Pipeline(), budget.Ask{Final: true})
				time.Sleep(tt.opens - 1)
				r.wantGranted(t, false)
				time.Sleep(time.Nanosecond)
				r.wantGranted(t, true)
			})
		})
	}
}

func TestARefusalDoesNotEndALongerWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		b := budget.New(budget.Config{})
		b.Exhausted(start.Add(2 * time.Hour))
		if until := b.Exhausted(start.Add(time.Hour)); !until.Equal(start.Add(2 * time.Hour)) {
			t.Errorf("exhausted until %v", until)
		}
		r := ask(t.Context(), b.Pipeline(), budget.Ask{Final: true})
		time.Sleep(2 * time.Hour)
		r.wantGranted(t, false)
		time.Sleep(time.Second)
		r.wantGranted(t, true)
	})
}

func TestMinuteLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		s := budget.New(budget.Config{Concurrency: 1}).Pipeline()
		spend := func(reserve, cost int) {
			ask(t.Context(), s, budget.Ask{Points: reserve}).settle(t, budget.Usage{Cost: cost})
		}
		spend(1000, 1000)
		time.Sleep(10 * time.Second)
		spend(1, 500) // more than it reserved
		time.Sleep(10 * time.Second)
		spend(500, 500)
		// 600 fit when the first 1000 are over sixty seconds old, 1200 when the
		// 500 after them are as well.
		large := ask(t.Context(), s, budget.Ask{Points: 1200})
		small := ask(t.Context(), s, budget.Ask{Points: 1}) // waits its turn
		hurried, cancel := context.WithDeadline(t.Context(), start.Add(70*time.Second))
		defer cancel()
		ask(hurried, s, budget.Ask{}).wantSuspended(t, start.Add(71*time.Second))
		time.Sleep(71*time.Second - time.Since(start) - 1)
		large.wantGranted(t, false)
		small.wantGranted(t, false)
		time.Sleep(time.Nanosecond)
		large.wantGranted(t, true)
		large.settle(t, budget.Usage{Cost: 1200})
		small.wantGranted(t, true)
		small.settle(t, budget.Usage{Cost: 1})
		// What never fits goes alone.
		huge := ask(t.Context(), s, budget.Ask{Points: 10 * budget.PointsPerMinute})
		huge.wantGranted(t, false)
		time.Sleep(2 * time.Minute)
		huge.wantGranted(t, true)
	})
}

func TestSoonerEndOfAnotherWaitIsNotSleptThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := budget.New(budget.Config{}).Pipeline()
		told(t, s, 5000, 2100, time.Now().Add(time.Hour))
		usual := ask(t.Context(), s, budget.Ask{Points: 2090}) // waits for the hour
		ask(t.Context(), s, budget.Ask{Final: true, Points: 1999}).settle(t, budget.Usage{Cost: 1999})
		final := ask(t.Context(), s, budget.Ask{Final: true}) // waits for the minute
		final.wantGranted(t, false)
		time.Sleep(61 * time.Second)
		final.wantGranted(t, true)
		usual.wantGranted(t, false)
		final.settle(t, budget.Usage{})
		time.Sleep(time.Hour)
		usual.wantGranted(t, true)
	})
}

func TestWaitThatWouldPassTheDeadlineIsRefusedAtOnce(t *testing.T) {
	for name, shut := range map[string]func(b *budget.Budget, until time.Time){
		"pause": func(b *budget.Budget, until time.Time) { b.PauseFor(time.Until(until), "slow down") },
		"hour":  func(b *budget.Budget, until time.Time) { b.Exhausted(until.Add(-time.Second)) },
		"minute": func(b *budget.Budget, _ time.Time) {
			r, _ := b.Pipeline().Acquire(context.Background(), budget.Ask{Points: budget.PointsPerMinute, Urgent: true})
			r.Settle(budget.Usage{})
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				opens := start.Add(61 * time.Second)
				b := budget.New(budget.Config{Concurrency: 1})
				s := b.Pipeline()
				short, cancel := context.WithDeadline(t.Context(), opens)
				defer cancel()
				long, cancel := context.WithDeadline(t.Context(), opens.Add(time.Second))
				defer cancel()
				shut(b, opens)
				patient := ask(long, s, budget.Ask{})
				ask(short, s, budget.Ask{}).wantSuspended(t, opens)
				if time.Since(start) != 0 {
					t.Errorf("it slept for %v", time.Since(start))
				}
				time.Sleep(61 * time.Second)
				patient.wantGranted(t, true)
			})
		})
	}
}

func TestClosedGateRefusesAlsoThoseWhoWaitForAFreePlace(t *testing.T) {
	for name, shut := range map[string]func(*budget.Budget) time.Time{
		"pause": func(b *budget.Budget) time.Time { return b.PauseFor(time.Hour, "slow down") },
		"hour":  func(b *budget.Budget) time.Time { return b.Exhausted(time.Now().Add(time.Hour)).Add(time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := budget.New(budget.Config{Concurrency: 1})
				s := b.Pipeline()
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				ask(t.Context(), s, budget.Ask{}).wantGranted(t, true)
				queued := ask(ctx, s, budget.Ask{})
				final := ask(ctx, s, budget.Ask{Final: true})
				opens := shut(b)
				queued.wantSuspended(t, opens)
				final.wantSuspended(t, opens)
			})
		})
	}
}

func TestDeadlineOfTheRunCountsInsideAnActivity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		b := budget.New(budget.Config{})
		s, j := b.Pipeline(), durable.NewMemory()
		b.PauseFor(time.Hour, "slow down")
		acquire := func(ctx context.Context, _ int) (int, error) {
			_, err := s.Acquire(ctx, budget.Ask{})
			return 0, err
		}
		survey := func(o *durable.Orchestration, n int) ([]int, error) {
			var tasks []*durable.Task[int]
			for i := range n {
				tasks = append(tasks, durable.Go(o, durable.Key{Step: "fetch", Item: string(rune('a' + i))}, acquire, i))
			}
			return durable.All(tasks)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 40*time.Minute)
		defer cancel()
		_, err := durable.Run(ctx, &durable.Engine{Journal: j}, "run", survey, 20)
		sus, ok := errors.AsType[*durable.Suspension](err)
		if !ok || sus.Reason != "slow down" || !sus.ResumeAt.Equal(start.Add(time.Hour)) || time.Since(start) != 0 {
			t.Errorf("the run ended after %v with %v", time.Since(start), err)
		}
		for e := range j.Records(t.Context(), "run") {
			if e.Record.Attempts != 0 {
				t.Errorf("%s counts %d requests, though none was sent", e.Key, e.Record.Attempts)
			}
		}

		// A signal ends the waiting at once, without the engine's grace.
		ctx, stop := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, stop)
		_, err = durable.Run(ctx, &durable.Engine{Journal: durable.NewMemory()}, "run", survey, 20)
		if _, ok := errors.AsType[*durable.Suspension](err); !ok || time.Since(start) != time.Minute {
			t.Errorf("the run ended after %v with %v", time.Since(start), err)
		}
	})
}

func TestStateIsRestoredByTheNextProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		for name, tt := range map[string]struct {
			learn func(*budget.Budget)
			opens time.Duration
		}{
			"nothing":   {func(*budget.Budget) {}, 0},
			"pause":     {func(b *budget.Budget) { b.PauseFor(time.Minute, "slow down") }, time.Minute},
			"exhausted": {func(b *budget.Budget) { b.Exhausted(start.Add(time.Hour)) }, time.Hour + time.Second},
			"figures": {func(b *budget.Budget) {
				told(t, b.Pipeline(), 5000, 50, start.Add(time.Hour))
			}, time.Hour + time.Second},
		} {
			b := budget.New(budget.Config{})
			tt.learn(b)
			state := b.State()
			next := budget.New(budget.Config{})
			next.Restore(state)
			if got := next.State(); !same(got, state) {
				t.Errorf("%s: %+v became %+v", name, state, got)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Nanosecond)
			r := ask(ctx, next.Pipeline(), budget.Ask{})
			if tt.opens == 0 {
				r.wantGranted(t, true)
			} else {
				r.wantSuspended(t, start.Add(tt.opens))
			}
			cancel()
		}

		paused := budget.New(budget.Config{})
		paused.PauseFor(time.Minute, "slow down")
		time.Sleep(time.Minute)
		if got := paused.State(); !same(got, budget.State{}) {
			t.Errorf("a pause that is over is kept: %+v", got)
		}
		old := budget.New(budget.Config{})
		old.Restore(budget.State{Limit: 5000, Reset: start.Add(-time.Second), PausedUntil: start, PauseReason: "slow down"})
		if got := old.State(); !same(got, budget.State{}) {
			t.Errorf("what has passed was restored: %+v", got)
		}
		const year = 365 * 24 * time.Hour
		jumped := budget.New(budget.Config{})
		jumped.Restore(budget.State{Limit: 5000, Reset: start.Add(year), PausedUntil: start.Add(year), PauseReason: "slow down"})
		ask(t.Context(), jumped.Pipeline(), budget.Ask{}).wantGranted(t, true) // a clock jumped back
	})
}
