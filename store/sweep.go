package store

import (
	"bytes"
	"context"
	"regexp"
	"slices"

	"github.com/stalewatch/stalewatch/pipeline"
)

// sweep removes what a crash left behind: generations that nothing points to,
// and journals of runs that are over or given up. Runs that were begun more
// than 90 days ago and never ended are given up here.
func (s *Store) sweep(ctx context.Context) error {
	scopes, err := s.scopes(ctx)
	if err != nil {
		return err
	}
	if err := s.sweepGenerations(ctx, scopes); err != nil {
		return err
	}
	if err := s.giveUpOld(ctx); err != nil {
		return err
	}
	return s.sweepJournals(ctx)
}

func (s *Store) sweepGenerations(ctx context.Context, scopes map[string]pointers) error {
	var leftovers [][]byte
	err := s.eachValue(ctx, []byte{kindBlock}, false, func(k, _ []byte) error {
		scope, gen, _, _, ok := splitBlockKey(k)
		if ok && slices.Contains(scopes[scope].inForce(), gen) {
			return nil
		}
		of := bytes.Clone(k)
		if ok {
			of = generationPrefix(scope, gen)
		}
		if n := len(leftovers); n == 0 || !bytes.Equal(leftovers[n-1], of) {
			leftovers = append(leftovers, of)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.removeAll(ctx, leftovers)
}

func (s *Store) giveUpOld(ctx context.Context) error {
	records, err := s.runRecords(ctx, nil)
	if err != nil {
		return err
	}
	var c change
	now := s.now().UTC()
	for _, r := range records {
		if !r.unfinished() || now.Sub(r.Run.BeganAt) <= keepRuns {
			continue
		}
		if err := c.setRun(runRecord{Run: abandon(r.Run, now, "It was not resumed for 90 days.")}); err != nil {
			return err
		}
	}
	if len(c.sets) == 0 {
		return nil
	}
	return s.commit(&c)
}

// ownJournal tells the journals of runs from those that somebody keeps under
// names of their own.
var ownJournal = regexp.MustCompile(`^\d{4}-\d\d-\d\d/.+#\d+$`)

// sweepJournals keeps the journals of unfinished runs, and those these runs
// can still salvage.
func (s *Store) sweepJournals(ctx context.Context) error {
	records, err := s.runRecords(ctx, nil)
	if err != nil {
		return err
	}
	needed := make(map[string]bool)
	for _, r := range records {
		if r.unfinished() {
			needed[pipeline.JournalID(r.Run)] = true
			for _, name := range r.Salvage {
				needed[name] = true
			}
		}
	}
	var leftovers [][]byte
	last := ""
	err = s.eachValue(ctx, []byte{kindJournal}, false, func(k, _ []byte) error {
		run, _, ok := journalRun(k)
		if !ok || run == last {
			return nil
		}
		last = run
		if ownJournal.MatchString(run) && !needed[run] {
			leftovers = append(leftovers, prefix(kindJournal, run))
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.removeAll(ctx, leftovers)
}

func (s *Store) removeAll(ctx context.Context, prefixes [][]byte) error {
	for _, p := range prefixes {
		if err := s.remove(ctx, p); err != nil {
			return err
		}
	}
	return nil
}
