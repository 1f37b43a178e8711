package site

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// trendSpan is how far back the trend looks, and trendMarks how many events
// are named on it at most.
const (
	trendSpan  = 180 * 24 * time.Hour
	trendMarks = 3
	bigBatch   = 5 // repositories archived at once that are worth a mark
)

// trend is the number of stale and dormant repositories over time: one line
// with an area, drawn in a box of 1000 by 100 that the page stretches.
type trend struct {
	Line, Area  string // SVG path data
	First, Last trendPoint
	Low, High   int // what the box's bottom and top stand for
	Marks       []trendMark
	Table       []trendPoint // newest first, thinned out
}

type trendPoint struct {
	At             time.Time
	Stale, Dormant int
	Partial        bool
}

// Sum is what the line shows.
func (p trendPoint) Sum() int { return p.Stale + p.Dormant }

type trendMark struct {
	X             string // of the line, in the box
	TextX, Anchor string // of the words, which are not stretched with the box
	TextY         int
	Text          string
	At            time.Time
}

// Drawn reports whether there are enough runs for a line.
func (t trend) Drawn() bool { return t.Line != "" }

// Flat reports that there was never anything to draw.
func (t trend) Flat() bool {
	return t.Drawn() && !slices.ContainsFunc(t.Table, func(p trendPoint) bool { return p.Sum() > 0 }) && t.High <= 1
}

// FromZero reports whether the box starts at zero.
func (t trend) FromZero() bool { return t.Low == 0 }

func (r *report) trend() trend {
	var points []trendPoint
	for _, h := range r.snap.History {
		if r.asOf.Sub(h.AsOf) <= trendSpan && !h.AsOf.After(r.asOf) {
			points = append(points, trendPoint{h.AsOf, h.Counts[pipeline.Stale], h.Counts[pipeline.Dormant], h.State == pipeline.Partial})
		}
	}
	var t trend
	if len(points) < 2 {
		return t
	}
	t.First, t.Last = points[0], points[len(points)-1]
	t.Low, t.High = scale(points)
	whole := t.Last.At.Sub(t.First.At)
	x := func(at time.Time) float64 { return 1000 * float64(at.Sub(t.First.At)) / float64(whole) }
	var line strings.Builder
	for i, p := range points {
		y := 100 - 100*float64(p.Sum()-t.Low)/float64(t.High-t.Low)
		verb := "L"
		if i == 0 {
			verb = "M"
		}
		line.WriteString(verb + decimal(x(p.At)) + " " + decimal(y))
	}
	t.Line = line.String()
	t.Area = t.Line + "L1000 100L0 100Z"
	for i, m := range r.marks(t.First.At) {
		at := x(m.At)
		m.X, m.TextX, m.Anchor = decimal(at), decimal(at/10+0.8)+"%", "start"
		if at > 600 { // the words stand before the mark, so that they stay inside
			m.TextX, m.Anchor = decimal(at/10-0.8)+"%", "end"
		}
		m.TextY = 12 + 16*i
		t.Marks = append(t.Marks, m)
	}
	for i := len(points) - 1; i >= 0; i-- {
		age := len(points) - 1 - i
		if age < 14 || i == 0 || points[i-1].At.Month() != points[i].At.Month() {
			t.Table = append(t.Table, points[i])
		}
	}
	return t
}

// scale chooses the box: from zero, unless that would flatten the line, which
// the page then says.
func scale(points []trendPoint) (low, high int) {
	low, high = points[0].Sum(), points[0].Sum()
	for _, p := range points {
		low, high = min(low, p.Sum()), max(high, p.Sum())
	}
	room := max(1, (high-low)/4)
	if low-room < high/2 {
		low = 0
	} else {
		low -= room
	}
	return low, high + room
}

// marks are the events that explain a jump: rules that changed, and days on
// which many repositories were archived.
func (r *report) marks(from time.Time) []trendMark {
	archived := map[time.Time]int{}
	rules := map[time.Time]bool{}
	var days []time.Time
	for _, e := range r.snap.Events {
		if e.Date.Before(from) || e.Date.After(r.asOf) {
			continue
		}
		if !rules[e.Date] && archived[e.Date] == 0 && (e.Type == pipeline.EventArchived || e.Type == pipeline.EventRulesChanged) {
			days = append(days, e.Date)
		}
		switch e.Type {
		case pipeline.EventArchived:
			archived[e.Date]++
		case pipeline.EventRulesChanged:
			rules[e.Date] = true
		}
	}
	days = slices.DeleteFunc(days, func(d time.Time) bool { return !rules[d] && archived[d] < bigBatch })
	slices.SortStableFunc(days, func(a, b time.Time) int {
		if rules[a] != rules[b] {
			return boolRank(rules[b]) - boolRank(rules[a])
		}
		return archived[b] - archived[a]
	})
	days = days[:min(len(days), trendMarks)]
	slices.SortFunc(days, time.Time.Compare)
	var marks []trendMark
	for _, d := range days {
		var words []string
		if n := archived[d]; n >= bigBatch {
			words = append(words, fmt.Sprintf("%s archived", count(n)))
		}
		if rules[d] {
			words = append(words, "rules changed")
		}
		marks = append(marks, trendMark{Text: strings.Join(words, ", "), At: d})
	}
	return marks
}

// decimal writes a coordinate with at most one decimal.
func decimal(f float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(f, 'f', 1, 64), ".0")
}
