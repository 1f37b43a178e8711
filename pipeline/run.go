package pipeline

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline/durable"
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

// Over reports whether a run in this state has ended, so that only a rerun
// goes on from it.
func (s RunState) Over() bool { return s == Complete || s == Partial }

// Scope names a set of owners whatever their order and case, in the form in
// which it stands in stored data: logins folded to lower case, sorted, without
// repetition, joined with "+", which no login can hold.
type Scope string

// ScopeOf is the scope of owners.
func ScopeOf(owners ...string) Scope {
	folded := make([]string, len(owners))
	for i, o := range owners {
		folded[i] = strings.ToLower(o)
	}
	slices.Sort(folded)
	return Scope(strings.Join(slices.Compact(folded), "+"))
}

// Logins are the owners, folded to lower case and sorted.
func (s Scope) Logins() []string { return strings.Split(string(s), "+") }

// Has reports whether an owner, in whatever case, is one of the scope's.
func (s Scope) Has(owner string) bool {
	return slices.Contains(s.Logins(), strings.ToLower(owner))
}

// RunID names the run of the owners on the UTC date of asOf, so that a late, a
// second or a manual start finds the same run.
func RunID(owners []string, asOf time.Time) string {
	return asOf.UTC().Format(time.DateOnly) + "/" + string(ScopeOf(owners...))
}

// JournalID is the name under which a run's execution keeps its journal.
func JournalID(run Run) string { return fmt.Sprintf("%s#%d", run.ID, run.Attempt) }

// Fingerprint identifies what a run covers: a run that was begun with another
// one cannot be resumed.
func Fingerprint(owners []string, include Include) string {
	return durable.Digest(string(ScopeOf(owners...)), fmt.Sprint(include))
}

// enterprisePrefix is what the name of an enterprise begins with where owners
// are named, as its address on github.com does. No login holds a slash.
const enterprisePrefix = "enterprises/"

// Enterprise reports whether an owner stands for all organizations of an
// enterprise, and returns the enterprise's slug.
func Enterprise(owner string) (slug string, is bool) {
	if len(owner) > len(enterprisePrefix) && strings.EqualFold(owner[:len(enterprisePrefix)], enterprisePrefix) {
		return owner[len(enterprisePrefix):], true
	}
	return "", false
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

// add adds what another run spent and met.
func (c *Counters) add(more Counters) {
	c.Requests += more.Requests
	c.Points += more.Points
	c.ResumedChunks += more.ResumedChunks
	c.Chunks += more.Chunks
	c.SplitChunks += more.SplitChunks
	c.CarriedOver += more.CarriedOver
	c.Unread += more.Unread
	for cause, n := range more.Retries {
		c.Retries[cause] += n
	}
	for name, s := range more.Sources {
		c.enter(name, SourceCounters{Requests: c.Sources[name].Requests + s.Requests})
	}
	for step, ms := range more.GitHubTime {
		if c.GitHubTime == nil {
			c.GitHubTime = make(map[string]int64)
		}
		c.GitHubTime[step] += ms
	}
}

// enter sets how a source stands.
func (c *Counters) enter(name string, s SourceCounters) {
	if c.Sources == nil {
		c.Sources = make(map[string]SourceCounters)
	}
	c.Sources[name] = s
}
