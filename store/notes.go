package store

import (
	"context"
	"fmt"
)

// SaveNote keeps something that was learnt for the next process: a few hundred
// bytes in a form of the caller's own. The name may be shown, so it is never a
// token.
func (s *Store) SaveNote(ctx context.Context, name string, note []byte) error {
	done, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer done()
	if err := checkName("note", name); err != nil {
		return err
	}
	if err := s.put(key(kindNote, name), note); err != nil {
		return fmt.Errorf("saving the note %s: %w", name, err)
	}
	return nil
}

// Note returns what SaveNote kept; the boolean is false when there is nothing.
func (s *Store) Note(ctx context.Context, name string) (note []byte, ok bool, err error) {
	done, err := s.enter(ctx)
	if err != nil {
		return nil, false, err
	}
	defer done()
	if note, ok, err = s.get(key(kindNote, name)); err != nil {
		return nil, false, fmt.Errorf("reading the note %s: %w", name, err)
	}
	return note, ok, nil
}
