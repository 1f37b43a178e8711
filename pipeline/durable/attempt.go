package durable

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
)

// call is one use of an activity by an orchestrator, on its way to an outcome
// that is on disk.
type call struct {
	run    *run
	path   []string
	key    Key
	name   string // under which the journal keeps it
	do     func(context.Context) (json.RawMessage, error)
	decode func(json.RawMessage) error
	rec    Record

	mu    sync.Mutex
	after []func()      // see Checkpointed
	took  time.Duration // see Took
	payer string        // see Charge
}

// settle brings an activity to an outcome that is on disk and hands it to
// decode: the one remembered, or the one that do arrives at now.
func (r *run) settle(path []string, key Key, do func(context.Context) (json.RawMessage, error), decode func(json.RawMessage) error) error {
	c := &call{run: r, path: path, key: key, name: join(path, key), do: do, decode: decode}
	if err := r.claim(c.name); err != nil {
		return err
	}
	rec, found, err := r.engine.Journal.Load(r.hard, r.id, c.name)
	switch {
	case err != nil && r.hard.Err() != nil:
		return ErrStopped
	case err != nil:
		return r.halt(fmt.Errorf("read the checkpoint of %s: %w", c.name, err))
	case !found:
		rec = Record{}
	case rec.State == Failed:
		r.observe(Event{Kind: Replayed, Path: path, Key: key, Attempt: rec.Attempts, Cause: rec.Code})
		return &Failure{Key: c.name, Code: rec.Code, Message: rec.Error}
	case rec.State == Succeeded && decode(rec.Output) == nil:
		r.observe(Event{Kind: Replayed, Path: path, Key: key, Attempt: rec.Attempts, Output: rec.Output})
		return nil
	}
	c.rec = rec
	c.rec.State, c.rec.Output = Attempted, nil
	return c.attempts()
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

// attempts tries until there is an outcome or the run stops.
func (c *call) attempts() error {
	defer c.checkpointed()
	r, pauses := c.run, c.run.retries.intervals()
	if err := c.waitForRetry(); err != nil {
		return err
	}
	waited := time.Duration(0) // in pauses that the other side named
	for try := 1; ; {
		if r.soft.Err() != nil {
			return ErrStopped
		}
		out, err := c.try()
		if err == nil {
			return c.succeed(out)
		}
		if r.soft.Err() != nil && gaveUp(err) {
			return ErrStopped // cut short by the stop, so it was no attempt
		}
		remedy := RemedyOf(err)
		now := time.Now()
		at := remedy.resumeAt(now, r.retries.Longest)
		switch remedy.Course {
		case Abort:
			return r.halt(err)
		case Fail:
			return c.fail(err, remedy.Cause)
		case Suspend:
			return c.suspend(err, remedy, at)
		}
		enough := false
		if at.IsZero() {
			enough = try == r.retries.Attempts
			at = now.Add(pauses.NextBackOff())
			try++
		} else {
			waited += max(at.Sub(now), r.retries.Initial)
			enough = waited > r.retries.Longest
		}
		if enough || r.tooLate(at) {
			return c.suspend(err, remedy, at)
		}
		if err := c.retryLater(err, remedy, at); err != nil {
			return err
		}
	}
}

// waitForRetry obeys what an earlier process was told about the next attempt,
// unless that is so far away that a clock must have jumped.
func (c *call) waitForRetry() error {
	wait := time.Until(c.rec.RetryAt)
	if wait <= 0 || wait > c.run.retries.Longest || c.run.soft.Err() != nil {
		return nil
	}
	if !c.run.tooLate(c.rec.RetryAt) {
		c.run.observe(Event{Kind: Waiting, Path: c.path, Key: c.key, Attempt: c.rec.Attempts, Wait: wait, Cause: "resumed", Err: errResumed})
	}
	return c.run.pauseUntil(c.rec.RetryAt)
}

var errResumed = errors.New("the execution before this one was told to wait so long")

func (c *call) try() (json.RawMessage, error) {
	n := c.rec.Attempts + 1
	c.run.observe(Event{Kind: Started, Path: c.path, Key: c.key, Attempt: n})
	ctx := context.WithValue(c.run.hard, attemptKey{}, attempt{n, c})
	return guard(c.name, func() (json.RawMessage, error) { return c.do(ctx) })
}

// ended counts an attempt; the cause is empty for a success.
func (c *call) ended(cause string) {
	c.rec.Attempts++
	c.mu.Lock()
	c.rec.Took, c.took = c.rec.Took+c.took, 0
	if c.payer != "" {
		c.rec.Account = c.payer
	}
	c.mu.Unlock()
	c.rec.Ended, c.rec.RetryAt = time.Now().UTC().Round(0), time.Time{}
	if cause != "" {
		c.rec.Causes = append(c.rec.Causes, cause)
	}
}

func (c *call) succeed(out json.RawMessage) error {
	if err := c.decode(out); err != nil {
		return c.run.halt(fmt.Errorf("the result of %s does not survive JSON: %w", c.name, err))
	}
	c.ended("")
	c.rec.State, c.rec.Output = Succeeded, out
	if err := c.save(); err != nil {
		return err
	}
	c.run.observe(Event{Kind: Completed, Path: c.path, Key: c.key, Attempt: c.rec.Attempts, Output: out})
	return nil
}

func (c *call) fail(err error, cause string) error {
	c.ended(cause)
	c.rec.State, c.rec.Code, c.rec.Error = Failed, cause, err.Error()
	if err := c.save(); err != nil {
		return err
	}
	c.run.observe(Event{Kind: Gone, Path: c.path, Key: c.key, Attempt: c.rec.Attempts, Cause: cause})
	return &Failure{Key: c.name, Code: c.rec.Code, Message: c.rec.Error}
}

// suspend stops the run in order. An activity that itself returned a
// [Suspension] was refused before it did anything, so that was no attempt.
func (c *call) suspend(err error, remedy Remedy, at time.Time) error {
	s, refused := errors.AsType[*Suspension](err)
	if !refused {
		s = &Suspension{Reason: err.Error(), ResumeAt: at.UTC(), Err: err}
		c.ended(remedy.Cause)
	}
	c.retryAt(remedy, at)
	if err := c.save(); err != nil {
		return err
	}
	return c.run.halt(s)
}

// retryAt keeps when the next attempt may come, for the next process too.
func (c *call) retryAt(remedy Remedy, at time.Time) {
	c.rec.RetryAt = time.Time{}
	if !remedy.Doubtful {
		c.rec.RetryAt = at.UTC()
	}
}

func (c *call) retryLater(err error, remedy Remedy, at time.Time) error {
	c.ended(remedy.Cause)
	c.retryAt(remedy, at)
	if err := c.save(); err != nil {
		return err
	}
	c.run.observe(Event{Kind: Waiting, Path: c.path, Key: c.key, Attempt: c.rec.Attempts, Wait: time.Until(at), Cause: remedy.Cause, Err: err})
	return c.run.pauseUntil(at)
}

// checkpointed calls what waits for the outcome of the last attempt.
func (c *call) checkpointed() {
	c.mu.Lock()
	after := c.after
	c.after = nil
	c.mu.Unlock()
	for _, f := range after {
		f()
	}
}

func (c *call) save() error {
	r := c.run
	defer c.checkpointed()
	// What is done is written down even while the run is being killed.
	if err := r.engine.Journal.Save(context.WithoutCancel(r.hard), r.id, c.name, c.rec); err != nil {
		return r.halt(fmt.Errorf("write the checkpoint of %s: %w", c.name, err))
	}
	return nil
}

// gaveUp reports that err says no more than that the run is stopping.
func gaveUp(err error) bool {
	return errors.Is(err, ErrStopped) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
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
