package site

import (
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

func TestAge(t *testing.T) {
	for days, want := range map[int]string{
		0: "0 days", 1: "1 day", 60: "60 days", 61: "2 months", 364: "11 months", 365: "1.0 years", 730: "2.0 years",
		731: "2.0 years", 1460: "3.9 years", 1461: "4.0 years", 1095: "3.0 years", 1094: "2.9 years", 20_000: "54.7 years",
	} {
		if got := age(days); got != want {
			t.Errorf("%d days are %q, want %q", days, got, want)
		}
	}
}

func TestPercent(t *testing.T) {
	for _, c := range []struct {
		part, whole int
		want        string
	}{{0, 0, "0 %"}, {0, 9, "0 %"}, {1, 1000, "<1 %"}, {41, 100, "41 %"}, {1, 8, "13 %"}, {999, 1000, ">99 %"}, {7, 7, "100 %"}} {
		want := []rune(c.want)
		want[len(want)-2] = '\u00a0'
		if got := percent(c.part, c.whole); got != string(want) {
			t.Errorf("%d of %d is %q, want %q", c.part, c.whole, got, c.want)
		}
	}
}

func TestTierWords(t *testing.T) {
	year := func(n int) pipeline.Span { return pipeline.Span{Years: n} }
	months := func(n int) pipeline.Span { return pipeline.Span{Months: n} }
	for _, c := range []struct {
		tiers  pipeline.Tiers
		status pipeline.Status
		want   string
	}{
		{pipeline.Tiers{Fresh: months(6), Active: year(1)}, pipeline.Fresh, "under 6 months"},
		{pipeline.Tiers{Fresh: months(6), Active: year(1)}, pipeline.Active, "6–12 months"},
		{pipeline.Tiers{Active: year(1), Aging: year(2)}, pipeline.Aging, "1–2 years"},
		{pipeline.Tiers{Active: months(1), Aging: year(2)}, pipeline.Aging, "1 month–2 years"},
		{pipeline.Tiers{Aging: pipeline.Span{Days: 90}, Stale: months(9)}, pipeline.Stale, "90 days–9 months"},
		{pipeline.Tiers{Stale: year(4)}, pipeline.Dormant, "4 years and more"},
	} {
		if got := tierWords(c.status, c.tiers); got != c.want {
			t.Errorf("%s is %q, want %q", c.status, got, c.want)
		}
	}
}

func TestSince(t *testing.T) {
	now := time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		then time.Time
		want string
	}{
		{now.Add(-3 * time.Hour), "since 04:00 UTC"}, {now.Add(-8 * time.Hour), "since yesterday"},
		{now.Add(-30 * time.Hour), "since yesterday"}, {now.AddDate(0, 0, -3), "since 19 November 2026"},
	} {
		if got := since(c.then, now); got != c.want {
			t.Errorf("%s is %q, want %q", c.then, got, c.want)
		}
	}
}

func TestSegment(t *testing.T) {
	seen := map[string]string{}
	for name, want := range map[string]string{
		"Azure-Samples": "azure-samples", ".github": "_dot-github", "_dot-github": "__dot-github", "__dot-github": "___dot-github",
		"_private": "_private", "a.b_c-d": "a.b_c-d", "..": "_dot-.", "é": "~c3~a9", "a b": "a~20b", "<x>": "~3cx~3e", "_dots": "_dots",
	} {
		got := segment(name)
		if got != want {
			t.Errorf("%q becomes %q, want %q", name, got, want)
		}
		if other, ok := seen[got]; ok {
			t.Errorf("%q and %q both become %q", name, other, got)
		}
		seen[got] = name
	}
}

func TestSlugs(t *testing.T) {
	s := slugs{}
	for _, c := range []struct{ value, want string }{
		{"C", "c"}, {"C#", "c-sharp"}, {"C++", "c-plus-plus"}, {"Jupyter Notebook", "jupyter-notebook"}, {"@Azure/aks", "azure-aks"},
		{"@azure-aks", "azure-aks-2"}, {"العربية", "other"}, {"..", "other-2"}, {"ASP.NET", "asp-net"},
	} {
		if got := s.slug(c.value); got != c.want {
			t.Errorf("%q becomes %q, want %q", c.value, got, c.want)
		}
	}
}

func TestSafeURL(t *testing.T) {
	for raw, want := range map[string]string{
		"https://github.com/a/b": "https://github.com/a/b", "http://x.test/?q=1#f": "http://x.test/?q=1#f", "mailto:a@b.test": "mailto:a@b.test",
		"../run/": "../run/", "#unread": "#unread", "HTTPS://x.test": "https://x.test",
		"javascript:alert(1)": "", "JaVaScRiPt:alert(1)": "", " javascript:alert(1)": "", "java\nscript:alert(1)": "", "data:text/html,x": "",
		"vbscript:x": "", "//evil.test/x": "", `\\evil.test`: "", `/\evil.test`: "/%5Cevil.test", "https:": "", "https:///x": "", "file:///etc/passwd": "", "\x00": "", "": "",
	} {
		if got := safeURL(raw); got != want {
			t.Errorf("%q becomes %q, want %q", raw, got, want)
		}
	}
}

func TestClean(t *testing.T) {
	for raw, want := range map[string]string{
		"plain text": "plain text", " a  b\t\r\nc ": "a b c", "\u202egnirts": "gnirts", "a\u200bb\ufeffc\u00add": "abcd", "x\x00y\x1b[31m": "x y [31m",
		"👩\u200d💻": "👩\u200d💻", "مرحبا": "مرحبا", "bad\xffbyte": "bad\ufffdbyte", "\U000e0041tag": "tag", "": "",
	} {
		if got := clean(raw); got != want {
			t.Errorf("%q becomes %q, want %q", raw, got, want)
		}
	}
}
