package pipeline

import (
	"slices"
	"time"
)

// comparable is the run that another, of asOf, is compared with: the last
// complete one of the days before. Where one repository can never be read no
// run is complete, so when a week has none the last partial one serves.
func comparable(history []HistoryEntry, run Run) *HistoryEntry {
	week := Span{Days: 7}.Before(run.AsOf)
	var last *HistoryEntry
	for _, h := range slices.Backward(history) {
		switch {
		case h.ID == run.ID || !h.AsOf.Before(run.AsOf):
		case h.State == Complete && !h.AsOf.Before(week):
			return &h
		case last == nil:
			last = &h
		}
	}
	return last
}

// withEntry adds an entry in the order of time, in place of one of the same run.
func withEntry(history []HistoryEntry, e HistoryEntry) []HistoryEntry {
	out := slices.DeleteFunc(slices.Clone(history), func(h HistoryEntry) bool { return h.ID == e.ID })
	out = append(out, e)
	slices.SortStableFunc(out, func(a, b HistoryEntry) int { return a.AsOf.Compare(b.AsOf) })
	return out
}

// Remember adds what is known from elsewhere of the snapshot's past: entries of
// earlier days, which take the place of its own, and events. Entries of another
// scope and what is as late as the snapshot are passed over.
func (s *Snapshot) Remember(history []HistoryEntry, events []Event) {
	for _, h := range history {
		if h.ID == RunID(s.Run.Owners, h.AsOf) && dateOf(h.AsOf) < dateOf(s.Run.AsOf) {
			s.History = withEntry(s.History, h)
		}
	}
	oldest := eventSpan.Before(s.Run.AsOf)
	for _, e := range events {
		if dateOf(e.Date) < dateOf(s.Run.AsOf) && !e.Date.Before(oldest) {
			s.Events = append(s.Events, e)
		}
	}
	s.Events = sortEvents(s.Events)
	s.Since = comparable(s.History, s.Run)
}

func dateOf(t time.Time) string { return t.UTC().Format(time.DateOnly) }
