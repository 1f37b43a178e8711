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
)

// pause is a closed gate for everybody.
type pause struct {
	Wait
	meant     time.Time // the longest that a server can mean; kept for the next process
	unhelpful int       // pauses in a row that ended in another push-back
}

// PauseFor closes the gate for everybody because the server said so, and
// returns when it opens again. A zero or negative d means that the server named
// no time: the pause is then a minute, twice as long for each one before it that
// did not help, up to half an hour, and at random up to a quarter longer, so that
// several programs do not return together. A shorter pause does not end a longer
// one, and what is pushed back during a pause is part of its cause. More than
// [LongestWait] is cut to that, which the reason says, and not kept for the next
// process.
func (b *Budget) PauseFor(d time.Duration, reason string) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	p, now := &b.pause, time.Now()
	if !p.Until.After(now) {
		p.unhelpful++
		p.Doubtful = false
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
	until := now.Add(d)
	if !doubtful && until.After(p.meant) {
		p.meant = until
	}
	if until.After(p.Until) {
		p.Wait = Wait{reason, until, doubtful}
	}
	b.dispatch()
	return p.Until
}

// grown is the pause after so many that did not help.
func grown(unhelpful int) time.Duration {
	d := min(DefaultPause<<min(max(unhelpful-1, 0), 10), maxPause)
	return d + time.Duration(rand.Int64N(int64(d/4)))
}

// words writes a duration of hours, days or years.
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
