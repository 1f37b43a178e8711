package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/dgraph-io/badger/v4"
)

const (
	// maxPiece keeps a value below Badger's limit of 1 MiB for the LSM tree, and
	// two of them below what one transaction holds.
	maxPiece = 512 << 10
	// maxValue is what a byte can count of pieces: 128 MB. A chunk of 50
	// repositories that each have a CODEOWNERS file of GitHub's limit of 3 MB is
	// larger, but the survey asks for fewer where answers are large.
	maxValue = 255 * maxPiece
)

// put writes a value of any size. One of several pieces takes several
// transactions, and is there when the last has been written.
func (s *Store) put(k, v []byte) error {
	if len(v) > maxValue {
		return fmt.Errorf("a value of %d bytes is too large to keep, %d is the most", len(v), maxValue)
	}
	pieces := slices.Collect(slices.Chunk(v, maxPiece))
	if len(pieces) <= 1 {
		return s.update(func(txn *badger.Txn) error { return txn.Set(k, v) })
	}
	// No death in between may leave an older value with pieces of this one.
	if err := s.update(func(txn *badger.Txn) error { return txn.Delete(k) }); err != nil {
		return err
	}
	for i, p := range pieces[1:] {
		if err := s.update(func(txn *badger.Txn) error { return txn.Set(pieceKey(k, i), p) }); err != nil {
			return err
		}
	}
	head := badger.NewEntry(k, pieces[0]).WithMeta(byte(len(pieces) - 1))
	return s.update(func(txn *badger.Txn) error { return txn.SetEntry(head) })
}

// value returns a copy of the value of item, all pieces joined.
func value(txn *badger.Txn, item *badger.Item) ([]byte, error) {
	v, err := item.ValueCopy(nil)
	for i := range int(item.UserMeta()) {
		if err != nil {
			return nil, err
		}
		var piece *badger.Item
		if piece, err = txn.Get(pieceKey(item.Key(), i)); err == nil {
			err = piece.Value(func(p []byte) error {
				v = append(v, p...)
				return nil
			})
		}
	}
	return v, err
}

// get returns the value of k; the boolean is false when there is none.
func (s *Store) get(k []byte) (v []byte, ok bool, err error) {
	err = s.db.View(func(txn *badger.Txn) error {
		item, err := txn.Get(k)
		if errors.Is(err, badger.ErrKeyNotFound) {
			return nil
		}
		if err == nil {
			v, err = value(txn, item)
			ok = err == nil
		}
		return err
	})
	return v, ok, err
}

// getJSON reads the value of k into v. The boolean is false when there is none.
func (s *Store) getJSON(k []byte, v any) (bool, error) {
	b, ok, err := s.get(k)
	if err == nil && ok {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		return false, &DamagedError{fmt.Sprintf("key %q", k), err}
	}
	return ok, nil
}

// each calls do with every key that begins with prefix, in order, and a
// function that reads its value. The key is valid only during the call.
func (s *Store) each(ctx context.Context, prefix []byte, do func(k []byte, read func() ([]byte, error)) error) error {
	return s.db.View(func(txn *badger.Txn) error {
		opts := badger.DefaultIteratorOptions
		opts.Prefix = prefix
		opts.PrefetchValues = false
		it := txn.NewIterator(opts)
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			if err := ctx.Err(); err != nil {
				return err
			}
			item := it.Item()
			if err := do(item.Key(), func() ([]byte, error) { return value(txn, item) }); err != nil {
				return err
			}
		}
		return nil
	})
}

// remove deletes every key that begins with one of the prefixes, and their
// further pieces. It is not atomic: what it removes must not be needed by
// anybody.
func (s *Store) remove(ctx context.Context, prefixes ...[]byte) error {
	var keys [][]byte
	for _, p := range prefixes {
		for _, p := range [][]byte{p, append([]byte{kindPiece}, p...)} {
			err := s.each(ctx, p, func(k []byte, _ func() ([]byte, error)) error {
				keys = append(keys, bytes.Clone(k))
				return nil
			})
			if err != nil {
				return err
			}
		}
	}
	return s.deleteKeys(keys)
}

func (s *Store) reach(point string) {
	if s.at != nil {
		s.at(point)
	}
}
