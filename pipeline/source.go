package pipeline

import "github.com/stalewatch/stalewatch/pipeline/durable"

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
