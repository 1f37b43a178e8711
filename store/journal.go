package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"github.com/stalewatch/stalewatch/pipeline/durable"
)

var _ durable.Journal = (*Store)(nil)

// errStop ends an iteration that the consumer broke off.
var errStop = errors.New("stop")

// Load implements [durable.Journal]. A record that cannot be read counts as
// none and is logged.
func (s *Store) Load(ctx context.Context, run, name string) (rec durable.Record, ok bool, err error) {
	done, err := s.enter(ctx)
	if err != nil {
		return rec, false, err
	}
	defer done()
	v, ok, err := s.get(key(kindJournal, run, name))
	if ok || err != nil {
		rec, ok = s.record(name, v, err)
	}
	return rec, ok, nil
}

// record decodes what was read; a record that cannot be read is logged.
func (s *Store) record(name string, v []byte, err error) (rec durable.Record, ok bool) {
	if err == nil {
		err = json.Unmarshal(v, &rec)
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
	if err := checkName("journal record", run, name); err != nil {
		return err
	}
	v, err := encodeRecord(rec)
	if err == nil {
		err = s.put(key(kindJournal, run, name), v)
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
		done, err := s.enter(ctx)
		if err != nil {
			yield(durable.Entry{}, err)
			return
		}
		defer done()
		err = s.each(ctx, prefix(kindJournal, run), func(k []byte, read func() ([]byte, error)) error {
			_, name := splitJournalKey(k)
			v, err := read()
			if rec, ok := s.record(name, v, err); ok && !yield(durable.Entry{Key: name, Record: rec}, nil) {
				return errStop
			}
			return nil
		})
		if err != nil && !errors.Is(err, errStop) {
			yield(durable.Entry{}, fmt.Errorf("journal: reading %s: %w", run, err))
		}
	}
}

// enter begins a call: it fails once the store is closed or ctx is done.
func (s *Store) enter(ctx context.Context) (done func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return s.use.begin()
}
