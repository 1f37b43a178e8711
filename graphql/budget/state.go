package budget

import "time"

// State is what is worth knowing for the next process that uses the account.
type State struct {
	Limit       int       `json:"limit,omitempty"`
	Remaining   int       `json:"remaining,omitempty"`
	Reset       time.Time `json:"reset,omitzero"`
	PausedUntil time.Time `json:"pausedUntil,omitzero"`
	PauseReason string    `json:"pauseReason,omitempty"`
}

// State returns what was learnt so far.
func (b *Budget) State() State {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := State{PausedUntil: b.pausedUntil.UTC(), PauseReason: b.pauseReason}
	if b.known {
		s.Limit, s.Remaining, s.Reset = b.limit, b.remaining, b.reset.UTC()
	}
	if !b.pausedUntil.After(time.Now()) {
		s.PausedUntil, s.PauseReason = time.Time{}, ""
	}
	return s
}

// Restore takes over what an earlier process learnt about the same account.
// Figures whose time has passed are ignored.
func (b *Budget) Restore(s State) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	if s.Reset.After(now) {
		b.known, b.limit, b.remaining, b.reset = true, s.Limit, s.Remaining, s.Reset
	}
	if s.PausedUntil.After(now) {
		b.pausedUntil, b.pauseReason = s.PausedUntil, s.PauseReason
	}
	b.dispatch()
}
