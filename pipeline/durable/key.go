package durable

import (
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"strings"
)

// Key names an activity within its orchestration. Parts are string literals or
// the natural identity of what is worked on, never a position or a type name
// found by reflection, since they live on in stored data.
type Key struct {
	// Step names what is done: "list", "fetch". Required.
	Step string
	// Item is what it is done to: a cursor, an id, a hash of several. It may be
	// empty for a step that is taken once.
	Item string
	// Revision identifies what decides the result besides the item: query text,
	// record schema, parameters. A changed revision misses the checkpoint.
	Revision string
}

// maxItem bounds the part of an item that stands in a key as it is; a longer
// one is replaced by its hash, so that keys stay short whatever GitHub's
// opaque cursors hold.
const maxItem = 80

// String returns the form under which the journal keeps the activity.
func (k Key) String() string {
	item := k.Item
	if len(item) > maxItem {
		item = "sha256-" + Digest(item)
	}
	return escape(k.Step) + ":" + escape(item) + "@" + escape(k.Revision)
}

// escape keeps the separators of a key out of its parts, so that different keys
// never have the same form. PathEscape would leave ":" and "@" as they are.
func escape(part string) string { return url.QueryEscape(part) }

// Digest returns a short name for the parts taken together: the first 16 hex
// digits of a SHA-256 that tells ("ab", "c") from ("a", "bc"). It is meant for
// revisions and for items that consist of many identities.
func Digest(parts ...string) string {
	h := sha256.New()
	for _, p := range parts {
		h.Write([]byte(escape(p)))
		h.Write([]byte{'/'})
	}
	return hex.EncodeToString(h.Sum(nil)[:8])
}

// ParseKey takes apart the form under which a journal keeps an activity, see
// [Entry]: the names of the sub-orchestrations it stands in, outermost first,
// and its key. An item that was too long is its hash. The boolean is false for
// what no key looks like.
func ParseKey(kept string) (path []string, key Key, ok bool) {
	parts := strings.Split(kept, "/")
	step, rest, ok1 := strings.Cut(parts[len(parts)-1], ":")
	item, revision, ok2 := strings.Cut(rest, "@")
	escaped := append(parts[:len(parts)-1:len(parts)-1], step, item, revision)
	for i, part := range escaped {
		var err error
		if escaped[i], err = url.QueryUnescape(part); err != nil {
			return nil, Key{}, false
		}
	}
	n := len(escaped) - 3
	return escaped[:n:n], Key{Step: escaped[n], Item: escaped[n+1], Revision: escaped[n+2]}, ok1 && ok2
}

// join puts the key of an activity behind the path of its orchestration.
func join(path []string, key Key) string {
	var b strings.Builder
	for _, p := range path {
		b.WriteString(escape(p))
		b.WriteByte('/')
	}
	b.WriteString(key.String())
	return b.String()
}
