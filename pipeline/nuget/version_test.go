package nuget_test

import (
	"slices"
	"testing"

	"github.com/stalewatch/stalewatch/pipeline/nuget"
)

func version(t *testing.T, s string) nuget.Version {
	t.Helper()
	v, ok := nuget.ParseVersion(s)
	if !ok {
		t.Fatalf("%q is no version", s)
	}
	return v
}

func TestVersionIsNormalized(t *testing.T) {
	for in, want := range map[string]string{
		"1": "1.0.0", "1.0": "1.0.0", "1.0.0": "1.0.0", "1.0.0.0": "1.0.0", "1.0.01.0": "1.0.1",
		"1.00": "1.0.0", "1.01.1": "1.1.1", "1.00.0.1": "1.0.0.1", "1.0.0.00": "1.0.0",
		"1.0.7+r3456": "1.0.7", "1.0.0-beta+01.00": "1.0.0-beta", " 2.1 ": "2.1.0",
		"1.0.0-Alpha": "1.0.0-Alpha", "1.2-rc.1": "1.2.0-rc.1", "1.0.0--": "1.0.0--", "2147483647.0": "2147483647.0.0",
	} {
		if got := version(t, in).String(); got != want {
			t.Errorf("%q is %s, want %s", in, got, want)
		}
	}
	for _, in := range []string{"", "a", "1.", ".1", "1..2", "1.2.3.4.5", "1.0-", "1.0-a..b", "1.0-01", "1.0-a_b", "1.0+", "-1", "+1", "1.+2", "2147483648", "1.0.*", "$(V)", "1,0", "v1.0"} {
		if v, ok := nuget.ParseVersion(in); ok {
			t.Errorf("%q was read as %s; NuGet refuses it", in, v)
		}
	}
}

// The chains are from NuGet's documentation on versions, semver.org's on
// precedence, and NuGet.Client's tests of its comparer.
func TestVersionsAreOrdered(t *testing.T) {
	for _, chain := range [][]string{
		{"1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11", "1.0.0-rc.1", "1.0.0", "1.0.0.1-beta", "1.0.0.1"},
		{"1.0.1-alpha", "1.0.1-alpha10", "1.0.1-alpha2", "1.0.1-beta", "1.0.1-open", "1.0.1-rc", "1.0.1-zzz", "1.0.1"},
		{"1.0.0-1", "1.0.0-alpha", "1.0.0-alpha.1"},
		{"1.0.0--5", "1.0.0-0", "1.0.0-2147483647", "1.0.0-2147483648", "1.0.0-a"},
		{"0.9", "1.0", "1.0.1", "1.1", "1.9.9", "1.10", "2.0", "10.0"},
		{"1.0.0.1", "1.0.0.2", "1.0.0.10", "1.0.1"},
	} {
		for i := range chain {
			for j := range chain {
				got := version(t, chain[i]).Compare(version(t, chain[j]))
				if (got < 0) != (i < j) || (got > 0) != (i > j) {
					t.Errorf("%s against %s is %d", chain[i], chain[j], got)
				}
			}
		}
	}
	for _, same := range [][]string{{"1", "1.0", "1.0.0", "1.0.0.0"}, {"1.01.1", "1.1.1"}, {"1.0.7+r3456", "1.0.7"}, {"1.0.0-alpha", "1.0.0-Alpha"}} {
		for _, s := range same {
			if version(t, s).Compare(version(t, same[0])) != 0 {
				t.Errorf("%s and %s are one version", s, same[0])
			}
		}
	}
}

func TestRanges(t *testing.T) {
	exist := []string{"0.9", "1.0", "1.0.1-beta", "1.0.1", "1.5", "2.0-rc.1", "2.0", "3.0"}
	for _, tt := range []struct{ in, fits, lowest string }{
		{"1.0", "1.0 1.0.1-beta 1.0.1 1.5 2.0-rc.1 2.0 3.0", "1.0"},
		{"0.95", "1.0 1.0.1-beta 1.0.1 1.5 2.0-rc.1 2.0 3.0", "1.0"},
		{"1.0.1-alpha", "1.0.1-beta 1.0.1 1.5 2.0-rc.1 2.0 3.0", "1.0.1-beta"},
		{"[1.0]", "1.0", "1.0"},
		{"[1.1]", "", ""},
		{"(1.0,)", "1.0.1-beta 1.0.1 1.5 2.0-rc.1 2.0 3.0", "1.0.1"},
		{"[1.0,2.0)", "1.0 1.0.1-beta 1.0.1 1.5 2.0-rc.1", "1.0"},
		{"[1,2]", "1.0 1.0.1-beta 1.0.1 1.5 2.0-rc.1 2.0", "1.0"},
		{"(1.0, 2.0)", "1.0.1-beta 1.0.1 1.5 2.0-rc.1", "1.0.1"},
		{"(,1.0]", "0.9 1.0", "0.9"},
		{"(, 1.0)", "0.9", "0.9"},
		{"[ , 1.0)", "0.9", "0.9"},
		{"(1.0,1.0)", "", ""},
		{"*", "0.9 1.0 1.0.1-beta 1.0.1 1.5 2.0-rc.1 2.0 3.0", ""},
		{"1.*", "1.0 1.0.1-beta 1.0.1 1.5 2.0-rc.1 2.0 3.0", ""},
		{"1.0.*", "1.0 1.0.1-beta 1.0.1 1.5 2.0-rc.1 2.0 3.0", ""},
		{"*-*", "0.9 1.0 1.0.1-beta 1.0.1 1.5 2.0-rc.1 2.0 3.0", ""},
		{"2.0.0-rc.*", "2.0-rc.1 2.0 3.0", ""},
		{"1.1.*-*", "1.5 2.0-rc.1 2.0 3.0", ""},
		{"[1.*,2.0)", "1.0 1.0.1-beta 1.0.1 1.5 2.0-rc.1", ""},
	} {
		r, ok := nuget.ParseRange(tt.in)
		if !ok {
			t.Errorf("%q is not read", tt.in)
			continue
		}
		var fits string
		var all []nuget.Version
		for _, s := range exist {
			all = append(all, version(t, s))
			if r.Contains(version(t, s)) {
				fits += " " + s
			}
		}
		if fits != "" {
			fits = fits[1:]
		}
		if fits != tt.fits {
			t.Errorf("%q holds %q, want %q", tt.in, fits, tt.fits)
		}
		slices.Reverse(all)
		at := r.Lowest(all)
		if (at >= 0) != (tt.lowest != "") || at >= 0 && all[at].String() != version(t, tt.lowest).String() {
			t.Errorf("%q restores version %d of %v, want %q", tt.in, at, all, tt.lowest)
		}
	}
	for _, in := range []string{"", " ", "(1.0)", "(1.0]", "[1.0)", "[1.0", "1.0]", "(,)", "[]", "[,]", "(1,2,3)", "[2,1]", "(1.0,1.0]", "[1.0,1.0)", "[1,2.*]", "1.*.0", "1.0*-a", "**", "1.0.*+x", "$(X)", "[", "a.*"} {
		if _, ok := nuget.ParseRange(in); ok {
			t.Errorf("%q was read; NuGet refuses it", in)
		}
	}
}

func FuzzVersions(f *testing.F) {
	f.Add("1.0.0-beta.2+x", "(1.0, 2.0]")
	f.Add("1.*-*", "[1.*,2)")
	f.Fuzz(func(t *testing.T, a, b string) {
		nuget.ParseRange(a)
		v, ok := nuget.ParseVersion(a)
		if !ok {
			return
		}
		again, ok := nuget.ParseVersion(v.String())
		if !ok || v.Compare(again) != 0 || again.String() != v.String() {
			t.Errorf("%q does not survive being normalized to %s", a, v)
		}
		if w, ok := nuget.ParseVersion(b); ok && (v.Compare(w) < 0) != (w.Compare(v) > 0) {
			t.Errorf("%s and %s are not ordered", v, w)
		}
	})
}
