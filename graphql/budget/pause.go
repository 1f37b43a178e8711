package budget

import (
	"fmt"
	"math/rand/v2"
	"time"
)

const (
	// DefaultPause is how long to stay away after a secondary limit that names
	// no time. It doubles each time it did not help.
	DefaultPause = time.Minute
	maxPause     = 30 * time.Minute
	// LongestWait is the longest wait that a server can mean: its limits are by
	// the minute and by the hour. What it names beyond is a defect, of a proxy,
	// of the server or of a clock.
	LongestWait = 2 * time.Hour
	// patience is how many pauses in a row the server may name without any
	// help, before they grow as if it had named none.
	patience = 3
	// resetMargin is added to the hourly reset, which the server tells in whole
	// seconds.
	resetMargin = time.Second
)

// pause is a closed gate for everybody.
type pause struct {
	until     time.Time
	reason    string
	doubtful  bool      // the server named more than LongestWait
	meant     time.Time // the longest of those that it can mean; kept for the next process
	unhelpful int       // pauses in a row that ended in another push-back
}

// PauseFor closes the gate for everybody because the server said so, and
// returns when it opens again. A zero or negative d means the server named no
// time: the pause is then a minute, twice as long for each one before it that
// did not help, up to half an hour, and at random up to a quarter longer so that
// several programs do not return together. A shorter pause does not end a
// longer one, and what is pushed back during a pause is part of its cause. More
// than [LongestWait] is cut to that, said in the reason, and not kept for the
// next process.
func (b *Budget) PauseFor(d time.Duration, reason string) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, now := &b.pause, time.Now()
	if !p.until.After(now) {
		p.unhelpful++
		p.doubtful = false
	}
	if d <= 0 {
		d = grown(p.unhelpful)
	} else if p.unhelpful > patience {
		d = max(d, grown(p.unhelpful-patience))
	}
	doubtful := d > LongestWait
	if doubtful {
		reason += fmt.Sprintf("; the %s that it named are more than a server can mean, so they count as %s", words(d), words(LongestWait))
		d = LongestWait
	}
	if until := now.Add(d); !doubtful && until.After(p.meant) {
		p.meant = until
	}
	if until := now.Add(d); until.After(p.until) {
		p.until, p.reason, p.doubtful = until, reason, doubtful
	}
	b.dispatch()
	return p.until
}

// grown is the pause after so many that did not help.
func grown(unhelpful int) time.Duration {
	d := min(DefaultPause<<min(max(unhelpful-1, 0), 10), maxPause)
	return d + time.Duration(rand.Int64N(int64(d/4)))
}

// words tells a duration of hours, days or years.
func words(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d >= 1000*day:
		return fmt.Sprintf("%d years", d/(365*day))
	case d >= 3*day:
		return fmt.Sprintf("%d days", d/day)
	default:
		return fmt.Sprintf("%.3g hours", d.Hours())
	}
}

// hour is the limit on points: they come back all at once at the reset.
type hour struct {
	known     bool // whether the server has told its figures yet
	limit     int
	remaining int
	reset     time.Time
	doubtful  bool // the server named a reset beyond LongestWait
}

// learn takes over the server's figures. Answers overtake one another, so
// within one window the lowest remaining is the truth. What came without figures
// is taken to have cost what was reserved: GitHub charges for timeouts, too.
func (h *hour) learn(u Usage, reserved int, now time.Time) {
	switch {
	case u.Limit <= 0 || u.Reset.IsZero():
		h.remaining = max(0, h.remaining-max(u.Cost, reserved))
		return
	case u.Reset.After(now.Add(LongestWait)):
		// No hour ends then, and an end that is known holds. The figures are worth
		// something all the same.
		if !h.resets(now).After(now) {
			h.known, h.remaining, h.reset, h.doubtful = true, u.Remaining, now.Add(time.Hour), true
		}
		h.limit, h.remaining = u.Limit, min(h.remaining, u.Remaining)
		return
	case h.known && !h.doubtful && u.Reset.Before(h.reset):
		return
	case h.known && u.Reset.Equal(h.reset):
		h.limit, h.remaining = u.Limit, min(h.remaining, u.Remaining)
		return
	}
	*h = hour{known: true, limit: u.Limit, remaining: u.Remaining, reset: u.Reset}
}

// resets is when the hour's points come back; the zero time when it is not
// known, or so far away that a clock must have jumped.
func (h *hour) resets(now time.Time) time.Time {
	if !h.known || h.reset.After(now.Add(LongestWait)) {
		return time.Time{}
	}
	return h.reset.Add(resetMargin)
}

// wait says what those wait for whom the hour's points do not cover.
func (h *hour) wait(now time.Time) Wait {
	reason := "GitHub's hourly points are used up"
	if h.doubtful {
		reason += "; the time that it named for their return is more than a server can mean, so they count as back after an hour"
	}
	return Wait{Reason: reason, Until: h.resets(now), Doubtful: h.doubtful}
}

// short reports that the points left this hour, without those reserved, do not
// cover the request.
func (h *hour) short(ask Ask, reserved int, now time.Time) bool {
	if !h.resets(now).After(now) {
		return false
	}
	floor := h.reserve()
	if ask.Final {
		floor = 0
	}
	return h.remaining-reserved-ask.Points < floor
}

// reserve is the points kept for requests that end what was begun: one in a
// hundred, but never so many that a small limit could not be used.
func (h *hour) reserve() int { return min(h.limit/100, 50) }

// Exhausted takes note that the server refused a request because no points
// are left until reset, whatever it said before. A zero reset means unknown;
// a minute is assumed then, and an hour for one beyond [LongestWait]. It returns
// when to go on.
func (b *Budget) Exhausted(reset time.Time) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	doubtful := reset.After(now.Add(LongestWait))
	switch {
	case doubtful:
		reset = now.Add(time.Hour)
	case !reset.After(now):
		reset = now.Add(DefaultPause)
	}
	h := &b.hour
	if !h.doubtful && h.remaining == 0 && h.resets(now).After(reset.Add(resetMargin)) {
		return h.reset // a refusal that names less does not end a longer wait
	}
	h.known, h.remaining, h.reset, h.doubtful = true, 0, reset, doubtful
	b.dispatch()
	return reset
}
