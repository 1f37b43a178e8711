package store

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

const (
	// keepRuns is how long run records are kept after the newest of their scope.
	keepRuns = 90 * 24 * time.Hour
	// maxSalvage bounds how many abandoned journals a run can still read from.
	maxSalvage = 3
)

// runRecord is what the store keeps of one attempt at a run.
type runRecord struct {
	Run pipeline.Run `json:"run"`
	// Salvage names the journals of earlier runs that were abandoned for this
	// one, newest first. They live as long as this run is not over.
	Salvage []string `json:"salvage,omitempty"`
}

// unfinished reports whether the run can still be resumed.
func (r runRecord) unfinished() bool { return !r.Run.State.Over() && r.Run.State != pipeline.Abandoned }

// Runs returns the runs of all scopes, every attempt: newest date first, then
// by scope, newest attempt first. Each scope has those of 90 days.
func (s *Store) Runs(ctx context.Context) ([]pipeline.Run, error) {
	done, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	records, err := s.runRecords(ctx, nil)
	if err != nil {
		return nil, fmt.Errorf("reading the runs: %w", err)
	}
	runs := make([]pipeline.Run, len(records))
	for i, r := range records {
		runs[i] = r.Run
	}
	return runs, nil
}

// Run returns the newest attempt at the run; the boolean is false when the
// store knows none.
func (s *Store) Run(ctx context.Context, id string) (pipeline.Run, bool, error) {
	done, err := s.enter(ctx)
	if err != nil {
		return pipeline.Run{}, false, err
	}
	defer done()
	rec, ok, err := s.newestAttempt(ctx, id)
	return rec.Run, ok, err
}

// UpdateRun stores how a begun run stands: state, counters, reason. A run that
// is over, or of which a later attempt began, is refused. It ends no run as
// complete or partial: [Store.SaveSnapshot] does. Cost: it waits for the disk
// twice, some milliseconds, so it is not for every chunk.
func (s *Store) UpdateRun(ctx context.Context, run pipeline.Run) error {
	done, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer done()
	s.state.Lock()
	defer s.state.Unlock()
	rec, ok, err := s.newestAttempt(ctx, run.ID)
	switch {
	case err != nil:
		return err
	case !ok:
		return fmt.Errorf("run %s was never begun; begin it first", run.ID)
	case rec.Run.Attempt != run.Attempt:
		return fmt.Errorf("run %s: attempt %d was superseded by attempt %d", run.ID, run.Attempt, rec.Run.Attempt)
	case !rec.unfinished():
		return fmt.Errorf("run %s is %s and cannot become %s", run.ID, rec.Run.State, run.State)
	case run.State.Over():
		return fmt.Errorf("run %s: a run becomes %s with its snapshot", run.ID, run.State)
	}
	rec.Run = run
	var c change
	if err := c.setRun(rec); err != nil {
		return err
	}
	if err := s.commit(&c); err != nil {
		return fmt.Errorf("storing the state of run %s: %w", run.ID, err)
	}
	return nil
}

func (c *change) setRun(rec runRecord) error {
	k, err := keyOf(rec.Run)
	if err != nil {
		return err
	}
	return c.setJSON(k, rec)
}

func (c *change) deleteRun(rec runRecord) error {
	k, err := keyOf(rec.Run)
	c.delete(k)
	return err
}

// keyOf returns the key of a run's record, after checking that id, scope and
// attempt are what the schema can hold.
func keyOf(run pipeline.Run) ([]byte, error) {
	date, scope, ok := strings.Cut(run.ID, "/")
	if _, err := time.Parse(time.DateOnly, date); err != nil || !ok || scope != run.Scope || scope == "" ||
		strings.Contains(scope, "\x00") || len(scope) > maxKey || run.Attempt < 1 {
		return nil, fmt.Errorf("run %q, scope %q, attempt %d: the id of a run is DATE/SCOPE and attempts count from 1",
			run.ID, run.Scope, run.Attempt)
	}
	return runKey(scope, date, run.Attempt), nil
}

// newestAttempt returns the record of the last attempt at a run.
func (s *Store) newestAttempt(ctx context.Context, id string) (rec runRecord, ok bool, err error) {
	date, scope, _ := strings.Cut(id, "/")
	err = s.eachPayload(ctx, prefix(kindRun, scope, date), func(_, payload []byte) error {
		ok = true
		rec = runRecord{}
		return json.Unmarshal(payload, &rec) // attempts come in ascending order
	})
	if err != nil {
		return runRecord{}, false, fmt.Errorf("reading run %s: %w", id, err)
	}
	return rec, ok, nil
}

// runRecords returns the records of a scope, newest first; of all scopes for a
// nil prefix.
func (s *Store) runRecords(ctx context.Context, of []byte) ([]runRecord, error) {
	if of == nil {
		of = []byte{kindRun}
	}
	var records []runRecord
	err := s.eachPayload(ctx, of, func(_, payload []byte) error {
		var r runRecord
		if err := json.Unmarshal(payload, &r); err != nil {
			return err
		}
		records = append(records, r)
		return nil
	})
	slices.SortStableFunc(records, func(a, b runRecord) int {
		return cmp.Or(strings.Compare(b.Run.ID[:len(time.DateOnly)], a.Run.ID[:len(time.DateOnly)]),
			strings.Compare(a.Run.Scope, b.Run.Scope), cmp.Compare(b.Run.Attempt, a.Run.Attempt))
	})
	return records, err
}
