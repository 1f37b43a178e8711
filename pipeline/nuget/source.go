package nuget

import (
	"context"
	"fmt"
	"maps"
	"slices"
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

// recordRevision changes when what is kept of a package does.
const recordRevision = "1"

// Name is [pipeline.PackageSource].
func (s *Source) Name() string { return pipeline.PackageSource }

// Orchestrate finds the owners' packages and reads them.
func (s *Source) Orchestrate(o *durable.Orchestration, m pipeline.Moment) (pipeline.Gathered, error) {
	if len(s.Owners) == 0 {
		return pipeline.Gathered{}, nil
	}
	f, err := s.begin(o, m)
	if err != nil {
		return pipeline.Gathered{}, err
	}
	var tasks []*durable.Task[owned]
	for _, owner := range s.Owners {
		tasks = append(tasks, durable.Sub(o, "owner "+strings.ToLower(owner), f.owner, owner))
	}
	lists, err := durable.All(tasks)
	if err != nil {
		return pipeline.Gathered{}, err
	}
	var g pipeline.Gathered
	hits := make(map[string]Hit)
	for _, l := range lists {
		g.Notices = append(g.Notices, l.notices...)
		for _, h := range l.hits {
			hits[strings.ToLower(h.ID)] = h
		}
	}
	packages, err := f.packages(o, slices.Sorted(maps.Keys(hits)), true)
	for id, p := range packages {
		p.TotalDownloads = hits[id].TotalDownloads
	}
	g.Packages = sorted(packages)
	return g, err
}

// Follow reads what the repositories refer to, and reckons how far behind they
// are.
func (s *Source) Follow(o *durable.Orchestration, m pipeline.Moment, found pipeline.Gathered) (pipeline.Gathered, error) {
	f, err := s.begin(o, m)
	if err != nil {
		return pipeline.Gathered{}, err
	}
	packages := make(map[string]*pipeline.Package)
	for _, p := range found.Packages {
		packages[strings.ToLower(p.ID)] = &p
	}
	var g pipeline.Gathered
	repos := slices.Clone(found.Repositories)
	if s.Contents != nil {
		if g, err = f.dependencies(o, repos); err != nil {
			return g, err
		}
		var more []string
		spelled := make(map[string]string)
		for i := range repos {
			repos[i].Dependencies = g.Dependencies[repos[i].ID]
			if repos[i].Dependencies == nil {
				continue
			}
			for _, r := range repos[i].Dependencies.References {
				if id := strings.ToLower(r.Package); packages[id] == nil {
					more = append(more, id)
					spelled[id] = r.Package
				}
			}
		}
		withSupport(g.Dependencies)
		slices.Sort(more)
		used, err := f.packages(o, slices.Compact(more), false)
		if err != nil {
			return g, err
		}
		for id, p := range used {
			if p.ID == id { // which the feed did not spell
				p.ID = spelled[id]
			}
		}
		maps.Copy(packages, used)
	}
	if err := f.advisories(o, packages, &g); err != nil {
		return g, err
	}
	reckon(packages, repos)
	g.Packages = sorted(packages)
	failed := slices.DeleteFunc(sorted(packages), func(p pipeline.Package) bool { return p.ReadError == "" || p.Digest == "" && p.ReadError == notOnFeed })
	if len(failed) > 0 {
		g.Incomplete = true
		g.Notices = append(g.Notices, fmt.Sprintf("%s could not be read this time, %s among them: %s.", pipeline.Plural(len(failed), "NuGet package"), failed[0].ID, strings.TrimSuffix(failed[0].ReadError, ".")))
	}
	return g, nil
}

// withSupport enters what is known today of the frameworks' support: that is
// told anew each time, also of what is carried over.
func withSupport(all map[string]*pipeline.Dependencies) {
	support := BuiltinSupport()
	for id, d := range all {
		told := *d
		told.Frameworks = slices.Clone(d.Frameworks)
		for i, f := range told.Frameworks {
			told.Frameworks[i] = support.Of(f)
		}
		all[id] = &told
	}
}

// notOnFeed is said of packages that are referred to, and not there.
const notOnFeed = "the feed has no package of this id; it was deleted, or comes from another feed"

func sorted(packages map[string]*pipeline.Package) []pipeline.Package {
	var all []pipeline.Package
	for _, id := range slices.Sorted(maps.Keys(packages)) {
		all = append(all, *packages[id])
	}
	return all
}

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

// begin reads where the feed keeps what.
func (s *Source) begin(o *durable.Orchestration, m pipeline.Moment) (*gathering, error) {
	f := &gathering{Source: s, moment: m, known: make(map[string]pipeline.Package)}
	if s.Prior != nil {
		for _, p := range s.Prior.Packages {
			f.known[strings.ToLower(p.ID)] = p
		}
	}
	at, err := durable.Call(o, durable.Key{Step: "index", Revision: "1"}, f.resources, struct{}{})
	f.at = at
	return f, err
}

func (f *gathering) resources(ctx context.Context, _ struct{}) (Resources, error) {
	return f.Feed.Resources(ctx)
}
