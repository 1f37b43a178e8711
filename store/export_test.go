package store

import (
	"context"

	"github.com/dgraph-io/badger/v4"

	"github.com/stalewatch/stalewatch/pipeline"
)

// SetDisk makes a store keep so many bytes free, 0 for the usual, of those that
// free counts.
func (o *Options) SetDisk(minFree uint64, free func(dir string) (uint64, error)) {
	o.minFree, o.freeSpace = minFree, free
}

// SetPoint makes the store call at when a step reaches a named point; nil ends
// that.
func (s *Store) SetPoint(at func(point string)) { s.at = at }

// Lose deletes the first block of findings of a scope behind the store's back.
func (s *Store) Lose(scope string) error {
	return s.db.Update(func(txn *badger.Txn) error {
		return txn.Delete(generation{pipeline.Scope(scope), 1}.blockKey(partFindings, 0))
	})
}

// Spoil makes the record of a journal unreadable.
func (s *Store) Spoil(run, name string) error {
	return s.db.Update(func(txn *badger.Txn) error { return txn.Set(key(kindJournal, run, name), []byte("spoilt")) })
}

// Leftovers counts the generations that have blocks and the records of all
// journals.
func (s *Store) Leftovers(ctx context.Context) (generations, journals int, err error) {
	seen := make(map[generation]bool)
	for e, err := range s.each(ctx, nil) {
		if err != nil {
			return 0, 0, err
		}
		switch e.key[0] {
		case kindBlock:
			g, _, _ := splitBlockKey(e.key)
			seen[g] = true
		case kindJournal, kindPiece:
			journals++
		}
	}
	return len(seen), journals, nil
}
