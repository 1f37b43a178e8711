package graphql

import (
	"bytes"
	"encoding/json"
	"regexp"
	"time"
)

// The scalars of an answer. githubv4 gives up a whole answer for one value that
// does not fit its type; these note it, so that a date of the year 10889 spoils
// the repository that it belongs to and no other.
type (
	text struct {
		string
		state
	}
	flag struct {
		bool
		state
	}
	// oid is a text that names a commit.
	oid    struct{ text }
	number struct {
		int
		state
	}
	moment struct {
		time.Time
		state
	}
)

// state says how a scalar stands in the answer. The zero state is a null, or
// nothing at all.
type state struct{ set, bad bool }

// read decodes into v, unless there is a null.
func (s *state) read(b []byte, v any) error {
	*s = state{}
	if !bytes.Equal(b, []byte("null")) {
		s.set = true
		s.bad = json.Unmarshal(b, v) != nil
	}
	return nil
}

// oidSyntax is a SHA-1 or a SHA-256 in hexadecimal.
var oidSyntax = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

func (o *oid) UnmarshalJSON(b []byte) error {
	o.read(b, &o.string)
	o.bad = o.bad || o.set && !oidSyntax.MatchString(o.string)
	return nil
}

func (t *text) UnmarshalJSON(b []byte) error { return t.read(b, &t.string) }
func (f *flag) UnmarshalJSON(b []byte) error { return f.read(b, &f.bool) }

// maxExact is the largest number that every JSON reader knows exactly.
const maxExact = 1 << 53

func (n *number) UnmarshalJSON(b []byte) error {
	n.read(b, &n.int)
	n.bad = n.bad || n.int > maxExact || n.int < -maxExact
	return nil
}

func (m *moment) UnmarshalJSON(b []byte) error {
	m.read(b, &m.Time)
	m.Time = m.Time.UTC()
	return nil
}

// pointer returns the text, nil for none; an empty one is as good as none.
func (t text) pointer() *string {
	if !t.set || t.bad || t.string == "" {
		return nil
	}
	return &t.string
}

func (m moment) pointer() *time.Time {
	if !m.set || m.bad {
		return nil
	}
	return &m.Time
}

// named is a scalar with the name that GitHub has for it.
type named struct {
	name     string
	state    state
	optional bool // GitHub may leave it null
}

// flaw names the first value that cannot be used; empty when all can.
func flaw(values ...named) string {
	for _, v := range values {
		if v.state.bad || !v.optional && !v.state.set {
			return v.name
		}
	}
	return ""
}
