package store

import "context"

// SaveNote keeps something that was learnt for the next process: a few hundred
// bytes in a form of the caller's own. The name may be shown, so it is never a
// token.
func (s *Store) SaveNote(ctx context.Context, name string, note []byte) error {
	return s.call(ctx, "saving the note "+name, func() error {
		if err := checkName("note", name); err != nil {
			return err
		}
		return s.put(key(kindNote, name), note)
	})
}

// Note returns what SaveNote kept; the boolean is false when there is nothing.
func (s *Store) Note(ctx context.Context, name string) (note []byte, ok bool, err error) {
	err = s.call(ctx, "reading the note "+name, func() error {
		note, ok, err = s.get(key(kindNote, name))
		return err
	})
	return note, ok, err
}
