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

// subject is what is asked about things: a kind of query, and an item such as a
// file's path where one kind asks several things.
type subject struct{ kind, item string }

// name is what a chunk of ids is called.
func (r subject) name(ids []string) string { return r.item + " " + ids[0] }

// elemental is a pointer to what answers of one kind consist of.
type elemental[E any] interface {
	*E
	element() *Element
}

// answers is what a reading returns.
type answers[E any] struct {
	elements []E
	tally    tally
}

// tally counts the chunks that ended, and of those the ones that were too much.
type tally struct{ chunks, split int }

func (t *tally) add(o tally) { t.chunks, t.split = t.chunks+o.chunks, t.split+o.split }

func (t tally) counters() pipeline.Counters {
	return pipeline.Counters{Chunks: t.chunks, SplitChunks: t.split}
}

// piece is ids to ask for together, or in parts of at most so many.
type piece struct {
	ids  []string
	most int
}

// chunk is a request on its way.
type chunk[E any] struct {
	ids  []string
	task *durable.Task[Answer[E]]
}

// read asks about all of ids, a chunk at a time and several at once. How large
// a chunk is follows GitHub's answers, and is checkpointed before it is asked
// for: a resumed run cuts the same chunks again and finds them in the journal.
// What GitHub cannot answer is asked for in halves, down to single elements. One
// that cannot be read harms nobody else.
func read[E any, P elemental[E]](o *durable.Orchestration, s *githubRun, r subject, ask durable.Activity[[]string, Answer[E]], ids []string) (answers[E], error) {
	var out answers[E]
	todo := []piece{{ids, len(ids)}}
	var flying []chunk[E]
	for {
		for len(todo) > 0 && len(flying) < inFlight {
			p := todo[0]
			if len(p.ids) == 0 {
				todo = todo[1:]
				continue
			}
			n, err := s.plan(o, r.kind, r.name(p.ids), min(len(p.ids), p.most))
			if err != nil {
				return out, err
			}
			c := chunk[E]{ids: p.ids[:n]}
			todo[0].ids = p.ids[n:]
			key := durable.Key{Step: r.kind, Item: durable.Digest(append([]string{r.item}, c.ids...)...), Revision: s.revision}
			c.task = durable.Go(o, key, chunked[E, P](s, r, ask), c.ids)
			flying = append(flying, c)
		}
		if len(flying) == 0 {
			return out, nil
		}
		c := flying[0]
		flying = flying[1:]
		answer, err := c.task.Await()
		out.tally.chunks++
		failure, gone := errors.AsType[*durable.Failure](err)
		switch {
		case gone && len(c.ids) == 1:
			var e E
			*P(&e).element() = Element{ID: c.ids[0], Error: failure.Message}
			out.elements = append(out.elements, e)
		case gone:
			out.tally.split++
			s.learner.failed(r.kind, len(c.ids))
			todo = append([]piece{{c.ids, (len(c.ids) + 1) / 2}}, todo...)
		case err != nil:
			return out, err
		default:
			s.learner.proved(r.kind, len(c.ids))
			var again []string // may be read apart from the others
			for _, e := range answer.Elements {
				if id := P(&e).element(); id.Again && len(c.ids) > 1 {
					again = append(again, id.ID)
				} else {
					out.elements = append(out.elements, e)
				}
			}
			todo = append([]piece{{again, max(len(again)/2, 1)}}, todo...)
		}
	}
}

// plan waits until a chunk may be asked for and returns how large, from 1 to n.
// It remembers what was advised.
func (s *githubRun) plan(o *durable.Orchestration, kind, name string, n int) (int, error) {
	key := durable.Key{Step: pipeline.StepPlan, Item: fmt.Sprintf("%s %s by %d", kind, name, n), Revision: "1"}
	how, err := durable.Call(o, key, s.learner.turn, chunkOf{kind, name, n})
	return max(min(how.Size, n), 1), err
}

// chunked is the activity that asks for a chunk. A single element that came back
// spoilt is an error here, so that the engine tries again.
func chunked[E any, P elemental[E]](s *githubRun, r subject, ask durable.Activity[[]string, Answer[E]]) durable.Activity[[]string, Answer[E]] {
	return func(ctx context.Context, ids []string) (Answer[E], error) {
		s.learner.sent(r.kind, r.name(ids))
		defer s.learner.ended(r.kind, r.name(ids))
		answer, err := ask(ctx, ids)
		tries := 1
		if len(ids) == 1 {
			tries = triesAlone
			if err == nil {
				err = P(&answer.Elements[0]).element().spoilt()
			}
		}
		if err == nil {
			s.learner.answered(r.kind, len(ids), answer.Took)
		}
		return answer, s.failWhenTooMuch(ctx, r.kind, len(ids), err, tries)
	}
}

// causeSpoilt is for an answer that is not about the one thing it was asked for.
const causeSpoilt = "element"

// spoilt returns an error for an element that is worth another try; nil for
// others.
func (e *Element) spoilt() error {
	if !e.Again {
		return nil
	}
	return durable.WithRemedy(errors.New(e.Error), durable.Remedy{Course: durable.Retry, Cause: causeSpoilt})
}

// failWhenTooMuch is [FailAfter]; the learner learns from the failure.
func (s *githubRun) failWhenTooMuch(ctx context.Context, kind string, n int, err error, tries int) error {
	err = FailAfter(ctx, err, tries)
	if r := durable.RemedyOf(err); r.Course == durable.Fail && (r.Cause == CauseTimeout || r.Cause == CauseResources) {
		s.learner.failed(kind, n)
	}
	return err
}

// FailAfter turns the error of an activity that asked for too much into a permanent
// failure after so many attempts, so that less is asked for. Other errors, and nil,
// it returns as they are.
func FailAfter(ctx context.Context, err error, tries int) error {
	r := durable.RemedyOf(err)
	if r.Course == durable.Retry && (r.Cause == CauseTimeout || r.Cause == causeSpoilt) && durable.Attempt(ctx) >= tries {
		return durable.WithRemedy(err, durable.Remedy{Course: durable.Fail, Cause: r.Cause})
	}
	return err
}
