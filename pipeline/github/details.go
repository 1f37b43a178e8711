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
	of      map[string]*listing // by the repository's id
	tally   tally
	refused map[string]map[string]bool // names of repositories, by what the token may not see of them
	unread  []string                   // what could not be read, with the reason
}

// details reads the details that are due, after every status stands.
func (s *githubRun) details(o *durable.Orchestration, listings []*listing) (*detailing, error) {
	d := &detailing{run: s, of: make(map[string]*listing), refused: make(map[string]map[string]bool)}
	var trees, public, private []string
	for _, l := range listings {
		for _, id := range l.order {
			r := l.found[id]
			if r.Detail == nil || r.ReadError != "" {
				continue
			}
			d.of[id] = l
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
	counts := []*durable.Task[batchOf[Count]]{
		durable.Sub(o, "counts", s.counts, public),
		durable.Sub(o, "private counts", s.counts, private),
	}
	rooted, err := durable.Sub(o, "trees", s.trees, trees).Await()
	d.tally.add(rooted.tally)
	d.enterTrees(rooted.read)
	// Other branches may tell that more has to be known.
	var again []*durable.Task[*listing]
	if err == nil {
		for _, l := range listings {
			again = append(again, durable.Sub(o, "branches of "+l.owner, l.judgeByBranches, l.owner))
		}
	}
	files, filesErr := s.files(o, rooted.read)
	_, againErr := durable.All(again)
	d.enterFiles(rooted.read, files)
	counted, countErr := durable.All(counts)
	for _, c := range counted {
		d.tally.add(c.tally)
		d.enterCounts(c.read)
	}
	return d, errors.Join(err, filesErr, againErr, countErr)
}

func (l *listing) judgeByBranches(o *durable.Orchestration, _ string) (*listing, error) {
	return l, l.deepen(o, "judge")
}

func (s *githubRun) trees(o *durable.Orchestration, ids []string) (b batchOf[Tree], err error) {
	r := reading[Tree]{kind: kindTrees, ask: s.Catalog.Trees, unread: func(e Element) Tree { return Tree{Element: e} }}
	b.read, b.tally, err = read(o, s, r, ids)
	return b, err
}

// fileSet is what was read of the files, by path and by the repository's id.
type fileSet struct {
	read  map[string]map[string]File
	tally tally
}

// files reads the files that trees show, one path at a time but all at once.
func (s *githubRun) files(o *durable.Orchestration, trees []Tree) (fileSet, error) {
	ids := make(map[string][]string)
	for _, t := range trees {
		for _, p := range t.Paths {
			if s.reads(p) {
				ids[p] = append(ids[p], t.ID)
			}
		}
	}
	paths := slices.Sorted(maps.Keys(ids))
	var tasks []*durable.Task[batchOf[File]]
	for _, p := range paths {
		tasks = append(tasks, durable.Sub(o, "file "+p, s.file(p), ids[p]))
	}
	parts, err := durable.All(tasks)
	set := fileSet{read: make(map[string]map[string]File)}
	for i, b := range parts {
		set.tally.add(b.tally)
		set.read[paths[i]] = make(map[string]File)
		for _, f := range b.read {
			set.read[paths[i]][f.ID] = f
		}
	}
	return set, err
}

const codeowners = "CODEOWNERS"

// file reads one path. Of the text only what judging looks at is kept.
func (s *githubRun) file(p string) durable.Orchestrator[[]string, batchOf[File]] {
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
	return func(o *durable.Orchestration, ids []string) (b batchOf[File], err error) {
		r := reading[File]{kind: kindFiles, item: p, ask: ask, unread: func(e Element) File { return File{Element: e, Path: p} }}
		b.read, b.tally, err = read(o, s, r, ids)
		return b, err
	}
}

// enterTrees enters what trees say at once: the names in the root and whether
// another branch is newer.
func (d *detailing) enterTrees(trees []Tree) {
	for _, t := range trees {
		if t.Error == "" {
			detail := own(d.of[t.ID].found[t.ID])
			detail.RootEntries, detail.ActiveBranch = t.Entries, t.ActiveBranch
		}
	}
}

// enterFiles enters what trees and files say of the repositories that were read
// whole.
func (d *detailing) enterFiles(trees []Tree, files fileSet) {
	d.tally.add(files.tally)
	for _, t := range trees {
		l := d.of[t.ID]
		r := l.found[t.ID]
		contents, whole, why := d.run.contents(t, files.read)
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

// counts counts what is open. What is refused of one repository is not asked of
// the others, so the first few go ahead.
func (s *githubRun) counts(o *durable.Orchestration, ids []string) (all batchOf[Count], err error) {
	q := CountsQuery{Issues: true, PullRequests: true}
	ahead := min(len(ids), bounds[kindCounts].first)
	now, later := ids[:ahead], ids[ahead:]
	for len(now) > 0 && (q.Issues || q.PullRequests) {
		part, err := s.countOnce(o, q, now)
		all.tally.add(part.tally)
		all.read = append(all.read, part.read...)
		if err != nil {
			return all, err
		}
		var again []string
		for _, c := range part.read {
			q.Issues = q.Issues && !slices.Contains(c.Refused, Issues)
			q.PullRequests = q.PullRequests && !slices.Contains(c.Refused, PullRequests)
			if len(c.Refused) > 0 {
				again = append(again, c.ID)
			}
		}
		now, later = append(again, later...), nil
	}
	for _, id := range now { // of which nothing may be seen
		all.read = append(all.read, Count{Element: Element{ID: id}, Refused: []string{Issues, PullRequests}})
	}
	return all, nil
}

func (s *githubRun) countOnce(o *durable.Orchestration, q CountsQuery, ids []string) (b batchOf[Count], err error) {
	ask := func(ctx context.Context, ids []string) (Counts, error) {
		return s.Catalog.Counts(ctx, CountsQuery{IDs: ids, Issues: q.Issues, PullRequests: q.PullRequests})
	}
	r := reading[Count]{kind: kindCounts, item: fmt.Sprint(q.Issues, q.PullRequests), ask: ask,
		unread: func(e Element) Count { return Count{Element: e} }}
	b.read, b.tally, err = read(o, s, r, ids)
	return b, err
}

// enterCounts enters counts. What the token may not see keeps its last value.
func (d *detailing) enterCounts(counts []Count) {
	for _, c := range counts {
		l := d.of[c.ID]
		r := l.found[c.ID]
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
