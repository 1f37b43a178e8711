package pipeline

import (
	"cmp"
	"regexp"
	"strings"
	"unicode"
)

// NameLimit and TextLimit bound foreign text inside sentences, in characters.
// GitHub allows 100 for a repository's name; git allows any for a branch's.
const (
	NameLimit = 100
	TextLimit = 200
)

var emailAddress = regexp.MustCompile(`[\p{L}\p{N}._%+'=\-\[\]]+@([\p{L}\p{N}-]+\.)+\p{L}[\p{L}\p{N}-]+`)

// maskedEmail stands for an address that was taken out. It keeps the shape of
// an owner in CODEOWNERS, so that a masked file still parses.
const maskedEmail = "-@-"

// MaskEmails replaces every e-mail address in text by "-@-". Author names,
// descriptions and CODEOWNERS files hold addresses; what is kept or shown
// passes through here first.
func MaskEmails(text string) string {
	if !strings.Contains(text, "@") {
		return text
	}
	return emailAddress.ReplaceAllLiteralString(text, maskedEmail)
}

// Plain makes foreign text fit for a sentence: one line, without control,
// bidirectional or other invisible characters and e-mail addresses, and at
// most limit characters long.
func Plain(text string, limit int) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs), r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, text)
	text = MaskEmails(strings.Join(strings.Fields(text), " "))
	if runes := []rune(text); len(runes) > limit {
		return strings.TrimSpace(string(runes[:limit-1])) + "…"
	}
	return text
}

// CompareNames orders names with owners, case folded, and by their exact form
// where they fold to the same.
func CompareNames(a, b string) int {
	return cmp.Or(cmp.Compare(strings.ToLower(a), strings.ToLower(b)), cmp.Compare(a, b))
}

// SplitName cuts owner/name in two; without a slash the owner is "".
func SplitName(nameWithOwner string) (owner, name string) {
	owner, name, found := strings.Cut(nameWithOwner, "/")
	if !found {
		return "", nameWithOwner
	}
	return owner, name
}
