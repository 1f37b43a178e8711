package store

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/dgraph-io/badger/v4"
)

// incidentName is the file in a directory set aside that says why. It is written
// first, and renamed once the new store remembers it, so that no death in between
// loses the sentence.
const incidentName = "INCIDENT"

func incidentKey() []byte { return key(kindMeta, "incident") }

// Incident is a sentence that says why the previous store was set aside and
// where it lies now; empty when none was. It stays until a run that began without
// that store is over. It names no directory above the store's own, so a report may
// print it.
func (s *Store) Incident() string { return s.incident }

// setAside renames the directory to DIR.damaged-TIME and leaves the reason in it.
func (s *Store) setAside(reason error) error {
	aside := s.dir + ".damaged-" + s.now().UTC().Format("20060102T150405Z")
	for n, free := 2, aside; exists(aside); n++ {
		aside = fmt.Sprintf("%s-%d", free, n)
	}
	sentence := fmt.Sprintf("The store %s could not be trusted (%v) and was set aside as %s; this run starts from nothing.",
		filepath.Base(s.dir), reason, filepath.Base(aside))
	err := writeFile(filepath.Join(s.dir, incidentName), func(w io.Writer) error {
		_, err := io.WriteString(w, sentence)
		return err
	})
	if err == nil {
		lock := s.lock
		s.lock = nil
		err = move(s.dir, aside, lock)
	}
	if err != nil {
		return &AccessError{s.dir, fmt.Errorf("%w, and it could not be set aside: %w", reason, err)}
	}
	s.log.Warn("store set aside", "dir", s.dir, "aside", aside, "reason", reason)
	return nil
}

// recallIncident returns what the store remembers of an incident, and first makes
// it remember one that was not recorded.
func (s *Store) recallIncident() (string, error) {
	known, _, err := s.get(incidentKey())
	if err != nil {
		return "", err
	}
	parent, name := filepath.Split(s.dir)
	files, _ := fs.Glob(os.DirFS(parent), "*.damaged-*/"+incidentName) // sorted, so by time
	for _, file := range files {
		if !strings.HasPrefix(file, name+".damaged-") {
			continue
		}
		file = filepath.Join(parent, file)
		sentence, err := os.ReadFile(file)
		if err != nil {
			return "", &AccessError{s.dir, err}
		}
		known = sentence
		err = s.update(func(txn *badger.Txn) error { return txn.Set(incidentKey(), sentence) })
		if err := errors.Join(err, s.syncLogs()); err != nil {
			return "", err
		}
		if err := os.Rename(file, file+".told"); err != nil {
			return "", &AccessError{s.dir, err}
		}
	}
	return string(known), nil
}
