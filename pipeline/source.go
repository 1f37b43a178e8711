package pipeline

import (
	"context"
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

// Follower is a [Source] that goes on from what all sources listed: after them, the
// main orchestrator starts a second sub-orchestration for each follower, again in
// parallel. What it returns is added to what was found; packages and dependencies
// replace those found before.
type Follower interface {
	Source
	Follow(o *durable.Orchestration, m Moment, found Gathered) (Gathered, error)
}

// Recaller is a [Source] that finds more than items and facts, and says what a
// snapshot holds of it.
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

// Salvager is a [Source] that takes over what an earlier day's run had read before
// it broke off. The name is that of the run's journal.
type Salvager interface {
	Source
	Salvage(ctx context.Context, journal durable.Journal, name string) error
}

// Nobody is the account of an activity that asked nobody: it is no request.
const Nobody = "nobody"

// StepPlan is the step under which a source checkpoints how much it will ask for
// at once. Such a step asks nobody and costs nothing.
const StepPlan = "plan"

// Moment is when a run takes place, and what it is about.
type Moment struct {
	Owners []string
	AsOf   time.Time
}
