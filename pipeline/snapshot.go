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
