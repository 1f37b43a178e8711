package github

import (
	"context"
	"errors"
	"fmt"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// triesAlone is how often a single element is tried before it counts as unread.
// A chunk is cut at once: less of it is less to compute.
const triesAlone = 3

// elemental is what an answer about several things consists of.
type elemental interface{ element() Element }

// reading is how things of one kind are read together.
type reading[E elemental] struct {
	kind string
	// item sets readings of the same things apart, such as by the path of a file.
	item string
	ask  func(ctx context.Context, ids []string) (Answer[E], error)
	// unread makes the element of what could not be read.
	unread func(Element) E
}

// tally counts the chunks that ended, and of those the ones that were too much.
type tally struct{ chunks, split int }

func (t *tally) add(o tally) { t.chunks, t.split = t.chunks+o.chunks, t.split+o.split }

// piece is ids to ask for together, or in parts of at most so many.
type piece struct {
	ids  []string
	most int // zero for no bound
}

// read asks about all of ids, a chunk at a time and several at once. How large
// a chunk is follows GitHub's answers, and is checkpointed before it is asked
// for: a resumed run cuts the same chunks again and finds them in the journal.
// What GitHub cannot answer is asked for in halves, down to single elements, of
// which one that cannot be read harms nobody else.
func read[E elemental](o *durable.Orchestration, s *githubRun, r reading[E], ids []string) ([]E, tally, error) {
	var out []E
	var sum tally
	todo := []piece{{ids: ids}}
	var flying []chunk[E]
	for {
		for len(todo) > 0 && len(flying) < inFlight {
			p := todo[0]
			if len(p.ids) == 0 {
				todo = todo[1:]
				continue
			}
			most := len(p.ids)
			if p.most > 0 {
				most = min(most, p.most)
			}
			n, err := s.plan(o, r.kind, r.item+" "+p.ids[0], most)
			if err != nil {
				return out, sum, err
			}
			c := chunk[E]{ids: p.ids[:n]}
			todo[0].ids = p.ids[n:]
			key := durable.Key{Step: r.kind, Item: durable.Digest(append([]string{r.item}, c.ids...)...), Revision: s.revision}
			c.task = durable.Go(o, key, r.activity(s), c.ids)
			flying = append(flying, c)
		}
		if len(flying) == 0 {
			return out, sum, nil
		}
		c := flying[0]
		flying = flying[1:]
		answer, err := c.task.Await()
		sum.chunks++
		failure, gone := errors.AsType[*durable.Failure](err)
		switch {
		case gone && len(c.ids) == 1:
			out = append(out, r.unread(Element{ID: c.ids[0], Error: failure.Message}))
		case gone:
			sum.split++
			s.learner.failed(r.kind, len(c.ids))
			todo = append([]piece{{c.ids, (len(c.ids) + 1) / 2}}, todo...)
		case err != nil:
			return out, sum, err
		default:
			s.learner.proved(r.kind, len(c.ids))
			again := take(&out, answer.Elements, len(c.ids))
			if len(again) > 0 {
				todo = append([]piece{{again, max(len(again)/2, 1)}}, todo...)
			}
		}
	}
}

// chunk is a request on its way.
type chunk[E any] struct {
	ids  []string
	task *durable.Task[Answer[E]]
}

// take keeps the elements that are final, and returns the ids of the others:
// those that may be read apart from the rest of the n.
func take[E elemental](out *[]E, elements []E, n int) (again []string) {
	for _, e := range elements {
		if e.element().Again && n > 1 {
			again = append(again, e.element().ID)
			continue
		}
		*out = append(*out, e)
	}
	return again
}

// plan waits until a chunk may be asked for and returns how large, from 1 to n.
// It remembers what was advised.
func (s *githubRun) plan(o *durable.Orchestration, kind, name string, n int) (int, error) {
	key := durable.Key{Step: pipeline.StepPlan, Item: fmt.Sprintf("%s %s by %d", kind, name, n), Revision: "1"}
	how, err := durable.Call(o, key, s.learner.turn, chunkOf{kind, name, n})
	return max(min(how.Size, n), 1), err
}

// activity asks for a chunk. A single element that came back spoilt is an error
// here, so that the engine tries again.
func (r reading[E]) activity(s *githubRun) durable.Activity[[]string, Answer[E]] {
	return func(ctx context.Context, ids []string) (Answer[E], error) {
		name := r.item + " " + ids[0]
		s.learner.sent(r.kind, name)
		defer s.learner.ended(r.kind, name)
		answer, err := r.ask(ctx, ids)
		if err == nil && len(ids) == 1 && answer.Elements[0].element().Again {
			err = &spoiltError{answer.Elements[0].element().Error}
		} else if err == nil {
			s.learner.answered(r.kind, len(ids), answer.Took)
		}
		tries := 1
		if len(ids) == 1 {
			tries = triesAlone
		}
		return answer, s.failWhenTooMuch(ctx, r.kind, len(ids), err, tries)
	}
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
func (s *githubRun) failWhenTooMuch(ctx context.Context, kind string, n int, err error, tries int) error {
	if err == nil {
		return nil
	}
	r := durable.RemedyOf(err)
	if r.Course == durable.Retry && (r.Cause == CauseTimeout || r.Cause == causeSpoilt) && durable.Attempt(ctx) >= tries {
		r = durable.Remedy{Course: durable.Fail, Cause: r.Cause}
		err = durable.WithRemedy(err, r)
	}
	if r.Course == durable.Fail && (r.Cause == CauseTimeout || r.Cause == CauseResources) {
		s.learner.failed(kind, n)
	}
	return err
}
