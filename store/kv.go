package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/dgraph-io/badger/v4"
)

// needSpace returns a *SpaceError when the disk is too full to write.
func (s *Store) needSpace() error {
	free, err := s.freeSpace(s.dir)
	if err != nil {
		return &AccessError{s.dir, fmt.Errorf("asking for the free space: %w", err)}
	}
	if free < s.minFree {
		return &SpaceError{Dir: s.dir, Free: free, Need: s.minFree}
	}
	return nil
}

// get returns the payload of k in txn. The boolean is false when there is none;
// a value that does not verify is an error that wraps errEnvelope.
func (s *Store) get(txn *badger.Txn, k []byte) ([]byte, bool, error) {
	item, err := txn.Get(k)
	if errors.Is(err, badger.ErrKeyNotFound) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	payload, err := s.payload(txn, item)
	return payload, err == nil, err
}

// payload opens the envelope of item, with the pieces that belong to it.
func (s *Store) payload(txn *badger.Txn, item *badger.Item) (payload []byte, err error) {
	err = item.Value(func(v []byte) error {
		payload, err = s.codec.open(item.Key(), v, func(k []byte) ([]byte, error) {
			piece, err := txn.Get(k)
			if errors.Is(err, badger.ErrKeyNotFound) {
				return nil, fmt.Errorf("%w: a piece is missing", errEnvelope)
			}
			if err != nil {
				return nil, err
			}
			return piece.ValueCopy(nil)
		})
		return err
	})
	return payload, err
}

// getJSON reads the payload of k into v. The boolean is false when there is none.
func (s *Store) getJSON(txn *badger.Txn, k []byte, v any) (bool, error) {
	payload, ok, err := s.get(txn, k)
	if err == nil && ok {
		err = json.Unmarshal(payload, v)
	}
	if err != nil {
		return false, &DamagedError{fmt.Sprintf("key %q", k), err}
	}
	return ok, nil
}

// put writes one payload in a transaction of its own. A payload of several
// pieces takes several; the value is there when the last has been written.
func (s *Store) put(k, payload []byte) error {
	if err := s.needSpace(); err != nil {
		return err
	}
	pieces, err := s.codec.seal(k, payload)
	if err != nil {
		return err
	}
	return s.write(pieces)
}

// change is a set of small writes that become visible together.
type change struct {
	sets    []piece
	deletes [][]byte
}

func (c *change) set(k, payload []byte) { c.sets = append(c.sets, piece{k, payload}) }
func (c *change) delete(k []byte)       { c.deletes = append(c.deletes, k) }

func (c *change) setJSON(k []byte, v any) error {
	payload, err := json.Marshal(v)
	if err != nil {
		return err
	}
	c.set(k, payload)
	return nil
}

// commit applies c in one transaction, counts it as a change of state, waits
// until it is on disk, and seals that. The caller holds s.state.
func (s *Store) commit(c *change) error {
	if err := s.needSpace(); err != nil {
		return err
	}
	changes, err := s.changes()
	if err != nil {
		return err
	}
	c.set(changesKey(), binary.BigEndian.AppendUint64(nil, changes+1))
	heads, err := s.writeFurther(c.sets)
	if err != nil {
		return err
	}
	err = s.db.Update(func(txn *badger.Txn) error {
		for _, p := range heads {
			if err := txn.Set(p.key, p.value); err != nil {
				return err
			}
		}
		for _, k := range c.deletes {
			if err := txn.Delete(k); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	s.reach("committed")
	if err := s.db.Sync(); err != nil {
		return err
	}
	s.seal.Changes = changes + 1
	return writeSeal(s.dir, s.seal)
}

// writeFurther seals sets and writes all but the piece that makes each of them
// visible, which it returns: one transaction holds about two large ones.
func (s *Store) writeFurther(sets []piece) (heads []piece, err error) {
	for _, set := range sets {
		pieces, err := s.codec.seal(set.key, set.value)
		if err != nil {
			return nil, err
		}
		if err := s.write(pieces[:len(pieces)-1]); err != nil {
			return nil, err
		}
		heads = append(heads, pieces[len(pieces)-1])
	}
	return heads, nil
}

// write puts every piece in a transaction of its own, in order.
func (s *Store) write(pieces []piece) error {
	for _, p := range pieces {
		err := s.db.Update(func(txn *badger.Txn) error { return txn.Set(p.key, p.value) })
		if err != nil {
			return err
		}
	}
	return nil
}

func changesKey() []byte { return key(kindMeta, "changes") }

// changes returns how many changes of state there were.
func (s *Store) changes() (n uint64, err error) {
	err = s.db.View(func(txn *badger.Txn) error {
		payload, ok, err := s.get(txn, changesKey())
		if err != nil || !ok {
			return err
		}
		if len(payload) != 8 {
			return fmt.Errorf("%w: the count of changes has %d bytes", errEnvelope, len(payload))
		}
		n = binary.BigEndian.Uint64(payload)
		return nil
	})
	return n, err
}

// eachValue calls do with every key that begins with prefix and its value as
// stored, in order. Both are valid only during the call. With values false, v
// is nil and no value is read.
func (s *Store) eachValue(ctx context.Context, prefix []byte, values bool, do func(k, v []byte) error) error {
	return s.eachItem(ctx, prefix, values, func(_ *badger.Txn, item *badger.Item) error {
		if !values {
			return do(item.Key(), nil)
		}
		return item.Value(func(v []byte) error { return do(item.Key(), v) })
	})
}

// eachPayload is eachValue with opened envelopes. The payload may be kept.
func (s *Store) eachPayload(ctx context.Context, prefix []byte, do func(k, payload []byte) error) error {
	return s.eachItem(ctx, prefix, true, func(txn *badger.Txn, item *badger.Item) error {
		payload, err := s.payload(txn, item)
		if err != nil {
			return &DamagedError{fmt.Sprintf("key %q", item.Key()), err}
		}
		return do(item.Key(), payload)
	})
}

func (s *Store) eachItem(ctx context.Context, prefix []byte, values bool, do func(*badger.Txn, *badger.Item) error) error {
	return s.db.View(func(txn *badger.Txn) error {
		opts := badger.DefaultIteratorOptions
		opts.Prefix = prefix
		opts.PrefetchValues = values
		opts.PrefetchSize = 16
		it := txn.NewIterator(opts)
		defer it.Close()
		for it.Rewind(); it.Valid(); it.Next() {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := do(txn, it.Item()); err != nil {
				return err
			}
		}
		return nil
	})
}

// remove deletes every key that begins with prefix, and their further pieces.
// It is not atomic: what it removes must not be needed by anybody.
func (s *Store) remove(ctx context.Context, prefix []byte) error {
	if err := s.needSpace(); err != nil {
		return err
	}
	wb := s.db.NewWriteBatch()
	defer wb.Cancel()
	for _, p := range [][]byte{prefix, append([]byte{kindSegments}, prefix...)} {
		err := s.eachValue(ctx, p, false, func(k, _ []byte) error { return wb.Delete(bytes.Clone(k)) })
		if err != nil {
			return err
		}
	}
	return wb.Flush()
}

func (s *Store) reach(point string) {
	if s.at != nil {
		s.at(point)
	}
}
