package budget

import (
	"iter"
	"time"
)

// GitHub's documented secondary limits, from "Rate limits and query limits for
// the GraphQL API" in its documentation.
const (
	// PointsPerMinute is the limit on points.
	PointsPerMinute = 2000
	// TimePerMinute is how much of GitHub's time is used in any minute. The
	// limit is 60 seconds of CPU time, for which the documentation takes the sum
	// of response times as an estimate; the rest is a margin.
	TimePerMinute = 55 * time.Second
)

// minuteSpan is the sixty seconds past and the one that has begun, in seconds:
// what is spent is counted by the second, and never forgotten too soon.
const minuteSpan = 61

// minute counts what is spent of something that is limited by the minute. It
// goes by the monotonic clock: setting the other one changes nothing.
type minute struct {
	began   time.Time
	buckets [minuteSpan]struct{ second, amount int64 }
}

// second numbers the seconds since a minute before the beginning.
func (m *minute) second(t time.Time) int64 {
	return max(0, int64(t.Sub(m.began)/time.Second)+minuteSpan)
}

func (m *minute) add(at time.Time, amount int64) {
	s := m.second(at)
	b := &m.buckets[s%minuteSpan]
	if b.second != s {
		b.second, b.amount = s, 0
	}
	b.amount += amount
}

// spent yields the seconds that count, oldest first, and what was spent in each.
func (m *minute) spent(now time.Time) iter.Seq2[time.Time, int64] {
	return func(yield func(time.Time, int64) bool) {
		last := m.second(now)
		for s := max(0, last-minuteSpan+1); s <= last; s++ {
			b := m.buckets[s%minuteSpan]
			if b.second == s && b.amount > 0 && !yield(m.began.Add(time.Duration(s-minuteSpan)*time.Second), b.amount) {
				return
			}
		}
	}
}

func (m *minute) used(now time.Time) (sum int64) {
	for _, amount := range m.spent(now) {
		sum += amount
	}
	return sum
}

// room returns when an amount fits under the limit; a time that is not after now
// means at once. More than the limit fits when nothing else is counted.
func (m *minute) room(now time.Time, amount, limit int64) time.Time {
	used, free := m.used(now), now
	for at, spent := range m.spent(now) {
		if used+amount <= limit {
			break
		}
		used -= spent
		free = at.Add(minuteSpan * time.Second)
	}
	return free
}
