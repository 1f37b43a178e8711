package github

import (
	"context"
	"errors"
	"fmt"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

func equal[T any](a, b *T, same func(a, b T) bool) bool {
	if a == nil || b == nil {
		return a == b
	}
	return same(*a, *b)
}

// triesAlone is how often a single repository is tried before it counts as
// unread. A chunk is halved at once: half of it is less to compute, and a
// server in trouble is told from a chunk that is too much by the client.
const triesAlone = 3

// chunkResult is what came of one chunk and the pieces it had to be cut into.
type chunkResult struct {
	read  []Fetched
	asked int // requests that ended
	split int // chunks that had to be cut
}

func (c *chunkResult) take(o chunkResult) {
	c.read = append(c.read, o.read...)
	c.asked += o.asked
	c.split += o.split
}

// chunk fetches repositories together. What GitHub cannot answer in time is
// halved, down to single repositories; one that cannot be read even alone ends
// with its reason and harms nobody else.
func (s *githubRun) chunk(o *durable.Orchestration, ids []string) (chunkResult, error) {
	key := durable.Key{Step: "fetch", Item: durable.Digest(ids...), Revision: s.revision}
	got, err := durable.Go(o, key, s.fetch, ids).Await()
	out := chunkResult{asked: 1}
	failure, failed := errors.AsType[*durable.Failure](err)
	switch {
	case failed && len(ids) == 1:
		out.read = []Fetched{{ID: ids[0], Error: failure.Message}}
		return out, nil
	case failed:
		return s.halves(o, ids, out)
	case err != nil:
		return chunkResult{}, err
	}
	var again []string
	for _, f := range got.Repositories {
		if f.Again && len(ids) > 1 {
			again = append(again, f.ID)
			continue
		}
		if f.Detail != nil {
			f.Detail.ReadAt, f.Detail.Revision = s.moment.AsOf, s.revision
		}
		if f.Incomplete {
			f.Detail.Revision = "" // no run takes it for its own
		}
		out.read = append(out.read, f)
	}
	if len(again) == len(ids) {
		return s.halves(o, ids, out)
	}
	if len(again) > 0 {
		rest, err := durable.Sub(o, "again", s.chunk, again).Await()
		out.take(rest)
		return out, err
	}
	return out, nil
}

func (s *githubRun) halves(o *durable.Orchestration, ids []string, out chunkResult) (chunkResult, error) {
	mid := (len(ids) + 1) / 2
	parts, err := durable.All([]*durable.Task[chunkResult]{
		durable.Sub(o, "1", s.chunk, ids[:mid]),
		durable.Sub(o, "2", s.chunk, ids[mid:]),
	})
	out.split++
	for _, p := range parts {
		out.take(p)
	}
	return out, err
}

// fetch is the activity behind a chunk. A single repository that came back
// spoilt is an error here, so that the engine tries again.
func (s *githubRun) fetch(ctx context.Context, ids []string) (Chunk, error) {
	chunk, err := s.Catalog.Fetch(ctx, ids)
	for _, f := range chunk.Repositories {
		if d := f.Detail; d != nil && d.Codeowners != nil {
			*d.Codeowners = s.Judge.CondenseCodeowners(*d.Codeowners)
		}
	}
	if err == nil && len(ids) == 1 && chunk.Repositories[0].Again {
		err = &spoiltError{chunk.Repositories[0].Error}
	}
	return chunk, s.failAlone(ctx, err, len(ids))
}

func (s *githubRun) failAlone(ctx context.Context, err error, n int) error {
	if n > 1 {
		return failWhenTooMuch(ctx, err, 1)
	}
	return failWhenTooMuch(ctx, err, triesAlone)
}

// spoiltError says that GitHub answered, but not about this repository.
type spoiltError struct{ message string }

func (e *spoiltError) Error() string { return e.message }

func (e *spoiltError) Remedy() durable.Remedy {
	return durable.Remedy{Course: durable.Retry, Cause: causeSpoilt}
}

const causeSpoilt = "element"

// failWhenTooMuch turns an error that says the request was too much into a
// permanent failure after so many attempts, so that less is asked for.
func failWhenTooMuch(ctx context.Context, err error, tries int) error {
	if err == nil {
		return nil
	}
	r := durable.RemedyOf(err)
	if r.Course == durable.Retry && (r.Cause == CauseTimeout || r.Cause == causeSpoilt) && durable.Attempt(ctx) >= tries {
		return durable.WithRemedy(err, durable.Remedy{Course: durable.Fail, Cause: r.Cause})
	}
	return err
}

// wantsLess reports that an activity failed for good because it asked for too
// much at once.
func wantsLess(err error) bool {
	f, ok := errors.AsType[*durable.Failure](err)
	return ok && (f.Code == CauseTimeout || f.Code == CauseResources)
}

// Detailed is a repository's id with its detail.
type Detailed struct {
	ID     string
	Detail *pipeline.Detail
}

// bundle is several chunks whose bots' tips are searched together.
type bundle struct {
	chunks []*durable.Task[chunkResult]
	known  []Detailed // need a search, but not to be fetched
}

// bundle waits for its chunks and searches behind every tip that is a bot's.
func (s *githubRun) bundle(o *durable.Orchestration, b bundle) ([]chunkResult, error) {
	results, err := durable.All(b.chunks)
	if err != nil {
		return results, err
	}
	var known chunkResult
	for _, d := range b.known {
		copied := *d.Detail
		known.read = append(known.read, Fetched{ID: d.ID, Detail: &copied})
	}
	results = append(results, known)

	targets := make(map[string]*Fetched)
	var ids []string
	for i := range results {
		for j := range results[i].read {
			f := &results[i].read[j]
			if s.wants(pipeline.Repository{ID: f.ID, Detail: f.Detail}) {
				targets[f.ID] = f
				ids = append(ids, f.ID)
			}
		}
	}
	found, err := s.searchAll(o, ids)
	for _, r := range found {
		r.apply(targets[r.id])
	}
	if err != nil {
		// Searched or not is unknown of some, so nothing may be taken from them.
		for i := range results {
			results[i].read = keepSearched(results[i].read, targets, found)
		}
		return results, fmt.Errorf("search behind bots' tips: %w", err)
	}
	return results, nil
}

func keepSearched(read []Fetched, targets map[string]*Fetched, found []searched) []Fetched {
	done := make(map[string]bool)
	for _, r := range found {
		done[r.id] = true
	}
	var kept []Fetched
	for _, f := range read {
		if targets[f.ID] == nil || done[f.ID] {
			kept = append(kept, f)
		}
	}
	return kept
}
