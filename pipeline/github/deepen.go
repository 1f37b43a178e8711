package github

import (
	"errors"
	"fmt"
	"slices"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// deepen reads what lies behind tips, and how large commits are, until the
// repositories can be judged or nothing more can be read. The name sets its steps
// apart.
func (l *listing) deepen(o *durable.Orchestration, name string) error {
	for round := 1; ; round++ {
		var histories []*durable.Task[answers[CommitPage]]
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
			for _, p := range pages.elements {
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
		l.enterSizes(changed.elements)
		if err := errors.Join(err, onErr, sizeErr); err != nil {
			return fmt.Errorf("read behind tips: %w", err)
		}
	}
}

// wanted is what still has to be read before the owner's repositories can be judged,
// and can be: histories from the tip on, further ones, and commits' sizes, by the
// commits' ids.
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

// judgeable are the repositories that were read, now or before.
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
	for c := range l.found[id].Detail.Commits() {
		ids[c.OID] = c.ID
	}
	if w := l.walks[id]; w != nil {
		for _, c := range w.commits {
			ids[c.OID] = c.ID
		}
	}
	return ids
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

// sizes reads how much commits changed.
func (s *githubRun) sizes(o *durable.Orchestration, commits []string) (answers[Size], error) {
	return read(o, s, subject{kind: kindSizes}, s.Catalog.Sizes, commits)
}

// enterSizes enters sizes wherever their commits are kept.
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
		r.Detail = r.Detail.Clone()
		if w != nil && w.failed == "" {
			r.Detail.Search = l.run.Judge.Search(w.commits, w.ended, l.run.moment.AsOf)
		}
		for c := range r.Detail.Commits() {
			if s := sizes[c.ID]; s != nil {
				c.Size = s
			}
		}
	}
}

// keeps reports that a detail keeps one of the commits.
func keeps(d *pipeline.Detail, sizes map[string]*pipeline.CommitSize) bool {
	for c := range d.Commits() {
		if sizes[c.ID] != nil {
			return true
		}
	}
	return false
}
