package graphql

import (
	"bytes"
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline"
)

// mask takes the token and e-mail addresses out of what came from outside,
// before anything reads it: a server or a proxy may echo the one, and people
// leave the others, wherever they like.
func mask(b []byte, secret string) []byte {
	if bytes.Contains(b, []byte(`\u00`)) {
		b = escapeSyntax.ReplaceAllFunc(b, unescape)
	}
	if len(secret) >= shortestSecret {
		b = bytes.ReplaceAll(b, []byte(secret), []byte("***"))
	}
	return maskAddresses(b)
}

// shortestSecret is the length from which on a token is taken out. GitHub's have
// forty characters and more; a shorter one, as stand-ins for GitHub accept, may
// be a word that names and texts hold too.
const shortestSecret = 8

// escapeSyntax is a letter, digit or sign that JSON spells as \u00XX, or an
// escaped backslash, after which \u is none.
var escapeSyntax = regexp.MustCompile(`\\\\|\\u00[0-7][0-9A-Fa-f]`)

func unescape(escaped []byte) []byte {
	if len(escaped) != len(`\u00XX`) {
		return escaped
	}
	n, err := strconv.ParseUint(string(escaped[4:]), 16, 8)
	if c := byte(n); err == nil && c > ' ' && c <= '~' && c != '"' && c != '\\' {
		return []byte{c}
	}
	return escaped
}

// kept are the fields whose texts stay as they are: an author's address tells a
// bot and goes no further than that, the others are not words.
var kept = []string{"email", "id", "oid", "startCursor", "endCursor"}

// maskAddresses masks the e-mail addresses in the strings of a JSON text.
func maskAddresses(b []byte) []byte {
	if bytes.IndexByte(b, '@') < 0 {
		return b
	}
	out := make([]byte, 0, len(b))
	key := ""
	for len(b) > 0 {
		open := bytes.IndexByte(b, '"')
		if open < 0 {
			break
		}
		out, b = append(out, b[:open]...), b[open:]
		n := stringEnd(b)
		text := b[:n]
		b = b[n:]
		if rest := bytes.TrimLeft(b, " \t\r\n"); len(rest) > 0 && rest[0] == ':' {
			key = string(text[1 : n-1])
		} else if bytes.IndexByte(text, '@') >= 0 && !slices.Contains(kept, key) {
			text = maskString(text, key)
		}
		out = append(out, text...)
	}
	return append(out, b...)
}

// stringEnd is the length of the JSON string that b begins with, of all of b
// when it has no end.
func stringEnd(b []byte) int {
	for i := 1; i < len(b); i++ {
		switch b[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(b)
}

// maskString masks the addresses in one JSON string. Of a person whose name is
// an address the part before the @ stays.
func maskString(quoted []byte, key string) []byte {
	var s string
	if err := json.Unmarshal(quoted, &s); err != nil {
		return quoted // no JSON; nobody will make sense of it either
	}
	plain := pipeline.MaskEmails(s)
	if key == "name" && plain == "-@-" {
		plain, _, _ = strings.Cut(s, "@")
	}
	masked, _ := json.Marshal(plain) // a string always marshals
	return masked
}
