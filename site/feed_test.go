package site_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"strings"
	"testing"
	"time"
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
	read := func(files map[string][]byte) feed {
		var f feed
		if err := xml.Unmarshal(files["feeds/changes.atom"], &f); err != nil {
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
	f := read(siteOf(t, "sample"))
	days := map[time.Time]bool{}
	for _, e := range sample().Events {
		days[e.Date] = true
	}
	if want := len(sample().Events) + len(days); len(f.Entry) != want {
		t.Errorf("%d entries, want one for each event and day: %d", len(f.Entry), want)
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
	for _, e := range read(render(t, later, moved)).Entry {
		if !ids[e.ID] {
			t.Errorf("the id of %q changed", e.Title)
		}
	}
	if empty := read(siteOf(t, "first")); len(empty.Entry) != 0 {
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

// TestBadges parses every badge, and compares some with status.json.
func TestBadges(t *testing.T) {
	files := siteOf(t, "sample")
	for name, b := range files {
		if strings.HasSuffix(name, ".svg") {
			if err := xml.Unmarshal(b, new(struct{ XMLName xml.Name })); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	var statuses map[string]struct{ Status, Message, Color string }
	if err := json.Unmarshal(files["data/v1/status.json"], &statuses); err != nil || len(statuses) != len(sample().Findings) {
		t.Fatalf("%d statuses: %v", len(statuses), err)
	}
	for name, want := range map[string]string{"stale-functions": "stale, 2.0 years ago", "archived-old": "archived", "unread-new": "unknown"} {
		if got := statuses["contoso/"+name]; got.Message != want || got.Color == "" {
			t.Errorf("%s: %+v, want %q", name, got, want)
		}
		if !bytes.Contains(files["r/contoso/"+name+"/badge.svg"], []byte(want)) {
			t.Errorf("the picture of %s does not say %q", name, want)
		}
	}
	if !bytes.Contains(files["badges/contoso.svg"], []byte("% of 38")) {
		t.Errorf("the account's badge: %s", files["badges/contoso.svg"])
	}
	if files["r/contoso/gone-one/badge.svg"] != nil {
		t.Error("a tombstone has a badge")
	}
}
