package pipeline

import (
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

// transfers finds the repositories that went from one part to another: gone
// there and new here on the same day, by the same id. It compares each with
// itself, as one run over all owners would have done.
func (m *merger) transfers() error {
	policy, err := NewPolicy(m.whole.Rules)
	if err != nil {
		return err
	}
	now := byID(m.whole.Findings)
	chains := m.chains()
	for _, id := range slices.Sorted(maps.Keys(chains)) {
		links := chains[id]
		for i, from := range links {
			until := time.Time{} // when it left again; zero for never
			if i+1 < len(links) {
				until = links[i+1].GoneAt
			}
			var successors []*Finding
			for _, t := range links[i+1:] {
				successors = append(successors, &t.Finding)
			}
			if f := now[id]; f != nil {
				successors = append(successors, f)
				from.MovedTo = f.NameWithOwner
			}
			if len(successors) > 0 {
				m.transfer(policy, *from, successors, until)
			}
		}
	}
	m.whole.Events = sortEvents(m.whole.Events)
	return nil
}

// chains are the tombstones of each repository, in the order of time.
func (m *merger) chains() map[string][]*Tombstone {
	all := make(map[string][]*Tombstone)
	for i := range m.whole.Tombstones {
		t := &m.whole.Tombstones[i]
		all[t.ID] = append(all[t.ID], t)
	}
	for _, links := range all {
		slices.SortStableFunc(links, func(a, b *Tombstone) int { return a.GoneAt.Compare(b.GoneAt) })
	}
	return all
}

// transfer replaces what two parts told of a repository, gone and new, by what
// the comparison of it with itself tells. Its successors are what it was when
// it left again, if it did, and what it is now. What it was on arrival is the
// first of them before its later changes.
func (m *merger) transfer(policy *Policy, from Tombstone, successors []*Finding, until time.Time) {
	left := Event{Date: from.GoneAt, Type: EventGone, NameWithOwner: from.NameWithOwner}
	if m.find(left) < 0 {
		return // renamed within its owner, or long ago
	}
	arrived := onArrival(*successors[0], m.laterOf(successors[0], from.GoneAt, until))
	came := Event{Date: from.GoneAt, Type: EventNew, NameWithOwner: arrived.NameWithOwner}
	if m.find(came) < 0 {
		return // found on another day
	}
	arrived.StatusSince, arrived.PreviousStatus = from.GoneAt, nil
	c := comparison{policy: policy, before: Baseline{AsOf: m.momentBefore(from.GoneAt)}, asOf: from.GoneAt,
		rulesChanged: slices.ContainsFunc(m.whole.Events, func(e Event) bool {
			return e.Type == EventRulesChanged && e.Date.Equal(from.GoneAt)
		})}
	c.pair(&from.Finding, &arrived)
	m.drop(left)
	m.drop(came)
	m.whole.Events = append(m.whole.Events, c.events...)
	for _, f := range successors {
		f.inherit(from, &arrived)
	}
}

// inherit gives a finding, whose memory seemed to begin when it left another
// owner, what it has from before. What it was on arrival need not be what it is
// now. A detail that was read again on arrival and had not changed was as good
// as carried over.
func (f *Finding) inherit(from Tombstone, arrived *Finding) {
	switch {
	case f.StatusSince.Equal(from.GoneAt):
		f.StatusSince, f.PreviousStatus, f.LastKnown = arrived.StatusSince, arrived.PreviousStatus, arrived.LastKnown
	case f.LastKnown != nil && f.LastKnown.StatusSince.Equal(from.GoneAt):
		known := *f.LastKnown
		known.StatusSince, known.PreviousStatus = arrived.StatusSince, arrived.PreviousStatus
		f.LastKnown = &known
	}
	if f.Detail == nil || from.Detail == nil || dateOf(f.Detail.ReadAt) != dateOf(from.GoneAt) || !SamePush(f.Repository, from.Repository) {
		return
	}
	detail := *f.Detail
	detail.ReadAt = from.Detail.ReadAt
	if reflect.DeepEqual(detail, *from.Detail) {
		f.Detail = &detail
	}
}

// laterOf are the events of a repository after a moment, newest first, under
// whatever name it had, up to the moment at which it left.
func (m *merger) laterOf(f *Finding, after, until time.Time) []Event {
	var events []Event
	name, renamed := f.NameWithOwner, Event{}
	for _, e := range slices.SortedStableFunc(slices.Values(m.whole.Events), compareEvents) {
		if e.Date.Before(renamed.Date) { // the days before tell of it under its old name
			name, renamed = renamed.From, Event{}
		}
		if e.NameWithOwner != name || !e.Date.After(after) || !until.IsZero() && !e.Date.Before(until) {
			continue
		}
		if e.Type == EventRenamed {
			renamed = e
		}
		events = append(events, e)
	}
	return events
}

// onArrival takes back what later events, newest first, say has happened.
func onArrival(f Finding, later []Event) Finding {
	if f.Status == Unknown && f.LastKnown != nil {
		f.Status, f.Owners, f.Exemption = f.LastKnown.Status, f.LastKnown.Owners, f.LastKnown.Exemption
		f.PreviousStatus = f.LastKnown.PreviousStatus
	}
	for _, e := range later {
		switch e.Type {
		case EventRenamed:
			f.NameWithOwner = e.From
		case EventStatus:
			f.Status = Status(e.From)
		case EventArchived:
			f.IsArchived = false
			if f.Status == Archived && f.PreviousStatus != nil {
				f.Status = *f.PreviousStatus
			}
		case EventUnarchived:
			f.IsArchived, f.Status = true, Archived
		case EventOwner:
			f.Owners = nil
			if e.From != "" {
				f.Owners = strings.Split(e.From, ", ")
			}
		case EventExempted:
			f.Exemption = nil
		case EventExemptionExpired:
			f.Exemption = &Exemption{Rule: e.From}
		}
	}
	return f
}

// momentBefore is the asOf of the run before the one at t.
func (m *merger) momentBefore(t time.Time) time.Time {
	var before time.Time
	for _, h := range m.whole.History {
		if h.AsOf.Before(t) {
			before = h.AsOf
		}
	}
	return before
}

// find returns where an event stands, or -1.
func (m *merger) find(e Event) int {
	return slices.IndexFunc(m.whole.Events, func(other Event) bool { return compareEvents(e, other) == 0 })
}

func (m *merger) drop(e Event) {
	i := m.find(e)
	m.whole.Events = slices.Delete(m.whole.Events, i, i+1)
}
