package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"github.com/dgraph-io/badger/v4"

	"github.com/stalewatch/stalewatch/pipeline/durable"
)

var _ durable.Journal = (*Store)(nil)

// errStop ends an iteration that the consumer broke off.
var errStop = errors.New("stop")

// Load implements [durable.Journal]. A record that does not verify counts as
// none and is logged.
func (s *Store) Load(ctx context.Context, run, name string) (rec durable.Record, ok bool, err error) {
	done, err := s.enter(ctx)
	if err != nil {
		return rec, false, err
	}
	defer done()
	k, err := journalKey(run, name)
	if err != nil {
		return rec, false, err
	}
	err = s.db.View(func(txn *badger.Txn) error {
		var payload []byte
		if payload, ok, err = s.get(txn, k); ok {
			rec, ok = s.record(name, payload, nil)
		} else if errors.Is(err, errEnvelope) {
			rec, ok = s.record(name, nil, err)
			err = nil
		}
		return err
	})
	if err != nil {
		return durable.Record{}, false, fmt.Errorf("journal: reading %s: %w", name, err)
	}
	return rec, ok, nil
}

// record decodes a payload; a record that cannot be read is logged.
func (s *Store) record(name string, payload []byte, err error) (rec durable.Record, ok bool) {
	if err == nil {
		err = json.Unmarshal(payload, &rec)
	}
	if err != nil {
		s.log.Warn("journal record unreadable, its activity will run again", "key", name, "error", err)
		return durable.Record{}, false
	}
	return rec, true
}

// Save implements [durable.Journal]. Commits of many goroutines at once share
// their writes. Cost: about 70 µs for 4 kB, 1 ms while a log of 8 MiB is turned
// into a table.
func (s *Store) Save(ctx context.Context, run, name string, rec durable.Record) error {
	done, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer done()
	k, err := journalKey(run, name)
	if err != nil {
		return err
	}
	payload, err := encodeRecord(rec)
	if err == nil {
		err = s.put(k, payload)
	}
	if err != nil {
		return fmt.Errorf("journal: writing %s: %w", name, err)
	}
	return nil
}

// encodeRecord keeps the output as it is but for white space, which JSON's
// ordinary encoder would escape for HTML.
func encodeRecord(rec durable.Record) ([]byte, error) {
	rec.Ended, rec.RetryAt = rec.Ended.UTC(), rec.RetryAt.UTC()
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	err := enc.Encode(rec)
	return b.Bytes(), err
}

// Records implements [durable.Journal]. It yields what the journal held when
// the iteration began; unreadable records are left out.
func (s *Store) Records(ctx context.Context, run string) iter.Seq2[durable.Entry, error] {
	return func(yield func(durable.Entry, error) bool) {
		err := s.eachRecord(ctx, run, func(e durable.Entry) error {
			if !yield(e, nil) {
				return errStop
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStop) {
			yield(durable.Entry{}, fmt.Errorf("journal: reading %s: %w", run, err))
		}
	}
}

func (s *Store) eachRecord(ctx context.Context, run string, do func(durable.Entry) error) error {
	done, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer done()
	return s.eachItem(ctx, prefix(kindJournal, run), true, func(txn *badger.Txn, item *badger.Item) error {
		_, name, _ := journalRun(item.Key())
		payload, err := s.payload(txn, item)
		if err != nil && !errors.Is(err, errEnvelope) {
			return err
		}
		rec, ok := s.record(name, payload, err)
		if !ok {
			return nil
		}
		return do(durable.Entry{Key: name, Record: rec})
	})
}

// Drop implements [durable.Journal].
func (s *Store) Drop(ctx context.Context, run string) error {
	done, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer done()
	if err := s.remove(ctx, prefix(kindJournal, run)); err != nil {
		return fmt.Errorf("journal: dropping %s: %w", run, err)
	}
	return nil
}

// enter begins a call: it fails once the store is closed or ctx is done.
func (s *Store) enter(ctx context.Context) (done func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return s.use.begin()
}
