package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"slices"

	"github.com/dgraph-io/badger/v4"
)

const (
	// maxPiece keeps a value below Badger's limit of 1 MiB for the LSM tree, and
	// two of them below what one transaction holds.
	maxPiece = 512 << 10
	// maxValue is as many pieces as a byte can count: 128 MB. Fifty repositories
	// with CODEOWNERS files of GitHub's limit of 3 MB are more, but the survey asks
	// for fewer at a time where answers are large.
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

// stored is a key with its value; both are valid only until the next.
type stored struct {
	key  []byte
	item *badger.Item
	txn  *badger.Txn
}

// value returns a copy of the value, all pieces joined.
func (e stored) value() ([]byte, error) {
	v, err := e.item.ValueCopy(nil)
	for i := 0; i < int(e.item.UserMeta()) && err == nil; i++ {
		var piece *badger.Item
		if piece, err = e.txn.Get(pieceKey(e.key, i)); err == nil {
			err = piece.Value(func(p []byte) error {
				v = append(v, p...)
				return nil
			})
		}
	}
	return v, err
}

// decode reads the value into v. An error is a *DamagedError.
func (e stored) decode(v any) error {
	b, err := e.value()
	if err == nil {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		return &DamagedError{fmt.Sprintf("key %q", e.key), err}
	}
	return nil
}

// get returns the value of k; the boolean is false when there is none.
func (s *Store) get(k []byte) (v []byte, ok bool, err error) {
	txn := s.db.NewTransaction(false)
	defer txn.Discard()
	item, err := txn.Get(k)
	if errors.Is(err, badger.ErrKeyNotFound) {
		return nil, false, nil
	}
	if err == nil {
		v, err = stored{k, item, txn}.value()
	}
	return v, err == nil, err
}

// getJSON reads the value of k into v. The boolean is false when there is none.
func (s *Store) getJSON(k []byte, v any) (bool, error) {
	b, ok, err := s.get(k)
	if ok {
		err = json.Unmarshal(b, v)
	}
	if err != nil {
		return false, &DamagedError{fmt.Sprintf("key %q", k), err}
	}
	return ok, nil
}

// each yields every key that begins with prefix, in order.
func (s *Store) each(ctx context.Context, prefix []byte) iter.Seq2[stored, error] {
	return func(yield func(stored, error) bool) {
		txn := s.db.NewTransaction(false)
		defer txn.Discard()
		opts := badger.DefaultIteratorOptions
		opts.Prefix = prefix
		opts.PrefetchValues = false
		it := txn.NewIterator(opts)
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			if err := ctx.Err(); err != nil {
				yield(stored{}, err)
				return
			}
			if !yield(stored{it.Item().Key(), it.Item(), txn}, nil) {
				return
			}
		}
	}
}

// remove deletes every key that begins with one of the prefixes, and their
// further pieces. It is not atomic, so nothing may need what it removes.
func (s *Store) remove(ctx context.Context, prefixes ...[]byte) error {
	var keys [][]byte
	for _, p := range prefixes {
		for _, p := range [][]byte{p, append([]byte{kindPiece}, p...)} {
			for e, err := range s.each(ctx, p) {
				if err != nil {
					return err
				}
				keys = append(keys, bytes.Clone(e.key))
			}
		}
	}
	return s.deleteKeys(keys)
}

// deleteKeys deletes keys, many in one transaction.
func (s *Store) deleteKeys(keys [][]byte) error {
	for some := range slices.Chunk(keys, 500) {
		err := s.update(func(txn *badger.Txn) error {
			for _, k := range some {
				if err := txn.Delete(k); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}
