package githubsim

import (
	"encoding/base64"
	"encoding/binary"
	"strings"
)

// nodeRef is what a global node id means: a kind of thing, the number GitHub
// keeps it or its repository under, and for things inside a repository their
// own name.
type nodeRef struct {
	kind string // GraphQL type name
	id   uint32
	rest string
}

// idPrefixes are what GitHub's ids begin with, by type.
var idPrefixes = map[string]string{"Repository": "R", "Organization": "O", "User": "U", "Commit": "C"}

// encode writes the id as GitHub does with X-Github-Next-Global-ID: the prefix,
// an underscore, and in base64url the msgpack array [0, id] or [0, id, rest],
// with numbers of 32 bits.
func (n nodeRef) encode() string {
	b := binary.BigEndian.AppendUint32([]byte{0x92, 0x00, 0xce}, n.id)
	if n.rest != "" {
		b[0] = 0x93
		b = binary.BigEndian.AppendUint16(append(b, 0xda), uint16(len(n.rest)))
		b = append(b, n.rest...)
	}
	return idPrefixes[n.kind] + "_" + base64.RawURLEncoding.EncodeToString(b)
}

// decodeID reads an id of a repository or a commit; false means it is none.
func decodeID(s string) (nodeRef, bool) {
	prefix, body, _ := strings.Cut(s, "_")
	b, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil || len(b) < 7 {
		return nodeRef{}, false
	}
	n := nodeRef{kind: "Repository", id: binary.BigEndian.Uint32(b[3:])}
	if prefix == "C" && len(b) > 10 {
		n.kind, n.rest = "Commit", string(b[10:])
	}
	return n, n.encode() == s
}
