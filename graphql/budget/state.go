package budget

import "time"

// State is what is worth knowing for the next process that uses the account.
type State struct {
	Limit       int       `json:"limit,omitempty"`
	Remaining   int       `json:"remaining,omitempty"`
	Reset       time.Time `json:"reset,omitzero"`
	PausedUntil time.Time `json:"pausedUntil,omitzero"`
	PauseReason string    `json:"pauseReason,omitempty"`
	// Saved is when this was known.
	Saved time.Time `json:"saved,omitzero"`
	// Minute is what was spent in the last minute, oldest first.
	Minute []Spending `json:"minute,omitempty"`
}

// Spending is what was spent within a second.
type Spending struct {
	At     time.Time     `json:"at"`
	Points int           `json:"points,omitempty"`
	Took   time.Duration `json:"took,omitempty"` // GitHub's time, nanoseconds in JSON
}

// State returns what was learnt so far. Waits that no server can mean are left
// out: they end with the process.
func (b *Budget) State() State {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	s := State{Saved: now.UTC()}
	if !b.hour.doubtful {
		s.Limit, s.Remaining, s.Reset = b.hour.limit, b.hour.remaining, b.hour.reset.UTC()
	}
	if b.pause.meant.After(now) {
		s.PausedUntil, s.PauseReason = b.pause.meant.UTC(), b.pause.Reason
	}
	for at, amount := range b.time.spent(now) {
		s.Minute = append(s.Minute, Spending{At: at.UTC(), Took: time.Duration(amount)})
	}
	for at, amount := range b.points.spent(now) {
		s.Minute = append(s.Minute, Spending{At: at.UTC(), Points: int(amount)})
	}
	return s
}

// Restore takes over what an earlier process learnt about the same account. It
// ignores figures whose time has passed, or is so far away that a clock must have
// jumped.
func (b *Budget) Restore(s State) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	near := func(t time.Time) bool { return t.After(now) && !t.After(now.Add(LongestWait)) }
	if near(s.Reset) {
		b.hour = hour{limit: s.Limit, remaining: s.Remaining, reset: s.Reset}
	}
	if near(s.PausedUntil) {
		b.pause.Wait, b.pause.meant = Wait{Reason: s.PauseReason, Until: s.PausedUntil}, s.PausedUntil
	}
	for _, spent := range s.Minute {
		if age := now.Sub(spent.At); age >= 0 && age < minuteSpan*time.Second {
			b.points.add(now.Add(-age), int64(spent.Points))
			b.time.add(now.Add(-age), int64(spent.Took))
		}
	}
	b.dispatch()
}
