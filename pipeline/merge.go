package pipeline

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Merge makes one snapshot of several that were made apart, each of other
// owners, on the same day and under the same rules. It is what one run over
// all the owners would have made, but for the counters, which add up. It is
// pure and changes no argument.
//
// Where the parts' runs began at different times of the day, the latest one is
// the asOf of the whole, and what the others noticed that day counts as noticed
// then. The history has an entry for every day on which all parts that had begun
// theirs by then have one; their counts add up. A repository that left
// one part on the day on which another found it was transferred: that is one
// event, and its status goes on from there.
//
// The error is a sentence that names the two parts that do not fit.
func Merge(parts []*Snapshot) (*Snapshot, error) {
	if len(parts) == 0 {
		return nil, errors.New("there is no snapshot to merge")
	}
	if err := mergeable(parts); err != nil {
		return nil, err
	}
	m := merger{parts: parts}
	m.mergeRun()
	m.mergeHistory()
	m.mergeFindings()
	m.mergeMemory()
	m.transfers()
	m.whole.Since = comparedWith(m.whole.History, m.whole.Run)
	return m.whole, nil
}

// mergeable returns why the parts do not fit together.
func mergeable(parts []*Snapshot) error {
	first := parts[0]
	owner := make(map[string]Scope) // by login, the scope that has it
	for _, p := range parts {
		if a, b := dateOf(first.Run.AsOf), dateOf(p.Run.AsOf); a != b {
			return fmt.Errorf("the last run of %s is of %s, that of %s of %s; run both for the same day (--as-of)", first.Run.Scope, a, p.Run.Scope, b)
		}
		if !reflect.DeepEqual(first.Rules, p.Rules) {
			return fmt.Errorf("%s and %s were judged by different rules; run both again with the same configuration (--rerun completed)", first.Run.Scope, p.Run.Scope)
		}
		for _, login := range p.Run.Scope.Logins() {
			if other, taken := owner[login]; taken {
				return fmt.Errorf("%s is in both %s and %s; merge surveys of different owners", login, other, p.Run.Scope)
			}
			owner[login] = p.Run.Scope
		}
	}
	return nil
}

// merger is a merge in progress.
type merger struct {
	parts []*Snapshot
	whole *Snapshot
	// moments has the asOf of the whole by date.
	moments map[string]time.Time
}

func (m *merger) mergeRun() {
	first := m.parts[0]
	m.whole = &Snapshot{Run: first.Run, Rules: first.Rules, RuleVersion: first.RuleVersion}
	run := &m.whole.Run
	run.Owners, run.Counters = nil, Counters{Retries: make(map[string]int)}
	run.Reason, run.ResumeAt = "", time.Time{}
	var reasons []string
	for _, p := range m.parts {
		run.Owners = append(run.Owners, p.Run.Owners...)
		run.State = worse(run.State, p.Run.State)
		run.AsOf = later(run.AsOf, p.Run.AsOf)
		run.EndedAt, run.ResumeAt = later(run.EndedAt, p.Run.EndedAt), later(run.ResumeAt, p.Run.ResumeAt)
		run.Attempt = max(run.Attempt, p.Run.Attempt)
		if p.Run.BeganAt.Before(run.BeganAt) {
			run.BeganAt = p.Run.BeganAt
		}
		if p.Run.Reason != "" {
			reasons = append(reasons, string(p.Run.Scope)+": "+p.Run.Reason)
		}
		run.Counters.add(p.Run.Counters)
		m.whole.GeneratedAt = later(m.whole.GeneratedAt, p.GeneratedAt)
		m.whole.Demo = m.whole.Demo || p.Demo
		m.whole.SuggestedBots = mergeSuggested(m.whole.SuggestedBots, p.SuggestedBots)
		m.whole.Listings = append(m.whole.Listings, p.Listings...)
		for _, n := range p.Notices {
			if !slices.Contains(m.whole.Notices, n) {
				m.whole.Notices = append(m.whole.Notices, n)
			}
		}
	}
	run.Reason = strings.Join(reasons, "; ")
	if !run.State.Over() {
		run.EndedAt = time.Time{}
	}
	run.ID, run.Scope = RunID(run.Owners, run.AsOf), ScopeOf(run.Owners...)
	run.Fingerprint = Fingerprint(run.Owners, first.Rules.Include)
}

// mergeSuggested adds up what two parts saw of the same authors. How often they
// wrote the same headline is that of the part that saw more.
func mergeSuggested(a, b []SuggestedBot) []SuggestedBot {
	all := slices.Clone(a)
	for _, s := range b {
		i := slices.IndexFunc(all, func(o SuggestedBot) bool { return o.Glob == s.Glob })
		if i < 0 {
			all = append(all, s)
			continue
		}
		o := &all[i]
		if s.Commits > o.Commits {
			o.Headline, o.Percent = s.Headline, s.Percent
		}
		o.Commits, o.Repositories, o.Days = o.Commits+s.Commits, o.Repositories+s.Repositories, max(o.Days, s.Days)
	}
	slices.SortFunc(all, func(a, b SuggestedBot) int {
		return cmp.Or(cmp.Compare(b.Repositories, a.Repositories), cmp.Compare(a.Glob, b.Glob))
	})
	return all
}

// worse is the state of a whole whose parts are in a and in b.
func worse(a, b RunState) RunState {
	order := []RunState{Complete, Partial, Suspended, Running, Abandoned, Failed}
	return order[max(slices.Index(order, a), slices.Index(order, b), 0)]
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// mergeHistory adds up the entries of each day on which none is missing.
func (m *merger) mergeHistory() {
	byDate := make(map[string][]HistoryEntry)
	for _, p := range m.parts {
		for _, h := range p.History {
			byDate[dateOf(h.AsOf)] = append(byDate[dateOf(h.AsOf)], h)
		}
	}
	m.moments = map[string]time.Time{dateOf(m.whole.Run.AsOf): m.whole.Run.AsOf}
	for _, date := range slices.Sorted(maps.Keys(byDate)) {
		begun := 0
		for _, p := range m.parts {
			if len(p.History) > 0 && dateOf(p.History[0].AsOf) <= date {
				begun++
			}
		}
		today := date == dateOf(m.whole.Run.AsOf)
		if len(byDate[date]) < begun || today && !m.whole.Run.State.Over() {
			continue
		}
		e := m.sum(byDate[date])
		m.moments[date] = e.AsOf
		m.whole.History = append(m.whole.History, e)
	}
}

// sum is the entry of a day for all the parts together.
func (m *merger) sum(entries []HistoryEntry) HistoryEntry {
	whole := HistoryEntry{State: Complete, Counts: CountStatuses(nil), Steps: CountSteps(nil, time.Time{})}
	for _, h := range entries {
		if !h.AsOf.Before(whole.AsOf) {
			whole.AsOf, whole.RuleVersion = h.AsOf, h.RuleVersion
		}
		whole.State = worse(whole.State, h.State)
		whole.Total += h.Total
		for status, n := range h.Counts {
			whole.Counts[status] += n
		}
		if h.Steps == nil || whole.Steps == nil {
			whole.Steps = nil // one that did not count them leaves the whole unknown
			continue
		}
		for step, n := range h.Steps {
			whole.Steps[step] += n
		}
	}
	whole.ID = RunID(m.whole.Run.Owners, whole.AsOf)
	return whole
}

// align returns the whole's moment on the day of a part's.
func (m *merger) align(t time.Time) time.Time {
	if moment, ok := m.moments[dateOf(t)]; ok && !t.IsZero() {
		return moment
	}
	return t
}

func (m *merger) aligned(f Finding) Finding {
	f.StatusSince = m.align(f.StatusSince)
	if f.LastKnown != nil {
		known := *f.LastKnown
		known.StatusSince = m.align(known.StatusSince)
		f.LastKnown = &known
	}
	return f
}

// mergeFindings puts the findings together. A repository that moved from one
// part to another while they were listed counts once.
func (m *merger) mergeFindings() {
	seen := make(map[string]bool)
	for _, p := range m.parts {
		for _, f := range p.Findings {
			if !seen[f.ID] {
				seen[f.ID] = true
				m.whole.Findings = append(m.whole.Findings, m.aligned(f))
			}
		}
	}
	slices.SortFunc(m.whole.Findings, func(a, b Finding) int { return CompareNames(a.NameWithOwner, b.NameWithOwner) })
	for _, p := range m.parts {
		m.whole.Packages = mergePackages(m.whole.Packages, p.Packages)
		m.whole.Items = mergeItems(m.whole.Items, p.Items)
	}
	m.whole.countItems()
}

// mergeMemory puts events and tombstones together; each part tells of a change
// of rules, and the whole does once.
func (m *merger) mergeMemory() {
	for _, p := range m.parts {
		for _, e := range p.Events {
			e.Date = m.align(e.Date)
			m.whole.Events = append(m.whole.Events, e)
		}
		for _, c := range p.StatusChanges {
			c.Date = m.align(c.Date)
			m.whole.StatusChanges = append(m.whole.StatusChanges, c)
		}
		for _, t := range p.Tombstones {
			t.Finding, t.GoneAt = m.aligned(t.Finding), m.align(t.GoneAt)
			m.whole.Tombstones = append(m.whole.Tombstones, t)
		}
	}
	m.whole.Events = sortEvents(m.whole.Events)
	slices.SortStableFunc(m.whole.StatusChanges, func(a, b StatusChange) int { return a.Date.Compare(b.Date) })
	slices.SortFunc(m.whole.Tombstones, func(a, b Tombstone) int {
		return cmp.Or(CompareNames(a.NameWithOwner, b.NameWithOwner), b.GoneAt.Compare(a.GoneAt))
	})
	m.whole.Tombstones = slices.CompactFunc(m.whole.Tombstones, func(a, b Tombstone) bool {
		return strings.EqualFold(a.NameWithOwner, b.NameWithOwner)
	})
}

// transfers tells of a repository that is gone in one part and new in another
// on the same day, by the same id, that it was transferred.
func (m *merger) transfers() {
	now := byID(m.whole.Findings)
	names := make(map[string][]string) // by id, all that are known
	for _, t := range m.whole.Tombstones {
		names[t.ID] = append(names[t.ID], t.NameWithOwner)
	}
	for i := range m.whole.Tombstones {
		t := &m.whole.Tombstones[i]
		f := now[t.ID]
		if f == nil {
			continue
		}
		t.MovedTo = f.NameWithOwner
		gone := slices.Index(m.whole.Events, Event{Date: t.GoneAt, Type: EventGone, NameWithOwner: t.NameWithOwner})
		came := slices.IndexFunc(m.whole.Events, func(e Event) bool {
			return e.Type == EventNew && e.Date.Equal(t.GoneAt) && (e.NameWithOwner == f.NameWithOwner || slices.Contains(names[t.ID], e.NameWithOwner))
		})
		if gone < 0 || came < 0 {
			continue // renamed within its owner, or found on another day
		}
		m.whole.Events[came] = Event{Date: t.GoneAt, Type: EventTransferred, NameWithOwner: m.whole.Events[came].NameWithOwner,
			From: t.NameWithOwner, To: m.whole.Events[came].NameWithOwner}
		m.whole.Events = slices.Delete(m.whole.Events, gone, gone+1)
		if f.StatusSince.Equal(t.GoneAt) && f.Status == t.Status {
			f.StatusSince, f.PreviousStatus = t.StatusSince, t.PreviousStatus
		}
	}
	m.whole.Events = sortEvents(m.whole.Events)
}
