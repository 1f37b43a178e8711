package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// Rerun says what to do when the run that is to begin is over already.
type Rerun string

// The ways to treat a run that is over.
const (
	RerunNone      Rerun = "none"      // leave it; the zero value means the same
	RerunFailed    Rerun = "failed"    // start again if it was partial
	RerunCompleted Rerun = "completed" // start again in any case
)

// Plan is the run that somebody wants.
type Plan struct {
	Owners []string // as given; at least one
	AsOf   time.Time
	// Fingerprint identifies owners and filters: an unfinished run with another
	// one is not resumed.
	Fingerprint string
	Rerun       Rerun
}

// Beginning is what a plan came to.
type Beginning struct {
	// Run is the run to go on with, in state running, or the one that is over.
	Run pipeline.Run
	// Over reports that there is nothing to do.
	Over bool
	// Resumed reports that Run was begun earlier and goes on, with the asOf it
	// began with.
	Resumed bool
	// Journal is the name under which the run's activities are journaled.
	Journal string
	// Abandoned is the unfinished run that was given up for this one just now,
	// with the reason; nil for none.
	Abandoned *pipeline.Run
	// Salvage names the journals of abandoned runs of earlier dates, newest
	// first: what they read need not be asked for again where it still holds.
	// They stay until this run is over.
	Salvage []string
}

// Begin finds the run that the plan means, by owners and the UTC date of asOf:
//
//   - none yet: it begins, attempt 1;
//   - unfinished with this fingerprint: it is resumed. Where it had failed, what
//     its journal holds as failed for good is forgotten and will be tried again;
//   - unfinished with another fingerprint: that attempt is abandoned, its
//     journal dropped, and the next attempt begins;
//   - over: nothing to do, unless Rerun says to start again.
//
// When a run begins, unfinished runs of earlier dates of the same scope are
// abandoned; see [Beginning.Salvage].
func (s *Store) Begin(ctx context.Context, plan Plan) (Beginning, error) {
	done, err := s.enter(ctx)
	if err != nil {
		return Beginning{}, err
	}
	defer done()
	if pipeline.Scope(plan.Owners) == "" {
		return Beginning{}, errors.New("a run needs at least one owner")
	}
	s.state.Lock()
	defer s.state.Unlock()
	id := pipeline.RunID(plan.Owners, plan.AsOf)
	b, err := s.begin(ctx, id, plan)
	if err != nil {
		return Beginning{}, fmt.Errorf("beginning run %s: %w", id, err)
	}
	return b, nil
}

func (s *Store) begin(ctx context.Context, id string, plan Plan) (Beginning, error) {
	last, ok, err := s.newestAttempt(ctx, id)
	if err != nil {
		return Beginning{}, err
	}
	switch state := last.Run.State; {
	case !ok, state == pipeline.Abandoned:
	case state.Over():
		if !plan.startsAgain(state) {
			return Beginning{Run: last.Run, Over: true, Journal: pipeline.JournalID(last.Run)}, nil
		}
	case last.Run.Fingerprint == plan.Fingerprint:
		return s.resume(ctx, last)
	}
	return s.start(ctx, id, last, plan)
}

func (p Plan) startsAgain(over pipeline.RunState) bool {
	return p.Rerun == RerunCompleted || p.Rerun == RerunFailed && over == pipeline.Partial
}

func (s *Store) resume(ctx context.Context, rec runRecord) (Beginning, error) {
	if rec.Run.State == pipeline.Failed {
		if err := s.forgetFailures(ctx, pipeline.JournalID(rec.Run)); err != nil {
			return Beginning{}, err
		}
	}
	rec.Run.State, rec.Run.Reason = pipeline.Running, ""
	rec.Run.EndedAt, rec.Run.ResumeAt = time.Time{}, time.Time{}
	var c change
	if err := c.setRun(rec); err != nil {
		return Beginning{}, err
	}
	if err := s.commit(&c); err != nil {
		return Beginning{}, err
	}
	return Beginning{Run: rec.Run, Resumed: true, Journal: pipeline.JournalID(rec.Run), Salvage: rec.Salvage}, nil
}

// forgetFailures removes the records of activities that failed for good, so
// that a person who mended the cause is not answered from the journal.
func (s *Store) forgetFailures(ctx context.Context, run string) error {
	var keys []string
	err := s.eachRecord(ctx, run, func(e durable.Entry) error {
		if e.Record.State == durable.Failed {
			keys = append(keys, e.Key)
		}
		return nil
	})
	if err != nil {
		return err
	}
	wb := s.db.NewWriteBatch()
	defer wb.Cancel()
	for _, k := range keys {
		if err := wb.Delete(key(kindJournal, run, k)); err != nil {
			return err
		}
	}
	return wb.Flush()
}

// start begins an attempt. last is the attempt before it, zero for none.
func (s *Store) start(ctx context.Context, id string, last runRecord, plan Plan) (Beginning, error) {
	now := s.now().UTC()
	rec := runRecord{Run: pipeline.Run{
		ID: id, Scope: pipeline.Scope(plan.Owners), Owners: slices.Clone(plan.Owners), AsOf: plan.AsOf.UTC(),
		State: pipeline.Running, Fingerprint: plan.Fingerprint, Attempt: last.Run.Attempt + 1, BeganAt: now,
	}}
	b := Beginning{Journal: pipeline.JournalID(rec.Run)}
	var c change
	var drop []string
	if last.Run.ID != "" && last.unfinished() {
		gone := abandon(last.Run, now, "The owners or filters changed, so what it had read does not fit any more.")
		b.Abandoned = &gone
		drop = append(drop, pipeline.JournalID(gone))
		rec.Salvage = last.Salvage
		if err := c.setRun(runRecord{Run: gone}); err != nil {
			return Beginning{}, err
		}
	}
	dropped, err := s.supersede(ctx, &c, &rec, &b, now)
	if err != nil {
		return Beginning{}, err
	}
	b.Run, b.Salvage = rec.Run, rec.Salvage
	if err := c.setRun(rec); err != nil {
		return Beginning{}, err
	}
	if err := s.commit(&c); err != nil {
		return Beginning{}, err
	}
	s.discard(ctx, rec.Run.Scope, pointers{}, pointers{}, append(drop, dropped...))
	return b, nil
}

// supersede abandons the unfinished runs of earlier dates in favour of rec,
// forgets records that are too old, and returns the journals that nobody needs
// afterwards.
func (s *Store) supersede(ctx context.Context, c *change, rec *runRecord, b *Beginning, now time.Time) (drop []string, err error) {
	records, err := s.runRecords(ctx, prefix(kindRun, rec.Run.Scope))
	if err != nil {
		return nil, err
	}
	newest := rec.Run.AsOf
	for _, r := range records {
		if r.Run.AsOf.After(newest) {
			newest = r.Run.AsOf
		}
	}
	oldest := newest.Add(-keepRuns).UTC().Format(time.DateOnly) // ids begin with their date
	salvage := rec.Salvage
	rec.Salvage = nil
	for _, r := range records {
		superseded := r.unfinished() && r.Run.ID < rec.Run.ID
		if superseded {
			salvage = append(append(salvage, pipeline.JournalID(r.Run)), r.Salvage...)
			r.Run = abandon(r.Run, now, fmt.Sprintf("The run of %s began before it was over.", rec.Run.AsOf.Format(time.DateOnly)))
			r.Salvage = nil
			if b.Abandoned == nil {
				b.Abandoned = &r.Run
			}
		}
		switch {
		case r.Run.ID < oldest:
			err = c.deleteRun(r)
		case superseded:
			err = c.setRun(r)
		}
		if err != nil {
			return nil, err
		}
	}
	// A journal is worth keeping as long as the run it belongs to is known.
	for _, name := range salvage {
		if name >= oldest && len(rec.Salvage) < maxSalvage {
			rec.Salvage = append(rec.Salvage, name)
		} else {
			drop = append(drop, name)
		}
	}
	return drop, nil
}

func abandon(run pipeline.Run, now time.Time, reason string) pipeline.Run {
	run.State, run.Reason = pipeline.Abandoned, reason
	run.EndedAt, run.ResumeAt = now, time.Time{}
	return run
}
