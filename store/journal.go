package store

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"iter"

	"github.com/stalewatch/stalewatch/pipeline/durable"
)

var _ durable.Journal = (*Store)(nil)

// Load implements [durable.Journal]. A record that cannot be read counts as
// none and is logged.
func (s *Store) Load(ctx context.Context, run, name string) (rec durable.Record, ok bool, err error) {
	err = s.call(ctx, "", func() error {
		v, found, err := s.get(key(kindJournal, run, name))
		if found || err != nil {
			rec, ok = s.record(name, v, err)
		}
		return nil
	})
	return rec, ok, err
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
	return s.call(ctx, "journal: writing "+name, func() error {
		if err := checkName("journal record", run, name); err != nil {
			return err
		}
		v, err := encodeRecord(rec)
		if err != nil {
			return err
		}
		return s.put(key(kindJournal, run, name), v)
	})
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
		leave, err := s.enter(ctx)
		if err != nil {
			yield(durable.Entry{}, err)
			return
		}
		defer leave()
		for e, err := range s.each(ctx, prefix(kindJournal, run)) {
			if err != nil {
				yield(durable.Entry{}, fmt.Errorf("journal: reading %s: %w", run, err))
				return
			}
			_, name := splitJournalKey(e.key)
			v, err := e.value()
			if rec, ok := s.record(name, v, err); ok && !yield(durable.Entry{Key: name, Record: rec}, nil) {
				return
			}
		}
	}
}
