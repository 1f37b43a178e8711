package store

import (
	"cmp"
	"errors"
	"strings"
	"sync"

	"github.com/dgraph-io/badger/v4"
)

// update runs one transaction. What Badger cannot write it retries for ever, and
// every writer waits; update returns. Transactions take turns, so that after a
// failure none is left for which Badger would end the process.
func (s *Store) update(do func(*badger.Txn) error) error {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.trouble.heard() != "" {
		return s.cannotWrite()
	}
	if err := errors.Join(s.needSpace(), s.reserveLog()); err != nil {
		return err
	}
	txn := s.db.NewTransaction(true)
	defer txn.Discard()
	if err := do(txn); err != nil {
		return err
	}
	done := make(chan error, 1)
	txn.CommitWith(func(err error) { done <- err })
	select {
	case err := <-done:
		return err
	case <-s.trouble.stop:
		return s.cannotWrite()
	}
}

// cannotWrite is the error for what Badger cannot write.
func (s *Store) cannotWrite() error {
	return cmp.Or(s.refused(), error(&AccessError{s.dir, errors.New(s.trouble.heard())}))
}

// trouble listens to what Badger says of its background work.
type trouble struct {
	mu    sync.Mutex
	times int
	first string
	stop  chan struct{} // closed once it is hopeless
}

// hopeless is how often Badger may fail. It tries again every second.
const hopeless = 3

// hear notes a message of Badger's that says files cannot be written.
func (t *trouble) hear(line string) {
	times := 1
	switch {
	case strings.Contains(line, "Got error: "): // of a new log; without one Badger ends the process at the next write
		times = hopeless
	case !strings.Contains(line, "error flushing memtable") && !strings.Contains(line, "Compact FAILED"):
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.first = cmp.Or(t.first, line)
	hope := t.times < hopeless
	if t.times += times; hope && t.times >= hopeless {
		close(t.stop)
	}
}

// heard returns what Badger said first, nothing while there is hope.
func (t *trouble) heard() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.times < hopeless {
		return ""
	}
	return t.first
}
