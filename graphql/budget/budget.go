// Package budget lets several pipelines live within the rate limits of one API
// account.
//
// GitHub limits an account in four ways at once: points an hour, points a
// minute, its own time a minute, and requests in flight. A [Budget] stands for
// one account. Before a request a pipeline reserves what it expects to spend;
// afterwards it settles with the server's own figures. In between the budget
// decides who goes next:
//
//   - a pause, asked for by the server or chosen after a push-back without a
//     date, holds everybody;
//   - GitHub's time is the sum of its response times, what is in flight
//     included, over a rolling minute. While less than half of it is used,
//     requests go out as fast as the next rule allows; then fewer and fewer at
//     once, so that a long survey settles near one;
//   - the number in flight starts at two. It grows by one after a clean answer or,
//     once it had to shrink, a clean round. It halves when the server pushes back,
//     and shrinks when answers get slower than the fastest of their kind and size;
//   - pipelines share GitHub's time as a fair queue shares a link: what one does
//     not use the others may, and a reserve of points is kept for the requests
//     that finish a run;
//   - a wait that would pass the caller's deadline is refused at once with a
//     [durable.Suspension] instead of being slept through.
package budget

import (
	"context"
	"sync"
	"time"

	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// Config sizes a budget.
type Config struct {
	// Concurrency is the most requests in flight; below 1 means 4.
	Concurrency int
	// Account names an account of another server than GitHub's: the journal counts
	// under it what is spent, GitHub's limits a minute do not hold, and [Share.Do]
	// lets no run wait for long. Empty means GitHub's.
	Account string
	// Observe is called when everybody starts to wait for a while. It must not
	// block or call the budget. Nil means nobody listens.
	Observe func(Wait)
}

// Budget is what one API account may spend. It is safe for concurrent use.
type Budget struct {
	config Config

	mu     sync.Mutex
	window window
	hour   hour
	pause  pause
	points minute // in points
	time   minute // in nanoseconds of GitHub's
	paces  paces  // how fast GitHub answers

	inFlight map[*Reservation]bool
	kept     time.Time // until when a place is kept for an urgent request
	waiting  []*waiter
	clock    float64 // virtual time of the fair queue
	timer    *time.Timer
	wakeAt   time.Time // when the timer dispatches; zero when it is not set
	told     Wait      // the last one observed
}

// New returns a budget of which nothing has been spent.
func New(c Config) *Budget {
	if c.Concurrency < 1 {
		c.Concurrency = 4
	}
	now := time.Now()
	return &Budget{
		config:   c,
		window:   window{max: c.Concurrency, size: min(2, c.Concurrency)},
		points:   minute{began: now},
		time:     minute{began: now},
		paces:    make(paces),
		inFlight: make(map[*Reservation]bool),
	}
}

// Pipeline returns a share of the budget. Shares get the same time of GitHub's
// as long as more than one wants some.
func (b *Budget) Pipeline() *Share { return &Share{budget: b} }

// Share is one pipeline's access to a [Budget].
type Share struct {
	budget *Budget
	spent  float64 // virtual time up to which this share has been served
}

// Budget is the account that the share is of.
func (s *Share) Budget() *Budget { return s.budget }

// Reservation is the right to send one request. It must be settled.
type Reservation struct {
	budget  *Budget
	share   *Share
	ask     Ask
	takes   time.Duration // of GitHub's, as expected
	granted time.Time
	epoch   int
}

// Acquire waits until the request may be sent. It returns a
// [*durable.Suspension] when that would be after the deadline of the run that
// ctx belongs to, [durable.ErrStopped] when that run is told to stop, and ctx's
// error when only ctx ends.
func (s *Share) Acquire(ctx context.Context, ask Ask) (*Reservation, error) {
	b, stopping := s.budget, durable.Stopping(ctx)
	durable.Charge(ctx, b.config.Account)
	ask.Points, ask.Size = max(1, ask.Points), max(1, ask.Size)
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

// moment is how long a place is kept for an urgent request that follows
// another: longer than it takes to come, shorter than a request.
const moment = 50 * time.Millisecond

// Settle ends the reservation. It must be called once.
func (r *Reservation) Settle(u Usage) {
	b, now := r.budget, time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.inFlight, r)
	if u.Took <= 0 {
		u.Took = now.Sub(r.granted)
	}
	if u.Followed {
		b.kept = now.Add(moment)
	}
	b.hour.learn(u, r.ask.Points, now)
	if extra := u.Cost - r.ask.Points; u.Cost > 0 && extra > 0 {
		b.points.add(now, int64(extra))
	}
	b.time.add(now, int64(u.Took))
	r.share.spent += weight(u.Took) - weight(r.takes)
	slowness := b.paces.timed(r.ask, u)
	if b.config.Account != "" {
		slowness = 0 // a network of caches answers now fast, now slowly
	}
	// What was sent before the window last shrank belongs to the round that
	// ended then, and says nothing about the window since.
	if r.epoch == b.window.epoch {
		b.window.adapt(u, slowness)
		if !u.Failed && !u.PushBack {
			b.pause.unhelpful = 0
		}
	}
	b.dispatch()
}

// weight is what so much of GitHub's time counts in the fair queue: no request
// is free.
func weight(d time.Duration) float64 { return max(d, time.Millisecond).Seconds() }
