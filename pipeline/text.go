package pipeline

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/dustin/go-humanize"
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

// ContainsFold reports whether s is in a list, whatever its case.
func ContainsFold(list []string, s string) bool {
	return slices.ContainsFunc(list, func(l string) bool { return strings.EqualFold(l, s) })
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

// Plural counts in English, with a comma between thousands: "1 day", "2 days",
// "3,000 repositories". It fits nouns whose plural ends in s.
func Plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	if stem, ok := strings.CutSuffix(noun, "y"); ok && !strings.ContainsAny(stem[max(0, len(stem)-1):], "aeou") {
		noun = stem + "ie"
	}
	return humanize.Comma(int64(n)) + " " + noun + "s"
}

// ListWords joins names as English does: "a, b and c"; "" for none.
func ListWords(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}
