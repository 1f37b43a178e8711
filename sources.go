package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stalewatch/stalewatch/graphql"
	"github.com/stalewatch/stalewatch/graphql/budget"
	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/nuget"
)

// source is a source of the survey, with what is known of it for a run that
// does not ask it.
type source struct {
	ask   pipeline.Source // nil when it is not configured
	known pipeline.Gathered
}

// sourceNames are those that --only knows.
var sourceNames = []string{"github", "nuget"}

// onlySources checks what --only names.
func onlySources(names []string, hasNuGet bool) ([]string, error) {
	for i, name := range names {
		names[i] = strings.ToLower(strings.TrimSpace(name))
		switch {
		case !slices.Contains(sourceNames, names[i]):
			return nil, &usageError{fmt.Sprintf("--only %q is no source; there are %s", name, strings.Join(sourceNames, ", "))}
		case names[i] == "nuget" && !hasNuGet:
			return nil, &usageError{"--only nuget has nothing to ask: set nuget.owners or nuget.references in stalewatch.yml"}
		}
	}
	return names, nil
}

// sources are the configured ones, of which those that --only leaves out give
// what was known.
func (j *job) sources(all []source) []pipeline.Source {
	var sources []pipeline.Source
	for _, s := range all {
		switch {
		case s.ask == nil:
		case j.only != nil && !slices.Contains(j.only, s.ask.Name()):
			sources = append(sources, pipeline.Recalled{As: s.ask.Name(), Known: s.known})
		default:
			sources = append(sources, s.ask)
		}
	}
	return sources
}

// feedConcurrency is the most requests to a NuGet feed in flight. Nuget.org
// states no limit; its own client sends as many.
const feedConcurrency = 8

// nuget is the source of packages, nil when none are surveyed. The feed has an
// account of its own; reading repositories' files shares GitHub's with the
// source of repositories.
func (j *job) nuget(bud *budget.Budget, prior *pipeline.Snapshot) pipeline.Source {
	if !j.cfg.NuGet.On() {
		return nil
	}
	feed := budget.New(budget.Config{Concurrency: feedConcurrency, Unmetered: true, Observe: j.progress.everybodyWaits})
	s := &nuget.Source{
		Feed:   nuget.NewClient(nuget.Options{URL: j.cfg.NuGet.URL, Share: feed.Pipeline(), UserAgent: "stalewatch/" + version().Version}),
		Owners: j.cfg.NuGet.Owners, Prior: prior,
	}
	if j.cfg.NuGet.References {
		s.Contents = graphql.Files{Client: j.client(bud)}
	}
	return s
}
