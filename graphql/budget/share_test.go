package budget_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

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
		p, q := b.Pipeline(), b.Pipeline()
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

// A share that asks for what takes GitHub four times as long is served a
// quarter as often: time is what is shared.
func TestSharesGetTheSameTime(t *testing.T) {
	for name, tt := range map[string]struct {
		takes []time.Duration // each share's requests
		told  bool            // whether the askers say so
		want  []int           // of 60
	}{
		"alike":                 {[]time.Duration{time.Second, time.Second}, true, []int{30, 30}},
		"three":                 {[]time.Duration{time.Second, time.Second, time.Second}, true, []int{20, 20, 20}},
		"dear and cheap":        {[]time.Duration{2 * time.Second, 500 * time.Millisecond}, true, []int{12, 48}},
		"dear, as it turns out": {[]time.Duration{2 * time.Second, 500 * time.Millisecond}, false, []int{12, 48}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer synctest.Wait()
				defer cancel()
				b := budget.New(budget.Config{Concurrency: 1})
				holder := ask(ctx, b.Pipeline(), budget.Ask{})
				shares := make([][]*request, len(tt.takes))
				for i, d := range tt.takes {
					share, a := b.Pipeline(), budget.Ask{Kind: d.String()}
					if tt.told {
						a.Time = d
					}
					for range 80 {
						shares[i] = append(shares[i], ask(ctx, share, a))
					}
				}
				holder.settle(t, budget.Usage{})
				got := make([]int, len(shares))
				for range 60 {
					i := under(t, shares)
					time.Sleep(tt.takes[i])
					shares[i][0].settle(t, budget.Usage{Took: tt.takes[i]})
					shares[i] = shares[i][1:]
					got[i]++
				}
				for i := range got {
					if got[i] < tt.want[i]-2 || got[i] > tt.want[i]+2 {
						t.Errorf("served %v times, want %v", got, tt.want)
					}
				}
			})
		})
	}
}

// under returns whose first request is under way, once one is.
func under(t *testing.T, shares [][]*request) int {
	t.Helper()
	for range 100 {
		for i, rs := range shares {
			if count(rs[:1]) > 0 {
				return i
			}
		}
		time.Sleep(time.Second)
	}
	t.Fatal("nobody is served")
	return 0
}

func TestUnusedShareIsLentNotSaved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		defer synctest.Wait()
		defer cancel()
		b := budget.New(budget.Config{Concurrency: 1})
		p, q := b.Pipeline(), b.Pipeline()
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
