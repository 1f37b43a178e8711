package pipeline

import (
	"strings"
	"time"

	"github.com/dustin/go-humanize"
)

// AgeWords tells the calendar time between two moments in its two largest
// units: "2 years and 1 day", "3 months", "less than a day". The units are those
// the limits are reckoned in, so "2 years" is reached exactly when a limit of
// "2y" is.
func AgeWords(from, to time.Time) string {
	from, to = from.UTC(), to.UTC()
	months := max(0, (to.Year()-from.Year())*12+int(to.Month())-int(from.Month()))
	for months > 0 && (Span{Months: months}).After(from).After(to) {
		months--
	}
	days := int(max(0, to.Unix()-(Span{Months: months}).After(from).Unix()) / secondsPerDay)
	var parts []string
	for _, u := range []struct {
		n    int
		unit string
	}{{months / 12, "year"}, {months % 12, "month"}, {days, "day"}} {
		if u.n > 0 {
			parts = append(parts, Plural(u.n, u.unit))
		}
	}
	if len(parts) == 0 {
		return "less than a day"
	}
	return ListWords(parts[:min(2, len(parts))])
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

const secondsPerDay = 24 * 60 * 60
