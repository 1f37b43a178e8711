package pipeline

import (
	"slices"
	"strings"
	"time"
)

// tombstoneSpan is how long what is known of a repository that is gone is kept.
var tombstoneSpan = Span{Years: 1}

// Baseline is the earlier run that a run is compared with, and the memory it
// carried. The zero Baseline is that of a first run; one with nothing but
// events is that of a run whose store was lost.
type Baseline struct {
	AsOf        time.Time // zero means that there is no earlier run
	Rules       Rules
	RuleVersion string
	Findings    []Finding
	Events      []Event
	Tombstones  []Tombstone
}

// BaselineOf returns what a later run is compared with.
func BaselineOf(s *Snapshot) Baseline {
	return Baseline{AsOf: s.Run.AsOf, Rules: s.Rules, RuleVersion: s.RuleVersion, Findings: s.Findings, Events: s.Events, Tombstones: s.Tombstones}
}

// Changes is what a comparison found, merged with what the baseline remembered.
type Changes struct {
	Findings   []Finding   // with StatusSince, PreviousStatus and LastKnown filled in
	Events     []Event     // 90 days, newest first, then by type and name
	Tombstones []Tombstone // ordered by nameWithOwner, case folded
}

// Compare finds what happened between a baseline and the findings of a judge at
// asOf. It is pure and changes no argument. A first run has no events.
//
// Repositories are told apart by ID: one that was deleted and created again
// under its name is gone and new. Each thing that happened is one event:
//   - A repository that is or was archived tells it by archived or unarchived,
//     never by status.
//   - A repository that could not be read is unknown for the time being. That
//     is no event, and it does not break the status it had: when a later run
//     reads it again, that run is compared with [LastKnown].
//   - A change of rules is one event. What it alone did to statuses, owners and
//     exemptions is found by judging the baseline's facts again under the new
//     rules, and is no event; only what differs from that is.
//   - An exemption that ends or is withdrawn is exemption-expired; one that
//     replaces another is nothing.
func Compare(judge Judge, before Baseline, findings []Finding, asOf time.Time) Changes {
	c := comparison{judge: judge, before: before, asOf: asOf.UTC(), rulesChanged: before.RuleVersion != judge.Version()}
	out := Changes{Findings: slices.Clone(findings)}
	if before.AsOf.IsZero() { // events of a store that was lost may be known all the same
		out.Events = c.mergeEvents()
		return out
	}
	if c.rulesChanged {
		c.add(EventRulesChanged, "", before.RuleVersion, judge.Version())
	}
	earlier := byID(before.Findings)
	c.judgeAgain(earlier, out.Findings)
	for i := range out.Findings {
		f := &out.Findings[i]
		if old := earlier[f.ID]; old != nil {
			c.pair(old, f)
		} else if before.Rules.Include.Covers(f.Repository) {
			c.add(EventNew, f.NameWithOwner, "", "")
		}
	}
	now := byID(out.Findings)
	for i := range before.Findings {
		// What the new rules leave out of the survey is not gone.
		if old := &before.Findings[i]; now[old.ID] == nil && judge.Rules().Include.Covers(old.Repository) {
			c.add(EventGone, old.NameWithOwner, "", "")
			c.bury(old, "")
		}
	}
	out.Events, out.Tombstones = c.mergeEvents(), c.mergeTombstones(now)
	return out
}

func byID(findings []Finding) map[string]*Finding {
	m := make(map[string]*Finding, len(findings))
	for i := range findings {
		m[findings[i].ID] = &findings[i]
	}
	return m
}

// comparison collects what happened.
type comparison struct {
	judge        Judge
	before       Baseline
	asOf         time.Time
	rulesChanged bool
	// again is what the rules now in force make of the baseline's facts, by ID;
	// only of those for which it may differ from what was found then.
	again  map[string]LastKnown
	events []Event
	buried []Tombstone
}

func (c *comparison) add(t EventType, name, from, to string) {
	c.events = append(c.events, Event{Date: c.asOf, Type: t, NameWithOwner: name, From: from, To: to})
}

func (c *comparison) bury(old *Finding, movedTo string) {
	c.buried = append(c.buried, Tombstone{Finding: *old, GoneAt: c.asOf, MovedTo: movedTo})
}

// pair compares a repository with itself and fills in f's memory.
func (c *comparison) pair(old, f *Finding) {
	if old.NameWithOwner != f.NameWithOwner {
		c.moved(old, f)
	}
	if old.IsArchived != f.IsArchived {
		t := EventUnarchived
		if f.IsArchived {
			t = EventArchived
		}
		c.add(t, f.NameWithOwner, "", "")
	}
	if old.Dependencies != nil && len(old.Outdated) == 0 && len(f.Outdated) > 0 && !c.rulesChanged {
		c.add(EventOutdated, f.NameWithOwner, "", f.Outdated[0].Rule)
	}
	known := lastKnown(old)
	switch {
	case f.Status == Unknown:
		f.LastKnown = known
		if old.Status == Unknown {
			f.StatusSince, f.PreviousStatus = old.StatusSince, old.PreviousStatus
		} else {
			f.PreviousStatus = &old.Status
		}
		return
	case known == nil:
		return
	case known.Status == f.Status:
		f.StatusSince, f.PreviousStatus = known.StatusSince, known.PreviousStatus
	default:
		f.PreviousStatus = &known.Status
	}
	if again, ok := c.again[f.ID]; ok {
		known = &again
	}
	c.verdicts(*known, f)
}

// moved tells a rename from a transfer and leaves a tombstone under the old
// name, unless only its case changed.
func (c *comparison) moved(old, f *Finding) {
	before, _ := SplitName(old.NameWithOwner)
	after, _ := SplitName(f.NameWithOwner)
	t := EventTransferred
	if strings.EqualFold(before, after) {
		t = EventRenamed
	}
	c.add(t, f.NameWithOwner, old.NameWithOwner, f.NameWithOwner)
	c.bury(old, f.NameWithOwner)
}

// lastKnown is what the last run that could read old found; nil for none.
func lastKnown(old *Finding) *LastKnown {
	if old.Status == Unknown {
		return old.LastKnown
	}
	return &LastKnown{Status: old.Status, StatusSince: old.StatusSince, PreviousStatus: old.PreviousStatus,
		Owners: old.Owners, Exemption: old.Exemption}
}

// judgeAgain judges the baseline's facts under the rules now in force, where these
// or what is read from GitHub changed. What the rules alone did is no news; what
// differs from it is.
//
// The same tip means the same history and files, so then what is known of them
// now is what was true before, a search with other bots included. When the tip
// moved and the baseline's search does not serve the new rules, nobody can tell
// whether the rules or the push changed the status: it is left unknown.
func (c *comparison) judgeAgain(earlier map[string]*Finding, findings []Finding) {
	var facts []Repository
	for i := range findings {
		f := &findings[i]
		old := earlier[f.ID]
		if old == nil || f.Status == Unknown || !c.rulesChanged && sameReading(old.Detail, f.Detail) {
			continue
		}
		r := old.Repository
		r.ReadError = ""
		if sameTip(old.Detail, f.Detail) {
			r.Detail = f.Detail
		}
		facts = append(facts, r)
	}
	c.again = make(map[string]LastKnown, len(facts))
	for _, f := range c.judge.Judge(facts, c.before.AsOf) {
		c.again[f.ID] = LastKnown{Status: f.Status, Owners: f.Owners, Exemption: f.Exemption}
	}
	for _, w := range c.judge.Wants(facts, c.before.AsOf) {
		if k := c.again[w.ID]; k.Status != Archived {
			k.Status = Unknown
			c.again[w.ID] = k
		}
	}
}

func sameReading(a, b *Detail) bool { return a == nil || b == nil || a.Revision == b.Revision }

func sameTip(a, b *Detail) bool {
	return a != nil && b != nil && a.Tip != nil && b.Tip != nil && a.Tip.OID == b.Tip.OID
}

// verdicts adds an event for each verdict that changed.
func (c *comparison) verdicts(before LastKnown, f *Finding) {
	name := f.NameWithOwner
	toldOtherwise := before.Status == Archived || f.Status == Archived || before.Status == Unknown
	if before.Status != f.Status && !toldOtherwise {
		c.add(EventStatus, name, string(before.Status), string(f.Status))
	}
	if from, to := before.Owners, f.Owners; ScopeOf(from...) != ScopeOf(to...) { // as GitHub compares them
		c.add(EventOwner, name, strings.Join(from, ", "), strings.Join(to, ", "))
	}
	switch {
	case before.Exemption == nil && f.Exemption != nil:
		c.add(EventExempted, name, "", f.Exemption.Rule)
	case before.Exemption != nil && f.Exemption == nil:
		c.add(EventExemptionExpired, name, before.Exemption.Rule, "")
	}
}

// oldest is how old something may be that is kept for a span. That is reckoned
// from the day of the baseline, so that a run dated in the future by mistake takes
// nothing from the one after it.
func (c *comparison) oldest(span Span) time.Time {
	if day := c.before.AsOf; !day.IsZero() && day.Before(c.asOf) {
		return span.Before(day)
	}
	return span.Before(c.asOf)
}

// mergeEvents keeps the events of 90 days. What a run dated in the future told is
// dated after asOf, and dropped.
func (c *comparison) mergeEvents() []Event {
	oldest := c.oldest(eventSpan)
	events := slices.DeleteFunc(slices.Concat(c.events, c.before.Events), func(e Event) bool {
		return e.Date.Before(oldest) || e.Date.After(c.asOf)
	})
	slices.SortStableFunc(events, compareEvents)
	return events
}

// mergeTombstones keeps a year's tombstones, the newest for each name that is not
// taken again, and lets each point to where the repository is now.
func (c *comparison) mergeTombstones(now map[string]*Finding) []Tombstone {
	taken := make(map[string]bool, len(now))
	for _, f := range now {
		taken[strings.ToLower(f.NameWithOwner)] = true
	}
	oldest := c.oldest(tombstoneSpan)
	var kept []Tombstone
	for _, t := range slices.Concat(c.buried, c.before.Tombstones) {
		name := strings.ToLower(t.NameWithOwner)
		if taken[name] || t.GoneAt.Before(oldest) || t.GoneAt.After(c.asOf) {
			continue
		}
		taken[name] = true
		if f := now[t.ID]; f != nil {
			t.MovedTo = f.NameWithOwner
		}
		kept = append(kept, t)
	}
	slices.SortFunc(kept, func(a, b Tombstone) int { return CompareNames(a.NameWithOwner, b.NameWithOwner) })
	return kept
}
