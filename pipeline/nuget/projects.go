package nuget

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
	"github.com/stalewatch/stalewatch/pipeline/github"
)

// What is read of one repository, and at once. GitHub takes about 0.12 s to look
// a path up, gives a query ten seconds and an account sixty a minute; so a
// repository with a handful of projects takes a second or two of its time.
const (
	objectsAtOnce = 10
	mostFolders   = 60
	fewFolders    = 20 // where no sign of .NET shows within two levels
	mostDepth     = 6  // of folders
	mostFiles     = 40
	mostBytes     = 256_000 // of one file
)

const (
	stepObjects = "objects"
	// filesPrefix is before a repository's id in the name of what reads its files.
	filesPrefix = "files "
)

// rooted is a repository with its root at its tip.
type rooted struct {
	pipeline.Repository
	root Object
}

// projects finds a repository's project files and reads what they refer to,
// level by level. Where neither the language nor anything found within two
// levels says that this is .NET, it ends after few folders. Below a folder that
// holds a project nothing further is looked for.
func (f *gathering) projects(o *durable.Orchestration, r rooted) (pipeline.Dependencies, error) {
	var files []string
	var problems []pipeline.FileProblem
	problem := func(file, what string) {
		problems = append(problems, pipeline.FileProblem{File: file, Problem: what})
	}
	level := map[string]Object{"": r.root}
	sign, left := isIn(r.Repository, ours), mostFolders
	for depth := 0; ; depth++ {
		var deeper []string
		for dir, found := range level {
			for _, name := range found.Files {
				sign = true
				if !isSolution(name) {
					files = append(files, path.Join(dir, name))
				}
			}
			if depth == 0 || !slices.ContainsFunc(found.Files, isProject) {
				for _, name := range found.Folders {
					deeper = append(deeper, path.Join(dir, name))
				}
			}
		}
		slices.Sort(deeper)
		may := min(left, len(deeper))
		switch {
		case depth == mostDepth:
			may = 0
		case depth >= 2 && !sign:
			may = max(0, min(may, left-mostFolders+fewFolders))
		}
		if more := len(deeper) - may; more > 0 && sign {
			problem(deeper[may], fmt.Sprintf("deeper folders were not read (%d left): the most are %d in a repository, and %d below one another", more, mostFolders, mostDepth))
		}
		if may == 0 {
			break
		}
		deeper, left = deeper[:may], left-may
		var err error
		if level, err = f.objects(o, r, deeper, problem); err != nil {
			return pipeline.Dependencies{}, err
		}
	}
	slices.Sort(files)
	slices.SortStableFunc(files, func(a, b string) int { return strings.Count(a, "/") - strings.Count(b, "/") })
	for len(files) > mostFiles {
		problem(files[len(files)-1], fmt.Sprintf("it is beyond the first %d project files", mostFiles))
		files = files[:len(files)-1]
	}
	read, err := f.objects(o, r, files, problem)
	if err != nil {
		return pipeline.Dependencies{}, err
	}
	texts := make(Files)
	for file, found := range read {
		texts[file] = []byte(found.Text)
	}
	d := Read(texts)
	d.Problems = append(d.Problems, problems...)
	slices.SortStableFunc(d.Problems, func(a, b pipeline.FileProblem) int { return strings.Compare(a.File, b.File) })
	return d, nil
}

// objects reads files and folders of a repository, several at once. Those that
// cannot be read become problems. The tip is part of the keys, so that what a run
// that never ended had read at the same tip serves this one.
func (f *gathering) objects(o *durable.Orchestration, r rooted, paths []string, problem func(file, what string)) (map[string]Object, error) {
	var tasks []*durable.Task[Objects]
	chunks := slices.Collect(slices.Chunk(paths, objectsAtOnce))
	for _, some := range chunks {
		key := durable.Key{Step: stepObjects, Item: durable.Digest(some...), Revision: durable.Digest(f.Contents.Revision(), r.Detail.Tip.OID)}
		tasks = append(tasks, durable.Go(o, key, f.objectsOf, objectsOf{r.ID, some, key}))
	}
	read := make(map[string]Object)
	for i, t := range tasks {
		got, err := t.Await()
		failure, failed := errors.AsType[*durable.Failure](err)
		if err != nil && !failed {
			return nil, err
		}
		for n, name := range chunks[i] {
			switch {
			case failed:
				problem(name, failure.Message)
			case got.Objects[n].Error != "":
				problem(name, got.Objects[n].Error)
			default:
				read[name] = got.Objects[n]
			}
		}
	}
	return read, nil
}

// objectsOf names files and folders of one repository, and under which key they
// are kept.
type objectsOf struct {
	ID    string
	Paths []string
	Key   durable.Key
}

func (f *gathering) objectsOf(ctx context.Context, w objectsOf) (Objects, error) {
	if got, ok := f.salvaged[salvageKey(w.ID, w.Key)]; ok {
		durable.Charge(ctx, pipeline.Nobody)
		return got, nil
	}
	got, err := f.Contents.Objects(ctx, w.ID, w.Paths)
	for i := range got.Objects {
		o := &got.Objects[i]
		if o.keep(); len(o.Text) > mostBytes {
			*o = Object{Error: fmt.Sprintf("it is larger than %d kB", mostBytes/1000)}
		}
	}
	return got, github.FailAfter(ctx, err, triesAlone)
}

// salvageKey names what was read of a repository, in whichever run.
func salvageKey(id string, key durable.Key) string { return id + " " + key.String() }

// Salvage takes over the project files and folders that a run which never ended
// had read: they take most of GitHub's time, and are the same as long as the
// repository's tip is. Packages are not taken over: asking whether a known one
// changed takes as many requests as reading it.
func (s *Source) Salvage(ctx context.Context, journal durable.Journal, name string) error {
	if s.salvaged == nil {
		s.salvaged = make(map[string]Objects)
	}
	for e, err := range journal.Records(ctx, name) {
		if err != nil {
			return fmt.Errorf("salvage what %s had read of project files: %w", name, err)
		}
		path, key, ok := durable.ParseKey(e.Key)
		if !ok || key.Step != stepObjects || e.Record.State != durable.Succeeded || len(path) == 0 {
			continue
		}
		var got Objects
		id, ok := strings.CutPrefix(path[len(path)-1], filesPrefix)
		if ok && json.Unmarshal(e.Record.Output, &got) == nil && !slices.ContainsFunc(got.Objects, func(o Object) bool { return o.Error != "" }) {
			got.Cost = 0
			s.salvaged[salvageKey(id, key)] = got
		}
	}
	return nil
}

var _ pipeline.Salvager = (*Source)(nil)
