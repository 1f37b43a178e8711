package budget_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stalewatch/stalewatch/graphql/budget"
)

// long is a survey of requests that take so long, for so many minutes, and
// returns by the minute the most in flight, and GitHub's time.
func long(t *testing.T, b *budget.Budget, takes func(n int) time.Duration, minutes int) (most []int, used []time.Duration) {
	t.Helper()
	var mu sync.Mutex
	start, inFlight, sent := time.Now(), 0, 0
	most, used = make([]int, minutes), make([]time.Duration, minutes)
	end := start.Add(time.Duration(minutes) * time.Minute)
	ctx, cancel := context.WithDeadline(t.Context(), end)
	defer cancel()
	share := b.Pipeline()
	var workers sync.WaitGroup
	for range 20 {
		workers.Go(func() {
			for {
				r, err := share.Acquire(ctx, budget.Ask{Kind: "tips", Size: 100, Time: takes(0)})
				if err != nil {
					return
				}
				mu.Lock()
				i := int(time.Since(start) / time.Minute)
				inFlight++
				sent++
				took := takes(sent)
				most[i] = max(most[i], inFlight)
				mu.Unlock()
				time.Sleep(took)
				mu.Lock()
				inFlight--
				if i = int(time.Since(start) / time.Minute); i < minutes {
					used[i] += took
				}
				mu.Unlock()
				r.Settle(budget.Usage{Took: took})
			}
		})
	}
	workers.Wait()
	return most, used
}

func TestLongSurveySettlesNearOneInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := budget.New(budget.Config{Concurrency: 8})
		most, used := long(t, b, func(int) time.Duration { return 800 * time.Millisecond }, 6)
		t.Logf("in flight by the minute: %v; GitHub's time: %v", most, used)
		if most[0] != 8 {
			t.Errorf("a short survey may have 8 in flight, it had %v", most[0])
		}
		for i, d := range used {
			if d > time.Minute || d < 45*time.Second {
				t.Errorf("minute %d used %v of GitHub's time, want nearly a minute's worth", i+1, d)
			}
		}
		for i, want := range []int{8, 5, 4, 4, 3, 2} { // the burst's echo fades
			if most[i] > want {
				t.Errorf("%v in flight by the minute, want at most %d in minute %d", most, want, i+1)
			}
		}
	})
}

func TestSlowerAnswersMeanFewerInFlight(t *testing.T) {
	for name, tt := range map[string]struct {
		took time.Duration
		want int // in flight after a round, 8 before
	}{
		"as fast":          {time.Second, 8},
		"a little slower":  {1900 * time.Millisecond, 8},
		"three times":      {3300 * time.Millisecond, 5},
		"much slower":      {9 * time.Second, 4}, // never less than half at once
		"only the network": {time.Second + 90*time.Millisecond, 8},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer synctest.Wait()
				defer cancel()
				b := budget.New(budget.Config{Concurrency: 8})
				share := b.Pipeline()
				left := asks(ctx, share, 200)
				round := func(took time.Duration) {
					n := count(left)
					left = settleAll(t, left, budget.Usage{Took: took})
					if n < 8 && count(left) <= n {
						t.Fatalf("%d in flight after a fast round of %d", count(left), n)
					}
				}
				for count(left) < 8 {
					round(time.Second)
					time.Sleep(time.Minute) // GitHub's minute is not what this is about
				}
				n := count(left)
				left = settleAll(t, left, budget.Usage{Took: tt.took})
				time.Sleep(2 * time.Minute)
				left = settleAll(t, left, budget.Usage{Failed: true})
				time.Sleep(2 * time.Minute)
				if got := count(left); n != 8 || got != tt.want {
					t.Errorf("%d in flight after a round of answers after %v, want %d", got, tt.took, tt.want)
				}
			})
		})
	}
}

func TestAnswersAreComparedWithTheirOwnKindAndSize(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := budget.New(budget.Config{Concurrency: 4})
		share := b.Pipeline()
		send := func(a budget.Ask, took time.Duration) {
			ask(t.Context(), share, a).settle(t, budget.Usage{Took: took})
			time.Sleep(2 * took)
		}
		for range 20 { // neither is slow, for what it is
			send(budget.Ask{Kind: "list", Size: 100}, 200*time.Millisecond)
			send(budget.Ask{Kind: "details", Size: 20}, 3*time.Second)
			send(budget.Ask{Kind: "details", Size: 5}, 800*time.Millisecond)
		}
		time.Sleep(2 * time.Minute)
		if got := count(asks(t.Context(), share, 10)); got != 4 {
			t.Errorf("%d in flight, want 4", got)
		}
	})
}

// TestWhatIsInFlightCounts: GitHub's minute is reserved before it is used, as
// long as requests of this kind took before, or as long as this one does.
func TestWhatIsInFlightCounts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		b := budget.New(budget.Config{Concurrency: 1})
		share := b.Pipeline()
		send := func(a budget.Ask, took time.Duration) {
			r := ask(t.Context(), share, a)
			time.Sleep(took)
			r.settle(t, budget.Usage{Took: took})
		}
		for range 5 {
			send(budget.Ask{Kind: "details", Size: 20, Time: time.Second}, 9*time.Second) // 45 s by now
		}
		// Half as many take half as long, which fits; then as many do not.
		send(budget.Ask{Kind: "details", Size: 10, Time: time.Second}, 5*time.Second)
		late := ask(t.Context(), share, budget.Ask{Kind: "details", Size: 20, Time: time.Second})
		late.wantGranted(t, false)
		// When the first answer is a minute old there is room.
		time.Sleep(time.Until(start.Add(9*time.Second+61*time.Second)) - time.Second)
		late.wantGranted(t, false)
		time.Sleep(time.Second)
		late.wantGranted(t, true)
	})
}

func TestOneThatTakesLongerThanExpectedHoldsOthersBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := budget.New(budget.Config{Concurrency: 4})
		share := b.Pipeline()
		hung := ask(t.Context(), share, budget.Ask{Kind: "list", Time: 100 * time.Millisecond})
		hung.wantGranted(t, true)
		time.Sleep(55 * time.Second)
		other := ask(t.Context(), share, budget.Ask{Kind: "list", Time: 100 * time.Millisecond})
		other.wantGranted(t, false)
		hung.settle(t, budget.Usage{Failed: true, Took: time.Second}) // the rest was ours
		other.wantGranted(t, true)
	})
}

// TestWaitsThatNoServerCanMean are cut, said, and end with the process.
func TestWaitsThatNoServerCanMean(t *testing.T) {
	const years = 1_000_000_000 * time.Second
	for name, tt := range map[string]struct {
		learn func(*testing.T, *budget.Budget)
		opens time.Duration
		says  string
	}{
		"a pause":            {func(_ *testing.T, b *budget.Budget) { b.PauseFor(years, "slow down") }, budget.LongestWait, "31 years"},
		"days":               {func(_ *testing.T, b *budget.Budget) { b.PauseFor(100*time.Hour, "slow down") }, budget.LongestWait, "4 days"},
		"the longest wait":   {func(_ *testing.T, b *budget.Budget) { b.PauseFor(2*time.Hour, "slow down") }, 2 * time.Hour, "slow down"},
		"a refusal's reset":  {func(_ *testing.T, b *budget.Budget) { b.Exhausted(time.Now().Add(years)) }, time.Hour + time.Second, "more than a server can mean"},
		"a header's reset":   {func(t *testing.T, b *budget.Budget) { told(t, b.Pipeline(), 5000, 0, time.Now().Add(years)) }, time.Hour + time.Second, "more than a server can mean"},
		"twice, an hour yet": {func(t *testing.T, b *budget.Budget) { drained(t, b, years) }, time.Hour + time.Second, "more than a server can mean"},
		"then one that can be meant": {func(t *testing.T, b *budget.Budget) {
			told(t, b.Pipeline(), 5000, 0, time.Now().Add(years))
			b.Exhausted(time.Now().Add(time.Minute))
		}, time.Minute + time.Second, "hourly points"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var said []budget.Wait
				b := budget.New(budget.Config{Observe: func(w budget.Wait) { said = append(said, w) }})
				start := time.Now()
				tt.learn(t, b)
				state := b.State()
				r := ask(t.Context(), b.Pipeline(), budget.Ask{Final: true})
				time.Sleep(tt.opens - time.Since(start) - 1)
				r.wantGranted(t, false)
				time.Sleep(time.Nanosecond)
				r.wantGranted(t, true)
				if len(said) == 0 || !strings.Contains(said[len(said)-1].Reason, tt.says) {
					t.Errorf("told of %v, want a word of %q", said, tt.says)
				}
				next := budget.New(budget.Config{})
				next.Restore(state)
				believed := tt.opens == 2*time.Hour && tt.says == "slow down" || tt.says == "hourly points"
				if kept := !state.PausedUntil.IsZero() || !state.Reset.IsZero(); kept != believed {
					t.Errorf("kept for the next process: %+v", state)
				}
			})
		})
	}
}

// TestAWaitThatCanBeMeantIsKeptBesideOneThatCannot: the next process obeys the
// one, though both held this one.
func TestAWaitThatCanBeMeantIsKeptBesideOneThatCannot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, start := budget.New(budget.Config{}), time.Now()
		b.PauseFor(90*time.Minute, "slow down")
		b.PauseFor(1_000_000_000*time.Second, "slow down")
		if s := b.State(); !s.PausedUntil.Equal(start.Add(90 * time.Minute)) {
			t.Errorf("kept for the next process: %+v", s)
		}
	})
}

// drained lets the server tell twice that nothing is left until then.
func drained(t *testing.T, b *budget.Budget, reset time.Duration) {
	first := ask(t.Context(), b.Pipeline(), budget.Ask{Final: true})
	second := ask(t.Context(), b.Pipeline(), budget.Ask{Final: true})
	for _, r := range []*request{first, second} {
		r.settle(t, budget.Usage{Limit: 5000, Remaining: 0, Reset: time.Now().Add(reset)})
	}
}

// TestStateFromAnotherTime: what a process kept whose clock was a year ahead, or
// that a server lied to before waits were cut, holds nobody.
func TestStateFromAnotherTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		year := time.Now().AddDate(1, 0, 0)
		b := budget.New(budget.Config{Concurrency: 1})
		b.Restore(budget.State{Limit: 5000, Reset: year, PausedUntil: year, PauseReason: "slow down",
			Minute: []budget.Spending{{At: year, Took: time.Hour, Points: 5000}, {At: year.AddDate(-2, 0, 0), Took: time.Hour}}})
		ask(t.Context(), b.Pipeline(), budget.Ask{}).wantGranted(t, true)
	})
}

func TestGitHubsMinuteOutlivesTheProcess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := budget.New(budget.Config{Concurrency: 1})
		time.Sleep(1234 * time.Millisecond)
		ask(t.Context(), b.Pipeline(), budget.Ask{Points: 1990}).settle(t, budget.Usage{Took: 54500 * time.Millisecond, Cost: 1990})
		state := b.State()
		time.Sleep(20 * time.Second)
		next := budget.New(budget.Config{Concurrency: 1})
		next.Restore(state)
		took, points := time.Duration(0), 0
		for _, s := range next.State().Minute {
			took, points = took+s.Took, points+s.Points
		}
		if took != 54500*time.Millisecond || points != 1990 {
			t.Errorf("the next process knows of %v and %d points: %+v", took, points, next.State())
		}
		r := ask(t.Context(), next.Pipeline(), budget.Ask{})
		time.Sleep(39 * time.Second)
		r.wantGranted(t, false)
		time.Sleep(3 * time.Second)
		r.wantGranted(t, true)
		if empty := budget.New(budget.Config{}).State(); !same(empty, budget.State{}) {
			t.Errorf("nothing is known, but kept: %+v", empty)
		}
	})
}

// TestNamedPausesThatNeverHelpGrow: a server that says "one second" again and
// again is given more.
func TestNamedPausesThatNeverHelpGrow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := budget.New(budget.Config{Concurrency: 1})
		share := b.Pipeline()
		for i, want := range []time.Duration{time.Second, time.Second, time.Second, time.Minute, 2 * time.Minute, 4 * time.Minute} {
			r := ask(t.Context(), share, budget.Ask{})
			until := b.PauseFor(time.Second, "slow down")
			r.settle(t, budget.Usage{PushBack: true, Failed: true})
			d := time.Until(until)
			if exact := want == time.Second; exact && d != want || !exact && !within(d, want) {
				t.Errorf("pause %d lasts %v, want %v", i+1, d, want)
			}
			time.Sleep(d)
		}
	})
}
