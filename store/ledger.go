package store

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/dgraph-io/badger/v4"

	"github.com/stalewatch/stalewatch/pipeline"
)

const (
	// keepRuns is how long a run is remembered after the newest of its scope or now,
	// and maxRuns how many attempts at most, so that a ledger stays one piece.
	keepRuns = 90 * 24 * time.Hour
	maxRuns  = 500
	// maxSalvage bounds how many abandoned runs a run can still read from.
	maxSalvage = 3
)

// ledger is everything small about a scope in one value, so that a reader finds
// the state before a step or the one after it.
type ledger struct {
	scope pipeline.Scope
	// Saves counts how often this ledger was written.
	Saves uint64 `json:"saves"`
	// Latest is the generation saved last, and Over that of the last complete or
	// partial run; 0 stands for none.
	Latest uint32  `json:"latest"`
	Over   uint32  `json:"over"`
	Runs   []entry `json:"runs"` // every attempt, newest first
}

// entry is one attempt at a run.
type entry struct {
	Run pipeline.Run `json:"run"`
	// Salvage reports that the run was abandoned, but its journal may still serve
	// the next run that ends.
	Salvage bool `json:"salvage,omitempty"`
}

// unfinished reports whether the run can still be resumed.
func (e entry) unfinished() bool { return !e.Run.State.Over() && e.Run.State != pipeline.Abandoned }

// abandon gives the run up.
func (e *entry) abandon(now time.Time, reason string) {
	e.Run.State, e.Run.Reason = pipeline.Abandoned, reason
	e.Run.EndedAt, e.Run.ResumeAt = now, time.Time{}
}

// inForce lists the generations that something points to.
func (l *ledger) inForce() []generation {
	both := slices.Compact([]generation{l.latest(), l.over()})
	return slices.DeleteFunc(both, func(g generation) bool { return g.number == 0 })
}

func (l *ledger) latest() generation { return generation{l.scope, l.Latest} }
func (l *ledger) over() generation   { return generation{l.scope, l.Over} }

// newest returns the last attempt at a run, nil for none.
func (l *ledger) newest(id string) *entry {
	i := slices.IndexFunc(l.Runs, func(e entry) bool { return e.Run.ID == id })
	if i < 0 {
		return nil
	}
	return &l.Runs[i]
}

// salvage returns the abandoned runs whose journals may still serve, newest
// first.
func (l *ledger) salvage() (runs []pipeline.Run) {
	for _, e := range l.Runs {
		if e.Salvage {
			runs = append(runs, e.Run)
		}
	}
	return runs
}

// journals names the journals that the ledger's runs need.
func (l *ledger) journals() (names []string) {
	for _, e := range l.Runs {
		if e.unfinished() || e.Salvage {
			names = append(names, pipeline.JournalID(e.Run))
		}
	}
	return names
}

// compareRuns orders the newest date first, then by scope, then the newest
// attempt first. Ids begin with their date and a slash.
func compareRuns(a, b pipeline.Run) int {
	dayA, _, _ := strings.Cut(a.ID, "/")
	dayB, _, _ := strings.Cut(b.ID, "/")
	return cmp.Or(cmp.Compare(dayB, dayA), cmp.Compare(a.Scope, b.Scope), cmp.Compare(b.Attempt, a.Attempt))
}

// ledger returns that of a scope, an empty one where there is none.
func (s *Store) ledger(scope pipeline.Scope) (*ledger, error) {
	l := &ledger{scope: scope}
	_, err := s.getJSON(key(kindLedger, string(scope)), l)
	return l, err
}

func (s *Store) ledgers(ctx context.Context) (map[pipeline.Scope]*ledger, error) {
	all := make(map[pipeline.Scope]*ledger)
	for e, err := range s.each(ctx, []byte{kindLedger}) {
		if err != nil {
			return nil, err
		}
		l := &ledger{scope: pipeline.Scope(e.key[1:])}
		if err := e.decode(l); err != nil {
			return nil, err
		}
		all[l.scope] = l
	}
	return all, nil
}

// save writes a ledger, waits until it and everything before it are on disk, and
// seals that. With told set, it also forgets the incident. The caller holds
// s.state.
func (s *Store) save(l *ledger, told bool) error {
	l.Saves++
	v, err := json.Marshal(l)
	if err != nil {
		return err
	}
	err = s.update(func(txn *badger.Txn) error {
		if told {
			if err := txn.Delete(incidentKey()); err != nil {
				return err
			}
		}
		return txn.Set(key(kindLedger, string(l.scope)), v)
	})
	if err != nil {
		return err
	}
	s.reach("saved")
	if err := s.syncLogs(); err != nil {
		return err
	}
	s.seal.Saves[l.scope] = l.Saves
	return s.writeSeal()
}
