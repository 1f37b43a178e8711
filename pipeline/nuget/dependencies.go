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

// Contents is what has to be asked about repositories' files. Each method is
// one API call and leaves waiting and repeating to its caller. Package graphql
// implements it.
type Contents interface {
	// Roots lists the roots of up to 20 repositories by their ids, one element
	// for each, in that order.
	Roots(ctx context.Context, ids []string) (Objects, error)
	// Objects reads up to 10 files and folders of one repository, one element
	// for each path, in that order.
	Objects(ctx context.Context, id string, paths []string) (Objects, error)
	// Revision identifies what decides the results besides the arguments.
	Revision() string
}

// Objects is what was read at once.
type Objects struct {
	Cost    int      `json:"cost"` // points; first, so that it is found without reading the rest
	Objects []Object `json:"objects"`
}

// Object is a file or a folder.
type Object struct {
	Text    string   `json:"text,omitempty"`    // of a file
	Files   []string `json:"files,omitempty"`   // names in a folder
	Folders []string `json:"folders,omitempty"` // names in a folder
	// Error says why it could not be read; empty when it could.
	Error string `json:"error,omitempty"`
}

// What is read at once, and in all. GitHub takes about 0.12 s to look a path
// up, gives a query ten seconds and an account sixty a minute; so a repository
// with a handful of projects takes a second or two of its time.
const (
	rootsAtOnce   = 20
	objectsAtOnce = 10
	mostRead      = 150     // repositories a run
	mostFolders   = 60      // of one repository
	fewFolders    = 20      // of one that shows no sign of .NET within two levels
	mostDepth     = 6       // of folders
	mostFiles     = 40      // project files of one repository
	mostBytes     = 256_000 // of one file
	mostTries     = 4       // of what GitHub cannot answer in time
)

// others are the languages, as GitHub names them, whose repositories are not
// looked into. Web languages are not among them: GitHub often ascribes a .NET
// sample to the scripts that it brings along.
var others = []string{"Java", "Python", "Jupyter Notebook", "Go", "Swift", "Kotlin", "Objective-C", "Rust", "Ruby", "PHP", "Scala", "R", "Dart", "Elixir", "Perl", "Lua"}

// dotNet reports that a repository may hold .NET projects.
func dotNet(r pipeline.Repository) bool {
	return r.PrimaryLanguage == nil || !slices.Contains(others, *r.PrimaryLanguage)
}

// ours are those that are .NET for certain.
var ours = []string{"C#", "F#", "Visual Basic .NET", "ASP.NET"}

// dependencies reads the project files of the repositories whose tip moved, a
// part of them when there are many, and carries the others over.
func (f *gathering) dependencies(o *durable.Orchestration, repos []pipeline.Repository) (pipeline.Gathered, error) {
	revision := durable.Digest("2", f.Contents.Revision())
	g := pipeline.Gathered{Dependencies: make(map[string]*pipeline.Dependencies)}
	known := pipeline.Recall(f.Source, f.Prior).Dependencies
	var due []pipeline.Repository
	candidates := 0
	for _, r := range repos {
		if r.Detail == nil || r.Detail.Tip == nil || !dotNet(r) {
			continue
		}
		candidates++
		d := known[r.ID]
		if d != nil {
			g.Dependencies[r.ID] = d
		}
		if f.Refetch || d == nil || d.OID != r.Detail.Tip.OID || d.Revision != revision {
			due = append(due, r)
		}
	}
	// What was read before and moved comes first, then the newest and most
	// starred.
	slices.SortStableFunc(due, func(a, b pipeline.Repository) int {
		return cmp.Or(cmp.Compare(age(known[a.ID]), age(known[b.ID])), -cmp.Compare(a.Detail.Tip.CommittedDate.Year(), b.Detail.Tip.CommittedDate.Year()),
			-cmp.Compare(a.StargazerCount, b.StargazerCount), pipeline.CompareNames(a.NameWithOwner, b.NameWithOwner))
	})
	if left := len(due) - mostRead; left > 0 && !f.Refetch {
		due = due[:mostRead]
		g.Notices = append(g.Notices, fmt.Sprintf("The project files of %d of %d repositories are read; the runs to come go on with the other %d, the newest and most starred first.", candidates-left, candidates, left))
	}
	var tasks []*durable.Task[[]Object]
	for chunk := range slices.Chunk(due, rootsAtOnce) {
		var ids []string
		for _, r := range chunk {
			ids = append(ids, r.ID)
		}
		tasks = append(tasks, durable.Sub(o, "roots "+durable.Digest(ids...), f.roots, ids))
	}
	parts, err := durable.All(tasks)
	if err != nil {
		return g, err
	}
	var reads []*durable.Task[pipeline.Dependencies]
	roots := slices.Concat(parts...)
	for i, root := range roots {
		reads = append(reads, durable.Sub(o, filesPrefix+due[i].ID, f.projects, rootOf{due[i].ID, due[i].Detail.Tip.OID, root, due[i].PrimaryLanguage != nil && slices.Contains(ours, *due[i].PrimaryLanguage)}))
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

// age sorts what is known before what is not.
func age(d *pipeline.Dependencies) int {
	if d == nil {
		return 1
	}
	return 0
}

// roots lists the roots of several repositories. What GitHub cannot answer in
// time is halved, down to single ones.
func (f *gathering) roots(o *durable.Orchestration, ids []string) ([]Object, error) {
	got, err := durable.Go(o, durable.Key{Step: "roots", Item: durable.Digest(ids...), Revision: f.Contents.Revision()}, f.rootsOf, ids).Await()
	failure, failed := errors.AsType[*durable.Failure](err)
	switch {
	case err == nil:
		return got.Objects, nil
	case !failed:
		return nil, err
	case len(ids) == 1:
		return []Object{{Error: failure.Message}}, nil
	}
	mid := len(ids) / 2
	halves, err := durable.All([]*durable.Task[[]Object]{durable.Sub(o, "1", f.roots, ids[:mid]), durable.Sub(o, "2", f.roots, ids[mid:])})
	return slices.Concat(halves...), err
}

// rootsOf is the activity behind it.
func (f *gathering) rootsOf(ctx context.Context, ids []string) (Objects, error) {
	got, err := f.Contents.Roots(ctx, ids)
	for i := range got.Objects {
		got.Objects[i].keep()
	}
	return got, askLess(ctx, err, len(ids) > 1)
}

// askLess makes a failure of what GitHub could not answer in time, at once when
// less can be asked for.
func askLess(ctx context.Context, err error, can bool) error {
	if err == nil {
		return nil
	}
	r := durable.RemedyOf(err)
	if r.Course == durable.Retry && r.Cause == github.CauseTimeout && (can || durable.Attempt(ctx) >= mostTries) {
		return durable.WithRemedy(err, durable.Remedy{Course: durable.Fail, Cause: r.Cause})
	}
	return err
}
