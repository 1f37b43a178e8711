package durable

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/sourcegraph/conc"
	"github.com/sourcegraph/conc/panics"
	"github.com/sourcegraph/conc/pool"
)

// run is one execution.
type run struct {
	engine  *Engine
	id      string
	retries RetryPolicy
	pool    *pool.Pool
	subs    conc.WaitGroup

	soft     context.Context // ends when no new work may begin
	cancel   context.CancelCauseFunc
	hard     context.Context // ends when work in flight must end
	kill     context.CancelFunc
	unarm    func() bool
	deadline time.Time // zero for none

	mu    sync.Mutex
	seen  map[string]bool
	abort error // the first error that no suspension may hide
}

func newRun(ctx context.Context, e *Engine, id string) *run {
	r := &run{engine: e, id: id, seen: make(map[string]bool)}
	given, usual := e.Retries, DefaultRetries()
	r.retries = RetryPolicy{
		Attempts: cmp.Or(given.Attempts, usual.Attempts),
		Initial:  cmp.Or(given.Initial, usual.Initial),
		Max:      cmp.Or(given.Max, usual.Max),
		Longest:  cmp.Or(given.Longest, usual.Longest),
	}
	r.pool = pool.New().WithMaxGoroutines(cmp.Or(e.Workers, 64))
	r.soft, r.cancel = context.WithCancelCause(ctx)
	r.hard, r.kill = context.WithCancel(context.WithoutCancel(ctx))
	r.deadline, _ = ctx.Deadline()
	r.unarm = context.AfterFunc(r.soft, func() { time.AfterFunc(cmp.Or(e.Grace, 3*time.Second), r.kill) })
	return r
}

func (r *run) release() {
	r.unarm()
	r.cancel(nil)
	r.kill()
}

// stop ends the run: no new work begins. The first suspension stays the cause,
// unless the run is aborted.
func (r *run) stop(cause error) {
	if _, orderly := cause.(*Suspension); !orderly {
		r.mu.Lock()
		if r.abort == nil {
			r.abort = cause
		}
		r.mu.Unlock()
	}
	r.cancel(cause)
}

// stopped returns what Run returns for a run that was told to stop, nil for one
// that was not.
func (r *run) stopped() error {
	r.mu.Lock()
	abort := r.abort
	r.mu.Unlock()
	if abort != nil || r.soft.Err() == nil {
		return abort
	}
	cause := context.Cause(r.soft)
	if s, ok := cause.(*Suspension); ok {
		return s
	}
	if errors.Is(r.soft.Err(), context.DeadlineExceeded) {
		return &Suspension{Reason: "the deadline is reached", Err: cause}
	}
	return &Suspension{Reason: "interrupted", Err: cause}
}

// claim refuses a name that this execution has used already: two activities
// that share a checkpoint would take each other's result.
func (r *run) claim(name string) error {
	r.mu.Lock()
	used := r.seen[name]
	r.seen[name] = true
	r.mu.Unlock()
	if !used {
		return nil
	}
	err := fmt.Errorf("activity key %s is used twice in one run; give each use an item or a sub-orchestration of its own", name)
	r.stop(err)
	return err
}

// halt stops the run because of an error and returns what the orchestrator
// gets to see.
func (r *run) halt(err error) error {
	r.stop(err)
	return ErrStopped
}

// tooLate reports that waiting until t would pass the run's deadline.
func (r *run) tooLate(t time.Time) bool { return !r.deadline.IsZero() && !t.Before(r.deadline) }

// pauseUntil waits, or returns early when the run stops; a pause that would
// pass the deadline suspends the run instead.
func (r *run) pauseUntil(at time.Time) error {
	if r.tooLate(at) {
		return r.halt(&Suspension{Reason: "the next attempt would come after the deadline", ResumeAt: at.UTC()})
	}
	t := time.NewTimer(time.Until(at))
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-r.soft.Done():
		return ErrStopped
	}
}

// guard turns a panic in f into an error that names its key, and stops the run
// because of it.
func guard[T any](r *run, key string, f func() (T, error)) (out T, err error) {
	if p := panics.Try(func() { out, err = f() }); p != nil {
		err = &PanicError{Key: key, Value: p.Value, Stack: string(p.Stack)}
		r.stop(err)
	}
	return out, err
}
