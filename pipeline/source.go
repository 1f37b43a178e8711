package pipeline

import (
	"time"

	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// Source is one place that a survey gathers from. The main orchestrator starts
// one sub-orchestration for each, in parallel. GitHub's repositories are one
// source; another team adds its own as a package under pipeline and one line
// in the list of sources in the wiring.
type Source interface {
	// Name stands in checkpoints, so it never changes: "github", "nuget".
	Name() string
	// Orchestrate lists the items, fans out an activity per chunk and fans in
	// the results. When the run is stopping it returns what it has together
	// with the error it got.
	Orchestrate(o *durable.Orchestration, m Moment) (Gathered, error)
}

// Follower is a [Source] that goes on from what all sources listed: once they
// have gathered, the main orchestrator starts a second sub-orchestration for
// each follower, in parallel again. What it returns is added to what was found;
// packages and dependencies take the place of those found before.
type Follower interface {
	Source
	Follow(o *durable.Orchestration, m Moment, found Gathered) (Gathered, error)
}

// Recalled stands in a run for a [Source] that is not asked this time: it gives
// what was known of it.
type Recalled struct {
	As    string // the source's name
	Known Gathered
}

// Name is that of the source it stands for.
func (r Recalled) Name() string { return r.As }

// Orchestrate asks nobody.
func (r Recalled) Orchestrate(*durable.Orchestration, Moment) (Gathered, error) {
	return r.Known, nil
}

// StepPlan is the step under which a source checkpoints how much it will ask for
// at once. Such a step asks nobody and costs nothing.
const StepPlan = "plan"

// Gathered is what a data source found.
type Gathered struct {
	// Repositories it listed. Only one source does.
	Repositories []Repository
	// Facts it found, by nameWithOwner folded to lower case.
	Facts map[string][]Fact
	// Packages it listed or that repositories refer to, by id folded to lower
	// case. Only one source does.
	Packages []Package
	// Dependencies of repositories, by their ids.
	Dependencies map[string]*Dependencies
	// Incomplete reports that the source could not read all it should: the run
	// is then partial, and a notice says why.
	Incomplete bool
	// Missing counts repositories that exist as far as the source can tell,
	// but could not even be listed.
	Missing int
	// Short names the owners to whom those belong.
	Short []string
	// Notices are sentences every reader of the report should see.
	Notices []string
	// Counters holds what only the source can count: chunks and what was
	// carried over.
	Counters Counters
	// Listings are those that came to their end and add up.
	Listings []Listing
}

// Listing is how an owner's repositories were listed last. It lets a later run
// ask for no more than what changed.
type Listing struct {
	Owner string `json:"owner"` // the login as GitHub spells it
	ID    string `json:"id"`    // the owner's global node id
	// AsOf is up to when all changes are known, and Whole the asOf of the last
	// run that listed everything.
	AsOf  time.Time `json:"asOf"`
	Whole time.Time `json:"whole"`
	// Include is the choice it was listed with, and Excluded the ids of what that
	// leaves out.
	Include  Include  `json:"include"`
	Excluded []string `json:"excluded,omitempty"`
}

// Moment is when a run takes place, and what it is about.
type Moment struct {
	Owners []string
	AsOf   time.Time
}

// Join puts parts together that were gathered apart, such as an owner each. A repository that moved from one owner
// to another while they were being listed counts once.
func Join(parts []Gathered) Gathered {
	var all Gathered
	seen := make(map[string]bool)
	for _, p := range parts {
		for _, r := range p.Repositories {
			if !seen[r.ID] {
				seen[r.ID] = true
				all.Repositories = append(all.Repositories, r)
			}
		}
		if p.Packages != nil {
			all.Packages = p.Packages
		}
		if p.Dependencies != nil {
			all.Dependencies = p.Dependencies
		}
		all.Incomplete = all.Incomplete || p.Incomplete
		all.Missing += p.Missing
		all.Short = append(all.Short, p.Short...)
		all.Listings = append(all.Listings, p.Listings...)
		all.Notices = append(all.Notices, p.Notices...)
		all.Counters.Chunks += p.Counters.Chunks
		all.Counters.SplitChunks += p.Counters.SplitChunks
		all.Counters.CarriedOver += p.Counters.CarriedOver
	}
	return all
}
