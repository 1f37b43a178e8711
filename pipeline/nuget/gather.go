package nuget

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// Orchestrate finds the owners' packages and reads them.
func (s *Source) Orchestrate(o *durable.Orchestration, m pipeline.Moment) (pipeline.Gathered, error) {
	var g pipeline.Gathered
	if len(s.Owners) == 0 {
		return g, nil
	}
	f, err := s.begin(o, m)
	if err != nil {
		return g, err
	}
	var tasks []*durable.Task[owned]
	for _, owner := range s.Owners {
		tasks = append(tasks, durable.Sub(o, "owner "+strings.ToLower(owner), f.owner, owner))
	}
	lists, err := durable.All(tasks)
	if err != nil {
		return g, err
	}
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
	var g pipeline.Gathered
	f, err := s.begin(o, m)
	if err != nil {
		return g, err
	}
	packages := make(map[string]*pipeline.Package)
	for _, p := range found.Packages {
		packages[strings.ToLower(p.ID)] = &p
	}
	repos := slices.Clone(found.Repositories)
	if s.Contents != nil {
		if g, err = f.dependencies(o, repos); err != nil {
			return g, err
		}
		withSupport(g.Dependencies)
		more := make(map[string]string) // as a reference spells it, by id in lower case
		for i := range repos {
			repos[i].Dependencies = g.Dependencies[repos[i].ID]
			if repos[i].Dependencies == nil {
				continue
			}
			for _, r := range repos[i].Dependencies.References {
				if id := strings.ToLower(r.Package); packages[id] == nil {
					more[id] = r.Package
				}
			}
		}
		used, err := f.packages(o, slices.Sorted(maps.Keys(more)), false)
		if err != nil {
			return g, err
		}
		for id, p := range used {
			if p.ID == id { // which the feed did not spell
				p.ID = more[id]
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

// withSupport enters what is known today of the frameworks' support, also into what
// is carried over.
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

func sorted(packages map[string]*pipeline.Package) []pipeline.Package {
	var all []pipeline.Package
	for _, id := range slices.Sorted(maps.Keys(packages)) {
		all = append(all, *packages[id])
	}
	return all
}
