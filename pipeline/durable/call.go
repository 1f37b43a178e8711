package durable

import (
	"cmp"
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
	case found:
		c.rec = rec
	}
	switch {
	case c.rec.State == Failed:
		c.observe(Event{Kind: Replayed, Cause: rec.Code})
		return &Failure{Key: c.name, Code: rec.Code, Message: rec.Error}
	case c.rec.State == Succeeded && decode(rec.Output) == nil:
		c.observe(Event{Kind: Replayed, Output: rec.Output})
		return nil
	}
	c.rec.State, c.rec.Output = Attempted, nil
	return c.attempts()
}

// observe tells the engine's observer about a step of the call's last attempt.
func (c *call) observe(ev Event) {
	if c.run.engine.Observe != nil {
		ev.Path, ev.Key, ev.Attempt = c.path, c.key, cmp.Or(ev.Attempt, c.rec.Attempts)
		c.run.engine.Observe(ev)
	}
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
		c.observe(Event{Kind: Waiting, Wait: wait, Cause: "resumed", Err: errResumed})
	}
	return c.run.pauseUntil(c.rec.RetryAt)
}

var errResumed = errors.New("the execution before this one was told to wait so long")

type attemptKey struct{}

// attempt is what an activity's context knows of the attempt it belongs to.
type attempt struct {
	number int
	call   *call
}

func (c *call) try() (json.RawMessage, error) {
	n := c.rec.Attempts + 1
	c.observe(Event{Kind: Started, Attempt: n})
	ctx := context.WithValue(c.run.hard, attemptKey{}, attempt{n, c})
	return guard(c.run, c.name, func() (json.RawMessage, error) { return c.do(ctx) })
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
	c.observe(Event{Kind: Completed, Output: out})
	return nil
}

func (c *call) fail(err error, cause string) error {
	c.ended(cause)
	c.rec.State, c.rec.Code, c.rec.Error = Failed, cause, err.Error()
	if err := c.save(); err != nil {
		return err
	}
	c.observe(Event{Kind: Gone, Cause: cause})
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
	c.observe(Event{Kind: Waiting, Wait: time.Until(at), Cause: remedy.Cause, Err: err})
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
