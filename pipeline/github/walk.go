package github

import (
	"context"
	"errors"
	"fmt"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// How many commits of one repository are asked for: at first, when it needs
// more, and at least when that is too much. The result of a run must not depend
// on how many repositories were asked for together, so the first does not.
const (
	commitsFirst = pipeline.RecentCommits
	commitsOn    = 100
	leastCommits = 5
)

// begun is a repository and how far its history was read.
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
	if err == nil {
		err = h.Elements[0].spoilt()
	}
	return h, s.failWhenTooMuch(ctx, kindHistory, 1, err, triesAlone)
}

// searched is the repository's detail with what a walk found.
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

// keepMarks enters into commits what a history does not tell: sizes, and which were
// part of a campaign.
func keepMarks(commits []pipeline.Commit, known *pipeline.Detail) {
	if known == nil {
		return
	}
	marked := make(map[string]pipeline.Commit)
	for c := range known.Commits() {
		if c.Size != nil || c.Campaign != 0 {
			marked[c.OID] = *c
		}
	}
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
