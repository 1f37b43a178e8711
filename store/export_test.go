package store

// SetPoint makes the store call at when a change of state reaches a named
// point; nil ends that.
func (s *Store) SetPoint(at func(point string)) { s.at = at }
