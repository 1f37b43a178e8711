package pipeline

import "time"

// RunState says how a run stands.
type RunState string

const (
	Running   RunState = "running"   // begun and not over; a killed run stays so
	Suspended RunState = "suspended" // stopped in order before the end
	Complete  RunState = "complete"  // over; every repository was read or carried over
	Partial   RunState = "partial"   // over; some of what was asked for could not be read
	Failed    RunState = "failed"    // stopped by an error that waiting does not mend
	Abandoned RunState = "abandoned" // superseded before it was over
)

// Run is one survey of a set of owners on one logical date.
type Run struct {
	// ID is DATE/OWNERS: the UTC date of asOf and the owners, folded to lower
	// case, sorted and joined with "+". See [RunID].
	ID     string    `json:"id"`
	Scope  Scope     `json:"scope"`  // the OWNERS part of ID, see [Scope]
	Owners []string  `json:"owners"` // as given
	AsOf   time.Time `json:"asOf"`
	State  RunState  `json:"state"`
	// Fingerprint identifies owners and filters; a run with another one cannot
	// be resumed.
	Fingerprint string `json:"fingerprint"`
	// Attempt counts executions under this ID that started over: 1 for the
	// first, one more for each rerun. It keeps their journals apart.
	Attempt int `json:"attempt"`

	BeganAt  time.Time `json:"beganAt"`
	EndedAt  time.Time `json:"endedAt,omitzero"`  // zero while it is not over
	ResumeAt time.Time `json:"resumeAt,omitzero"` // when a suspended run may go on; zero means at once
	// Reason says why a suspended, failed or abandoned run stopped.
	Reason string `json:"reason,omitempty"`

	Counters Counters `json:"counters"`
}

// Counters is what a run spent and met.
type Counters struct {
	Requests int            `json:"requests"` // GraphQL requests sent, retries included
	Points   int            `json:"points"`   // rate limit points, as GitHub charged them
	Retries  map[string]int `json:"retries"`  // by cause
	// GitHubTime is how long GitHub took to answer, in milliseconds, by the step
	// that asked ("list", "history"), requests that came to nothing included.
	// GitHub limits it to a minute a minute, see package budget.
	GitHubTime map[string]int64 `json:"githubTime,omitempty"`
	// ResumedChunks counts chunks taken from the journal of an interrupted
	// execution instead of being asked for again.
	ResumedChunks int `json:"resumedChunks"`
	Chunks        int `json:"chunks"`      // chunk requests that ended, resumed ones included
	SplitChunks   int `json:"splitChunks"` // chunks that had to be halved
	CarriedOver   int `json:"carriedOver"` // repositories whose detail came from an earlier run
	Unread        int `json:"unread"`      // repositories that could not be read
	// Sources are the sources beside the one that lists repositories, by name;
	// nil for none.
	Sources map[string]SourceCounters `json:"sources,omitempty"`
}

// SourceCounters is how a source stands.
type SourceCounters struct {
	Items    int `json:"items"`    // on its page
	Requests int `json:"requests"` // charged to the account of its name, retries included
}

// String is the source's status line.
func (c SourceCounters) String() string {
	return Plural(c.Items, "item") + ", " + Plural(c.Requests, "request")
}

// TotalTime is GitHub's time over all steps; zero when none is known.
func (c *Counters) TotalTime() time.Duration {
	var ms int64
	for _, n := range c.GitHubTime {
		ms += n
	}
	return time.Duration(ms) * time.Millisecond
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
