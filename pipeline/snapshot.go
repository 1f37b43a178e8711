package pipeline

import (
	"cmp"
	"slices"
	"time"
)

// Snapshot is everything a report shows: one run's findings and the history
// up to it.
type Snapshot struct {
	Run Run `json:"run"`
	// GeneratedAt is when the run ended or was suspended.
	GeneratedAt time.Time `json:"generatedAt"`
	// Demo reports that the repositories are made up.
	Demo bool `json:"demo,omitempty"`

	Rules Rules `json:"rules"`
	// RuleVersion is that of the judge that judged it, see [Judge].
	RuleVersion string `json:"ruleVersion"`

	// Since is the run that this one is compared with: the last complete one of
	// the week before, or the last partial one when none was; nil on the first.
	Since *HistoryEntry `json:"since,omitempty"`

	// Findings has one entry for every listed repository, ordered by
	// nameWithOwner, case folded.
	Findings []Finding `json:"-"`

	// Packages are those that the surveyed owners publish or that repositories
	// refer to, ordered by id, case folded; nil when packages are not surveyed.
	Packages []Package `json:"-"`

	// Items are what further sources list, ordered by source and name.
	Items []Item `json:"-"`

	History    []HistoryEntry `json:"-"` // oldest first, this run included unless suspended
	Events     []Event        `json:"-"` // newest first; see RecentEvents
	Tombstones []Tombstone    `json:"-"` // of a year, ordered by nameWithOwner, case folded
	// StatusChanges are those of the last two years, oldest first. The store
	// finds them when it keeps a snapshot; nil before.
	StatusChanges []StatusChange `json:"-"`

	// Listings are how the owners were listed, of those that add up.
	Listings []Listing `json:"listings,omitempty"`

	// SuggestedBots are authors who commit like a machine, those of most
	// repositories first.
	SuggestedBots []SuggestedBot `json:"suggestedBots,omitempty"`

	// Notices are sentences about the run itself that every reader should see:
	// a store that was set aside, an owner that says it has more repositories
	// than the token can see.
	Notices []string `json:"notices,omitempty"`
}

// RecentEvents are those of the snapshot's 90 days. Events holds more when the
// run before was long ago.
func (s *Snapshot) RecentEvents() []Event {
	oldest := eventSpan.Before(s.Run.AsOf)
	return slices.DeleteFunc(slices.Clone(s.Events), func(e Event) bool { return e.Date.Before(oldest) })
}

// Counts returns how many findings have each status; all eight keys are there.
func (s *Snapshot) Counts() map[Status]int { return CountStatuses(s.Findings) }

// CountStatuses counts findings by status; all eight keys are there.
func CountStatuses(findings []Finding) map[Status]int {
	counts := make(map[Status]int, len(Statuses))
	for _, s := range Statuses {
		counts[s] = 0
	}
	for i := range findings {
		counts[findings[i].Status]++
	}
	return counts
}

// HistoryEntry is one complete or partial run as history.json tells it.
type HistoryEntry struct {
	ID          string         `json:"id"`
	AsOf        time.Time      `json:"asOf"`
	State       RunState       `json:"state"`
	RuleVersion string         `json:"ruleVersion"`
	Total       int            `json:"total"`
	Counts      map[Status]int `json:"counts"` // all eight keys
	// Steps counts the worklist's groups; nil in entries of runs that did not.
	Steps map[Step]int `json:"steps,omitempty"`
}

// StatusChange is one repository that took another status. Events tell of the
// last 90 days for people to read; these are kept without end.
type StatusChange struct {
	ID            string    `json:"id"` // the repository's node id
	NameWithOwner string    `json:"nameWithOwner"`
	Date          time.Time `json:"date"` // the asOf of the run that noticed
	From          Status    `json:"from"`
	To            Status    `json:"to"`
}

// Tombstone is a repository that is no longer listed, as it was last known.
type Tombstone struct {
	Finding
	GoneAt time.Time `json:"goneAt"` // the asOf of the first run that missed it
	// MovedTo is its name now when it was renamed or transferred to an owner
	// that is surveyed too; empty when nothing is known.
	MovedTo string `json:"movedTo,omitempty"`
}

// Event is one thing that happened between two runs.
type Event struct {
	Date time.Time `json:"date"` // the asOf of the run that noticed
	Type EventType `json:"type"`
	// NameWithOwner is the name at Date; empty for rules-changed and packages.
	NameWithOwner string `json:"nameWithOwner,omitempty"`
	Package       string `json:"package,omitempty"` // its id; empty for what happened to no package
	From          string `json:"from,omitempty"`    // empty for none
	To            string `json:"to,omitempty"`      // empty for none
}

// EventType names one kind of change between two runs.
type EventType string

const (
	EventNew              EventType = "new"
	EventGone             EventType = "gone"
	EventRenamed          EventType = "renamed"     // From and To are the names
	EventTransferred      EventType = "transferred" // From and To are the names
	EventArchived         EventType = "archived"
	EventUnarchived       EventType = "unarchived"
	EventStatus           EventType = "status" // From and To are statuses
	EventOwner            EventType = "owner"
	EventExempted         EventType = "exempted"
	EventExemptionExpired EventType = "exemption-expired"
	EventOutdated         EventType = "outdated"      // To is the rule
	EventRulesChanged     EventType = "rules-changed" // no name

	// Of packages: no name, but Package.
	EventPackageVersion    EventType = "package-version"    // From and To are the newest versions; From is empty for a new package
	EventPackageUnlisted   EventType = "package-unlisted"   // the newest version was; From and To likewise, To empty when none is left
	EventPackageRemoved    EventType = "package-removed"    // From is the newest version that was known
	EventPackageDeprecated EventType = "package-deprecated" // To is what to use instead
	EventPackageVulnerable EventType = "package-vulnerable" // To is the advisory's address
)

// eventSpan is how long an event is kept.
var eventSpan = Span{Days: 90}

// sortEvents orders events as [Changes] has them and drops repetitions.
func sortEvents(events []Event) []Event {
	slices.SortStableFunc(events, compareEvents)
	return slices.CompactFunc(events, func(a, b Event) bool { return compareEvents(a, b) == 0 })
}

// compareEvents orders events newest first, then by type and name.
func compareEvents(a, b Event) int {
	return cmp.Or(b.Date.Compare(a.Date), cmp.Compare(a.Type, b.Type), CompareNames(a.NameWithOwner, b.NameWithOwner),
		CompareNames(a.Package, b.Package), cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
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
	s.Since = comparedWith(s.History, s.Run)
}

// comparedWith is the run that another is compared with: the last complete one of
// the days before. Where one repository can never be read no run is complete, so
// when a week has none, the last partial one serves.
func comparedWith(history []HistoryEntry, run Run) *HistoryEntry {
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

func dateOf(t time.Time) string { return t.UTC().Format(time.DateOnly) }
