package durable

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// settle brings an activity to an outcome that is on disk and hands it to
// decode: the one remembered, or the one that do arrives at now.
func (r *run) settle(path []string, key Key, do func(context.Context) (json.RawMessage, error), decode func(json.RawMessage) error) error {
	name := join(path, key)
	if err := r.claim(name); err != nil {
		return err
	}
	rec, found, err := r.engine.Journal.Load(r.hard, r.id, name)
	if err != nil {
		return r.halt(fmt.Errorf("read the checkpoint of %s: %w", name, err))
	}
	switch {
	case !found:
		rec = Record{}
	case rec.State == Failed:
		r.observe(Event{Kind: Replayed, Path: path, Key: key, Attempt: rec.Attempts, Cause: rec.Code})
		return &Failure{Key: name, Code: rec.Code, Message: rec.Error}
	case rec.State == Succeeded && decode(rec.Output) == nil:
		r.observe(Event{Kind: Replayed, Path: path, Key: key, Attempt: rec.Attempts})
		return nil
	}
	rec.State, rec.Output = Attempted, nil
	return r.attempts(path, key, name, rec, do, decode)
}

// claim refuses a name that this execution has used already: two activities
// that share a checkpoint would take each other's result.
func (r *run) claim(name string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.seen[name] {
		err := fmt.Errorf("activity key %s is used twice in one run", name)
		r.stop(err)
		return err
	}
	r.seen[name] = true
	return nil
}

// halt stops the run because of an error and returns what the orchestrator
// gets to see.
func (r *run) halt(err error) error {
	r.stop(err)
	return ErrStopped
}

func (r *run) attempts(path []string, key Key, name string, rec Record, do func(context.Context) (json.RawMessage, error), decode func(json.RawMessage) error) error {
	pauses := r.retries.intervals()
	if err := r.pause(time.Until(rec.RetryAt)); err != nil {
		return err
	}
	for try := 1; ; try++ {
		if r.soft.Err() != nil {
			return ErrStopped
		}
		r.observe(Event{Kind: Started, Path: path, Key: key, Attempt: rec.Attempts + 1})
		ctx := context.WithValue(r.hard, attemptKey{}, rec.Attempts+1)
		out, err := guard(name, func() (json.RawMessage, error) { return do(ctx) })
		if err != nil && r.soft.Err() != nil && r.gaveUp(err) {
			return ErrStopped // cut short by the stop, so it was no attempt
		}
		rec.Attempts++
		rec.Ended, rec.RetryAt = time.Now().UTC().Truncate(time.Second), time.Time{}
		if err == nil {
			if err := decode(out); err != nil {
				return r.halt(fmt.Errorf("the result of %s does not survive JSON: %w", name, err))
			}
			rec.State, rec.Output = Succeeded, out
			if err := r.save(name, rec); err != nil {
				return err
			}
			r.observe(Event{Kind: Completed, Path: path, Key: key, Attempt: rec.Attempts})
			return nil
		}

		remedy := RemedyOf(err)
		rec.Causes = append(rec.Causes, remedy.Cause)
		switch remedy.Course {
		case Abort:
			return r.halt(err)
		case Fail:
			rec.State, rec.Code, rec.Error = Failed, remedy.Cause, err.Error()
			if err := r.save(name, rec); err != nil {
				return err
			}
			r.observe(Event{Kind: Gone, Path: path, Key: key, Attempt: rec.Attempts, Cause: remedy.Cause})
			return &Failure{Key: name, Code: rec.Code, Message: rec.Error}
		}

		wait := max(remedy.After, time.Until(remedy.Until))
		if wait <= 0 {
			wait = pauses.NextBackOff()
		}
		resumeAt := time.Now().Add(wait)
		rec.RetryAt = resumeAt.UTC()
		if err := r.save(name, rec); err != nil {
			return err
		}
		if remedy.Course == Suspend {
			return r.halt(suspension(err, remedy.Until))
		}
		if try == r.retries.Attempts || r.tooLate(resumeAt) {
			return r.halt(suspension(err, resumeAt))
		}
		r.observe(Event{Kind: Waiting, Path: path, Key: key, Attempt: rec.Attempts, Wait: wait, Cause: remedy.Cause, Err: err})
		if err := r.pause(wait); err != nil {
			return err
		}
	}
}

// gaveUp reports that err says no more than that the run is stopping.
func (r *run) gaveUp(err error) bool {
	return errors.Is(err, ErrStopped) || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}

// tooLate reports that waiting until t would pass the run's deadline.
func (r *run) tooLate(t time.Time) bool { return !r.deadline.IsZero() && !t.Before(r.deadline) }

func suspension(err error, until time.Time) *Suspension {
	if s, ok := errors.AsType[*Suspension](err); ok {
		return s
	}
	return &Suspension{Reason: err.Error(), ResumeAt: until.UTC(), Err: err}
}

// pause waits for d, or for less when the run stops; a pause that would pass
// the deadline suspends the run instead.
func (r *run) pause(d time.Duration) error {
	if d <= 0 {
		return nil
	}
	if at := time.Now().Add(d); r.tooLate(at) {
		return r.halt(&Suspension{Reason: "the next attempt would come after the deadline", ResumeAt: at.UTC()})
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-r.soft.Done():
		return ErrStopped
	}
}

func (r *run) save(name string, rec Record) error {
	// What is done is written down even while the run is being killed.
	if err := r.engine.Journal.Save(context.WithoutCancel(r.hard), r.id, name, rec); err != nil {
		return r.halt(fmt.Errorf("write the checkpoint of %s: %w", name, err))
	}
	return nil
}
