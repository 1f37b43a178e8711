package githubsim

import (
	"cmp"
	"sync"
	"time"
)

// Limits are GitHub's, or what a test makes of them. A zero number means no
// such limit.
type Limits struct {
	// PointsPerHour is the primary limit. Its hour begins with the first
	// request after the last one ended. Without one the answers tell a limit
	// of a thousand million.
	PointsPerHour int
	// Concurrent is how many requests may be under way at once.
	Concurrent int
	// PointsPerMinute and CPUPerMinute are secondary limits. CPU time is what
	// [WithLatency] makes requests take.
	PointsPerMinute int
	CPUPerMinute    time.Duration

	// SecondaryStatus is the HTTP status of a secondary limit: 200, 403 or
	// 429. Zero means 403.
	SecondaryStatus int
}

// DefaultLimits are those documented for one user's tokens
// (docs.github.com/graphql/overview/rate-limits-and-node-limits).
func DefaultLimits() Limits {
	return Limits{PointsPerHour: 5000, Concurrent: 100, PointsPerMinute: 2000, CPUPerMinute: time.Minute}
}

// unlimited is the limit that is told when there is none.
const unlimited = 1_000_000_000

// limiter keeps the windows.
type limiter struct {
	Limits

	mu     sync.Mutex
	hour   window
	minute window
	cpu    time.Duration // within minute
}

// window is a span of time in which points are counted.
type window struct {
	ends time.Time
	used int
}

func (w *window) roll(now time.Time, length time.Duration) bool {
	if now.Before(w.ends) {
		return false
	}
	*w = window{ends: now.Add(length)}
	return true
}

// refusal says which limit a request ran into.
type refusal int

const (
	admitted refusal = iota
	overPrimary
	overSecondary
)

// admit charges a request and says where that leaves the limits. The request
// that uses up the last point is admitted; what is refused costs nothing.
func (l *limiter) admit(now time.Time, cost, nodes, inFlight int, cpu time.Duration) (rateLimit, refusal, time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.hour.roll(now, time.Hour)
	if l.minute.roll(now, time.Minute) {
		l.cpu = 0
	}
	state := rateLimit{Limit: cmp.Or(l.PointsPerHour, unlimited), Cost: cost, NodeCount: nodes}
	verdict := l.judge(inFlight)
	if verdict == admitted {
		l.hour.used += cost
		l.minute.used += cost
		l.cpu += cpu
	}
	state.Used = l.hour.used
	state.Remaining = max(state.Limit-l.hour.used, 0)
	state.Reset = l.hour.ends.Unix()
	return state, verdict, l.minute.ends.Sub(now)
}

func (l *limiter) judge(inFlight int) refusal {
	switch {
	case l.Concurrent > 0 && inFlight > l.Concurrent,
		l.PointsPerMinute > 0 && l.minute.used >= l.PointsPerMinute,
		l.CPUPerMinute > 0 && l.cpu >= l.CPUPerMinute:
		return overSecondary
	case l.PointsPerHour > 0 && l.hour.used >= l.PointsPerHour:
		return overPrimary
	}
	return admitted
}
