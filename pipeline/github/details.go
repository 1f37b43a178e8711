package github

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"maps"
	"path"
	"slices"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// due reports that what was read at a time has to be read again at asOf: every
// seventh day, and spread so that no day pays for all, each id has a day of the
// week on which four days are enough.
func due(id string, readAt, asOf time.Time) bool {
	age := asOf.Sub(readAt)
	if readAt.IsZero() || age >= week {
		return true
	}
	h := fnv.New32a()
	h.Write([]byte(id))
	day := asOf.Unix() / int64(24*60*60)
	return age >= 4*24*time.Hour && int64(h.Sum32()%7) == day%7
}

// detailing reads what is optional: what no status depends on. It works on the
// repositories of all owners together.
type detailing struct {
	run     *githubRun
	of      map[string]*pipeline.Repository // by id
	tally   tally
	refused map[string]map[string]bool // names of repositories, by what the token may not see of them
	unread  []string                   // what could not be read, with the reason
}

// details reads the details that are due, after every status stands.
func (s *githubRun) details(o *durable.Orchestration, listings []*listing) (pipeline.Gathered, error) {
	d := &detailing{run: s, of: make(map[string]*pipeline.Repository), refused: make(map[string]map[string]bool)}
	var trees, public, private []string
	for _, l := range listings {
		for _, id := range l.order {
			r := l.found[id]
			if r.Detail == nil || r.ReadError != "" {
				continue
			}
			d.of[id] = r
			if r.Detail.Tip != nil && r.Detail.FilesAt.Before(r.Detail.ReadAt) {
				trees = append(trees, id)
			}
			switch {
			case !r.Detail.CountsAt.Before(r.Detail.ReadAt) && !due(id, r.Detail.CountsAt, s.moment.AsOf):
			case r.IsPrivate:
				private = append(private, id)
			default:
				public = append(public, id)
			}
		}
	}
	// A token may see the issues of public repositories alone.
	counts := []*durable.Task[answers[Count]]{
		durable.Sub(o, "counts", s.counts, public),
		durable.Sub(o, "private counts", s.counts, private),
	}
	rooted, err := durable.Sub(o, "trees", s.trees, trees).Await()
	d.tally.add(rooted.tally)
	d.enterTrees(rooted.elements)
	// Other branches may tell that more has to be known.
	deepen := func(o *durable.Orchestration, l *listing) (*listing, error) { return l, l.deepen(o, "judge") }
	var again []*durable.Task[*listing]
	if err == nil {
		for _, l := range listings {
			again = append(again, durable.Sub(o, "branches of "+l.owner, deepen, l))
		}
	}
	files, filesErr := d.files(o, rooted.elements)
	_, againErr := durable.All(again)
	d.enterFiles(rooted.elements, files)
	counted, countErr := durable.All(counts)
	for _, c := range counted {
		d.tally.add(c.tally)
		d.enterCounts(c.elements)
	}
	return pipeline.Gathered{Notices: d.notices(), Counters: d.tally.counters()}, errors.Join(err, filesErr, againErr, countErr)
}

func (s *githubRun) trees(o *durable.Orchestration, ids []string) (answers[Tree], error) {
	return read(o, s, subject{kind: kindTrees}, s.Catalog.Trees, ids)
}

// files reads the files that trees show, all paths at once, and returns them by
// path and by the repository's id.
func (d *detailing) files(o *durable.Orchestration, trees []Tree) (map[string]map[string]File, error) {
	ids := make(map[string][]string)
	for _, t := range trees {
		for _, p := range t.Paths {
			if d.run.reads(p) {
				ids[p] = append(ids[p], t.ID)
			}
		}
	}
	paths := slices.Sorted(maps.Keys(ids))
	var tasks []*durable.Task[answers[File]]
	for _, p := range paths {
		tasks = append(tasks, durable.Sub(o, "file "+p, d.run.file(p), ids[p]))
	}
	parts, err := durable.All(tasks)
	read := make(map[string]map[string]File)
	for i, part := range parts {
		d.tally.add(part.tally)
		for _, f := range part.elements {
			entry(read, paths[i])[f.ID] = f
		}
	}
	return read, err
}

const codeowners = "CODEOWNERS"

// file reads one path. Of the text only what judging looks at is kept.
func (s *githubRun) file(p string) durable.Orchestrator[[]string, answers[File]] {
	keep := s.Judge.CondenseReadme
	if path.Base(p) == codeowners {
		keep = s.Judge.CondenseCodeowners
	}
	ask := func(ctx context.Context, ids []string) (Files, error) {
		files, err := s.Catalog.Files(ctx, FilesQuery{IDs: ids, Path: p})
		for i := range files.Elements {
			if t := files.Elements[i].Text; t != nil {
				*t = keep(*t)
			}
		}
		return files, err
	}
	return func(o *durable.Orchestration, ids []string) (answers[File], error) {
		return read(o, s, subject{kindFiles, p}, ask, ids)
	}
}

// enterTrees enters what trees say at once: the names in the root and whether
// another branch is newer.
func (d *detailing) enterTrees(trees []Tree) {
	for _, t := range trees {
		if t.Error == "" {
			detail := own(d.of[t.ID])
			detail.RootEntries, detail.ActiveBranch = t.Entries, t.ActiveBranch
		}
	}
}

// enterFiles enters what trees and files say of the repositories that were read
// whole.
func (d *detailing) enterFiles(trees []Tree, files map[string]map[string]File) {
	for _, t := range trees {
		r := d.of[t.ID]
		contents, whole, why := d.run.contents(t, files)
		if why != "" {
			d.unread = append(d.unread, fmt.Sprintf("%s (%s)", r.NameWithOwner, why))
		}
		if whole {
			enterContents(own(r), contents, d.run.moment.AsOf)
		}
	}
}

// contents is what a tree and the files that it shows say. It is whole when all
// of them were read; why names the first that could not be.
func (g *Source) contents(t Tree, files map[string]map[string]File) (d pipeline.Detail, whole bool, why string) {
	d = pipeline.Detail{RootEntries: t.Entries, ActiveBranch: t.ActiveBranch}
	whole, why = t.Error == "", t.Error
	for _, p := range t.Paths {
		if !g.reads(p) {
			continue
		}
		f, ok := files[p][t.ID]
		whole, why = whole && ok && f.Error == "", cmp.Or(why, f.Error)
		switch {
		case path.Base(p) != codeowners:
			d.Readme = f.Text
		case d.Codeowners == nil:
			d.Codeowners = f.Text
		}
	}
	return d, whole, why
}

// reads reports whether a path is worth reading under the rules in force.
func (g *Source) reads(p string) bool {
	return g.Judge.Rules().Codeowners || path.Base(p) != codeowners
}

func enterContents(d *pipeline.Detail, contents pipeline.Detail, at time.Time) {
	d.FilesAt = at
	d.RootEntries, d.ActiveBranch = contents.RootEntries, contents.ActiveBranch
	d.Readme, d.Codeowners = contents.Readme, contents.Codeowners
}

// enterCounts enters counts. What the token may not see keeps its last value.
func (d *detailing) enterCounts(counts []Count) {
	for _, c := range counts {
		r := d.of[c.ID]
		for _, name := range c.Refused {
			entry(d.refused, name)[r.NameWithOwner] = true
		}
		if c.Error != "" && len(c.Refused) == 0 {
			d.unread = append(d.unread, fmt.Sprintf("%s (%s)", r.NameWithOwner, c.Error))
			continue
		}
		detail := own(r)
		detail.CountsAt = d.run.moment.AsOf
		if c.Issues != nil {
			detail.OpenIssueCount = *c.Issues
		}
		if c.PullRequests != nil {
			detail.OpenPullRequestCount = *c.PullRequests
		}
	}
}

// notices say once what is missing.
func (d *detailing) notices() (out []string) {
	for _, name := range slices.Sorted(maps.Keys(d.refused)) {
		of := slices.Sorted(maps.Keys(d.refused[name]))
		out = append(out, fmt.Sprintf("The token may not see the %s of %s, such as %s: they are not counted. Give it read access to them, or leave it so.",
			name, repositories(len(of)), of[0]))
	}
	if n := len(d.unread); n > 0 {
		out = append(out, fmt.Sprintf("Details of %s could not be read, such as those of %s. No status depends on them; the next run asks again.",
			repositories(n), d.unread[0]))
	}
	return out
}

func repositories(n int) string {
	if n == 1 {
		return "1 repository"
	}
	return fmt.Sprintf("%d repositories", n)
}
