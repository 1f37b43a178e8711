package budget

import (
	"slices"
	"time"

	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// waiter is one request that wants to be sent.
type waiter struct {
	share    *Share
	ask      Ask
	deadline time.Time // zero for none
	ready    chan error
	granted  *Reservation
}

// enqueue adds a waiter. A share that was idle starts at the queue's present:
// what it did not use meanwhile was lent, not saved.
func (b *Budget) enqueue(w *waiter) {
	idle := !slices.ContainsFunc(b.waiting, func(o *waiter) bool { return o.share == w.share })
	if idle {
		w.share.spent = max(w.share.spent, b.clock)
	}
	b.waiting = append(b.waiting, w)
}

// withdraw removes a waiter whose caller has gone, giving back what it may
// have been granted in the same moment.
func (b *Budget) withdraw(w *waiter) {
	if i := slices.Index(b.waiting, w); i >= 0 {
		b.waiting = slices.Delete(b.waiting, i, i+1)
	} else if w.granted != nil {
		b.inFlight--
		b.reserved -= w.granted.points
	}
	b.dispatch()
}

// next returns the waiter to serve: urgent ones first, then the share that has
// had least for its weight, then in order of arrival.
func (b *Budget) next() *waiter {
	var best *waiter
	for _, w := range b.waiting {
		switch {
		case best == nil,
			w.ask.Urgent && !best.ask.Urgent,
			w.ask.Urgent == best.ask.Urgent && w.share.spent < best.share.spent:
			best = w
		}
	}
	return best
}

// dispatch grants what can be granted now, refuses what cannot be granted in
// time, and arranges to be called again.
func (b *Budget) dispatch() {
	now := time.Now()
	for len(b.waiting) > 0 && b.inFlight < b.window {
		w := b.next()
		until, reason := b.closed(w.ask, now)
		if until.After(now) {
			b.refuse(until, reason)
			b.wake(now, until, reason)
			return
		}
		b.grant(w, now)
	}
}

func (b *Budget) grant(w *waiter, now time.Time) {
	b.waiting = slices.DeleteFunc(b.waiting, func(o *waiter) bool { return o == w })
	b.clock = max(b.clock, w.share.spent)
	w.share.spent += float64(w.ask.Points) / w.share.weight
	b.inFlight++
	b.reserved += w.ask.Points
	b.minute.add(now, w.ask.Points)
	w.granted = &Reservation{budget: b, points: w.ask.Points, epoch: b.epoch}
	w.ready <- nil
}

// refuse turns away every waiter whose deadline comes before the gate opens.
func (b *Budget) refuse(until time.Time, reason string) {
	b.waiting = slices.DeleteFunc(b.waiting, func(w *waiter) bool {
		if w.deadline.IsZero() || until.Before(w.deadline) {
			return false
		}
		w.ready <- &durable.Suspension{Reason: reason, ResumeAt: until.UTC()}
		return true
	})
}

// wake arranges for another dispatch at the given time.
func (b *Budget) wake(now, at time.Time, reason string) {
	if len(b.waiting) == 0 {
		return
	}
	if b.observe != nil && !at.Equal(b.told) {
		b.told = at
		b.observe(Wait{Reason: reason, Until: at})
	}
	if b.timer != nil {
		b.timer.Stop()
	}
	b.timer = time.AfterFunc(at.Sub(now), func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.dispatch()
	})
}

// closed says until when a request has to wait, and why; a time that is not
// after now means it may go.
func (b *Budget) closed(ask Ask, now time.Time) (time.Time, string) {
	if b.pausedUntil.After(now) {
		return b.pausedUntil, b.pauseReason
	}
	if reset := b.reset.Add(resetMargin); b.known && reset.After(now) {
		floor := b.reserve()
		if ask.Final {
			floor = 0
		}
		if b.remaining-b.reserved-ask.Points < floor {
			return reset, "GitHub's hourly points are used up"
		}
	}
	if at := b.minute.room(now, ask.Points); at.After(now) {
		return at, "GitHub's points a minute are used up"
	}
	return now, ""
}

// reserve is the points kept for requests that end what was begun: one in a
// hundred, but never so many that a small limit could not be used.
func (b *Budget) reserve() int { return min(b.limit/100, 50) }

// minute counts points in the sixty seconds past, one bucket a second.
type minute struct {
	buckets [60]struct {
		second int64
		points int
	}
}

func (m *minute) add(now time.Time, points int) {
	s := now.Unix()
	b := &m.buckets[s%60]
	if b.second != s {
		b.second, b.points = s, 0
	}
	b.points += points
}

// room returns when the points fit under the limit a minute.
func (m *minute) room(now time.Time, points int) time.Time {
	s, used := now.Unix(), 0
	oldest := s
	for _, b := range m.buckets {
		if b.second > s-60 {
			used += b.points
			if b.points > 0 {
				oldest = min(oldest, b.second)
			}
		}
	}
	if used+points <= PointsPerMinute || used == 0 {
		return now
	}
	return time.Unix(oldest+60, 0)
}
