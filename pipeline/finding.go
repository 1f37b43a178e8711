package pipeline

import "time"

// Status is the verdict on a repository, one of eight words that the report,
// the data files and the badges share.
type Status string

// The statuses, in the order in which reports show them: by age, then those
// that age does not decide.
const (
	Fresh    Status = "fresh"
	Active   Status = "active"
	Aging    Status = "aging"
	Stale    Status = "stale"
	Dormant  Status = "dormant"
	Archived Status = "archived"
	Empty    Status = "empty"
	Unknown  Status = "unknown" // could not be read
)

// Statuses lists all eight in report order. Callers must not change it.
var Statuses = []Status{Fresh, Active, Aging, Stale, Dormant, Archived, Empty, Unknown}

// Lane says what kind of repository it is where that asks for other advice
// than a product's. The zero value is an ordinary repository.
type Lane string

// The lanes, in order of precedence: a repository is in the first that fits.
const (
	LaneNone       Lane = ""
	LaneDisabled   Lane = "disabled"
	LaneLocked     Lane = "locked"
	LaneArchived   Lane = "archived"
	LaneEmpty      Lane = "empty"
	LaneMirror     Lane = "mirror"
	LaneProfile    Lane = "profile" // OWNER/.github, or the files of a profile
	LaneFork       Lane = "fork"
	LaneTemplate   Lane = "template"
	LaneNotice     Lane = "notice-only" // a README that says it is over, and no code
	LaneReadmeOnly Lane = "readme-only"
)

// Finding is a repository with the verdict on it.
type Finding struct {
	Repository

	Status Status `json:"status"`
	// StatusSince is the asOf of the first run that saw it in this status
	// without a break.
	StatusSince    time.Time `json:"statusSince"`
	PreviousStatus *Status   `json:"previousStatus,omitempty"`
	// LastKnown is what the last run that could read it found; set only while
	// Status is unknown, nil when no run could. See [Compare].
	LastKnown *LastKnown `json:"lastKnown,omitempty"`

	// LastHumanCommit is the newest commit on the default branch that no bot
	// authored, as far back as the policy looks; nil when there is none.
	LastHumanCommit *Commit `json:"lastHumanCommit,omitempty"`
	// DecidingCommit is the human commit from whose date the age is reckoned:
	// LastHumanCommit, or an older one when newer ones do not count; nil when no
	// person's commit decided.
	DecidingCommit *Commit `json:"decidingCommit,omitempty"`
	// NotCountedCommits are the human commits newer than DecidingCommit that do
	// not count, newest first.
	NotCountedCommits []NotCounted `json:"notCountedCommits,omitempty"`
	// Retired is what the repository says of itself; nil when it says nothing.
	Retired *Retired `json:"retired,omitempty"`
	// StaleFrom is the UTC day on which it becomes, or became, stale if nobody
	// commits; nil when age does not decide.
	StaleFrom *time.Time `json:"staleFrom,omitempty"`
	// TipIsBot reports that the tip's author counts as a bot under the policy
	// in force, configured globs included.
	TipIsBot bool `json:"tipIsBot,omitempty"`
	// DecidedBy is the date that age was reckoned from, and AgeDays the whole
	// days from it to asOf; both nil when age did not decide.
	DecidedBy *time.Time `json:"decidedBy,omitempty"`
	AgeDays   *int       `json:"ageDays,omitempty"`

	// Outdated are the reasons why it is behind although somebody may commit to
	// it: what it is built on is no longer supported.
	Outdated []Reason `json:"outdated,omitempty"`
	// Alive is why it is looked after although its commits are old; nil when
	// nothing says so. The status stays.
	Alive *Reason `json:"alive,omitempty"`

	Lane       Lane        `json:"lane,omitempty"`
	Owners     []string    `json:"owners,omitempty"`
	Reason     Reason      `json:"reason"`
	Exemption  *Exemption  `json:"exemption,omitempty"`
	Suggestion *Suggestion `json:"suggestion,omitempty"`
	// Signals are sentences shown beside the verdict, most telling first:
	// a recent release, pushes to another branch, a description that says
	// deprecated. They never change the status.
	Signals []string `json:"signals,omitempty"`
}

// LastKnown is the part of a readable finding that outlives runs which cannot
// read the repository, so that they neither break a status nor invent events.
type LastKnown struct {
	Status         Status     `json:"status"`
	StatusSince    time.Time  `json:"statusSince"`
	PreviousStatus *Status    `json:"previousStatus,omitempty"`
	Owners         []string   `json:"owners,omitempty"`
	Exemption      *Exemption `json:"exemption,omitempty"`
}

// Reason is why a repository has its status, in words, with the value that
// decided.
type Reason struct {
	// Rule is a short stable identifier such as "age", "archived", "bots-only".
	Rule     string `json:"rule"`
	Sentence string `json:"sentence"`
	// NotCounted are sentences about what was seen and left out of account.
	NotCounted []string `json:"notCounted,omitempty"`
}

// NotCounted is a person's commit that does not show that somebody maintains
// the repository.
type NotCounted struct {
	OID           string           `json:"oid"`
	CommittedDate time.Time        `json:"committedDate"`
	Headline      string           `json:"headline"`
	Why           NotCountedReason `json:"why"`
}

// NotCountedReason says why a person's commit does not count.
type NotCountedReason string

// The reasons.
const (
	BotMerge NotCountedReason = "bot-merge" // the merge of a branch that a bot made
	Campaign NotCountedReason = "campaign"  // one of many alike in the owner's repositories on one day
	Notice   NotCountedReason = "notice"    // a notice that the repository is retired
)

// Retired is what a repository says of itself: that it is archived, deprecated,
// retired or superseded, or has moved.
type Retired struct {
	Words string `json:"words"` // as they stand there
	// MovedTo is the https address of the successor; empty when none is named.
	MovedTo string `json:"movedTo,omitempty"`
	Where   string `json:"where"` // "readme", "description" or "topic"
}

// Exemption sets a repository apart without changing its status.
type Exemption struct {
	// Rule names what granted it: `match "iot-*"`, `topic keep`, …
	Rule   string `json:"rule"`
	Reason string `json:"reason"`
	// Until is the last day, UTC, on which it holds; nil means without end.
	Until *time.Time `json:"until,omitempty"`
	By    string     `json:"by,omitempty"`
}

// Suggestion is what a maintainer could do next. Nothing is ever done by
// stalewatch itself.
type Suggestion struct {
	Action string `json:"action"`
	// Command can be pasted into a shell; empty when there is none.
	Command string `json:"command,omitempty"`
}
