package site

import (
	"cmp"
	"slices"

	"github.com/stalewatch/stalewatch/pipeline"
)

// The most candidates kept for one topic or language, and the most shown.
const (
	maxCandidates   = 24
	maxAlternatives = 5
)

// alternatives finds repositories that are alive and like another one.
type alternatives struct {
	rows    []row
	byTopic map[string][]int32 // most stars first
	byLang  map[string][]int32
}

func newAlternatives(rows []row) alternatives {
	a := alternatives{rows, map[string][]int32{}, map[string][]int32{}}
	alive := slices.DeleteFunc(indices(len(rows)), func(i int32) bool {
		w := &rows[i]
		return w.Status != pipeline.Fresh && w.Status != pipeline.Active || w.IsFork || w.IsMirror
	})
	slices.SortStableFunc(alive, func(x, y int32) int {
		return cmp.Compare(rows[y].StargazerCount, rows[x].StargazerCount)
	})
	keep := func(m map[string][]int32, key string, i int32) {
		if key != "" && len(m[key]) < maxCandidates {
			m[key] = append(m[key], i)
		}
	}
	for _, i := range alive {
		for _, t := range rows[i].Topics {
			keep(a.byTopic, t, i)
		}
		keep(a.byLang, deref(rows[i].PrimaryLanguage), i)
	}
	return a
}

// to lists live repositories with the same topics or language: most topics in
// common first, then the same language, then stars.
func (a alternatives) to(i int32) []*row {
	w := &a.rows[i]
	score := map[int32]int{}
	for _, t := range w.Topics {
		for _, c := range a.byTopic[t] {
			score[c] += 2
		}
	}
	for _, c := range a.byLang[deref(w.PrimaryLanguage)] {
		score[c]++
	}
	delete(score, i)
	found := make([]int32, 0, len(score))
	for c := range score {
		found = append(found, c)
	}
	slices.SortFunc(found, func(x, y int32) int {
		return cmp.Or(cmp.Compare(score[y], score[x]),
			cmp.Compare(a.rows[y].StargazerCount, a.rows[x].StargazerCount), cmp.Compare(x, y))
	})
	best := make([]*row, 0, maxAlternatives)
	for _, c := range found[:min(len(found), maxAlternatives)] {
		best = append(best, &a.rows[c])
	}
	return best
}
