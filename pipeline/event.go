package pipeline

import (
	"cmp"
	"slices"
	"time"
)

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
