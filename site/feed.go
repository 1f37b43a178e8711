package site

import (
	"cmp"
	"crypto/sha1" //nolint:gosec // a name, not a signature: UUIDs of version 5 are made so
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// feedEntries bounds a feed to the newest entries; changes.json has all.
const feedEntries = 1000

type atomFeed struct {
	XMLName  xml.Name    `xml:"http://www.w3.org/2005/Atom feed"`
	Title    string      `xml:"title"`
	ID       string      `xml:"id"`
	Updated  string      `xml:"updated"`
	Author   string      `xml:"author>name"`
	Subtitle string      `xml:"subtitle"`
	Links    []atomLink  `xml:"link"`
	Entries  []atomEntry `xml:"entry"`
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

	Category atomCategory `xml:"category"`
}

type atomCategory struct {
	Term string `xml:"term,attr"`
}

// writeFeed writes a view's changes as Atom: for each day a digest, then the
// changes one by one; categories tell them apart. Ids depend on what happened
// only, so that neither a move of the site nor a rerun makes an old change new.
func (r *brief) writeFeed(w io.Writer, v *view) error {
	name, back, scope := v.feed(), "../", string(pipeline.ScopeOf(r.snap.Run.Owners...))
	whose, subject := clean(strings.Join(r.snap.Run.Owners, ", ")), []string{scope}
	if v.owner != "" {
		back, whose, subject = "../../", v.owner, []string{scope, v.owner}
	}
	link := func(rel, typ, path string) atomLink {
		if r.opts.BaseURL != "" {
			return atomLink{rel, typ, r.opts.BaseURL + path}
		}
		return atomLink{rel, typ, back + path}
	}
	f := atomFeed{
		Title: r.title + ": changes", ID: uuid(append([]string{"feed"}, subject...)...), Updated: rfc3339(r.asOf),
		Author: "stalewatch", Subtitle: "What changed in the repositories of " + whose,
		Links: []atomLink{link("self", "application/atom+xml", name), link("alternate", "text/html", "changes/")},
	}
	if v.owner != "" {
		f.Title += " of " + whose
	}
	events := slices.DeleteFunc(r.eventsOf(v), func(e pipeline.Event) bool { return e.Date.Before(eventSpan.Before(r.asOf)) })
	events = events[:min(len(events), feedEntries)]
	for i, e := range events {
		if i == 0 || !e.Date.Equal(events[i-1].Date) {
			f.Entries = append(f.Entries, r.dayEntry(e.Date, events[i:], subject, link))
		}
		c := r.change(e)
		path := c.Path
		if path == "" {
			path = "changes/"
		}
		entry := atomEntry{
			Title: strings.TrimSpace(clean(cmp.Or(e.NameWithOwner, e.Package)) + " " + c.Words()), Updated: rfc3339(e.Date),
			ID:      uuid("change", scope, rfc3339(e.Date), string(e.Type), cmp.Or(e.NameWithOwner, e.Package), e.From, e.To),
			Links:   []atomLink{link("alternate", "text/html", path)},
			Summary: c.Kind.Title + ", noticed by the run of " + longDate(e.Date) + ".", Category: atomCategory{c.Kind.Key},
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

// dayEntry sums up what the run at a moment noticed: the first of the events, up
// to one of another moment.
func (r *brief) dayEntry(at time.Time, events []pipeline.Event, subject []string, link func(rel, typ, path string) atomLink) atomEntry {
	n := firstOther(events, func(e pipeline.Event) bool { return e.Date.Equal(at) })
	var titles, details []string
	for _, g := range r.grouped(events[:n], changesShown) {
		if g.Kind == kindRules {
			titles = append(titles, g.Kind.Brief)
			continue
		}
		titles = append(titles, strings.ToLower(g.Kind.Title)+": "+count(g.Count))
		var names []string
		for _, c := range g.Shown {
			names = append(names, c.Name)
		}
		if more := g.Count - len(names); more > 0 {
			names = append(names, count(more)+" more")
		}
		details = append(details, g.Kind.Title+": "+strings.Join(names, ", ")+".")
	}
	return atomEntry{
		Title: longDate(at) + ": " + strings.Join(titles, ", "), Updated: rfc3339(at),
		ID:      uuid(append([]string{"digest", rfc3339(at)}, subject...)...),
		Links:   []atomLink{link("alternate", "text/html", "changes/#d"+isoDate(at))},
		Summary: strings.Join(details, " "), Category: atomCategory{"digest"},
	}
}

// uuid names something by its parts: a UUID of version 5 in a namespace of our
// own.
func uuid(parts ...string) string {
	h := sha1.Sum([]byte("stalewatch\x00" + strings.Join(parts, "\x00"))) //nolint:gosec // see the import
	h[6], h[8] = h[6]&0x0f|0x50, h[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", h[:4], h[4:6], h[6:8], h[8:10], h[10:16])
}
