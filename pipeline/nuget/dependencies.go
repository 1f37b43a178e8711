package nuget

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
	"github.com/stalewatch/stalewatch/pipeline/github"
)

// What is read at once, and in a run.
const (
	rootsAtOnce = 20
	mostRead    = 150 // repositories
	triesAlone  = 4   // of what cannot be halved any more
)

// The languages, as GitHub names them, of repositories that are .NET for
// certain, and of those that are not looked into. Web languages are not among
// the latter: GitHub often ascribes a .NET sample to the scripts that it brings
// along.
var (
	ours   = []string{"C#", "F#", "Visual Basic .NET", "ASP.NET"}
	others = []string{"Java", "Python", "Jupyter Notebook", "Go", "Swift", "Kotlin", "Objective-C", "Rust", "Ruby", "PHP", "Scala", "R", "Dart", "Elixir", "Perl", "Lua"}
)

func isIn(r pipeline.Repository, languages []string) bool {
	return r.PrimaryLanguage != nil && slices.Contains(languages, *r.PrimaryLanguage)
}

// dependencies reads the project files of the repositories whose tip moved, a
// part of them when there are many, and carries the others over.
func (f *gathering) dependencies(o *durable.Orchestration, repos []pipeline.Repository) (pipeline.Gathered, error) {
	revision := durable.Digest("2", f.Contents.Revision())
	g := pipeline.Gathered{Dependencies: make(map[string]*pipeline.Dependencies)}
	known := pipeline.Recall(f.Source, f.Prior).Dependencies
	var candidates []pipeline.Repository
	for _, r := range repos {
		if r.Detail == nil || r.Detail.Tip == nil || isIn(r, others) {
			continue
		}
		candidates = append(candidates, r)
		if d := known[r.ID]; d != nil {
			g.Dependencies[r.ID] = d
		}
	}
	due := f.due(candidates, known, revision)
	if left := len(due) - mostRead; left > 0 && !f.Refetch {
		due = due[:mostRead]
		g.Notices = append(g.Notices, fmt.Sprintf("The project files of %d of %d repositories are read; the runs to come go on with the other %d, the newest and most starred first.", len(candidates)-left, len(candidates), left))
	}
	roots, err := f.rootsOf(o, due)
	if err != nil {
		return g, err
	}
	var reads []*durable.Task[pipeline.Dependencies]
	for i, root := range roots {
		reads = append(reads, durable.Sub(o, filesPrefix+due[i].ID, f.projects, rooted{due[i], root}))
	}
	read, err := durable.All(reads)
	unread := 0
	for i := range read {
		d, r := &read[i], due[i]
		d.OID, d.ReadAt, d.Revision = r.Detail.Tip.OID, f.moment.AsOf, revision
		if roots[i].Error != "" {
			unread++
			if known[r.ID] != nil {
				continue
			}
			d.Revision = "" // read again by the next run
		}
		g.Dependencies[r.ID] = d
	}
	if err == nil && unread > 0 {
		g.Incomplete = true
		g.Notices = append(g.Notices, fmt.Sprintf("The project files of %s could not be read this time.", pipeline.Plural(unread, "repository")))
	}
	return g, err
}

// due are the repositories whose files are not known as they are now: those first
// that were read before and moved, then the newest and most starred.
func (f *gathering) due(candidates []pipeline.Repository, known map[string]*pipeline.Dependencies, revision string) []pipeline.Repository {
	due := slices.DeleteFunc(slices.Clone(candidates), func(r pipeline.Repository) bool {
		d := known[r.ID]
		return !f.Refetch && d != nil && d.OID == r.Detail.Tip.OID && d.Revision == revision
	})
	unknown := func(r pipeline.Repository) int {
		if known[r.ID] == nil {
			return 1
		}
		return 0
	}
	slices.SortStableFunc(due, func(a, b pipeline.Repository) int {
		return cmp.Or(cmp.Compare(unknown(a), unknown(b)), cmp.Compare(b.Detail.Tip.CommittedDate.Year(), a.Detail.Tip.CommittedDate.Year()),
			cmp.Compare(b.StargazerCount, a.StargazerCount), pipeline.CompareNames(a.NameWithOwner, b.NameWithOwner))
	})
	return due
}

// rootsOf lists the roots of repositories, in their order.
func (f *gathering) rootsOf(o *durable.Orchestration, repos []pipeline.Repository) ([]Object, error) {
	var tasks []*durable.Task[[]Object]
	for chunk := range slices.Chunk(repos, rootsAtOnce) {
		var ids []string
		for _, r := range chunk {
			ids = append(ids, r.ID)
		}
		tasks = append(tasks, durable.Sub(o, "roots "+durable.Digest(ids...), f.roots, ids))
	}
	parts, err := durable.All(tasks)
	return slices.Concat(parts...), err
}

// roots lists the roots of several repositories. What GitHub cannot answer in
// time is halved, down to single ones.
func (f *gathering) roots(o *durable.Orchestration, ids []string) ([]Object, error) {
	list := func(ctx context.Context, ids []string) (Objects, error) {
		got, err := f.Contents.Roots(ctx, ids)
		for i := range got.Objects {
			got.Objects[i].keep()
		}
		tries := 1
		if len(ids) == 1 {
			tries = triesAlone
		}
		return got, github.FailAfter(ctx, err, tries)
	}
	got, err := durable.Go(o, durable.Key{Step: "roots", Item: durable.Digest(ids...), Revision: f.Contents.Revision()}, list, ids).Await()
	failure, failed := errors.AsType[*durable.Failure](err)
	switch {
	case !failed:
		return got.Objects, err
	case len(ids) == 1:
		return []Object{{Error: failure.Message}}, nil
	}
	mid := len(ids) / 2
	halves, err := durable.All([]*durable.Task[[]Object]{durable.Sub(o, "1", f.roots, ids[:mid]), durable.Sub(o, "2", f.roots, ids[mid:])})
	return slices.Concat(halves...), err
}
