package site_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/site"
)

// TestFeed holds what RFC 4287 asks of a feed, and that ids are unique and
// depend on what happened only.
func TestFeed(t *testing.T) {
	type entry struct {
		Title, ID, Updated, Summary string
		Link                        []struct {
			Rel  string `xml:"rel,attr"`
			Href string `xml:"href,attr"`
		} `xml:"link"`
	}
	type feed struct {
		XMLName xml.Name `xml:"http://www.w3.org/2005/Atom feed"`
		Title   string   `xml:"title"`
		ID      string   `xml:"id"`
		Updated string   `xml:"updated"`
		Author  struct {
			Name string `xml:"name"`
		} `xml:"author"`
		Entry []struct {
			entry
			Title   string `xml:"title"`
			ID      string `xml:"id"`
			Updated string `xml:"updated"`
		} `xml:"entry"`
	}
	read := func(snap *pipeline.Snapshot, opts site.Options) feed {
		var f feed
		if err := xml.Unmarshal(render(t, snap, opts)["feeds/changes.atom"], &f); err != nil {
			t.Fatal(err)
		}
		if f.Title == "" || !strings.HasPrefix(f.ID, "urn:uuid:") || f.Author.Name == "" {
			t.Errorf("the feed lacks what Atom requires: %+v", f)
		}
		for _, when := range append([]string{f.Updated}, each(f.Entry, func(i int) string { return f.Entry[i].Updated })...) {
			if _, err := time.Parse(time.RFC3339, when); err != nil {
				t.Error(err)
			}
		}
		return f
	}
	f := read(sample(), options)
	if len(f.Entry) != len(sample().Events) {
		t.Errorf("%d entries for %d events", len(f.Entry), len(sample().Events))
	}
	ids := map[string]bool{}
	for _, e := range f.Entry {
		if e.Title == "" || ids[e.ID] {
			t.Errorf("the entry %+v has no title or the id of another", e)
		}
		ids[e.ID] = true
	}
	later := sample()
	later.Events = later.Events[1:]
	moved := options
	moved.BaseURL = ""
	for _, e := range read(later, moved).Entry {
		if !ids[e.ID] {
			t.Errorf("the id of %q changed", e.Title)
		}
	}
	if empty := read(firstRun(), options); len(empty.Entry) != 0 {
		t.Error("a first run has entries")
	}
}

func each[T, U any](from []T, get func(int) U) []U {
	to := make([]U, len(from))
	for i := range from {
		to[i] = get(i)
	}
	return to
}

// TestBadges parses every badge, both as a picture and as an endpoint.
func TestBadges(t *testing.T) {
	for name, b := range render(t, sample(), options) {
		switch {
		case strings.HasSuffix(name, ".svg"):
			if err := xml.Unmarshal(b, new(struct{ XMLName xml.Name })); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		case strings.HasSuffix(name, "badge.json") || strings.HasPrefix(name, "badges/"):
			var e map[string]any
			if err := json.Unmarshal(b, &e); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			for _, key := range []string{"schemaVersion", "label", "message", "color"} {
				if e[key] == nil || e[key] == "" {
					t.Errorf("%s has no %s", name, key)
				}
			}
		}
	}
	for name, want := range map[string]string{
		"r/contoso/stale-functions/badge.json": "stale, 2.0 years ago", "r/contoso/archived-old/badge.json": "archived",
		"r/contoso/unread-new/badge.json": "unknown", "r/contoso/renamed-old/badge.json": "moved", "badges/contoso.json": "40\u00a0% of 35",
	} {
		if b := render(t, sample(), options)[name]; !bytes.Contains(b, []byte(want)) {
			t.Errorf("%s does not say %q: %s", name, want, b)
		}
	}
}
