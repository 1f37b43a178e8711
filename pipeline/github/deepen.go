package github

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// How many commits of one repository are asked for: at first, when it needs
// more, and at least when that is too much. What a run comes to must not depend
// on how many repositories were asked for together, so the first does not.
const (
	commitsFirst = pipeline.RecentCommits
	commitsOn    = 100
	leastCommits = 5
)

// walk is how far a default branch was read.
type walk struct {
	commits []pipeline.Commit // newest first
	next    string            // cursor
	ended   bool
	failed  string // why it cannot be read on
}

// on reports that there is more to read.
func (w *walk) on() bool { return w == nil || !w.ended && w.failed == "" }

// take appends a page. The history ends where GitHub says so, or with as many
// commits as it has by GitHub's count; one that goes on in circles fails.
func (w *walk) take(page CommitPage) {
	seen := make(map[string]bool, len(w.commits))
	for _, c := range w.commits {
		seen[c.OID] = true
	}
	fresh := 0
	for _, c := range page.Commits {
		if !seen[c.OID] {
			seen[c.OID] = true
			w.commits = append(w.commits, c)
			fresh++
		}
	}
	w.next, w.ended = page.Next, page.Next == "" || len(w.commits) >= page.Total
	if !w.ended && fresh == 0 {
		w.failed = "GitHub's history of it does not advance"
	}
}

func (s *githubRun) enterTip(r *pipeline.Repository, t Tip) {
	if t.Error != "" {
		r.ReadError = t.Error
		return
	}
	d := own(r)
	if d.Revision != s.revision || d.Tip == nil || t.Commit == nil || d.Tip.OID != t.Commit.OID {
		d.Tip, d.Search = t.Commit, nil
	}
	d.ReadAt, d.Revision = s.moment.AsOf, s.revision
	r.DefaultBranch = t.Branch
}

// own returns the repository's detail, for this run to write to: the one at hand
// may be an earlier run's.
func own(r *pipeline.Repository) *pipeline.Detail {
	d := pipeline.Detail{}
	if r.Detail != nil {
		d = *r.Detail
	}
	r.Detail = &d
	return &d
}

// deepen reads on behind tips, and how large commits are, until the repositories
// can be judged or there is no more to be had. The name sets its steps apart.
func (l *listing) deepen(o *durable.Orchestration, name string) error {
	for round := 1; ; round++ {
		var histories []*durable.Task[batchOf[CommitPage]]
		asked := make(map[string]bool)
		for _, a := range l.ahead {
			ids, _ := l.run.needed(a.of)
			for _, id := range ids {
				asked[id] = true
			}
			histories = append(histories, a.read)
		}
		l.ahead = nil
		begin, on, commits := l.wanted(asked)
		if len(asked)+len(begin)+len(on)+len(commits) == 0 {
			return nil
		}
		at := func(what string) string { return fmt.Sprintf("%s %s %d", name, what, round) }
		histories = append(histories, durable.Sub(o, at("histories"), l.run.histories, begin))
		var further []*durable.Task[*walk]
		for _, id := range on {
			w := *l.walks[id]
			w.commits = slices.Clone(w.commits) // it goes on beside what is entered here
			further = append(further, durable.Sub(o, at("on "+id), l.walkOn, begun{*l.found[id], w}))
		}
		sizes := durable.Sub(o, at("sizes"), l.run.sizes, commits)

		batches, err := durable.All(histories)
		for _, pages := range batches {
			l.tally.add(pages.tally)
			for _, p := range pages.read {
				l.enterPage(p)
			}
		}
		walks, onErr := durable.All(further)
		for i, id := range on {
			if walks[i] != nil {
				l.enterWalk(id, walks[i])
			}
		}
		changed, sizeErr := sizes.Await()
		l.tally.add(changed.tally)
		l.enterSizes(changed.read)
		if err := errors.Join(err, onErr, sizeErr); err != nil {
			return fmt.Errorf("read behind tips: %w", err)
		}
	}
}

// wanted is what has to be read before the owner's repositories can be judged,
// can be had, and was not asked for: histories from the tip on, further ones, and
// commits' sizes, by the commits' ids.
func (l *listing) wanted(asked map[string]bool) (begin, on, commits []string) {
	for _, want := range l.run.Judge.Wants(l.judgeable(), l.run.moment.AsOf) {
		w := l.walks[want.ID]
		switch {
		case !want.History || !w.on() || asked[want.ID]:
		case w == nil:
			begin = append(begin, want.ID)
		default:
			on = append(on, want.ID)
		}
		ids := l.commitIDs(want.ID)
		for _, oid := range want.Sizes {
			if id := ids[oid]; id != "" && !l.sized[id] {
				l.sized[id] = true
				commits = append(commits, id)
			}
		}
	}
	return begin, on, commits
}

// judgeable are the repositories of which something is known that holds.
func (l *listing) judgeable() []pipeline.Repository {
	repos := make([]pipeline.Repository, 0, len(l.order))
	for _, id := range l.order {
		if r := l.found[id]; r.ReadError == "" && r.Detail != nil {
			repos = append(repos, *r)
		}
	}
	return repos
}

// commitIDs are the ids of the commits that are known of a repository, by oid.
func (l *listing) commitIDs(id string) map[string]string {
	ids := make(map[string]string)
	note := func(c *pipeline.Commit) { ids[c.OID] = c.ID }
	eachCommit(l.found[id].Detail, note)
	if w := l.walks[id]; w != nil {
		for i := range w.commits {
			note(&w.commits[i])
		}
	}
	return ids
}

// eachCommit visits the commits that a detail keeps.
func eachCommit(d *pipeline.Detail, do func(*pipeline.Commit)) {
	if d.Tip != nil {
		do(d.Tip)
	}
	if d.Search != nil {
		for i := range d.Search.People {
			do(&d.Search.People[i])
		}
	}
}

// histories reads the newest commits of several repositories.
func (s *githubRun) histories(o *durable.Orchestration, ids []string) (b batchOf[CommitPage], err error) {
	ask := func(ctx context.Context, ids []string) (Histories, error) {
		return s.Catalog.Histories(ctx, HistoryQuery{IDs: ids, First: commitsFirst})
	}
	r := reading[CommitPage]{kind: kindHistory, ask: ask, unread: func(e Element) CommitPage { return CommitPage{Element: e} }}
	b.read, b.tally, err = read(o, s, r, ids)
	return b, err
}

// begun is a repository with how far its history was read.
type begun struct {
	repo pipeline.Repository
	walk walk
}

// walkOn reads one repository's history on, in smaller pages when GitHub cannot
// answer in time, until nothing more of it is wanted for itself.
func (l *listing) walkOn(o *durable.Orchestration, from begun) (*walk, error) {
	r, w := from.repo, from.walk
	id, most := r.ID, commitsOn
	for w.on() {
		key := durable.Key{Step: kindHistory, Item: fmt.Sprintf("%s %d after %s", id, most, w.next), Revision: l.run.revision}
		got, err := durable.Go(o, key, l.run.further, HistoryQuery{IDs: []string{id}, After: w.next, First: most}).Await()
		failure, failed := errors.AsType[*durable.Failure](err)
		switch {
		case failed && most > leastCommits:
			most = max(most/2, leastCommits)
			continue
		case failed:
			w.failed = failure.Message
		case err != nil:
			return nil, err
		case got.Elements[0].Error != "":
			w.failed = got.Elements[0].Error
		default:
			w.take(got.Elements[0])
		}
		r.Detail = l.searched(r, &w)
		if wants := l.run.Judge.Wants([]pipeline.Repository{r}, l.run.moment.AsOf); len(wants) == 0 || !wants[0].History {
			break
		}
	}
	return &w, nil
}

// further is the activity behind a walk that goes on.
func (s *githubRun) further(ctx context.Context, q HistoryQuery) (Histories, error) {
	h, err := s.Catalog.Histories(ctx, q)
	if err == nil && h.Elements[0].Again {
		err = &spoiltError{h.Elements[0].Error}
	}
	return h, s.failWhenTooMuch(ctx, kindHistory, 1, err, triesAlone)
}

// enterPage enters the beginning of a history.
func (l *listing) enterPage(page CommitPage) {
	if l.found[page.ID] == nil {
		return // it was dropped
	}
	w := &walk{failed: page.Error}
	if page.Error == "" {
		w.take(page)
	}
	l.enterWalk(page.ID, w)
}

func (l *listing) enterWalk(id string, w *walk) {
	l.walks[id] = w
	r := l.found[id]
	if w.failed != "" {
		r.ReadError = w.failed
		return
	}
	r.Detail = l.searched(*r, w)
}

// searched is the repository's detail with what a walk came to.
func (l *listing) searched(r pipeline.Repository, w *walk) *pipeline.Detail {
	d := own(&r)
	keepMarks(w.commits, l.run.Known[r.ID].Detail)
	keepMarks(w.commits, d)
	d.Search = l.run.Judge.Search(w.commits, w.ended, l.run.moment.AsOf)
	if len(w.commits) > 0 && (d.Tip == nil || d.Tip.OID != w.commits[0].OID) {
		tip := w.commits[0] // it moved since it was read
		d.Tip = &tip
	}
	return d
}

// keepMarks enters into commits what is known of them besides what a history
// tells: sizes, and which were part of a campaign.
func keepMarks(commits []pipeline.Commit, known *pipeline.Detail) {
	if known == nil {
		return
	}
	marked := make(map[string]pipeline.Commit)
	eachCommit(known, func(c *pipeline.Commit) {
		if c.Size != nil || c.Campaign != 0 {
			marked[c.OID] = *c
		}
	})
	for i := range commits {
		c := &commits[i]
		if m, ok := marked[c.OID]; ok {
			c.Campaign = m.Campaign
			if m.Size != nil {
				c.Size = m.Size
			}
		}
	}
}

// sizes reads how much commits changed.
func (s *githubRun) sizes(o *durable.Orchestration, commits []string) (b batchOf[Size], err error) {
	r := reading[Size]{kind: kindSizes, ask: s.Catalog.Sizes, unread: func(e Element) Size { return Size{Element: e} }}
	b.read, b.tally, err = read(o, s, r, commits)
	return b, err
}

// enterSizes enters sizes wherever their commits are kept. One that could not be
// had is left out.
func (l *listing) enterSizes(read []Size) {
	sizes := make(map[string]*pipeline.CommitSize, len(read))
	for _, s := range read {
		if s.Size != nil {
			sizes[s.ID] = s.Size
		}
	}
	if len(sizes) == 0 {
		return
	}
	for _, id := range l.order {
		r, w := l.found[id], l.walks[id]
		if w != nil {
			for i := range w.commits {
				if s := sizes[w.commits[i].ID]; s != nil {
					w.commits[i].Size = s
				}
			}
		}
		if r.Detail == nil || !keeps(r.Detail, sizes) {
			continue
		}
		d := own(r)
		if d.Tip != nil {
			tip := *d.Tip
			d.Tip = &tip
		}
		if w != nil && w.failed == "" {
			d.Search = l.run.Judge.Search(w.commits, w.ended, l.run.moment.AsOf)
		} else if d.Search != nil {
			search := *d.Search
			search.People = slices.Clone(search.People)
			d.Search = &search
		}
		eachCommit(d, func(c *pipeline.Commit) {
			if s := sizes[c.ID]; s != nil {
				c.Size = s
			}
		})
	}
}

// keeps reports that a detail keeps one of the commits.
func keeps(d *pipeline.Detail, sizes map[string]*pipeline.CommitSize) (found bool) {
	eachCommit(d, func(c *pipeline.Commit) { found = found || sizes[c.ID] != nil })
	return found
}
