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
	// moment is how long a place is kept for an urgent request that follows
	// another: longer than it takes to come, shorter than a request.
	moment = 50 * time.Millisecond
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

	kept    time.Time // until when a place is kept for an urgent request
	waiting []*waiter
	clock   float64 // virtual time of the fair queue
	timer   *time.Timer
	wakeAt  time.Time // when the timer dispatches; zero when it is not set
	told    Wait      // what observe was told last
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
func (b *Budget) Pipeline(weight int) *Share {
	return &Share{budget: b, weight: float64(max(1, weight))}
}

// Share is one pipeline's access to a [Budget].
type Share struct {
	budget *Budget
	weight float64
	spent  float64 // virtual time up to which this share has been served
}

// Budget is the account that the share is of.
func (s *Share) Budget() *Budget { return s.budget }

// Ask is what a request expects to need.
type Ask struct {
	// Kind names what is asked for, such as "list", and Size how many of it,
	// below 1 means 1. How long GitHub takes is learnt for each.
	Kind string
	Size int
	// Time is how long GitHub will take, until answers of this kind have told
	// better; zero means a second.
	Time time.Duration
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
	share  *Share
	points int
	epoch  int
}

// Acquire waits until the request may be sent. It returns a
// [*durable.Suspension] when that would be after the deadline of the run that
// ctx belongs to, [durable.ErrStopped] when that run is told to stop, and ctx's
// error when only ctx ends.
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
		if stopping.Err() == nil {
			return w.granted, nil
		}
	case <-stopping.Done():
	case <-ctx.Done():
	}
	b.withdraw(w)
	if stopping.Err() == nil {
		return nil, ctx.Err()
	}
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
	// Took is how long the answer took to come.
	Took time.Duration
	// PushBack reports that the server asked for less: a secondary limit, a
	// timeout, an overload.
	PushBack bool
	// Failed reports that the request said nothing about the server's load.
	Failed bool
	// Followed reports that another urgent request comes at once. A place is
	// kept for it, for a moment.
	Followed bool
}

// Settle ends the reservation. It must be called once.
func (r *Reservation) Settle(u Usage) {
	b := r.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	b.inFlight--
	b.reserved -= r.points
	if u.Followed {
		b.kept = time.Now().Add(moment)
	}
	b.learn(u, r.points)
	if extra := u.Cost - r.points; u.Cost > 0 {
		r.share.spent += float64(extra) / r.share.weight
		b.minute.add(time.Now(), max(0, extra))
	}
	// What was sent before the last push-back belongs to the round that it
	// ended, and says nothing about the window since.
	if r.epoch == b.epoch {
		b.adapt(u)
	}
	b.dispatch()
}

// adapt moves the number of requests that may be in flight.
func (b *Budget) adapt(u Usage) {
	switch {
	case u.PushBack:
		b.window, b.clean = max(1, b.window/2), 0
		b.epoch++
	case u.Failed:
		b.clean = 0
	default:
		b.unhelpful = 0
		if b.clean++; b.clean >= b.window && b.window < b.max {
			b.window, b.clean = b.window+1, 0
		}
	}
}

// learn takes over the server's figures. Answers overtake one another, so
// within one window the lowest remaining is the truth. What came without figures
// is taken to have cost what was reserved: GitHub charges for timeouts, too.
func (b *Budget) learn(u Usage, reserved int) {
	switch {
	case u.Limit <= 0 || u.Reset.IsZero():
		b.remaining = max(0, b.remaining-max(u.Cost, reserved))
	case b.known && u.Reset.Before(b.reset):
	case b.known && u.Reset.Equal(b.reset):
		b.limit, b.remaining = u.Limit, min(b.remaining, u.Remaining)
	default:
		b.known, b.limit, b.remaining, b.reset = true, u.Limit, u.Remaining, u.Reset
	}
}

// PauseFor closes the gate for everybody because the server said so, and
// returns when it opens again. A zero or negative d means the server named no
// time: the pause is then a minute, twice as long for each one before it that
// did not help, up to half an hour, and at random up to a quarter longer so that
// several programs do not return together. A shorter pause does not end a
// longer one, and what is pushed back during a pause is part of its cause.
func (b *Budget) PauseFor(d time.Duration, reason string) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if !b.pausedUntil.After(now) {
		b.unhelpful++
	}
	if d <= 0 {
		d = min(DefaultPause<<min(max(b.unhelpful-1, 0), 10), maxPause)
		d += time.Duration(rand.Int64N(int64(d / 4)))
	}
	if until := now.Add(d); until.After(b.pausedUntil) {
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
