package nuget

import (
	"context"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// Source is the [pipeline.Source] of NuGet packages: those that owners publish,
// and, once GitHub's repositories are known, those that their project files
// refer to.
type Source struct {
	Feed *Client
	// Contents reads the repositories' files; nil means that references are not
	// looked at.
	Contents Contents
	// Owners on the feed whose packages are surveyed.
	Owners []string
	// Prior is the last saved snapshot; nil when there is none. What did not
	// change since is taken from it.
	Prior *pipeline.Snapshot
	// Refetch reads everything again, also what did not change.
	Refetch bool

	salvaged map[string]Objects // see Salvage
}

// Name is [pipeline.PackageSource].
func (s *Source) Name() string { return pipeline.PackageSource }

// Recall returns the packages and dependencies that a snapshot holds.
func (s *Source) Recall(prior *pipeline.Snapshot) pipeline.Gathered {
	g := pipeline.Gathered{Packages: prior.Packages, Dependencies: make(map[string]*pipeline.Dependencies)}
	for _, f := range prior.Findings {
		if f.Dependencies != nil {
			g.Dependencies[f.ID] = f.Dependencies
		}
	}
	return g
}

// gathering is one execution of the source.
type gathering struct {
	*Source
	moment pipeline.Moment
	at     Resources
	known  map[string]pipeline.Package // by id in lower case
}

// begin reads the feed's service index.
func (s *Source) begin(o *durable.Orchestration, m pipeline.Moment) (*gathering, error) {
	f := &gathering{Source: s, moment: m, known: make(map[string]pipeline.Package)}
	if s.Prior != nil {
		for _, p := range s.Prior.Packages {
			f.known[strings.ToLower(p.ID)] = p
		}
	}
	var err error
	f.at, err = durable.Call(o, durable.Key{Step: "index", Revision: "1"}, f.resources, struct{}{})
	return f, err
}

func (f *gathering) resources(ctx context.Context, _ struct{}) (Resources, error) {
	return f.Feed.Resources(ctx)
}
