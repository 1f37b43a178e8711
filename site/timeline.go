package site

import (
	"slices"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// timeline is a repository's statuses, oldest first: before the first record,
// what age implies; then the changes that the store kept, and what else the
// events of the last 90 days tell; last the status now. The second result is how
// many of them are implied.
func (r *brief) timeline(w *row) ([]phase, int) {
	changes := slices.Clone(r.statuses[w.ID])
	for _, e := range r.events[w.NameWithOwner] {
		var to pipeline.Status
		switch e.Type {
		case pipeline.EventStatus:
			to = pipeline.Status(e.To)
		case pipeline.EventArchived:
			to = pipeline.Archived
		}
		known := slices.ContainsFunc(changes, func(c pipeline.StatusChange) bool { return c.Date.Equal(e.Date) })
		if slices.Contains(pipeline.Statuses, to) && !known {
			changes = append(changes, pipeline.StatusChange{Date: e.Date, To: to})
		}
	}
	slices.SortStableFunc(changes, func(a, b pipeline.StatusChange) int { return a.Date.Compare(b.Date) })

	phases := []phase{{w.Status, w.From}}
	if k := w.LastKnown; k != nil && k.StatusSince.Before(w.From) { // unknown only recently
		phases = slices.Insert(phases, 0, phase{k.Status, k.StatusSince.UTC()})
	}
	for _, c := range slices.Backward(changes) {
		if c.Date.Before(phases[0].From) {
			phases = slices.Insert(phases, 0, phase{c.To, c.Date.UTC()})
		}
	}
	var before []phase
	for _, p := range r.implied(w.Finding) {
		if p.From.Before(phases[0].From) {
			before = append(before, p)
		}
	}
	return append(before, phases...), len(before)
}

// statusThen is the status at a moment; "" before the first phase.
func statusThen(phases []phase, moment time.Time) (s pipeline.Status) {
	for _, p := range phases {
		if !p.From.After(moment) {
			s = p.Status
		}
	}
	return s
}

// countsAt counts, for each of some moments, the rows' statuses then, by their
// timelines.
func (r *brief) countsAt(rows []int32, moments ...time.Time) []map[pipeline.Status]int {
	counts := make([]map[pipeline.Status]int, len(moments))
	for at := range counts {
		counts[at] = map[pipeline.Status]int{}
	}
	for _, i := range rows {
		phases, _ := r.timeline(&r.rows[i])
		for at, moment := range moments {
			counts[at][statusThen(phases, moment)]++
		}
	}
	return counts
}

// strip is a repository's statuses over two years, as a picture and in words.
type strip struct {
	From, To time.Time
	Parts    []stripPart
	Words    string
	// Seen is when runs began to record the status; what lies before was worked
	// out from age. It is zero where runs recorded the whole strip.
	Seen time.Time
}

type stripPart struct {
	phase
	X, W string // in a box 1000 wide
}

// stripYears is how far back a repository's strip looks.
const stripYears = 2

func (r *brief) newStrip(w *row) strip {
	s := strip{To: w.asOf, From: pipeline.Span{Years: stripYears}.Before(w.asOf)}
	phases, implied := r.timeline(w)
	seen := phases[implied].From
	if implied == len(phases)-1 && w.StatusSince.After(seen) {
		seen = w.StatusSince.UTC()
	}
	if seen.After(s.From) && seen.After(phases[0].From) {
		s.Seen = seen
	}
	if phases[0].From.After(s.From) {
		phases = slices.Insert(phases, 0, phase{From: s.From})
	}
	whole := float64(s.To.Sub(s.From))
	for i, p := range phases {
		end := s.To
		if i+1 < len(phases) {
			end = phases[i+1].From
		}
		if !end.After(s.From) {
			continue
		}
		if p.From.Before(s.From) {
			p.From = s.From
		}
		if n := len(s.Parts); n > 0 && s.Parts[n-1].Status == p.Status {
			p.From = s.Parts[n-1].From
			s.Parts = s.Parts[:n-1]
		}
		s.Parts = append(s.Parts, stripPart{p,
			decimal(1000 * float64(p.From.Sub(s.From)) / whole),
			decimal(max(4, 1000*float64(end.Sub(p.From))/whole))}) // so that a part of one day shows
	}
	if !slices.ContainsFunc(s.Parts, func(p stripPart) bool { return p.Status != "" && p.Status != pipeline.Unknown }) {
		s.Parts = nil // nothing to show
	}
	s.Words = stripWords(s.Parts)
	return s
}

// stripWords is the strip as text: "Active → Aging (21 November 2025) → …".
func stripWords(parts []stripPart) string {
	var b strings.Builder
	for i, p := range parts {
		if i > 0 {
			b.WriteString(" → ")
		}
		if p.Status == "" {
			b.WriteString("not known")
			continue
		}
		b.WriteString(title(p.Status))
		if i > 0 {
			b.WriteString(" (" + longDate(p.From) + ")")
		}
	}
	return b.String()
}
