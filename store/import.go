package store

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"reflect"
	"slices"
)

// Imported says what an import did, by scope, sorted.
type Imported struct {
	Taken []string // whose runs, snapshots and history came from the export
	Kept  []string // whose are the same in this store
}

// Import takes an export into the store. The whole export is verified before
// anything changes; one that is damaged, cut, foreign (*ExportError) or newer
// (*VersionError) is refused.
//
// Scopes that this store does not know come in whole. A scope that both know
// must be the same in both; otherwise the whole export is refused, since neither
// version is known to be the right one. Importing the same again changes nothing,
// and completes an import that died. Cost: the compressed export is kept in
// memory.
func (s *Store) Import(ctx context.Context, r io.Reader) (Imported, error) {
	var did Imported
	err := s.alone(ctx, "", func() (err error) {
		did, err = s.importFrom(ctx, r)
		return err
	})
	return did, err
}

func (s *Store) importFrom(ctx context.Context, r io.Reader) (did Imported, err error) {
	if err := s.needSpace(); err != nil {
		return did, err
	}
	var file bytes.Buffer
	theirs := newCensus()
	err = readExport(ctx, io.TeeReader(r, &file), func(k, v []byte) error {
		if err := theirs.add(k, func() ([]byte, error) { return v, nil }); err != nil {
			return refuse("its %v", err)
		}
		return nil
	})
	if err != nil {
		return did, err
	}
	if err := theirs.complete(); err != nil {
		return did, refuse("its %v", err)
	}
	did, missing, err := s.compare(theirs)
	if err != nil {
		return did, err
	}
	return did, s.take(ctx, &file, missing)
}

// compare returns the ledgers that this store does not have.
func (s *Store) compare(theirs *census) (did Imported, missing []*ledger, err error) {
	for _, scope := range slices.Sorted(maps.Keys(theirs.ledgers)) {
		ours, err := s.ledger(scope)
		if err != nil {
			return Imported{}, nil, err
		}
		switch l := theirs.ledgers[scope]; {
		case ours.Saves == 0:
			missing = append(missing, l)
			did.Taken = append(did.Taken, string(scope))
		case reflect.DeepEqual(ours, l):
			did.Kept = append(did.Kept, string(scope))
		default:
			return Imported{}, nil, refuse("this store knows other runs of %s; import into a new store, with --store", scope)
		}
	}
	return did, missing, nil
}

// take writes the blocks and journals of the scopes, which nothing points to
// yet, then brings one scope after the other into force.
func (s *Store) take(ctx context.Context, file io.Reader, ledgers []*ledger) error {
	wanted := make(map[string]bool) // scopes and names of journals
	for _, l := range ledgers {
		wanted[string(l.scope)] = true
		for _, name := range l.journals() {
			wanted[name] = true
		}
		// An import that died may have left something.
		if err := s.remove(ctx, prefix(kindBlock, string(l.scope))); err != nil {
			return err
		}
	}
	err := readExport(ctx, file, func(k, v []byte) error {
		switch k[0] {
		case kindBlock:
			if g, _, _ := splitBlockKey(k); wanted[string(g.scope)] {
				return s.put(k, v)
			}
		case kindJournal:
			if run, _ := splitJournalKey(k); wanted[run] {
				return s.put(k, v)
			}
		case kindNote: // a hint to the next process, of which its own is as good
			if _, ok, err := s.get(k); ok || err != nil {
				return err
			}
			return s.put(k, v)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, l := range ledgers {
		l.Saves-- // saving counts once, and the ledger shall be the same
		if err := s.save(l, false); err != nil {
			return fmt.Errorf("importing %s: %w", l.scope, err)
		}
	}
	return nil
}
