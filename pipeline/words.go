package pipeline

import (
	"strings"

	"github.com/dustin/go-humanize"
)

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
