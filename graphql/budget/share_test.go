package budget_test

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stalewatch/stalewatch/graphql/budget"
)

// served lets one request after the other go, as they come, and counts those of
// each share.
func served(t *testing.T, n int, usage budget.Usage, shares ...[]*request) []int {
	t.Helper()
	counts := make([]int, len(shares))
	for range n {
		synctest.Wait()
		found := false
		for i, rs := range shares {
			for j, r := range rs {
				if r != nil && r.granted() && !found {
					rs[j], found = nil, true
					counts[i]++
					r.settle(t, usage)
				}
			}
		}
		if !found {
			t.Fatal("nobody is served")
		}
	}
	return counts
}

func TestUrgentRequestsGoFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := budget.New(budget.Config{Concurrency: 1})
		p, q := b.Pipeline(1), b.Pipeline(1)
		holder := ask(t.Context(), p, budget.Ask{})
		first := ask(t.Context(), q, budget.Ask{})
		second := ask(t.Context(), p, budget.Ask{})
		urgent := ask(t.Context(), p, budget.Ask{Urgent: true, Points: 100})
		for _, r := range []*request{holder, urgent, first, second} {
			r.wantGranted(t, true)
			r.settle(t, budget.Usage{})
		}
	})
}

func TestSharesAreServedByWeight(t *testing.T) {
	for name, tt := range map[string]struct {
		weights []int
		usage   budget.Usage
		want    []int // of 80
	}{
		"equal":        {[]int{1, 1}, budget.Usage{Cost: 1}, []int{40, 40}},
		"three to one": {[]int{3, 1}, budget.Usage{Cost: 1}, []int{60, 20}},
		"below one":    {[]int{-5, 1}, budget.Usage{Cost: 1}, []int{40, 40}},
		"of three":     {[]int{5, 2, 1}, budget.Usage{}, []int{50, 20, 10}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer synctest.Wait()
				defer cancel()
				b := budget.New(budget.Config{Concurrency: 1})
				holder := ask(ctx, b.Pipeline(1), budget.Ask{})
				var shares [][]*request
				for _, weight := range tt.weights {
					shares = append(shares, asks(ctx, b.Pipeline(weight), 80))
				}
				holder.settle(t, budget.Usage{})
				for i, got := range served(t, 80, tt.usage, shares...) {
					if got < tt.want[i]-1 || got > tt.want[i]+1 {
						t.Errorf("share %d of %v was served %d times, want %d", i, tt.weights, got, tt.want[i])
					}
				}
			})
		})
	}
}

func TestSharesArePointsNotRequests(t *testing.T) {
	for name, dear := range map[string]struct {
		ask  budget.Ask
		cost int
	}{
		"reserved": {budget.Ask{Points: 4}, 4},
		"settled":  {budget.Ask{Points: 1}, 4}, // it turned out so
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer synctest.Wait()
				defer cancel()
				b := budget.New(budget.Config{Concurrency: 1})
				p, q := b.Pipeline(1), b.Pipeline(1)
				under, usage := []*request{ask(ctx, p, dear.ask)}, budget.Usage{Cost: dear.cost}
				cheap := asks(ctx, q, 60)
				points := map[bool]int{}
				for range 40 {
					under = append(under, ask(ctx, p, dear.ask))
					if r := under[0]; r.granted() {
						r.settle(t, usage)
						points[true] += dear.cost
						under = under[1:]
					}
					if r := cheap[0]; r.granted() {
						r.settle(t, budget.Usage{Cost: 1})
						points[false]++
						cheap = cheap[1:]
					}
				}
				if d := points[true] - points[false]; d < -5 || d > 5 {
					t.Errorf("the dear share spent %d points, the cheap one %d", points[true], points[false])
				}
			})
		})
	}
}

func TestUnusedShareIsLentNotSaved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer synctest.Wait()
		defer cancel()
		b := budget.New(budget.Config{Concurrency: 1})
		p, q := b.Pipeline(1), b.Pipeline(1)
		alone := asks(ctx, p, 100)
		if got := served(t, 50, budget.Usage{Cost: 1}, alone); got[0] != 50 {
			t.Errorf("alone it was served %d of 50 times", got[0])
		}
		// The other gets its half from now on, and nothing for the time before.
		if got := served(t, 20, budget.Usage{Cost: 1}, alone, asks(ctx, q, 100)); got[0] < 9 || got[1] < 9 {
			t.Errorf("together they were served %v of 20 times", got)
		}
	})
}
