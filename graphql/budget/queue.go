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
	b.mu.Lock()
	defer b.mu.Unlock()
	if i := slices.Index(b.waiting, w); i >= 0 {
		b.waiting = slices.Delete(b.waiting, i, i+1)
	} else if w.granted != nil {
		b.inFlight--
		b.reserved -= w.granted.points
		w.share.spent -= float64(w.granted.points) / w.share.weight
	}
	b.dispatch()
}

// next returns the waiter to serve: urgent ones first, then the share that has
// had least for its weight, then in order of arrival. It passes over those that
// the hour's points do not cover, so that the reserve is there for the others.
func (b *Budget) next(now time.Time) *waiter {
	var best *waiter
	for _, w := range b.waiting {
		switch {
		case b.short(w.ask, b.reserved, now):
		case best == nil,
			w.ask.Urgent && !best.ask.Urgent,
			w.ask.Urgent == best.ask.Urgent && w.share.spent < best.share.spent:
			best = w
		}
	}
	return best
}

// dispatch grants what can be granted now, refuses what cannot be granted in
// time, and arranges to be called again. What waits for a free place, or for
// points that a request in flight may give back, is served by its settling.
func (b *Budget) dispatch() {
	now := time.Now()
	if b.pausedUntil.After(now) {
		b.hold(now, Wait{b.pauseReason, b.pausedUntil}, func(*waiter) bool { return true })
		return
	}
	if hour := (Wait{"GitHub's hourly points are used up", b.resetsAt()}); hour.Until.After(now) {
		b.hold(now, hour, func(w *waiter) bool { return b.short(w.ask, 0, now) })
	}
	for b.inFlight < b.window {
		w := b.next(now)
		if w == nil {
			return
		}
		if !w.ask.Urgent && b.kept.After(now) && b.inFlight == b.window-1 && b.window > 1 {
			b.wake(now, b.kept)
			return
		}
		if at := b.minute.room(now, w.ask.Points); at.After(now) {
			b.hold(now, Wait{"GitHub's points a minute are used up", at}, func(o *waiter) bool { return !b.short(o.ask, 0, now) })
			return
		}
		b.grant(w, now)
	}
}

func (b *Budget) grant(w *waiter, now time.Time) {
	b.waiting = slices.DeleteFunc(b.waiting, func(o *waiter) bool { return o == w })
	b.clock = max(b.clock, w.share.spent)
	w.share.spent += float64(w.ask.Points) / w.share.weight
	if w.ask.Urgent {
		b.kept = time.Time{}
	}
	b.inFlight++
	b.reserved += w.ask.Points
	b.minute.add(now, w.ask.Points)
	w.granted = &Reservation{budget: b, share: w.share, points: w.ask.Points, epoch: b.epoch}
	w.ready <- nil
}

// hold turns away every waiter concerned whose deadline comes before the wait
// is over, and sees to it that the others are woken.
func (b *Budget) hold(now time.Time, wait Wait, concerns func(*waiter) bool) {
	held := false
	b.waiting = slices.DeleteFunc(b.waiting, func(w *waiter) bool {
		if !concerns(w) {
			return false
		}
		if w.deadline.IsZero() || wait.Until.Before(w.deadline) {
			held = true
			return false
		}
		w.ready <- &durable.Suspension{Reason: wait.Reason, ResumeAt: wait.Until.UTC()}
		return true
	})
	if !held {
		return
	}
	if b.observe != nil && wait != b.told {
		b.told = wait
		b.observe(wait)
	}
	b.wake(now, wait.Until)
}

// wake arranges for a dispatch at the given time, or sooner.
func (b *Budget) wake(now, at time.Time) {
	if !b.wakeAt.IsZero() && !at.Before(b.wakeAt) {
		return // the dispatch before it arranges for the next
	}
	if b.timer != nil {
		b.timer.Stop()
	}
	b.wakeAt = at
	b.timer = time.AfterFunc(at.Sub(now), func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.wakeAt = time.Time{}
		b.dispatch()
	})
}

// resetsAt is when the hour's points come back; the zero time when it is not
// known.
func (b *Budget) resetsAt() time.Time {
	if !b.known {
		return time.Time{}
	}
	return b.reset.Add(resetMargin)
}

// short reports that the points left this hour, without those reserved, do not
// cover the request.
func (b *Budget) short(ask Ask, reserved int, now time.Time) bool {
	if !b.resetsAt().After(now) {
		return false
	}
	floor := b.reserve()
	if ask.Final {
		floor = 0
	}
	return b.remaining-reserved-ask.Points < floor
}

// reserve is the points kept for requests that end what was begun: one in a
// hundred, but never so many that a small limit could not be used.
func (b *Budget) reserve() int { return min(b.limit/100, 50) }

// minuteSpan is the sixty seconds past and the one that has begun, in seconds:
// points are counted by the second, and never forgotten too soon.
const minuteSpan = 61

// minute counts the points of a minute.
type minute struct {
	buckets [minuteSpan]struct {
		second int64
		points int
	}
}

func (m *minute) add(now time.Time, points int) {
	s := now.Unix()
	b := &m.buckets[s%minuteSpan]
	if b.second != s {
		b.second, b.points = s, 0
	}
	b.points += points
}

// in returns the points of one second.
func (m *minute) in(second int64) int {
	if b := m.buckets[second%minuteSpan]; b.second == second {
		return b.points
	}
	return 0
}

// room returns when the points fit under the limit a minute; a time that is not
// after now means at once. More than a minute's points fit when nothing else
// is counted.
func (m *minute) room(now time.Time, points int) time.Time {
	last := now.Unix()
	first, used := last-minuteSpan+1, 0
	for s := first; s <= last; s++ {
		used += m.in(s)
	}
	at := now
	for s := first; s <= last && used+points > PointsPerMinute; s++ {
		if n := m.in(s); n > 0 {
			used -= n
			at = time.Unix(s+minuteSpan, 0)
		}
	}
	return at
}
