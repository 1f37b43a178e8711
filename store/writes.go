package store

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// update runs one transaction. Badger retries for ever what it cannot write,
// and everybody waits; update returns then. Transactions take turns, so that
// after a failure none is under way that Badger would end the process for.
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

// cannotWrite says why Badger cannot write any more.
func (s *Store) cannotWrite() error {
	if refused := refusal(s.dir, false); refused != nil {
		return &AccessError{s.dir, refused}
	}
	return &AccessError{s.dir, errors.New(s.trouble.heard())}
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

// closeBadger closes the database, and gives up when it cannot be written.
func (s *Store) closeBadger(db *badger.DB) error {
	closed := make(chan error, 1)
	go func() { closed <- db.Close() }()
	select {
	case err := <-closed:
		return err
	case <-s.trouble.stop:
	}
	select {
	case err := <-closed:
		return err
	case <-time.After(patience):
		return fmt.Errorf("its tables cannot be written, so what is new stays in its log, where the next start finds it: %s", s.trouble.heard())
	}
}

// settleLogs waits until every full log has become a table.
func (s *Store) settleLogs() {
	giveUp := time.After(patience)
	for {
		if len(s.logs()) <= 1 {
			return
		}
		select {
		case <-s.trouble.stop:
			return
		case <-giveUp:
			return
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// patience is how long closing goes on after a failure that does not end.
const patience = 3 * time.Second

// trouble listens to what Badger says of its background work.
type trouble struct {
	mu    sync.Mutex
	times int
	first string
	stop  chan struct{} // closed once it is hopeless
}

// hopeless is how often Badger may fail. It tries again every second.
const hopeless = 3

// hear notes a message of Badger's if it says that files cannot be written.
func (t *trouble) hear(line string) {
	fatal := strings.Contains(line, "Got error: ") // of a new log: without one it ends the process at the next write
	if !fatal && !strings.Contains(line, "error flushing memtable") && !strings.Contains(line, "Compact FAILED") {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.first == "" {
		t.first = line
	}
	before := t.times
	if t.times++; fatal {
		t.times += hopeless
	}
	if before < hopeless && t.times >= hopeless {
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
