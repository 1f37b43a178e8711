package budget_test

import (
	"context"
	"errors"
	"reflect"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stalewatch/stalewatch/graphql/budget"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// request is one that wants to be sent.
type request struct {
	mu    sync.Mutex
	res   *budget.Reservation
	err   error
	ended time.Time
}

// ask lets a request wait in a goroutine of its own.
func ask(ctx context.Context, s *budget.Share, a budget.Ask) *request {
	r := &request{}
	go func() {
		res, err := s.Acquire(ctx, a)
		r.mu.Lock()
		defer r.mu.Unlock()
		r.res, r.err, r.ended = res, err, time.Now()
	}()
	synctest.Wait()
	return r
}

// asks lets so many equal requests wait.
func asks(ctx context.Context, s *budget.Share, n int) []*request {
	all := make([]*request, n)
	for i := range all {
		all[i] = ask(ctx, s, budget.Ask{})
	}
	return all
}

func (r *request) granted() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.res != nil
}

func (r *request) failure() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

// settle ends a request that was granted.
func (r *request) settle(t *testing.T, u budget.Usage) {
	t.Helper()
	synctest.Wait()
	if !r.granted() {
		t.Fatalf("the request is not under way: %v", r.failure())
	}
	r.res.Settle(u)
	synctest.Wait()
}

func (r *request) wantGranted(t *testing.T, want bool) {
	t.Helper()
	synctest.Wait()
	if r.granted() != want || r.failure() != nil {
		t.Fatalf("granted: %v, error: %v; want granted: %v", r.granted(), r.failure(), want)
	}
}

// wantSuspended checks that the request was refused without a wait.
func (r *request) wantSuspended(t *testing.T, resumeAt time.Time) {
	t.Helper()
	synctest.Wait()
	s, ok := errors.AsType[*durable.Suspension](r.failure())
	if !ok || !s.ResumeAt.Equal(resumeAt) || s.Reason == "" {
		t.Fatalf("the request ended with %+v, want a suspension until %v", r.failure(), resumeAt)
	}
}

func count(rs []*request) int {
	synctest.Wait()
	n := 0
	for _, r := range rs {
		if r.granted() {
			n++
		}
	}
	return n
}

// settleAll ends every request that is under way in the order of asking, and
// returns those that are not.
func settleAll(t *testing.T, rs []*request, u budget.Usage) (left []*request) {
	t.Helper()
	synctest.Wait()
	var under []*request
	for _, r := range rs {
		if r.granted() {
			under = append(under, r)
		} else {
			left = append(left, r)
		}
	}
	for _, r := range under {
		r.settle(t, u)
	}
	return left
}

// told has the server tell its figures.
func told(t *testing.T, s *budget.Share, limit, remaining int, reset time.Time) {
	t.Helper()
	r := ask(t.Context(), s, budget.Ask{Final: true})
	r.settle(t, budget.Usage{Cost: 1, Limit: limit, Remaining: remaining, Reset: reset})
}

// same reports that two processes know the same, whenever that was saved.
func same(a, b budget.State) bool {
	a.Saved, b.Saved = time.Time{}, time.Time{}
	return reflect.DeepEqual(a, b)
}
