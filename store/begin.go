package store

import (
	"context"
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

// Wanted describes the run that [Store.Begin] looks for.
type Wanted struct {
	Owners []string // as given; at least one
	AsOf   time.Time
	// Fingerprint identifies owners and filters: an unfinished run with another
	// one is not resumed.
	Fingerprint string
	Rerun       Rerun
}

// Beginning is what [Store.Begin] found or began.
type Beginning struct {
	// Run is the run to go on with, in state running, or the one that is over.
	// Its journal is named by pipeline.JournalID.
	Run pipeline.Run
	// Over reports that there is nothing to do.
	Over bool
	// Resumed reports that Run was begun earlier and goes on, with the asOf it
	// began with.
	Resumed bool
	// Abandoned is the unfinished run that this one has just replaced, with the
	// reason; nil for none.
	Abandoned *pipeline.Run
	// Salvage holds abandoned runs of earlier dates, newest first. What their
	// journals hold need not be asked for again while it is still true. The
	// journals stay until this run is over.
	Salvage []pipeline.Run
}

// Begin finds the wanted run by its owners and the UTC date of asOf:
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
func (s *Store) Begin(ctx context.Context, wanted Wanted) (Beginning, error) {
	var b Beginning
	id := pipeline.RunID(wanted.Owners, wanted.AsOf)
	err := s.alone(ctx, "beginning run "+id, func() (err error) {
		b, err = s.begin(ctx, id, wanted)
		return err
	})
	return b, err
}

func (s *Store) begin(ctx context.Context, id string, wanted Wanted) (Beginning, error) {
	scope := pipeline.ScopeOf(wanted.Owners...)
	if err := checkName("a run needs at least one owner; owners", string(scope)); err != nil {
		return Beginning{}, err
	}
	l, err := s.ledger(scope)
	if err != nil {
		return Beginning{}, err
	}
	switch last := l.newest(id); {
	case last == nil || last.Run.State == pipeline.Abandoned:
	case last.Run.State.Over():
		again := wanted.Rerun == RerunCompleted || wanted.Rerun == RerunFailed && last.Run.State == pipeline.Partial
		if !again {
			return Beginning{Run: last.Run, Over: true}, nil
		}
	case last.Run.Fingerprint == wanted.Fingerprint:
		return s.resume(ctx, l, last)
	}
	return s.start(ctx, id, l, wanted)
}

func (s *Store) resume(ctx context.Context, l *ledger, e *entry) (Beginning, error) {
	if e.Run.State == pipeline.Failed {
		if err := s.forgetFailures(ctx, pipeline.JournalID(e.Run)); err != nil {
			return Beginning{}, err
		}
	}
	e.Run.State, e.Run.Reason = pipeline.Running, ""
	e.Run.EndedAt, e.Run.ResumeAt = time.Time{}, time.Time{}
	return Beginning{Run: e.Run, Resumed: true, Salvage: l.salvage()}, s.save(l, false)
}

// forgetFailures removes the records of activities that failed for good, so
// that mending the cause helps.
func (s *Store) forgetFailures(ctx context.Context, run string) error {
	var failed [][]byte
	for e, err := range s.Records(ctx, run) {
		if err != nil {
			return err
		}
		if e.Record.State == durable.Failed {
			failed = append(failed, key(kindJournal, run, e.Key))
		}
	}
	return s.deleteKeys(failed)
}

// start begins an attempt, gives up what it supersedes, and forgets what is too
// old.
func (s *Store) start(ctx context.Context, id string, l *ledger, wanted Wanted) (Beginning, error) {
	now, asOf := s.now().UTC(), wanted.AsOf.UTC()
	attempt := 1
	var b Beginning
	var useless []pipeline.Run
	for i := range l.Runs {
		e := &l.Runs[i]
		if e.Run.ID == id {
			attempt = max(attempt, e.Run.Attempt+1)
		}
		switch {
		case !e.unfinished() || e.Run.ID > id:
			continue
		case e.Run.ID == id:
			e.abandon(now, "The owners or filters changed, so what it had read does not fit any more.")
			useless = append(useless, e.Run)
		default:
			e.abandon(now, fmt.Sprintf("The run of %s began before it was over.", asOf.Format(time.DateOnly)))
			e.Salvage = true
		}
		if b.Abandoned == nil {
			b.Abandoned = new(e.Run)
		}
	}
	b.Run = pipeline.Run{
		ID: id, Scope: l.scope, Owners: slices.Clone(wanted.Owners), AsOf: asOf,
		State: pipeline.Running, Fingerprint: wanted.Fingerprint, Attempt: attempt, BeganAt: now,
	}
	l.Runs = append(l.Runs, entry{Run: b.Run})
	slices.SortStableFunc(l.Runs, func(a, b entry) int { return compareRuns(a.Run, b.Run) })
	useless = append(useless, l.forget(now)...)
	b.Salvage = l.salvage()
	if err := s.save(l, false); err != nil {
		return Beginning{}, err
	}
	s.discard(ctx, nil, useless)
	return b, nil
}

// forget removes the runs that are too old or too many, and returns those whose
// journals are not needed any more. A run dated in the future makes none old.
func (l *ledger) forget(now time.Time) (useless []pipeline.Run) {
	newest := l.Runs[0].Run.AsOf
	if newest.After(now) {
		newest = now
	}
	oldest := newest.Add(-keepRuns).UTC().Format(time.DateOnly)
	kept, salvaged := l.Runs[:0], 0
	for i, e := range l.Runs {
		old := e.Run.ID < oldest || i >= maxRuns
		if e.Salvage {
			salvaged++
		}
		if e.Salvage && (old || salvaged > maxSalvage) {
			e.Salvage = false
			useless = append(useless, e.Run)
		}
		if !old {
			kept = append(kept, e)
		}
	}
	l.Runs = kept
	return useless
}
