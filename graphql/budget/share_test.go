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

// What nothing waits for takes the places that are left, and only when they
// have been free for a moment.
func TestSpareRequestsTakeWhatIsLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := budget.New(budget.Config{Concurrency: 8})
		s := b.Pipeline()
		for range 6 { // eight places
			ask(t.Context(), s, budget.Ask{Kind: "a"}).settle(t, budget.Usage{Took: time.Second})
		}
		var last, spare []*request
		for range 8 {
			last = append(last, ask(t.Context(), s, budget.Ask{Kind: "a", Spare: 2}))
		}
		for range 8 {
			spare = append(spare, ask(t.Context(), s, budget.Ask{Kind: "a", Spare: 1}))
		}
		if n := count(spare) + count(last); n > 0 {
			t.Errorf("%d were sent at once", n)
		}
		usual := asks(t.Context(), s, 3)
		time.Sleep(20 * time.Millisecond)
		if u, n, m := count(usual), count(spare), count(last); u != 3 || n != 5 || m != 0 {
			t.Errorf("%d usual ones were sent, %d spare ones, and %d of the last; want 3, 5 and 0", u, n, m)
		}
		usual[0].settle(t, budget.Usage{Took: time.Second})
		spare[0].settle(t, budget.Usage{Took: time.Second})
		time.Sleep(20 * time.Millisecond)
		if n := count(spare); n != 7 {
			t.Errorf("%d spare ones were sent by now, want 7: six beside two others", n)
		}
		usual[1].settle(t, budget.Usage{Took: time.Second})
		usual[2].settle(t, budget.Usage{Took: time.Second})
		time.Sleep(20 * time.Millisecond)
		if n, m := count(spare), count(last); n != 8 || m != 1 {
			t.Errorf("alone %d spare ones were sent, and %d of the last; want 8 and 1", n, m)
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
