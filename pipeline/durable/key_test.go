package durable_test

import (
	"strings"
	"testing"

	"github.com/stalewatch/stalewatch/pipeline/durable"
)

func TestKeyString(t *testing.T) {
	for _, tt := range []struct {
		key  durable.Key
		want string
	}{
		{durable.Key{Step: "list"}, "list:@"},
		{durable.Key{Step: "list", Item: "100 after Y3Vyc29yOnYyOpHO", Revision: "3f"}, "list:100+after+Y3Vyc29yOnYyOpHO@3f"},
		{durable.Key{Step: "a/b", Item: "c:d@e", Revision: "%"}, "a%2Fb:c%3Ad%40e@%25"},
		{durable.Key{Step: "list", Item: strings.Repeat("x", 80)}, "list:" + strings.Repeat("x", 80) + "@"},
		{durable.Key{Step: "list", Item: strings.Repeat("x", 81)}, "list:sha256-" + durable.Digest(strings.Repeat("x", 81)) + "@"},
	} {
		if got := tt.key.String(); got != tt.want {
			t.Errorf("%+v is kept as %s, want %s", tt.key, got, tt.want)
		}
	}
}

func TestParseKeyRefuses(t *testing.T) {
	for _, kept := range []string{"", "list", "list:1", "list@1", "a/b", "%:1@2", "%zz/list:1@2"} {
		if path, key, ok := durable.ParseKey(kept); ok {
			t.Errorf("%q is taken for %q %+v", kept, path, key)
		}
	}
}

func TestDigest(t *testing.T) {
	seen := make(map[string][]string)
	for _, parts := range [][]string{nil, {""}, {"", ""}, {"ab", "c"}, {"a", "bc"}, {"abc"}, {"ab/c"}, {"ab%2Fc"}, {"a b"}, {"a+b"}} {
		d := durable.Digest(parts...)
		if len(d) != 16 {
			t.Errorf("Digest(%q) = %s, want 16 digits", parts, d)
		}
		if before, ok := seen[d]; ok {
			t.Errorf("%q and %q have the same digest", before, parts)
		}
		seen[d] = parts
	}
	// Digests stand in stored keys, so they never change.
	if got := durable.Digest("1", "ids"); got != "052134c14b8fc682" {
		t.Errorf("Digest changed: %s", got)
	}
}

// FuzzKeys looks for different keys that are kept under the same name.
func FuzzKeys(f *testing.F) {
	f.Add("a", "b:c", "", "a:b", "c", "")
	f.Add("s", "x@1", "2", "s", "x", "1@2")
	f.Add("s", "a b", "", "s", "a+b", "")
	f.Fuzz(func(t *testing.T, step1, item1, rev1, step2, item2, rev2 string) {
		a := durable.Key{Step: step1, Item: item1, Revision: rev1}
		b := durable.Key{Step: step2, Item: item2, Revision: rev2}
		if a != b && a.String() == b.String() {
			t.Errorf("%+v and %+v are both kept as %s", a, b, a)
		}
		if path, back, ok := durable.ParseKey("sub+1/" + a.String()); !ok || len(path) != 1 || path[0] != "sub 1" || len(item1) <= 80 && back != a {
			t.Errorf("%+v comes back as %q %+v", a, path, back)
		}
		if strings.Contains(a.String(), "/") {
			t.Errorf("%+v looks like a path: %s", a, a)
		}
	})
}
