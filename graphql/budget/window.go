package budget

import (
	"cmp"
	"math/bits"
	"time"
)

// window is how many requests may be in flight.
type window struct {
	max      int
	size     int
	answered int     // clean answers since it last changed
	slowness float64 // theirs, added up
	epoch    int     // counts its shrinkings, so that one round shrinks it only once
}

// The window shrinks after a round of answers that took over tolerated times as
// long as the fastest of their kind and size, grows under brisk, and stays in
// between. Netflix's concurrency-limits (Gradient2Limit) tolerates 1.5, and TCP
// Vegas has two such marks.
const (
	brisk     = 1.5
	tolerated = 2.0
)

// adapt moves the window: by one after a clean answer until it had to shrink,
// then by one after a clean round, by half after a push-back (additive increase,
// multiplicative decrease, as TCP does), and in proportion to how much slower a
// round of answers was, by half at most.
func (w *window) adapt(u Usage, slowness float64) {
	switch {
	case u.PushBack:
		w.shrink(w.size / 2)
	case u.Failed:
		w.answered, w.slowness = 0, 0
	default:
		w.answered++
		w.slowness += slowness
		begins := w.epoch == 0 && w.size < w.max && slowness < brisk
		if w.answered < w.size && !begins {
			return
		}
		mean := w.slowness / float64(w.answered)
		w.answered, w.slowness = 0, 0
		switch {
		case mean > tolerated:
			w.shrink(int(float64(w.size) * max(0.5, tolerated/mean)))
		case mean < brisk:
			w.size = min(w.size+1, w.max)
		}
	}
}

func (w *window) shrink(to int) {
	w.size, w.answered, w.slowness = max(1, to), 0, 0
	w.epoch++
}

// pace names requests that take about as long: of one kind, and of sizes
// between two powers of two.
type pace struct {
	kind  string
	class int
}

func paceOf(ask Ask) pace { return pace{ask.Kind, bits.Len(uint(ask.Size - 1))} }

// speed is how long GitHub takes for one of a request's size, in nanoseconds.
type speed struct {
	fastest float64 // rises slowly, so that a lucky answer is forgotten
	usual   float64 // rises fast and falls slowly, so that it is safe to build on
}

// paces is how fast GitHub answers.
type paces map[pace]speed

const (
	// jitter is how much longer the network may make an answer take without GitHub
	// being slower.
	jitter = 100 * time.Millisecond
	// longestAnswer is the time that GitHub gives a query.
	longestAnswer = 10 * time.Second
)

// timed learns from an answer. It returns how many times as long as the fastest
// of its kind and size the answer took.
func (ps paces) timed(ask Ask, u Usage) (slowness float64) {
	if u.Failed && !u.PushBack {
		return 1 // it says nothing about GitHub
	}
	size, took := float64(ask.Size), float64(u.Took)
	each := took / size
	p := paceOf(ask)
	s, known := ps[p]
	switch {
	case !known:
		s = speed{each, each}
	case each > s.usual:
		s.usual += (each - s.usual) / 2
	default:
		s.usual -= (s.usual - each) / 8
	}
	if each <= s.fastest {
		s.fastest = each
	} else {
		slowness = (took + float64(jitter)) / (s.fastest*size + float64(jitter))
		s.fastest += (each - s.fastest) / 64
	}
	ps[p] = s
	return max(1, slowness)
}

// expected is how long GitHub will take for a request: judged by the answers of
// its kind whose size was nearest, or else as the request says.
func (ps paces) expected(ask Ask) time.Duration {
	p := paceOf(ask)
	for off := range bits.UintSize {
		s, ok := ps[pace{p.kind, p.class + off}]
		if !ok {
			s, ok = ps[pace{p.kind, p.class - off}]
		}
		if ok {
			return min(time.Duration(s.usual*float64(ask.Size)), longestAnswer)
		}
	}
	return min(cmp.Or(max(ask.Time, 0), time.Second), longestAnswer)
}
