package pipeline_test

import (
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

func mustSpan(t testing.TB, s string) pipeline.Span {
	t.Helper()
	v, err := pipeline.ParseSpan(s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func TestSpanAfter(t *testing.T) {
	for _, test := range []struct{ span, from, want string }{
		{"90d", "2026-01-01", "2026-04-01"},
		{"1d", "2024-02-28", "2024-02-29"},
		{"1d", "2023-02-28", "2023-03-01"},
		{"1mo", "2026-01-31", "2026-02-28"},
		{"1mo", "2024-01-31", "2024-02-29"},
		{"6mo", "2026-08-31", "2027-02-28"},
		{"6mo", "2023-08-30", "2024-02-29"},
		{"13mo", "2026-12-15", "2028-01-15"},
		{"1y", "2024-02-29", "2025-02-28"},
		{"4y", "2024-02-29", "2028-02-29"},
		{"1y", "2023-02-28", "2024-02-28"},
		{"2y", "2024-11-22T06:59:59Z", "2026-11-22T06:59:59Z"},
		{"2y", "1970-01-01", "1972-01-01"},
	} {
		if got := mustSpan(t, test.span).After(at(t, test.from)); !got.Equal(at(t, test.want)) {
			t.Errorf("%s after %s is %s, want %s", test.span, test.from, got.Format(time.RFC3339), test.want)
		}
	}
}

func TestSpanAfterIsUTC(t *testing.T) {
	zone := time.FixedZone("east", 14*60*60)
	from := time.Date(2026, 3, 1, 1, 0, 0, 0, zone) // 28 February, UTC
	if got, want := mustSpan(t, "1mo").After(from), at(t, "2026-03-28T11:00:00Z"); !got.Equal(want) || got.Location() != time.UTC {
		t.Errorf("one month after %s is %s, want %s", from, got, want)
	}
}

// FuzzSpan holds what judging builds on: a later day is over no earlier, going
// back and forth again never passes where it began, and spans read as they are
// written. Within a day the order may turn: one year after noon of 28 February
// 2024 comes after one year after the morning of the 29th, which is the 28th too.
func FuzzSpan(f *testing.F) {
	f.Add("2y", int64(1732258800), int64(86400))
	f.Add("6mo", int64(951782400), int64(1))
	f.Add("90d", int64(0), int64(0))
	f.Add("1y", int64(951782348), int64(97))
	f.Fuzz(func(t *testing.T, text string, unix, later int64) {
		span, err := pipeline.ParseSpan(text)
		if err != nil {
			return
		}
		if again := mustSpan(t, span.String()); again != span {
			t.Fatalf("%q reads as %+v, and as %+v when written again", text, span, again)
		}
		const century = 100 * 365 * 86400
		a := time.Unix(unix%(3*century), 0).UTC()
		b := a.Add(time.Duration(later%century) * time.Second)
		if b.Before(a) {
			a, b = b, a
		}
		if x, y := a.Truncate(24*time.Hour), b.Truncate(24*time.Hour); span.After(x).After(span.After(y)) {
			t.Errorf("%s after %s is later than after %s", span, x, y)
		}
		if !span.After(a).After(a) || !span.Before(a).Before(a) {
			t.Errorf("%s from %s does not move", span, a)
		}
		if back := span.Before(b); span.After(back).After(b) {
			t.Errorf("%s before %s is %s, but after that lies %s", span, b, back, span.After(back))
		}
	})
}

func TestSpanCompareAgreesWithCalendar(t *testing.T) {
	ascending := []string{"1d", "27d", "1mo", "31d", "90d", "6mo", "183d", "364d", "1y", "366d", "13mo", "2y", "4y", "9999y"}
	for i, shorter := range ascending {
		for _, longer := range ascending[i+1:] {
			if a, b := mustSpan(t, shorter), mustSpan(t, longer); a.Compare(b) >= 0 || b.Compare(a) <= 0 {
				t.Errorf("%s and %s compare as %d and %d", shorter, longer, a.Compare(b), b.Compare(a))
			}
		}
	}
	if mustSpan(t, "12mo").Compare(mustSpan(t, "1y")) != 0 {
		t.Error("12mo and 1y differ")
	}
}

func TestParseSpanRefuses(t *testing.T) {
	for _, s := range []string{"", "6", "mo", "0d", "-1d", "1.5y", "6 mo", "6MO", "1y6mo", "2w", "10000d", "６mo"} {
		if v, err := pipeline.ParseSpan(s); err == nil {
			t.Errorf("%q reads as %s", s, v)
		}
	}
}
