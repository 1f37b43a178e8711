package site

import (
	"slices"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// stripYears is how far back a repository's strip looks.
const stripYears = 2

// strip is a repository's statuses over two years, oldest first: what runs
// have seen, and before the first of them what the date of the last human
// commit implies.
type strip struct {
	From, To time.Time
	Parts    []stripPart
	Words    string
	// Implied reports that a part was reckoned back and not seen.
	Implied bool
}

type stripPart struct {
	Status pipeline.Status // "" where nothing is known
	From   time.Time
	X, W   string // in a box 1000 wide
}

// changesOf are the changes of a repository's status, oldest first: those that
// the store kept, and what the events of the last 90 days tell besides.
func (r *report) changesOf(w *row) []pipeline.StatusChange {
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
	return changes
}

func newStrip(w *row, snap *pipeline.Snapshot, changes []pipeline.StatusChange) strip {
	s := strip{To: w.asOf, From: pipeline.Span{Years: stripYears}.Before(w.asOf)}
	steps := seen(w, changes)
	if from := steps[0].From; from.After(s.From) {
		before := implied(w, snap.Rules.Tiers, from)
		s.Implied = len(before) > 0
		steps = append(before, steps...)
	}
	if steps[0].From.After(s.From) {
		steps = slices.Insert(steps, 0, stripPart{From: s.From})
	}
	whole := float64(s.To.Sub(s.From))
	for i, p := range steps {
		end := s.To
		if i+1 < len(steps) {
			end = steps[i+1].From
		}
		if !end.After(s.From) {
			continue
		}
		p.From = later(p.From, s.From)
		p.X = decimal(1000 * float64(p.From.Sub(s.From)) / whole)
		p.W = decimal(max(4, 1000*float64(end.Sub(p.From))/whole)) // a part of today shows too
		if n := len(s.Parts); n > 0 && s.Parts[n-1].Status == p.Status {
			p.X, p.From = s.Parts[n-1].X, s.Parts[n-1].From
			p.W = decimal(1000 * float64(end.Sub(p.From)) / whole)
			s.Parts = s.Parts[:n-1]
		}
		s.Parts = append(s.Parts, p)
	}
	if !slices.ContainsFunc(s.Parts, func(p stripPart) bool { return p.Status != "" && p.Status != pipeline.Unknown }) {
		s.Parts = nil // nothing to show
	}
	s.Words = stripWords(s.Parts)
	return s
}

// seen is what runs recorded: the status now, and the changes before it.
func seen(w *row, changes []pipeline.StatusChange) []stripPart {
	steps := []stripPart{{Status: w.Status, From: w.since()}}
	if k := w.LastKnown; k != nil && k.StatusSince.Before(w.since()) { // unknown only of late
		steps = slices.Insert(steps, 0, stripPart{Status: k.Status, From: k.StatusSince})
	}
	for _, c := range slices.Backward(changes) {
		if c.Date.Before(steps[0].From) {
			steps = slices.Insert(steps, 0, stripPart{Status: c.To, From: c.Date})
		}
	}
	return steps
}

// implied is what age says of the time before the first record: from the day
// of the last human commit on, each limit was passed in its turn.
func implied(w *row, t pipeline.Tiers, until time.Time) []stripPart {
	var at time.Time
	switch {
	case w.DecidedBy != nil:
		at = *w.DecidedBy
	case w.LastHumanCommit != nil:
		at = w.LastHumanCommit.CommittedDate
	default:
		return nil
	}
	ends := []struct {
		status pipeline.Status
		from   time.Time
	}{
		{pipeline.Fresh, at}, {pipeline.Active, t.Fresh.After(at)}, {pipeline.Aging, t.Active.After(at)},
		{pipeline.Stale, t.Aging.After(at)}, {pipeline.Dormant, t.Stale.After(at)},
	}
	var parts []stripPart
	for _, e := range ends {
		if e.from.Before(until) {
			parts = append(parts, stripPart{Status: e.status, From: e.from})
		}
	}
	return parts
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
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
