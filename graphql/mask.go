package graphql

import (
	"bytes"
	"regexp"
	"strconv"
)

// mask takes the token out of what came from outside, before anything reads
// it: a server or a proxy may echo it wherever it likes.
func mask(b []byte, secret string) []byte {
	if secret == "" {
		return b
	}
	if bytes.Contains(b, []byte(`\u00`)) {
		b = escapeSyntax.ReplaceAllFunc(b, unescape)
	}
	return bytes.ReplaceAll(b, []byte(secret), []byte("***"))
}

// escapeSyntax is a letter or digit that JSON spells as \u00XX, or an escaped
// backslash, after which \u is none.
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
