package durable

import (
	"bytes"
	"context"
	"iter"
	"maps"
	"slices"
	"sync"
)

// Memory is a [Journal] that dies with the process: for tests, and for runs that
// are never resumed. It keeps copies, so a caller may change a record after saving
// or loading it.
type Memory struct {
	mu   sync.RWMutex
	runs map[string]map[string]Record
}

// NewMemory returns an empty journal.
func NewMemory() *Memory {
	return &Memory{runs: make(map[string]map[string]Record)}
}

// Load implements [Journal].
func (m *Memory) Load(ctx context.Context, run, key string) (Record, bool, error) {
	if err := ctx.Err(); err != nil {
		return Record{}, false, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	rec, ok := m.runs[run][key]
	return rec.clone(), ok, nil
}

// Save implements [Journal].
func (m *Memory) Save(ctx context.Context, run, key string, rec Record) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.runs[run] == nil {
		m.runs[run] = make(map[string]Record)
	}
	m.runs[run][key] = rec.clone()
	return nil
}

// Records implements [Journal]. It yields what the journal held when the
// iteration began.
func (m *Memory) Records(ctx context.Context, run string) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		m.mu.RLock()
		records := maps.Clone(m.runs[run])
		m.mu.RUnlock()
		for _, key := range slices.Sorted(maps.Keys(records)) {
			if err := ctx.Err(); err != nil {
				yield(Entry{}, err)
				return
			}
			if !yield(Entry{Key: key, Record: records[key].clone()}, nil) {
				return
			}
		}
	}
}

// clone also brings the times to the form that they have after a trip through
// JSON, so that no journal returns more than another.
func (r Record) clone() Record {
	r.Causes = slices.Clone(r.Causes)
	r.Output = bytes.Clone(r.Output)
	r.Ended = r.Ended.UTC().Round(0)
	r.RetryAt = r.RetryAt.UTC().Round(0)
	return r
}
