package githubsim

import (
	"encoding/base64"
	"encoding/binary"
	"strconv"
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

// idKind is how ids of one type look. GitHub's new ids are a prefix, an
// underscore and a base64url msgpack array; legacy ids are base64 of a
// two-digit length, the type name and the number.
type idKind struct{ typ, prefix string }

func idKinds() []idKind {
	return []idKind{
		{"Repository", "R"}, {"Organization", "O"}, {"User", "U"}, {"Commit", "C"}, {"Ref", "REF"},
		{"Tree", "T"}, {"Blob", "B"}, {"Release", "RE"}, {"RepositoryTopic", "RT"}, {"Topic", "TO"},
		{"Language", "L"}, {"License", "LI"},
	}
}

// encode writes the id in the new format: the array is [0, id] or
// [0, id, rest], numbers of 32 bits as GitHub writes them.
func (n nodeRef) encode() string {
	b := make([]byte, 0, 16+len(n.rest))
	b = append(b, 0x92, 0x00, 0xce)
	b = binary.BigEndian.AppendUint32(b, n.id)
	if n.rest != "" {
		b[0] = 0x93
		b = append(b, 0xda)
		b = binary.BigEndian.AppendUint16(b, uint16(len(n.rest)))
		b = append(b, n.rest...)
	}
	for _, k := range idKinds() {
		if k.typ == n.kind {
			return k.prefix + "_" + base64.RawURLEncoding.EncodeToString(b)
		}
	}
	return ""
}

// legacy writes the id in the format that GitHub used before, and still
// answers without the X-Github-Next-Global-ID header.
func (n nodeRef) legacy() string {
	s := "0" + strconv.Itoa(len(n.kind)) + ":" + n.kind + strconv.FormatUint(uint64(n.id), 10)
	if n.rest != "" {
		s += ":" + n.rest
	}
	return base64.StdEncoding.EncodeToString([]byte(s))
}

// decodeID reads an id in either format.
func decodeID(s string) (nodeRef, bool) {
	for _, k := range idKinds() {
		if body, ok := strings.CutPrefix(s, k.prefix+"_"); ok {
			return decodeNewID(k.typ, body)
		}
	}
	b, err := base64.StdEncoding.DecodeString(s)
	if err != nil {
		return nodeRef{}, false
	}
	_, text, ok := strings.Cut(string(b), ":")
	if !ok {
		return nodeRef{}, false
	}
	for _, k := range idKinds() {
		number, rest, _ := strings.Cut(strings.TrimPrefix(text, k.typ), ":")
		id, err := strconv.ParseUint(number, 10, 32)
		n := nodeRef{kind: k.typ, id: uint32(id), rest: rest}
		if err == nil && strings.HasPrefix(text, k.typ) && n.legacy() == s {
			return n, true
		}
	}
	return nodeRef{}, false
}

func decodeNewID(kind, body string) (nodeRef, bool) {
	b, err := base64.RawURLEncoding.DecodeString(body)
	if err != nil || len(b) < 7 || b[1] != 0 || b[2] != 0xce {
		return nodeRef{}, false
	}
	n := nodeRef{kind: kind, id: binary.BigEndian.Uint32(b[3:])}
	switch rest := b[7:]; {
	case b[0] == 0x92 && len(rest) == 0:
		return n, true
	case b[0] == 0x93 && len(rest) > 3 && rest[0] == 0xda && int(binary.BigEndian.Uint16(rest[1:])) == len(rest)-3:
		n.rest = string(rest[3:])
		return n, true
	}
	return nodeRef{}, false
}

func (r *repo) ref() nodeRef   { return nodeRef{kind: "Repository", id: r.id} }
func (r *repo) nodeID() string { return r.ref().encode() }
func (o *owner) ref() nodeRef  { return nodeRef{kind: o.typeName(), id: o.id} }
