// Package budget lets several pipelines live within the rate limits of one API
// account.
//
// GitHub limits an account in four ways at once: points an hour, points a
// minute, requests in flight, and server time, of which one only learns by
// being pushed back. A [Budget] stands for one account. Before a request a
// pipeline reserves what it expects to spend; afterwards it settles with the
// server's own figures. In between the budget decides who goes next:
//
//   - a pause, asked for by the server or chosen after a push-back without a
//     date, holds everybody;
//   - the number in flight follows AIMD (additive increase, multiplicative
//     decrease, as TCP does): it starts at two, grows by one after a clean
//     round and halves at every push-back;
//   - points are shared among the pipelines by weight, as a fair queue shares
//     a link: what one does not use the others may, and a reserve is kept for
//     the requests that finish a run;
//   - a wait that would pass the caller's deadline is refused at once with a
//     [durable.Suspension] instead of being slept through.
package budget

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// GitHub's documented limits, from "Rate limits and query limits for the
// GraphQL API" in its documentation.
const (
	// PointsPerMinute is the secondary limit on points.
	PointsPerMinute = 2000
	// DefaultPause is how long to stay away after a secondary limit that names
	// no time. It doubles each time it did not help.
	DefaultPause = time.Minute
	maxPause     = 30 * time.Minute
	// resetMargin is added to the hourly reset, which the server tells in whole
	// seconds.
	resetMargin = time.Second
)

// Config sizes a budget.
type Config struct {
	// Concurrency is the most requests in flight; below 1 means 4.
	Concurrency int
	// Observe is told when everybody starts to wait, and why. It must not
	// block or call the budget. Nil means nobody listens.
	Observe func(Wait)
}

// Wait says what everybody waits for.
type Wait struct {
	Reason string
	Until  time.Time
}

// Budget is what one API account may spend. It is safe for concurrent use.
type Budget struct {
	max     int
	observe func(Wait)

	mu       sync.Mutex
	window   int // requests that may be in flight now
	clean    int // successes since the window last changed
	epoch    int // counts push-backs, so that one round halves only once
	inFlight int
	reserved int // points reserved by requests in flight

	known     bool // whether the server has told its figures yet
	limit     int
	remaining int
	reset     time.Time

	pausedUntil time.Time
	pauseReason string
	unhelpful   int // pauses in a row that ended in another push-back
	minute      minute

	waiting []*waiter
	clock   float64 // virtual time of the fair queue
	timer   *time.Timer
	told    time.Time // the end of the wait that observe was last told of
}

// New returns a budget of which nothing has been spent.
func New(c Config) *Budget {
	if c.Concurrency < 1 {
		c.Concurrency = 4
	}
	return &Budget{max: c.Concurrency, window: min(2, c.Concurrency), observe: c.Observe}
}

// Pipeline returns a share of the budget. Shares get points in proportion to
// their weights as long as more than one wants some; a weight below 1 is 1.
func (b *Budget) Pipeline(name string, weight int) *Share {
	return &Share{budget: b, name: name, weight: float64(max(1, weight))}
}

// Share is one pipeline's access to a [Budget].
type Share struct {
	budget *Budget
	name   string
	weight float64
	spent  float64 // virtual time up to which this share has been served
}

// Ask is what a request expects to need.
type Ask struct {
	// Points it will cost; below 1 means 1.
	Points int
	// Urgent requests go before others: those that everything else waits for.
	Urgent bool
	// Final requests may use the reserve: those that end what was begun.
	Final bool
}

// Reservation is the right to send one request. It must be settled.
type Reservation struct {
	budget *Budget
	points int
	epoch  int
}

// Acquire waits until the request may be sent. It returns a
// [*durable.Suspension] when that would be after the deadline of the run that
// ctx belongs to, and [durable.ErrStopped] when that run is told to stop.
func (s *Share) Acquire(ctx context.Context, ask Ask) (*Reservation, error) {
	b, stopping := s.budget, durable.Stopping(ctx)
	ask.Points = max(1, ask.Points)
	w := &waiter{share: s, ask: ask, ready: make(chan error, 1)}
	w.deadline, _ = stopping.Deadline()

	b.mu.Lock()
	b.enqueue(w)
	b.dispatch()
	b.mu.Unlock()

	select {
	case err := <-w.ready:
		if err != nil {
			return nil, err
		}
		return w.granted, nil
	case <-stopping.Done():
	case <-ctx.Done():
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.withdraw(w)
	return nil, durable.ErrStopped
}

// Usage is what a request turned out to cost, in the server's own figures.
type Usage struct {
	// Cost is the points charged; 0 when unknown, and for none.
	Cost int
	// Limit, Remaining and Reset are the server's figures after the request;
	// they are ignored while Limit is 0.
	Limit, Remaining int
	Reset            time.Time
	// PushBack reports that the server asked for less: a secondary limit, a
	// timeout, an overload.
	PushBack bool
	// Failed reports that the request said nothing about the server's load.
	Failed bool
}

// Settle ends the reservation. It must be called once.
func (r *Reservation) Settle(u Usage) {
	b := r.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	b.inFlight--
	b.reserved -= r.points
	b.learn(u)
	if extra := u.Cost - r.points; extra > 0 {
		b.minute.add(time.Now(), extra)
	}
	switch {
	case u.PushBack && r.epoch == b.epoch:
		b.window, b.clean = max(1, b.window/2), 0
		b.epoch++
	case u.PushBack || u.Failed:
		b.clean = 0
	default:
		b.unhelpful = 0
		if b.clean++; b.clean >= b.window && b.window < b.max {
			b.window, b.clean = b.window+1, 0
		}
	}
	b.dispatch()
}

// learn takes over the server's figures. Answers overtake one another, so
// within one window the lowest remaining is the truth.
func (b *Budget) learn(u Usage) {
	if u.Limit <= 0 || u.Reset.IsZero() {
		return
	}
	if b.known && u.Reset.Equal(b.reset) {
		b.limit, b.remaining = u.Limit, min(b.remaining, u.Remaining)
		return
	}
	if b.known && u.Reset.Before(b.reset) {
		return
	}
	b.known, b.limit, b.remaining, b.reset = true, u.Limit, u.Remaining, u.Reset
}

// PauseFor closes the gate for everybody because the server said so, and
// returns when it opens again. A zero or negative d means the server named no
// time: the pause is then a minute, twice as long each time in a row, and a
// quarter longer at random so that several programs do not return together.
func (b *Budget) PauseFor(d time.Duration, reason string) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	if d <= 0 {
		d = min(DefaultPause<<min(b.unhelpful, 10), maxPause)
		d += time.Duration(rand.Int64N(int64(d / 4)))
	}
	now := time.Now()
	if until := now.Add(d); until.After(b.pausedUntil) {
		if !b.pausedUntil.After(now) {
			b.unhelpful++
		}
		b.pausedUntil, b.pauseReason = until, reason
	}
	b.dispatch()
	return b.pausedUntil
}

// Exhausted takes note that the server refused a request because no points
// are left until reset, whatever it said before. A zero reset means unknown;
// a minute is assumed then. It returns when to go on.
func (b *Budget) Exhausted(reset time.Time) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if !reset.After(now) {
		reset = now.Add(DefaultPause)
	}
	b.known, b.remaining, b.reset = true, 0, reset
	b.dispatch()
	return reset
}
