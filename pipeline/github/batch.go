package github

import (
	"context"
	"slices"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// flush begins to read the tips of a full batch, or of all when last, and what
// lies behind those of every two.
func (l *listing) flush(last bool) {
	most := bounds[kindTips].most
	for len(l.pending) >= most || last && len(l.pending) > 0 {
		ids := slices.Clone(l.pending[:min(len(l.pending), most)])
		l.pending = l.pending[len(ids):]
		name := durable.Digest(ids...)
		b := batch{tips: durable.Sub(l.o, "tips "+name, l.run.tips, ids)}
		for _, id := range ids {
			b.rows = append(b.rows, *l.found[id])
		}
		l.batches = append(l.batches, b)
		if n := len(l.batches); n%2 == 0 { // two need about as many histories as one query reads
			pair := slices.Clone(l.batches[n-2:])
			l.ahead = append(l.ahead, ahead{pair, durable.Sub(l.o, "histories "+name, l.run.behind, pair)})
		}
	}
}

// tips reads the tips of a batch.
func (s *githubRun) tips(o *durable.Orchestration, ids []string) (answers[Tip], error) {
	return read(o, s, subject{kind: kindTips}, s.Catalog.Tips, ids)
}

// behind reads the histories that the repositories of batches need.
func (s *githubRun) behind(o *durable.Orchestration, batches []batch) (answers[CommitPage], error) {
	ids, err := s.needed(batches)
	if err != nil {
		return answers[CommitPage]{}, err
	}
	return s.histories(o, ids)
}

// needed are the repositories of batches whose histories have to be read by what
// their tips tell. Together with others it may be more, and is never fewer.
func (s *githubRun) needed(batches []batch) (ids []string, err error) {
	var rows []pipeline.Repository
	for _, b := range batches {
		tips, err := b.tips.Await()
		if err != nil {
			return nil, err
		}
		at := make(map[string]int)
		for _, r := range b.rows {
			at[r.ID] = len(rows)
			rows = append(rows, r)
		}
		for _, t := range tips.elements {
			s.enterTip(&rows[at[t.ID]], t)
		}
	}
	for _, want := range s.Judge.Wants(rows, s.moment.AsOf) {
		if want.History {
			ids = append(ids, want.ID)
		}
	}
	return ids, nil
}

// histories reads the newest commits of several repositories.
func (s *githubRun) histories(o *durable.Orchestration, ids []string) (answers[CommitPage], error) {
	ask := func(ctx context.Context, ids []string) (Histories, error) {
		return s.Catalog.Histories(ctx, HistoryQuery{IDs: ids, First: commitsFirst})
	}
	return read(o, s, subject{kind: kindHistory}, ask, ids)
}

// enterTips waits for the tips and enters them.
func (l *listing) enterTips() error {
	for _, b := range l.batches {
		tips, err := b.tips.Await()
		l.tally.add(tips.tally)
		for _, t := range tips.elements {
			if r := l.found[t.ID]; r != nil { // it may have been dropped
				l.run.enterTip(r, t)
			}
		}
		if err != nil {
			return err
		}
	}
	l.batches = nil // a hundred thousand repositories are not kept twice
	return nil
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
