package pipeline

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// Source is one place that a survey gathers from. The main orchestrator starts
// one sub-orchestration for each, in parallel. GitHub's repositories are one
// source; another team adds its own as a package under pipeline and one line
// in the list of sources in the wiring. What it lists has a page of the report.
type Source interface {
	// Name stands in checkpoints, so it never changes: "github", "nuget". It is
	// the name of the source's account and of its page, too: lower case letters.
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

// Recaller is a [Source] that finds more than items and facts: it says what a
// snapshot holds of that.
type Recaller interface {
	Source
	Recall(prior *Snapshot) Gathered
}

// Recall returns what a snapshot holds of a source, for a run that does not ask
// it or cannot; nothing when prior is nil.
func Recall(source Source, prior *Snapshot) Gathered {
	var g Gathered
	if prior == nil {
		return g
	}
	if r, ok := source.(Recaller); ok {
		g = r.Recall(prior)
	}
	for _, item := range prior.Items {
		if item.Source == source.Name() {
			g.Items = append(g.Items, item)
		}
	}
	g.Facts = make(map[string][]Fact)
	for _, f := range prior.Findings {
		for _, fact := range f.Facts {
			if name := strings.ToLower(f.NameWithOwner); fact.Source == source.Name() {
				g.Facts[name] = append(g.Facts[name], fact)
			}
		}
	}
	return g
}

// Salvager is a [Source] that takes over what a run of an earlier day had read
// which never ended. The name is that of the run's journal.
type Salvager interface {
	Source
	Salvage(ctx context.Context, journal durable.Journal, name string) error
}

// Nobody is the account of an activity that asked nobody: it is no request.
const Nobody = "nobody"

// Item is one thing that a source lists and that is no repository: a row of the
// source's page.
type Item struct {
	Source string     `json:"source"` // its name, which the survey fills in
	Name   string     `json:"name"`   // unlike any other of the source's
	URL    string     `json:"url,omitempty"`
	Date   *time.Time `json:"date,omitempty"`  // nil for none
	State  string     `json:"state,omitempty"` // in words, such as "deprecated"; empty for nothing to tell
}

// mergeItems puts items together, ordered by source and name. Of several of a
// name the first stands.
func mergeItems(a, b []Item) []Item {
	items := slices.Concat(a, b)
	compare := func(a, b Item) int { return cmp.Or(cmp.Compare(a.Source, b.Source), CompareNames(a.Name, b.Name)) }
	slices.SortStableFunc(items, compare)
	return slices.CompactFunc(items, func(a, b Item) bool { return compare(a, b) == 0 })
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
	// Items it listed.
	Items []Item
	// Packages it listed or that repositories refer to, by id folded to lower
	// case. Only one source does.
	Packages []Package
	// Dependencies of repositories, by their ids.
	Dependencies map[string]*Dependencies
	// Incomplete reports that the source could not read all it should: the run
	// is then partial, and a notice says why.
	Incomplete bool
	// failed reports that it could not be asked at all.
	failed bool
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
	// Basis identifies what else decides what a listing tells and leaves out: the
	// queries, and which repositories were chosen by their custom properties.
	Basis string `json:"basis,omitempty"`
}

// Moment is when a run takes place, and what it is about.
type Moment struct {
	Owners []string
	AsOf   time.Time
}

// Join puts parts together that were gathered apart, such as an owner each. A
// repository that moved from one owner to another while they were listed counts
// once.
func Join(parts []Gathered) Gathered {
	all := Gathered{Facts: make(map[string][]Fact)}
	seen := make(map[string]bool)
	for _, p := range parts {
		for _, r := range p.Repositories {
			if !seen[r.ID] {
				seen[r.ID] = true
				all.Repositories = append(all.Repositories, r)
			}
		}
		for name, facts := range p.Facts {
			all.Facts[name] = append(all.Facts[name], facts...)
		}
		all.Items = append(all.Items, p.Items...)
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
		all.Counters.add(p.Counters)
	}
	return all
}
