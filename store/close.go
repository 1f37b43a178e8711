package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// Close waits for the calls in progress, writes everything out and releases the
// directory. Every call after the first returns nil.
func (s *Store) Close() error {
	s.door.Lock()
	again := s.closed
	s.closed = true
	s.door.Unlock()
	if again {
		return nil
	}
	s.calls.Wait()
	err := s.shut()
	if err == nil {
		err = errors.Join(s.tidy(), unlock(s.lock))
	} // otherwise Badger may still write, and the lock ends with the process
	if err != nil {
		return fmt.Errorf("closing store %s: %w", s.dir, err)
	}
	return nil
}

// shut releases what was reserved and closes the database. Only then does Badger
// make the last log a table, and few tables of many; where it cannot make one of
// those, it drops the content without an error. So what it needs is tried first,
// and where the system refuses it, everything stays as a kill would leave it.
func (s *Store) shut() error {
	db := s.db
	s.release()
	s.releaseLog()
	s.db = nil
	s.settleLogs()
	if refused := refusal(s.dir, true); refused != nil {
		return staysInLog(refused)
	}
	// Badger drops what was deleted before the newest read.
	if err := db.View(func(*badger.Txn) error { return nil }); err != nil {
		return err
	}
	return s.closeBadger(db)
}

// tidy seals the closed directory. It also removes the megabyte in which Badger
// counts the garbage of a value log that is never used; Badger makes it anew.
func (s *Store) tidy() error {
	if err := os.Remove(filepath.Join(s.dir, "DISCARD")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	s.rewrites = false
	return s.writeSeal()
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
		return staysInLog(errors.New(s.trouble.heard()))
	}
}

func staysInLog(why error) error {
	return fmt.Errorf("its tables cannot be written, so what is new stays in its log, where the next start finds it: %w", why)
}

// settleLogs waits until every full log has become a table.
func (s *Store) settleLogs() {
	giveUp := time.After(patience)
	for len(s.logs()) > 1 {
		select {
		case <-s.trouble.stop:
			return
		case <-giveUp:
			return
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// patience is how long closing waits while Badger fails.
const patience = 3 * time.Second
