package site

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"github.com/stalewatch/stalewatch/pipeline"
)

const nbsp = "\u00a0"

// count writes a whole number with thousands separators.
func count(n int) string { return humanize.Comma(int64(n)) }

// percent writes part of whole to the nearest percent, without calling some
// none, or most all.
func percent(part, whole int) string {
	whole = max(1, whole)
	words := strconv.Itoa((200*part + whole) / (2 * whole))
	switch {
	case words == "0" && part > 0:
		words = "<1"
	case words == "100" && part < whole:
		words = ">99"
	}
	return words + nbsp + "%"
}

func isoDate(t time.Time) string { return t.UTC().Format(time.DateOnly) }

func longDate(t time.Time) string { return t.UTC().Format("2 January 2006") }

func stamp(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04") + " UTC" }

func rfc3339(t time.Time) string { return t.UTC().Truncate(time.Second).Format(time.RFC3339) }

// days counts whole days from one moment to another, never negative.
func days(from, to time.Time) int { return max(0, int(to.Sub(from)/(24*time.Hour))) }

// daysPerMonth is the mean length of a Gregorian month.
const daysPerMonth = 30.436875

// age puts a number of days into words at the precision a reader needs: days up
// to two months, months up to a year, then years to a tenth. Fractions are cut
// off, so that no limit seems reached before it is.
func age(days int) string {
	switch {
	case days < 61:
		return pipeline.Plural(days, "day")
	case days < 365:
		return pipeline.Plural(int(float64(days)/daysPerMonth), "month")
	}
	return tenths(days) + " years"
}

// shortAge is age with unit symbols: "12 d", "7 mo", "2.0 y".
func shortAge(days int) string {
	switch {
	case days < 61:
		return strconv.Itoa(days) + nbsp + "d"
	case days < 365:
		return strconv.Itoa(int(float64(days)/daysPerMonth)) + nbsp + "mo"
	}
	return tenths(days) + nbsp + "y"
}

// tenths writes days in years, cut to a tenth. A year is reached on the
// earliest day on which so many calendar years can have passed, so that what is
// judged two years old never reads 1.9.
func tenths(days int) string {
	t := (4*days + 3) * 10 / (4*365 + 1)
	return strconv.Itoa(t/10) + "." + strconv.Itoa(t%10)
}

// ago says how long before asOf something was.
func ago(t, asOf time.Time) string {
	if d := days(t, asOf); d > 0 {
		return age(d) + " ago"
	}
	return "today"
}

// since names the day of an earlier run as a reader would on the day of asOf.
func since(t, asOf time.Time) string {
	day := func(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }
	switch days(day(t), day(asOf)) {
	case 0:
		return "since " + t.UTC().Format("15:04") + " UTC"
	case 1:
		return "since yesterday"
	}
	return "since " + longDate(t)
}

// title is a status with a capital, as chips and headings show it.
func title(s pipeline.Status) string { return capital(string(s)) }

// capital writes an ASCII letter at the beginning in upper case.
func capital(s string) string { return strings.ToUpper(s[:min(1, len(s))]) + s[min(1, len(s)):] }

// spanWords is a span with its number as a word up to twelve: "two years".
func spanWords(s pipeline.Span) string {
	number, unit, ok := strings.Cut(s.Words(), " ")
	n, err := strconv.Atoi(number)
	if !ok || err != nil || n < 1 || n > 12 {
		return s.Words()
	}
	words := [...]string{"one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"}
	return words[n-1] + " " + unit
}

// between names a range of ages, with the unit once where both ends share it:
// "6–12 months", "1–2 years".
func between(from, to pipeline.Span) string {
	if to == (pipeline.Span{Years: 1}) && from.Months > 0 {
		to = pipeline.Span{Months: 12}
	}
	a, unitA, _ := strings.Cut(from.Words(), " ")
	b, unitB, _ := strings.Cut(to.Words(), " ")
	if strings.TrimSuffix(unitA, "s") == strings.TrimSuffix(unitB, "s") {
		return a + "–" + b + " " + unitB
	}
	return from.Words() + "–" + to.Words()
}

// tierWords says what a status means under the rules in force.
func tierWords(s pipeline.Status, t pipeline.Tiers) string {
	switch s {
	case pipeline.Fresh:
		return "under " + t.Fresh.Words()
	case pipeline.Active:
		return between(t.Fresh, t.Active)
	case pipeline.Aging:
		return between(t.Active, t.Aging)
	case pipeline.Stale:
		return between(t.Aging, t.Stale)
	case pipeline.Dormant:
		return t.Stale.Words() + " and more"
	case pipeline.Archived:
		return "read-only"
	case pipeline.Empty:
		return "no commit yet"
	default:
		return "could not be read"
	}
}

// stepWords are the words for each group of the worklist: its title, why it is a
// group, and its name as a filter of the table.
var stepWords = map[pipeline.Step]struct{ title, why, label string }{
	pipeline.StepRetired:  {"Archive: retired by their own words", "Their README, description or topics say that they are over, or name a successor.", "Retired by their own words"},
	pipeline.StepFork:     {"Forks that fell behind: delete them, or work upstream", "Nobody has kept them up to date.", "Forks that fell behind"},
	pipeline.StepBots:     {"Only bots have committed since they went stale", "They look alive on GitHub, but nobody works on them. Merge what the bots offer, or archive them.", "Only bots since"},
	pipeline.StepSoon:     {"Becoming stale within 30 days", "A look now is cheaper than a verdict later.", "Becoming stale"},
	pipeline.StepEnding:   {"Exemptions that end within 30 days", "Extend each with a reason, or let it end.", "Exemption ends"},
	pipeline.StepStarred:  {"Stale with stars: keep, hand over or archive", "People have starred them and may still rely on them.", "Stale with stars"},
	pipeline.StepStale:    {"Stale without stars: archive, or exempt with a reason", "Nobody has starred them, and nobody has kept them up.", "Stale without stars"},
	pipeline.StepOutdated: {"Fresh, but built on what is no longer supported", "People commit to them, but what they are built on is over. Move them to something that is supported.", "Outdated"},
	pipeline.StepNobody:   {"Nobody answers for it", "They are not stale yet. Name an owner now, in CODEOWNERS or by a rule.", "Nobody answers for it"},
}

// signed is a change: "+3", "−1", "±0".
func signed(n int) string {
	switch {
	case n > 0:
		return "+" + count(n)
	case n < 0:
		return "−" + count(-n)
	}
	return "±0"
}

// decimal writes a coordinate with at most one decimal.
func decimal(f float64) string {
	return strings.TrimSuffix(strconv.FormatFloat(f, 'f', 1, 64), ".0")
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// chipped is the status that a cell names; "" for other text.
func chipped(cell string) pipeline.Status {
	if s := pipeline.Status(strings.ToLower(cell)); slices.Contains(pipeline.Statuses, s) && title(s) == cell {
		return s
	}
	return ""
}

// firstOther is the index of the first value that does not fit; the length if
// all do.
func firstOther[T any](all []T, fits func(T) bool) int {
	for i, v := range all {
		if !fits(v) {
			return i
		}
	}
	return len(all)
}

func boolRank(b bool) int {
	if b {
		return 1
	}
	return 0
}

func indices(n int) []int32 {
	all := make([]int32, n)
	for i := range all {
		all[i] = int32(i)
	}
	return all
}
