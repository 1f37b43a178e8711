package site

import (
	"crypto/sha1" //nolint:gosec // a name, not a signature: UUIDs of version 5 are made so
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline"
)

// The feed keeps the newest entries; changes.json has all.
const feedEntries = 1000

type atomFeed struct {
	XMLName  xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Title    string      `xml:"title"`
	ID       string      `xml:"id"`
	Updated  string      `xml:"updated"`
	Author   atomAuthor  `xml:"author"`
	Subtitle string      `xml:"subtitle"`
	Links    []atomLink  `xml:"link"`
	Entries  []atomEntry `xml:"entry"`
}

type atomAuthor struct {
	Name string `xml:"name"`
}

type atomLink struct {
	Rel  string `xml:"rel,attr"`
	Type string `xml:"type,attr"`
	Href string `xml:"href,attr"`
}

type atomEntry struct {
	Title   string     `xml:"title"`
	ID      string     `xml:"id"`
	Updated string     `xml:"updated"`
	Links   []atomLink `xml:"link"`
	Summary string     `xml:"summary"`
}

// writeFeed writes the changes as Atom. Ids depend on what happened only, so
// that neither a move of the site nor a rerun makes an old change new.
func (r *report) writeFeed(w io.Writer) error {
	link := func(rel, typ, path string) atomLink {
		if r.opts.BaseURL != "" {
			return atomLink{rel, typ, r.opts.BaseURL + path}
		}
		return atomLink{rel, typ, "../" + path}
	}
	scope := string(pipeline.ScopeOf(r.snap.Run.Owners...))
	f := atomFeed{
		Title: r.title + ": changes", ID: uuid("feed", scope), Updated: rfc3339(r.asOf),
		Author: atomAuthor{"stalewatch"}, Subtitle: "What changed in the repositories of " + clean(strings.Join(r.snap.Run.Owners, ", ")),
		Links: []atomLink{link("self", "application/atom+xml", "feeds/changes.atom"), link("alternate", "text/html", "changes/")},
	}
	for _, e := range r.snap.Events[:min(len(r.snap.Events), feedEntries)] {
		c := r.change(e)
		path := c.Path
		if path == "" {
			path = "changes/"
		}
		entry := atomEntry{
			Title: strings.TrimSpace(clean(e.NameWithOwner) + " " + c.Words()), Updated: rfc3339(e.Date),
			ID:      uuid("change", scope, rfc3339(e.Date), string(e.Type), e.NameWithOwner, e.From, e.To),
			Links:   []atomLink{link("alternate", "text/html", path)},
			Summary: c.Kind.Title + ", noticed by the run of " + longDate(e.Date) + ".",
		}
		if c.Row != nil {
			entry.Summary += " " + clean(c.Row.Reason.Sentence)
		}
		f.Entries = append(f.Entries, entry)
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	x := xml.NewEncoder(w)
	x.Indent("", " ")
	if err := x.Encode(f); err != nil {
		return err
	}
	_, err := io.WriteString(w, "\n")
	return err
}

// uuid names something by its parts: a UUID of version 5 in a namespace of our
// own.
func uuid(parts ...string) string {
	h := sha1.Sum([]byte("stalewatch\x00" + strings.Join(parts, "\x00"))) //nolint:gosec // see the import
	h[6], h[8] = h[6]&0x0f|0x50, h[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", h[:4], h[4:6], h[6:8], h[8:10], h[10:16])
}
