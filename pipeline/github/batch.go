package github

import (
	"slices"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// batch is repositories whose tips are read together, as many as GitHub allows,
// while the listing still pages.
type batch struct {
	rows []pipeline.Repository // as they were listed
	tips *durable.Task[batchOf[Tip]]
}

// ahead is histories that are read while the listing still pages.
type ahead struct {
	of   []batch
	read *durable.Task[batchOf[CommitPage]]
}

// flush begins to read the tips of a full batch, or of all when last, and what
// lies behind those of every two.
func (l *listing) flush(last bool) {
	most := bounds[kindTips].most
	for len(l.pending) >= most || last && len(l.pending) > 0 {
		ids := slices.Clone(l.pending[:min(len(l.pending), most)])
		l.pending = l.pending[len(ids):]
		name := durable.Digest(ids...)
		b := batch{rows: l.rows(ids), tips: durable.Sub(l.o, "tips "+name, l.run.tips, ids)}
		l.batches = append(l.batches, b)
		if n := len(l.batches); n%2 == 0 { // two need about as many histories as one query reads
			pair := slices.Clone(l.batches[n-2:])
			l.ahead = append(l.ahead, ahead{pair, durable.Sub(l.o, "histories "+name, l.run.behind, pair)})
		}
	}
}

func (l *listing) rows(ids []string) (rows []pipeline.Repository) {
	for _, id := range ids {
		rows = append(rows, *l.found[id])
	}
	return rows
}

// tips reads the tips of a batch.
func (s *githubRun) tips(o *durable.Orchestration, ids []string) (b batchOf[Tip], err error) {
	r := reading[Tip]{kind: kindTips, ask: s.Catalog.Tips, unread: func(e Element) Tip { return Tip{Element: e} }}
	b.read, b.tally, err = read(o, s, r, ids)
	return b, err
}

// behind reads the histories that the repositories of batches need.
func (s *githubRun) behind(o *durable.Orchestration, batches []batch) (batchOf[CommitPage], error) {
	ids, err := s.needed(batches)
	if err != nil {
		return batchOf[CommitPage]{}, err
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
		for _, t := range tips.read {
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

// enterTips waits for the tips and enters them.
func (l *listing) enterTips() error {
	for _, b := range l.batches {
		tips, err := b.tips.Await()
		l.tally.add(tips.tally)
		for _, t := range tips.read {
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
