package budget

import "time"

// resetMargin is added to the hourly reset, which the server gives in whole
// seconds.
const resetMargin = time.Second

// hour is the limit on points: they come back all at once at the reset.
type hour struct {
	limit     int
	remaining int
	reset     time.Time // zero until the server has given its figures
	doubtful  bool      // the server named a reset beyond LongestWait
}

// learn takes over the server's figures. Answers overtake one another, so the
// lowest remaining of an hour is the truth. An answer without figures is taken to
// have cost what was reserved: GitHub charges for timeouts, too.
func (h *hour) learn(u Usage, reserved int, now time.Time) {
	switch {
	case u.Limit <= 0 || u.Reset.IsZero():
		h.remaining = max(0, h.remaining-max(u.Cost, reserved))
		return
	case u.Reset.After(now.Add(LongestWait)):
		// No hour ends then, but the figures are worth something all the same.
		if !h.resets(now).After(now) {
			h.remaining, h.reset, h.doubtful = u.Remaining, now.Add(time.Hour), true
		}
		h.limit, h.remaining = u.Limit, min(h.remaining, u.Remaining)
		return
	case !h.doubtful && u.Reset.Before(h.reset):
		return
	case u.Reset.Equal(h.reset):
		h.limit, h.remaining = u.Limit, min(h.remaining, u.Remaining)
		return
	}
	*h = hour{limit: u.Limit, remaining: u.Remaining, reset: u.Reset}
}

// resets is when the hour's points come back; long ago when that is not known, or
// so far away that a clock must have jumped.
func (h *hour) resets(now time.Time) time.Time {
	if h.reset.After(now.Add(LongestWait)) {
		return time.Time{}
	}
	return h.reset.Add(resetMargin)
}

// wait is what requests wait for that the hour's points do not cover.
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

// Exhausted notes that the server refused a request because no points are left
// until reset, whatever it said before, and returns when to go on. A zero reset
// means unknown and counts as a minute from now, one beyond [LongestWait] as an
// hour.
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
	h.remaining, h.reset, h.doubtful = 0, reset, doubtful
	b.dispatch()
	return reset
}
