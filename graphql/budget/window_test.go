package budget_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stalewatch/stalewatch/graphql/budget"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

func TestWindowStartsAtTwoAndGrowsByOneForEveryCleanAnswer(t *testing.T) {
	for concurrency, want := range map[int][]int{
		1:  {1, 1, 1},
		2:  {2, 2, 2},
		5:  {2, 4, 5, 5},
		16: {2, 4, 8, 16, 16},
		0:  {2, 4, 4}, // the default
	} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer synctest.Wait()
			defer cancel()
			left := asks(ctx, budget.New(budget.Config{Concurrency: concurrency}).Pipeline(), 60)
			for round, n := range want {
				if got := count(left); got != n {
					t.Fatalf("concurrency %d, round %d: %d in flight, want %d", concurrency, round, got, n)
				}
				left = settleAll(t, left, budget.Usage{Cost: 1})
			}
		})
	}
}

func TestWindowHalvesOnceARoundAndGrowsByOneAfterACleanRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer synctest.Wait()
		defer cancel()
		left := asks(ctx, budget.New(budget.Config{Concurrency: 8}).Pipeline(), 200)
		grow := func(to int) {
			t.Helper()
			for range 20 {
				if count(left) == to {
					return
				}
				left = settleAll(t, left, budget.Usage{})
			}
			t.Fatalf("%d in flight, want %d", count(left), to)
		}
		grow(8)
		left = settleAll(t, left, budget.Usage{PushBack: true, Failed: true}) // all eight of a round
		if got := count(left); got != 4 {
			t.Fatalf("%d in flight after a round of push-backs, want 4", got)
		}
		left = settleAll(t, left, budget.Usage{PushBack: true})
		left = settleAll(t, left, budget.Usage{PushBack: true})
		left = settleAll(t, left, budget.Usage{PushBack: true})
		for want := 1; want < 8; want++ {
			if got := count(left); got != want {
				t.Fatalf("%d in flight, want %d", got, want)
			}
			left = settleAll(t, left, budget.Usage{})
		}
	})
}

func TestOldSuccessesSayNothingAboutTheNewWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer synctest.Wait()
		defer cancel()
		left := asks(ctx, budget.New(budget.Config{Concurrency: 4}).Pipeline(), 40)
		for count(left) < 4 {
			left = settleAll(t, left, budget.Usage{})
		}
		// One of four is pushed back, three that were sent with it succeed.
		left[0].settle(t, budget.Usage{PushBack: true})
		settleAll(t, left[1:4], budget.Usage{})
		if got := count(left[4:]); got != 2 {
			t.Errorf("%d in flight after a push-back, want 2", got)
		}
	})
}

func TestFailuresThatSayNothingInterruptACleanRound(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer synctest.Wait()
		defer cancel()
		rs := asks(ctx, budget.New(budget.Config{Concurrency: 4}).Pipeline(), 40)
		for i, step := range []struct {
			usage budget.Usage
			want  int // in flight then
		}{
			{budget.Usage{Failed: true}, 2},
			{budget.Usage{}, 3},
			{budget.Usage{}, 4},
			{budget.Usage{PushBack: true}, 3}, // of four that were sent, two may follow
			{budget.Usage{}, 2},
			{budget.Usage{}, 2},
			{budget.Usage{}, 2}, // these were sent before
			{budget.Usage{}, 2},
			{budget.Usage{Failed: true}, 2},
			{budget.Usage{}, 2},
			{budget.Usage{}, 3},
		} {
			rs[i].settle(t, step.usage)
			if got := count(rs) - i - 1; got != step.want {
				t.Errorf("%d in flight after answer %d, want %d", got, i+1, step.want)
			}
		}
	})
}

func TestWaitingForAFreePlaceEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		s := budget.New(budget.Config{Concurrency: 1}).Pipeline()
		holder := ask(t.Context(), s, budget.Ask{})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		late := ask(ctx, s, budget.Ask{})
		patient := ask(t.Context(), s, budget.Ask{})
		late.wantGranted(t, false)
		time.Sleep(2 * time.Minute)
		if err := late.failure(); !errors.Is(err, durable.ErrStopped) || late.ended.Sub(start) != time.Minute {
			t.Errorf("it ended with %v after %v", err, late.ended.Sub(start))
		}
		holder.settle(t, budget.Usage{Took: time.Second})
		patient.wantGranted(t, true)
		if _, err := s.Acquire(ctx, budget.Ask{}); !errors.Is(err, durable.ErrStopped) {
			t.Errorf("asking when it is over gave %v", err)
		}
	})
}

func TestCancelledRequestsGiveBackWhatTheyWereGranted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := budget.New(budget.Config{Concurrency: 1}).Pipeline()
		full := budget.Usage{Limit: 1000, Remaining: 1000, Reset: time.Now().Add(time.Hour)}
		ask(t.Context(), s, budget.Ask{}).settle(t, full)
		for range 200 {
			holder := ask(t.Context(), s, budget.Ask{})
			ctx, cancel := context.WithCancel(t.Context())
			waiting := ask(ctx, s, budget.Ask{Points: 10})
			next := ask(t.Context(), s, budget.Ask{})
			// Both at once: whichever it sees first, nothing may be lost.
			holder.res.Settle(full)
			cancel()
			synctest.Wait()
			if waiting.granted() {
				waiting.settle(t, full)
			}
			next.settle(t, full)
			time.Sleep(time.Second) // so that the minute's points are no limit
		}
		// All of the points and the place are there.
		ask(t.Context(), s, budget.Ask{Points: 990}).wantGranted(t, true)
	})
}

// TestAccountOfAnotherServer: it has no limit a minute, so as many requests are
// in flight as may be, and its answers may come as slowly as they like.
func TestAccountOfAnotherServer(t *testing.T) {
	for concurrency, most := range map[int]time.Duration{1: 90 * time.Second, 8: 12 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			s := budget.New(budget.Config{Concurrency: concurrency, Account: "feed"}).Pipeline()
			began := time.Now()
			var wg sync.WaitGroup
			for range 3000 {
				wg.Go(func() {
					r, err := s.Acquire(t.Context(), budget.Ask{})
					if err != nil {
						t.Error(err)
						return
					}
					time.Sleep(30 * time.Millisecond)
					r.Settle(budget.Usage{Took: 30 * time.Millisecond})
				})
			}
			wg.Wait()
			if took := time.Since(began); took > most {
				t.Errorf("3000 answers of 30 ms, %d at once, took %s, want %s at most", concurrency, took, most)
			}
		})
	}
}
