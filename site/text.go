package site

import (
	"fmt"
	"html/template"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// maxText bounds, in characters, any one piece of text from GitHub on a page.
const maxText = 400

// clean makes a stranger's text fit for a sentence: invalid bytes become U+FFFD,
// control and line-breaking characters a space, characters that are invisible or
// reorder their surroundings go, and what is too long ends in an ellipsis.
func clean(s string) string {
	if isPlain(s) {
		return s
	}
	var b strings.Builder
	b.Grow(len(s))
	n, space := 0, true
	for _, r := range s {
		switch {
		case invisible(r):
			continue
		case unicode.IsSpace(r) || unicode.IsControl(r):
			if space {
				continue
			}
			space, r = true, ' '
		default:
			space = false
		}
		if n++; n > maxText {
			b.WriteRune('…')
			break
		}
		b.WriteRune(r)
	}
	return strings.TrimRight(b.String(), " ")
}

// isPlain recognizes the common case, printable ASCII with single spaces
// inside, without allocating.
func isPlain(s string) bool {
	if len(s) > maxText {
		return false
	}
	before := byte(' ')
	for i := range len(s) {
		c := s[i]
		if c < ' ' || c > '~' || c == ' ' && before == ' ' {
			return false
		}
		before = c
	}
	return before != ' ' || s == ""
}

// invisible reports the format characters that can reorder or hide text: the
// bidirectional controls, zero-width characters, tags and the like. The
// joiners stay, since scripts and emoji need them.
func invisible(r rune) bool {
	switch r {
	case '\u200c', '\u200d':
		return false
	case '\u034f', '\u115f', '\u1160', '\u3164', '\uffa0': // blank fillers
		return true
	}
	return unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Co, r)
}

// safeURL returns a link's target if it is https, http, mailto or relative to
// the page, and "" otherwise.
func safeURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || raw == "" || !utf8.ValidString(raw) || strings.ContainsFunc(raw, unicode.IsControl) {
		return ""
	}
	switch u.Scheme { // which is in lower case
	case "https", "http":
		if u.Host != "" {
			return u.String()
		}
	case "mailto":
		return u.String()
	case "":
		if u.Host == "" && raw[0] != '\\' {
			return u.String()
		}
	}
	return ""
}

// secureURL returns a link's target if it is an absolute https address, and ""
// otherwise.
func secureURL(raw string) string {
	if u := safeURL(raw); strings.HasPrefix(u, "https://") {
		return u
	}
	return ""
}

// shorten cuts text to n characters, the last an ellipsis, for a place that
// has no room for more.
func shorten(s string, n int) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

// visible writes the invisible characters of JSON as escapes, so that a page
// that shows it hides nothing; what it means stays the same.
func visible(json []byte) string {
	var b strings.Builder
	for _, r := range string(json) {
		if r == '\n' || !(invisible(r) || unicode.Is(unicode.Cf, r) || unicode.IsControl(r)) {
			b.WriteRune(r)
			continue
		}
		for _, u := range utf16.Encode([]rune{r}) {
			fmt.Fprintf(&b, `\u%04x`, u)
		}
	}
	return b.String()
}

// said is a sentence of a verdict. Names of branches stand in backquotes there,
// and in code on a page.
func said(s string) template.HTML {
	var b strings.Builder
	parts := strings.Split(clean(s), "`")
	for i, part := range parts {
		part = template.HTMLEscapeString(part)
		switch {
		case i%2 == 0:
		case i < len(parts)-1:
			part = "<code>" + part + "</code>"
		default: // a quote without its other half
			part = "`" + part
		}
		b.WriteString(part)
	}
	return template.HTML(b.String())
}

// escape makes text plain in Markdown: CommonMark lets every ASCII punctuation
// be escaped, which also takes the meaning from HTML, links and mentions. What
// stands inside a word or a number means nothing and stays readable.
func escape(s string) string {
	var b strings.Builder
	for i, c := range s {
		if c < 0x80 && c > ' ' && !isWord(s, i) && !isInside(s, i) {
			b.WriteByte('\\')
		}
		b.WriteRune(c)
	}
	return b.String()
}

// isWord reports an ASCII letter or digit at i.
func isWord(s string, i int) bool {
	if i < 0 || i >= len(s) {
		return false
	}
	c := s[i]
	return c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z'
}

// isInside reports a hyphen, slash, dot or comma between letters or digits, or a
// comma after one. After "www" a dot would begin a link.
func isInside(s string, i int) bool {
	switch s[i] {
	case '.':
		if strings.HasSuffix(strings.ToLower(s[:i]), "www") {
			return false
		}
	case ',':
		return isWord(s, i-1) && (isWord(s, i+1) || strings.HasPrefix(s[i+1:], " "))
	case '-', '/':
	default:
		return false
	}
	return isWord(s, i-1) && isWord(s, i+1)
}

// code sets text as code, in which GitHub sees no mention.
func code(s string) string { return "`" + strings.ReplaceAll(clean(s), "`", "'") + "`" }

// isMail recognizes an e-mail address; "@team" and "@org/team" are none.
func isMail(s string) bool { return strings.LastIndexByte(s, '@') > 0 }

// notMail is nil for an e-mail address, which some people use as their name.
func notMail(s *string) *string {
	if s == nil || isMail(*s) {
		return nil
	}
	return s
}

// deref is the text, "" for none; orNull is its opposite.
func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func orEmpty[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
