package durable

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Orchestration is what an orchestrator works with. It offers no way to do
// I/O; only activities have one.
type Orchestration struct {
	run  *run
	path []string
}

// Activity does one thing to the world, and may have to do it again. Its
// context ends when the run must end; see [Stopping]. The result must survive
// a round trip through JSON.
type Activity[In, Out any] func(ctx context.Context, in In) (Out, error)

// Orchestrator says what is done and in which order. It must be deterministic.
type Orchestrator[In, Out any] func(o *Orchestration, in In) (Out, error)

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
	out, err := guard(r, "orchestrator", func() (Out, error) {
		return orch(&Orchestration{run: r}, in)
	})
	r.subs.Wait()
	r.pool.Wait()
	if cause := r.stopped(); cause != nil {
		return out, cause
	}
	return out, err
}

// Call performs an activity and waits for its outcome: function chaining.
//
// It returns a [*Failure] when the activity failed for good, and [ErrStopped]
// when the run is stopping; the result is then the zero value.
func Call[In, Out any](o *Orchestration, key Key, do Activity[In, Out], in In) (Out, error) {
	var out Out
	err := o.run.settle(o.path, key, func(ctx context.Context) (json.RawMessage, error) {
		v, err := do(ctx, in)
		if err != nil {
			return nil, err
		}
		b, err := json.Marshal(v)
		if err != nil {
			return nil, WithRemedy(fmt.Errorf("the result of %s does not survive JSON: %w", key, err), Remedy{Course: Abort, Cause: "defect"})
		}
		return b, nil
	}, func(b json.RawMessage) error {
		var v Out
		if err := json.Unmarshal(b, &v); err != nil {
			return err
		}
		out = v
		return nil
	})
	if err != nil {
		return *new(Out), err // what is not on disk is not shown
	}
	return out, nil
}

// Task is the promise of a result.
type Task[T any] struct {
	done  chan struct{}
	value T
	err   error
}

// Await returns the result once it is there.
func (t *Task[T]) Await() (T, error) {
	<-t.done
	return t.value, t.err
}

// Go starts an activity beside the orchestrator: fan-out. It waits while as
// many are under way as the engine has workers.
func Go[In, Out any](o *Orchestration, key Key, do Activity[In, Out], in In) *Task[Out] {
	t := &Task[Out]{done: make(chan struct{})}
	o.run.pool.Go(func() {
		defer close(t.done)
		t.value, t.err = guard(o.run, join(o.path, key), func() (Out, error) { return Call(o, key, do, in) })
	})
	return t
}

// All waits for the tasks and returns their results in the order of the tasks,
// whatever the order in which they ended: fan-in. The error joins all theirs.
// An activity that has one leaves the zero value in the results, a
// sub-orchestration whatever it returned beside it.
func All[T any](tasks []*Task[T]) ([]T, error) {
	results := make([]T, len(tasks))
	errs := make([]error, len(tasks))
	for i, t := range tasks {
		results[i], errs[i] = t.Await()
	}
	return results, errors.Join(errs...)
}

// Sub starts another orchestrator beside this one. The name sets its
// activities' keys apart and must be unique within o. A sub-orchestration is
// not journaled itself: a resumed run calls it again.
func Sub[In, Out any](o *Orchestration, name string, orch Orchestrator[In, Out], in In) *Task[Out] {
	t := &Task[Out]{done: make(chan struct{})}
	sub := &Orchestration{run: o.run, path: append(slices.Clone(o.path), name)}
	o.run.subs.Go(func() {
		defer close(t.done)
		t.value, t.err = guard(o.run, "orchestrator "+strings.Join(sub.path, "/"), func() (Out, error) { return orch(sub, in) })
	})
	return t
}
