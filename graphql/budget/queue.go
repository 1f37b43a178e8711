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
	if !slices.ContainsFunc(b.waiting, func(o *waiter) bool { return o.share == w.share }) {
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
		delete(b.inFlight, w.granted)
		w.share.spent -= weight(w.granted.takes)
	}
	b.dispatch()
}

// next returns the waiter to serve: urgent ones first, then the share that has
// had least, then in order of arrival. It passes over those that the hour's
// points do not cover, so that others may use the reserve.
func (b *Budget) next(now time.Time) *waiter {
	reserved := 0
	for r := range b.inFlight {
		reserved += r.ask.Points
	}
	var best *waiter
	for _, w := range b.waiting {
		switch {
		case b.hour.short(w.ask, reserved, now):
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
// what a request in flight may give back, is served by its settling.
func (b *Budget) dispatch() {
	now := time.Now()
	if b.pause.Until.After(now) {
		b.hold(now, b.pause.Wait, func(*waiter) bool { return true })
		return
	}
	short := func(w *waiter) bool { return b.hour.short(w.ask, 0, now) }
	if wait := b.hour.wait(now); wait.Until.After(now) {
		b.hold(now, wait, short)
	}
	for places := b.places(now); len(b.inFlight) < places; places = b.places(now) {
		w := b.next(now)
		if w == nil {
			return
		}
		if !w.ask.Urgent && b.kept.After(now) && len(b.inFlight) == places-1 && places > 1 {
			b.wake(now, b.kept)
			return
		}
		wait, free := b.minuteHas(w.ask, now)
		if !free {
			return // until an answer gives room
		}
		if wait.Until.After(now) {
			b.hold(now, wait, func(o *waiter) bool { return !short(o) })
			return
		}
		b.grant(w, now)
	}
}

// busy is GitHub's time for what is in flight: what has passed, or what was
// expected where that is more.
func (b *Budget) busy(now time.Time) (sum time.Duration) {
	for r := range b.inFlight {
		sum += max(r.takes, now.Sub(r.granted))
	}
	return sum
}

// places is how many requests may be in flight: the window while less than half
// of GitHub's minute is used, then fewer in proportion, but always one.
func (b *Budget) places(now time.Time) int {
	if b.config.Account != "" {
		return b.window.size
	}
	room := TimePerMinute - time.Duration(b.time.used(now)) - b.busy(now)
	share := float64(b.window.size) * 2 * float64(room) / float64(TimePerMinute)
	return max(1, min(b.window.size, int(share)))
}

// minuteHas says what the request waits for within the minute, if for anything.
// It is not free when what is in flight leaves no room, however long it waits.
func (b *Budget) minuteHas(ask Ask, now time.Time) (wait Wait, free bool) {
	if b.config.Account != "" {
		return Wait{}, true
	}
	if at := b.points.room(now, int64(ask.Points), PointsPerMinute); at.After(now) {
		return Wait{Reason: "GitHub's points a minute are used up", Until: at}, true
	}
	busy, takes := b.busy(now), b.paces.expected(ask)
	if busy > 0 && busy+takes > TimePerMinute {
		return Wait{}, false
	}
	return Wait{Reason: "GitHub's time a minute is used up", Until: b.time.room(now, int64(busy+takes), int64(TimePerMinute))}, true
}

func (b *Budget) grant(w *waiter, now time.Time) {
	b.waiting = slices.DeleteFunc(b.waiting, func(o *waiter) bool { return o == w })
	w.granted = &Reservation{budget: b, share: w.share, ask: w.ask, takes: b.paces.expected(w.ask), granted: now, epoch: b.window.epoch}
	b.clock = max(b.clock, w.share.spent)
	w.share.spent += weight(w.granted.takes)
	if w.ask.Urgent {
		b.kept = time.Time{}
	}
	b.inFlight[w.granted] = true
	b.points.add(now, int64(w.ask.Points))
	w.ready <- nil
}

// worthTelling is the shortest wait that is observed: a long survey waits for a
// moment before most of its requests.
const worthTelling = 5 * time.Second

// hold turns away every waiter concerned whose deadline comes before the wait is
// over, and arranges for the others to be woken.
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
		w.ready <- &durable.Suspension{Reason: wait.Reason, ResumeAt: wait.Until.UTC(), Doubtful: wait.Doubtful}
		return true
	})
	if !held {
		return
	}
	if b.config.Observe != nil && wait != b.told && wait.Until.Sub(now) >= worthTelling {
		b.told = wait
		b.config.Observe(wait)
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
