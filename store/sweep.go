package store

import (
	"context"
	"regexp"
)

// ownJournal matches the journals of runs; others are not ours to remove.
var ownJournal = regexp.MustCompile(`^\d{4}-\d\d-\d\d/.+#\d+$`)

// sweep removes what a crash left behind: generations that nothing points to,
// and journals of runs that are over or given up. It gives up runs that began
// more than 90 days ago and never ended.
func (s *Store) sweep(ctx context.Context, c *census) error {
	needed := make(map[generation]bool)
	journals := make(map[string]bool) // that are needed, or on the list already
	for _, l := range c.ledgers {
		if err := s.giveUpOld(l); err != nil {
			return err
		}
		for _, g := range l.inForce() {
			needed[g] = true
		}
		for _, name := range l.journals() {
			journals[name] = true
		}
	}
	var leftovers [][]byte
	for g := range c.generations {
		if !needed[g] {
			leftovers = append(leftovers, g.prefix())
		}
	}
	for e, err := range s.each(ctx, []byte{kindJournal}) {
		if err != nil {
			return err
		}
		if run, _ := splitJournalKey(e.key); !journals[run] && ownJournal.MatchString(run) {
			leftovers = append(leftovers, prefix(kindJournal, run))
			journals[run] = true
		}
	}
	return s.remove(ctx, leftovers...)
}

// giveUpOld abandons the runs of a ledger that were never resumed.
func (s *Store) giveUpOld(l *ledger) error {
	now, changed := s.now().UTC(), false
	for i := range l.Runs {
		if e := &l.Runs[i]; e.unfinished() && now.Sub(e.Run.BeganAt) > keepRuns {
			e.abandon(now, "It was not resumed for 90 days.")
			changed = true
		}
	}
	if !changed {
		return nil
	}
	return s.save(l, false)
}
