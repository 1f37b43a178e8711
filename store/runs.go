package store

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/stalewatch/stalewatch/pipeline"
)

// Runs returns the runs of all scopes, every attempt: newest date first, then
// by scope, newest attempt first. Each scope has those of 90 days.
func (s *Store) Runs(ctx context.Context) ([]pipeline.Run, error) {
	var runs []pipeline.Run
	err := s.call(ctx, "reading the runs", func() error {
		ledgers, err := s.ledgers(ctx)
		for _, l := range ledgers {
			for _, e := range l.Runs {
				runs = append(runs, e.Run)
			}
		}
		return err
	})
	slices.SortFunc(runs, compareRuns)
	return runs, err
}

// UpdateRun stores the state, the counters and the reason of a run that has begun.
// It refuses a run that is over, or of which a later attempt began, and ends no
// run as complete or partial: [Store.SaveSnapshot] does. Cost: it waits for the
// disk twice, some milliseconds, so it is not for every chunk.
func (s *Store) UpdateRun(ctx context.Context, run pipeline.Run) error {
	return s.alone(ctx, "storing the state of run "+run.ID, func() error {
		l, e, err := s.begun(run)
		if err == nil && run.State.Over() {
			err = fmt.Errorf("a run becomes %s with its snapshot", run.State)
		}
		if err != nil {
			return err
		}
		e.Run = run
		return s.save(l, false)
	})
}

// begun returns the ledger and the entry of a run that can still change.
func (s *Store) begun(run pipeline.Run) (*ledger, *entry, error) {
	l, err := s.ledger(run.Scope)
	if err != nil {
		return nil, nil, err
	}
	switch e := l.newest(run.ID); {
	case e == nil:
		return nil, nil, errors.New("it was never begun; begin it first")
	case e.Run.Attempt != run.Attempt:
		return nil, nil, fmt.Errorf("attempt %d was superseded by attempt %d", run.Attempt, e.Run.Attempt)
	case !e.unfinished():
		return nil, nil, fmt.Errorf("it is %s and cannot become %s", e.Run.State, run.State)
	default:
		return l, e, nil
	}
}
