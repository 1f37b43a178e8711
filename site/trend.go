package site

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

const (
	trendMarks = 3 // events that are named on the trend at most
	bigBatch   = 5 // repositories archived at once that are worth a mark
)

// trend is the number of stale and dormant repositories over time: one line in
// a box of 1000 by 100 that the page stretches.
type trend struct {
	Line      string // SVG path data
	Last      trendPoint
	Before    trendPoint // 90 days ago, or as old as there is
	Low, High int        // what the box's bottom and top stand for
	Marks     []trendMark
	Table     []trendPoint // newest first, thinned out
	Reckoned  bool         // from today's repositories, since runs do not count by owner
}

// trendPoint is one run.
type trendPoint struct {
	At      time.Time
	Behind  int
	Partial bool
}

// trendMark is an event that is named on the line.
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
func (t trend) Flat() bool { return t.Drawn() && t.High == 0 }

// trendPoints are a view's numbers over time, oldest first.
func (r *brief) trendPoints(v *view) []trendPoint {
	var points []trendPoint
	for _, h := range r.snap.History {
		if r.asOf.Sub(h.AsOf) <= trendSpan && !h.AsOf.After(r.asOf) {
			points = append(points, trendPoint{h.AsOf, behindOf(h.Counts), h.State == pipeline.Partial})
		}
	}
	if v.owner == "" {
		return points
	}
	moments := make([]time.Time, len(points))
	for i := range points {
		moments[i] = points[i].At
	}
	for i, counts := range r.countsAt(v.rows, moments...) {
		points[i].Behind = behindOf(counts)
	}
	return points
}

func (r *brief) trend(v *view) trend {
	points := r.trendPoints(v)
	t := trend{Reckoned: v.owner != ""}
	if len(points) < 2 {
		return t
	}
	first := points[0]
	t.Last, t.Before, t.Low, t.High = points[len(points)-1], first, first.Behind, first.Behind
	for _, p := range points {
		t.Low, t.High = min(t.Low, p.Behind), max(t.High, p.Behind)
		if r.asOf.Sub(p.At) >= 90*24*time.Hour {
			t.Before = p
		}
	}
	whole := t.Last.At.Sub(first.At)
	x := func(at time.Time) float64 { return 1000 * float64(at.Sub(first.At)) / float64(whole) }
	var line strings.Builder
	command := "M"
	for _, p := range points {
		y := 50.0
		if t.High > t.Low {
			y = 100 - 100*float64(p.Behind-t.Low)/float64(t.High-t.Low)
		}
		line.WriteString(command + decimal(x(p.At)) + " " + decimal(y))
		command = "L"
	}
	t.Line = line.String()
	for i, m := range r.marks(v, first.At) {
		at := x(m.At)
		m.X, m.TextX, m.Anchor = decimal(at), decimal(at/10+0.8)+"%", "start"
		if at > 600 { // the words stand before the mark, so that they stay inside
			m.TextX, m.Anchor = decimal(at/10-0.8)+"%", "end"
		}
		m.TextY = 12 + 16*i
		t.Marks = append(t.Marks, m)
	}
	for i, p := range slices.Backward(points) {
		if i >= len(points)-14 || i == 0 || points[i-1].At.Month() != p.At.Month() {
			t.Table = append(t.Table, p)
		}
	}
	return t
}

// marks are the events that explain a jump: rules that changed, and days on
// which many repositories were archived.
func (r *brief) marks(v *view, from time.Time) []trendMark {
	archived := map[time.Time]int{}
	rules := map[time.Time]bool{}
	var days []time.Time
	for _, e := range r.eventsOf(v) {
		if e.Date.Before(from) || e.Date.After(r.asOf) {
			continue
		}
		switch e.Type {
		case pipeline.EventArchived:
			archived[e.Date]++
		case pipeline.EventRulesChanged:
			rules[e.Date] = true
		}
		if rules[e.Date] || archived[e.Date] >= bigBatch {
			days = append(days, e.Date)
		}
	}
	days = slices.Compact(days) // events are in order of time
	slices.SortStableFunc(days, func(a, b time.Time) int {
		return cmp.Or(boolRank(rules[b])-boolRank(rules[a]), archived[b]-archived[a])
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
