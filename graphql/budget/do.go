package budget

import (
	"cmp"
	"context"
	"errors"
	"time"

	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// The most that a run waits for an account other than GitHub's.
const (
	mostTries   = 4
	longestWait = 2 * time.Minute
)

// Spend sends one request: it waits for its turn, and settles when the outcome is
// on disk, so that a killed run repeats no more requests than may be in flight. It
// repeats nothing itself. send fills in the server's figures, and may add to them
// until the outcome is on disk; Took and Failed are filled in for it.
func (s *Share) Spend(ctx context.Context, ask Ask, send func(ctx context.Context, used *Usage) error) error {
	reservation, err := s.Acquire(ctx, ask)
	if err != nil {
		return err
	}
	used := &Usage{}
	began := time.Now()
	err = send(ctx, used)
	used.Took, used.Failed = time.Since(began), err != nil
	durable.Took(ctx, used.Took)
	durable.Checkpointed(ctx, func() { reservation.Settle(*used) })
	return err
}

// Do is [Share.Spend] for a server that states no figures: an error whose remedy
// is to wait counts as a push-back.
//
// On an account of its own an error that would suspend the whole run, or keep it
// waiting for more than two minutes, past its deadline or after four tries,
// becomes a permanent failure: the other sources do not wait for this one.
func (s *Share) Do(ctx context.Context, ask Ask, send func(context.Context) error) error {
	return s.giveUp(ctx, s.Spend(ctx, ask, func(ctx context.Context, used *Usage) error {
		err := send(ctx)
		used.PushBack = err != nil && durable.RemedyOf(err).After > 0
		return err
	}))
}

func (s *Share) giveUp(ctx context.Context, err error) error {
	if err == nil || s.budget.config.Account == "" || errors.Is(err, durable.ErrStopped) || errors.Is(err, context.Canceled) {
		return err
	}
	r := durable.RemedyOf(err)
	after := max(r.After, time.Until(r.Until))
	deadline, has := durable.Stopping(ctx).Deadline()
	// An error that names no time is tried again after a second, then two and so
	// on, and half as long again at most.
	pause := max(after, 3*time.Second/2<<(max(1, durable.Attempt(ctx))-1))
	late := has && time.Until(deadline) < pause
	if r.Course == durable.Suspend || r.Course == durable.Retry && (durable.Attempt(ctx) >= mostTries || after > longestWait || late) {
		return durable.WithRemedy(err, durable.Remedy{Course: durable.Fail, Cause: cmp.Or(r.Cause, s.budget.config.Account)})
	}
	return err
}
