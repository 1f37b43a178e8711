package githubsim

import (
	"encoding/base64"
	"slices"
	"strings"
)

// cursorPrefix is what GitHub's cursors begin with before base64 hides it.
const cursorPrefix = "cursor:v2:"

// sequence is an ordered list behind a connection.
type sequence struct {
	n  int
	at func(i int) object
	// key returns element i's place in the order: a string that no other
	// element of the connection has, now or after elements came or went.
	key func(i int) string
	// locate returns how many elements lie before the key, and how many
	// before or at it. The boolean is false for a key of another connection.
	locate func(key string) (before, upTo int, ok bool)
}

// ordered returns a sequence of entries that are sorted by their keys, in that
// order or the other way round. A key that is gone still has a place, so its
// cursor stays good.
func ordered(entries []entry, descending bool) sequence {
	n := len(entries)
	index := func(i int) int {
		if descending {
			return n - 1 - i
		}
		return i
	}
	return sequence{
		n:   n,
		at:  func(i int) object { return entries[index(i)].object },
		key: func(i int) string { return entries[index(i)].key },
		locate: func(key string) (int, int, bool) {
			lo, found := slices.BinarySearchFunc(entries, key, func(e entry, key string) int { return strings.Compare(e.key, key) })
			hi := lo
			if found {
				hi++
			}
			if descending {
				lo, hi = n-hi, n-lo
			}
			return lo, hi, true
		},
	}
}

// connection is a page of a sequence, as first, last, after and before cut it.
type connection struct {
	typ        string // such as RepositoryConnection
	of         sequence
	start, end int
}

func (c *connection) typeName() string { return c.typ }

// connect cuts the page that a field asks for. A cursor that this connection
// never gave out is a failure, in GitHub's words.
func connect(f *plannedField, of sequence) value {
	c := &connection{typ: f.field.Definition.Type.Name(), of: of, end: of.n}
	for _, arg := range [...]string{"after", "before"} {
		given, isString := f.args[arg].(string)
		if !isString {
			continue
		}
		before, upTo, ok := locate(of, given, arg)
		if !ok {
			return &failure{typ: "INVALID_CURSOR_ARGUMENTS", message: "`" + given + "` does not appear to be a valid cursor."}
		}
		if arg == "after" {
			c.start = upTo
		} else {
			c.end = before
		}
	}
	c.end = max(c.end, c.start)
	if first, ok := f.args.int("first"); ok {
		c.end = min(c.end, c.start+first)
	} else if last, ok := f.args.int("last"); ok {
		c.start = max(c.start, c.end-last)
	}
	return c
}

// locate reads a cursor. One that [EndlessCursors] made has a salt, and may
// have nothing behind it: then the connection begins, or ends, anew.
func locate(of sequence, cursor, arg string) (before, upTo int, ok bool) {
	text, err := base64.StdEncoding.DecodeString(cursor)
	key, ok := strings.CutPrefix(string(text), cursorPrefix)
	if err != nil || !ok {
		return 0, 0, false
	}
	if salted, ok := strings.CutPrefix(key, "\x00"); ok {
		_, key, _ = strings.Cut(salted, "\x00")
		if key == "" && arg == "after" {
			return 0, 0, true
		} else if key == "" {
			return of.n, of.n, true
		}
	}
	return of.locate(key)
}

func cursorOf(key string) string {
	return base64.StdEncoding.EncodeToString([]byte(cursorPrefix + key))
}

// cursor is the cursor of element i, null on an empty page.
func (c *connection) cursor(i int) value {
	if c.start >= c.end {
		return nil
	}
	return cursorOf(c.of.key(i))
}

func (c *connection) nodes() []object {
	nodes := make([]object, 0, c.end-c.start)
	for i := c.start; i < c.end; i++ {
		nodes = append(nodes, c.of.at(i))
	}
	return nodes
}

type pageInfo struct{ *connection }

func (pageInfo) typeName() string { return "PageInfo" }

// connectionFields adds the fields that every connection has.
func connectionFields(all map[string]resolver, types ...string) {
	all["PageInfo.hasNextPage"] = on(func(p pageInfo) value { return p.end < p.of.n })
	all["PageInfo.hasPreviousPage"] = on(func(p pageInfo) value { return p.start > 0 })
	all["PageInfo.startCursor"] = on(func(p pageInfo) value { return p.cursor(p.start) })
	all["PageInfo.endCursor"] = on(func(p pageInfo) value { return p.cursor(p.end - 1) })
	for _, t := range types {
		all[t+"Connection.totalCount"] = on(func(c *connection) value { return c.of.n })
		all[t+"Connection.pageInfo"] = on(func(c *connection) value { return pageInfo{c} })
		all[t+"Connection.nodes"] = on(func(c *connection) value { return c.nodes() })
	}
}
