package githubsim

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// Limits are GitHub's, or what a test makes of them. A zero number means no
// such limit.
type Limits struct {
	// PointsPerHour is the primary limit. Its hour begins with the first
	// request after the last one ended. Without it answers give a limit of a
	// thousand million.
	PointsPerHour int
	// Concurrent is how many requests may be under way at once.
	Concurrent int
	// PointsPerMinute and TimePerMinute are secondary limits, over the minute
	// before a request. Time is what the answers that ended in it took; it is
	// limited with [WithTime] only.
	PointsPerMinute int
	TimePerMinute   time.Duration
	// RequestsPerHour is REST's primary limit.
	RequestsPerHour int
}

// DefaultLimits are those documented for one user's tokens
// (docs.github.com/graphql/overview/rate-limits-and-query-limits).
func DefaultLimits() Limits {
	return Limits{PointsPerHour: 5000, Concurrent: 100, PointsPerMinute: 2000, TimePerMinute: time.Minute, RequestsPerHour: 5000}
}

// unlimited is what answers give as the limit when there is none.
const unlimited = 1_000_000_000

// rateLimit is the state that the rateLimit field and the headers tell.
type rateLimit struct {
	Limit, Cost, Remaining, Used, NodeCount int
	Reset                                   int64 // Unix seconds
}

func (rateLimit) typeName() string { return "RateLimit" }

// limiter keeps what was used.
type limiter struct {
	Limits

	mu       sync.Mutex
	hourEnds time.Time
	used     int // points within the hour
	points   usage
	time     usage
}

// usage is what was used of something, and when.
type usage []use

type use struct {
	at time.Time
	n  int64
}

// over returns how long it takes until less than limit was used in the minute
// before; zero when it is so now, or when there is no limit.
func (u *usage) over(limit int64, now time.Time) time.Duration {
	*u = slices.DeleteFunc(*u, func(e use) bool { return !e.at.After(now.Add(-time.Minute)) })
	sum, wait := int64(0), time.Duration(0)
	for i := len(*u) - 1; i >= 0 && limit > 0 && wait == 0; i-- {
		if sum += (*u)[i].n; sum >= limit {
			wait = (*u)[i].at.Add(time.Minute).Sub(now)
		}
	}
	return wait
}

// What a request that ran into a limit is refused for.
const (
	overPrimary   = "primary limit"
	overSecondary = "secondary limit"
)

// admit charges a request's points and says where that leaves the limits, and
// what it is refused for, if it is, and for how long. The request that uses up
// the last point is admitted; what is refused costs nothing.
func (l *limiter) admit(cost, nodes, inFlight int) (rate rateLimit, refused string, wait time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if !now.Before(l.hourEnds) {
		l.hourEnds, l.used = now.Add(time.Hour), 0
	}
	wait = max(l.points.over(int64(l.PointsPerMinute), now), l.time.over(int64(l.TimePerMinute), now))
	switch {
	case l.Concurrent > 0 && inFlight > l.Concurrent:
		refused, wait = overSecondary, time.Minute
	case wait > 0:
		refused = overSecondary
	case l.PointsPerHour > 0 && l.used >= l.PointsPerHour:
		refused = overPrimary
	default:
		l.used += cost
		l.points = append(l.points, use{now, int64(cost)})
	}
	limit := cmp.Or(l.PointsPerHour, unlimited)
	return rateLimit{Limit: limit, Cost: cost, NodeCount: nodes, Used: l.used, Remaining: max(limit-l.used, 0), Reset: l.hourEnds.Unix()}, refused, wait
}

// spend charges the time that an answer took.
func (l *limiter) spend(took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.time = append(l.time, use{time.Now(), int64(took)})
}
