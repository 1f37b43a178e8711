package durable

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
	"github.com/sourcegraph/conc"
	"github.com/sourcegraph/conc/pool"
)

// Engine runs orchestrations against a journal. Only Journal is required; an
// Engine can run several orchestrations at once.
type Engine struct {
	Journal Journal
	// Workers is how many fanned-out activities may be under way at once, over
	// all sub-orchestrations; zero means 64. It bounds goroutines and the
	// results in memory. What goes over the wire at once is the activities'
	// own business.
	Workers int
	// Retries says how errors are retried; zero fields are those of [DefaultRetries].
	Retries RetryPolicy
	// Grace is how long activities in flight may go on after the run was told
	// to stop; zero means three seconds.
	Grace time.Duration
	// Observe is told about every step. It may be called from many goroutines
	// at once and must not block. Nil means nobody listens.
	Observe func(Event)
}

// RetryPolicy is the pauses between attempts: they start at Initial, double up
// to Max, and vary at random by half to either side. A field that is zero is
// that of [DefaultRetries].
type RetryPolicy struct {
	// Attempts in one execution, the first included. Those after which the
	// other side named the pause do not count: it is waited out.
	Attempts     int
	Initial, Max time.Duration
	// Longest is the longest pause that the other side can mean. What it names
	// beyond is cut to that and not kept for the next process, and one that an
	// earlier process kept is not believed. Pauses that add up to more suspend
	// the run.
	Longest time.Duration
}

// DefaultRetries pauses for half a minute in all, on average, before it gives
// up.
func DefaultRetries() RetryPolicy {
	return RetryPolicy{Attempts: 6, Initial: time.Second, Max: time.Minute, Longest: 2 * time.Hour}
}

func (p RetryPolicy) intervals() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval, b.Multiplier = p.Initial, p.Max, 2
	return b
}

// EventKind says what an [Event] tells.
type EventKind int

const (
	Started   EventKind = iota // an attempt begins
	Replayed                   // the outcome came from the journal
	Completed                  // a success is on disk
	Gone                       // a permanent failure is on disk
	Waiting                    // an attempt failed, now or in an earlier process; the next comes after Wait
)

// Event is one step of an activity.
type Event struct {
	Kind    EventKind
	Path    []string // of the orchestration; must not be changed
	Key     Key
	Attempt int           // 1 for the first
	Wait    time.Duration // with Waiting
	Cause   string        // with Waiting and Gone
	Err     error         // with Waiting
	// Output is the result as JSON, with Completed and Replayed; nil for a
	// permanent failure. It must not be changed.
	Output json.RawMessage
}

// Run executes an orchestrator, or resumes it when the journal holds records
// of the run. It returns when nothing of the run is going on any more.
//
// When ctx ends, or its deadline is too near for a pause that an activity
// needs, the run is suspended. Run then returns a [*Suspension], together with
// whatever the orchestrator returned by then; an aborted run returns the error
// that aborted it, even when it was being suspended already. Either wins over
// the orchestrator's own error.
func Run[In, Out any](ctx context.Context, e *Engine, id string, orch Orchestrator[In, Out], in In) (Out, error) {
	r := newRun(ctx, e, id)
	defer r.release()
	out, err := guard("orchestrator", func() (Out, error) {
		return orch(&Orchestration{run: r}, in)
	})
	if p, ok := errors.AsType[*PanicError](err); ok {
		r.stop(p)
	}
	r.subs.Wait()
	r.pool.Wait()
	if cause := r.stopped(); cause != nil {
		return out, cause
	}
	return out, err
}

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
	workers, grace := e.Workers, e.Grace
	if workers <= 0 {
		workers = 64
	}
	if grace <= 0 {
		grace = 3 * time.Second
	}
	r := &run{engine: e, id: id, seen: make(map[string]bool)}
	r.retries = RetryPolicy{
		Attempts: cmp.Or(e.Retries.Attempts, DefaultRetries().Attempts),
		Initial:  cmp.Or(e.Retries.Initial, DefaultRetries().Initial),
		Max:      cmp.Or(e.Retries.Max, DefaultRetries().Max),
		Longest:  cmp.Or(e.Retries.Longest, DefaultRetries().Longest),
	}
	r.pool = pool.New().WithMaxGoroutines(workers)
	r.soft, r.cancel = context.WithCancelCause(ctx)
	r.hard, r.kill = context.WithCancel(context.WithoutCancel(ctx))
	r.hard = context.WithValue(r.hard, stoppingKey{}, r.soft)
	r.deadline, _ = ctx.Deadline()
	r.unarm = context.AfterFunc(r.soft, func() { time.AfterFunc(grace, r.kill) })
	return r
}

func (r *run) release() {
	r.unarm()
	r.cancel(nil)
	r.kill()
}

// stop ends the run: no new work begins. The first suspension stays the cause,
// unless there is an error that somebody has to see.
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

type attemptKey struct{}

// attempt is what an activity's context knows of the attempt it belongs to.
type attempt struct {
	number int
	call   *call
}

// Attempt returns the number of the attempt that an activity's context belongs
// to, counted over all processes, 1 for the first and outside an activity. An
// activity may choose by it to fail for good.
func Attempt(ctx context.Context) int {
	if a, ok := ctx.Value(attemptKey{}).(attempt); ok {
		return a.number
	}
	return 1
}

// Checkpointed calls f once the outcome of the attempt that ctx belongs to is
// on disk, or the attempt came to nothing; outside an activity at once. What
// bounds the work in flight by it bounds what a killed run has to do again.
func Checkpointed(ctx context.Context, f func()) {
	a, ok := ctx.Value(attemptKey{}).(attempt)
	if !ok {
		f()
		return
	}
	a.call.mu.Lock()
	defer a.call.mu.Unlock()
	a.call.after = append(a.call.after, f)
}

// Took adds to what the journal says an activity took: the other side's time,
// which may be dear, in successes and failures alike. How long an activity
// waited for its turn does not belong to it. Outside an activity it does nothing.
func Took(ctx context.Context, d time.Duration) {
	a, ok := ctx.Value(attemptKey{}).(attempt)
	if !ok {
		return
	}
	a.call.mu.Lock()
	defer a.call.mu.Unlock()
	a.call.took += d
}

// Charge enters in the journal which account an activity's requests are charged
// to; empty means the main one. Outside an activity it does nothing.
func Charge(ctx context.Context, account string) {
	a, ok := ctx.Value(attemptKey{}).(attempt)
	if !ok {
		return
	}
	a.call.mu.Lock()
	defer a.call.mu.Unlock()
	a.call.payer = account
}

type stoppingKey struct{}

// Stopping returns a context that ends as soon as the run that an activity
// belongs to is told to stop, some time before the activity's own context
// ends. An activity that waits for something, rather than for the answer to
// what it already sent, should give up then. Outside an activity it returns
// ctx.
func Stopping(ctx context.Context) context.Context {
	if soft, ok := ctx.Value(stoppingKey{}).(context.Context); ok {
		return soft
	}
	return ctx
}

func (r *run) observe(ev Event) {
	if r.engine.Observe != nil {
		r.engine.Observe(ev)
	}
}
