package pipeline

import (
	"cmp"
	"fmt"
	"regexp"
	"strconv"
	"time"
)

// Span is a length of calendar time such as "90d", "6mo" or "2y". Exactly one
// of its parts is set in a span that was parsed; the zero Span is no time.
type Span struct {
	Years, Months, Days int
}

var spanSyntax = regexp.MustCompile(`^([1-9][0-9]{0,3})(d|mo|y)$`)

// ParseSpan reads a positive whole number followed by d, mo or y.
func ParseSpan(s string) (Span, error) {
	m := spanSyntax.FindStringSubmatch(s)
	if m == nil {
		return Span{}, fmt.Errorf("%q is not a span of time; write a whole number and d, mo or y, such as 90d, 6mo or 2y", s)
	}
	n, _ := strconv.Atoi(m[1]) // four digits at most
	switch m[2] {
	case "d":
		return Span{Days: n}, nil
	case "mo":
		return Span{Months: n}, nil
	default:
		return Span{Years: n}, nil
	}
}

// String returns the form that [ParseSpan] reads; "0d" for the zero Span.
func (s Span) String() string {
	n, suffix, _ := s.part()
	return strconv.Itoa(n) + suffix
}

// Words returns the span in English: "2 years", "1 month", "90 days".
func (s Span) Words() string {
	n, _, unit := s.part()
	return Plural(n, unit)
}

// part is the one that is set, the days where none is.
func (s Span) part() (n int, suffix, unit string) {
	switch {
	case s.Years != 0:
		return s.Years, "y", "year"
	case s.Months != 0:
		return s.Months, "mo", "month"
	}
	return s.Days, "d", "day"
}

// After returns the moment one span after t, in UTC. A day that the target
// month does not have becomes its last day, as in java.time and SQL: one year
// after 29 February is 28 February, six months after 31 August the last of
// February.
func (s Span) After(t time.Time) time.Time { return s.shift(t, 1) }

// Before returns the moment one span before t, in UTC, with the same rule for
// days that do not exist.
func (s Span) Before(t time.Time) time.Time { return s.shift(t, -1) }

func (s Span) shift(t time.Time, sign int) time.Time {
	t = t.UTC()
	first := time.Date(t.Year()+sign*s.Years, t.Month()+time.Month(sign*s.Months), 1,
		t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(t.Day(), last)-1+sign*s.Days)
}

// Compare orders spans by length, reckoned over the 400 years in which the
// calendar repeats: a month is 30.436875 days. It returns -1, 0 or +1.
func (s Span) Compare(o Span) int {
	const perMonth = 30.436875
	days := func(s Span) float64 { return float64(s.Years*12+s.Months)*perMonth + float64(s.Days) }
	return cmp.Compare(days(s), days(o))
}

// MarshalText returns the form that [ParseSpan] reads.
func (s Span) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText is [ParseSpan]; it accepts "0d" too, the zero Span's own form.
func (s *Span) UnmarshalText(b []byte) error {
	if string(b) == "0d" {
		*s = Span{}
		return nil
	}
	v, err := ParseSpan(string(b))
	if err != nil {
		return err
	}
	*s = v
	return nil
}

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
	days := max(0, WholeDays((Span{Months: months}).After(from), to))
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

// WholeDays is how many days of 24 hours lie between two moments; negative when to
// is a day or more before from.
func WholeDays(from, to time.Time) int { return int((to.Unix() - from.Unix()) / (24 * 60 * 60)) }
