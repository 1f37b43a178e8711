package site

import (
	"bufio"
	"bytes"
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline"
)

// badge is a small picture with a label and a message, as READMEs show them.
type badge struct {
	label, message string
	status         pipeline.Status // decides the colours
}

func repositoryBadge(f *pipeline.Finding) badge {
	b := badge{"last human commit", "unknown", f.Status}
	switch {
	case f.Status == pipeline.Archived || f.Status == pipeline.Empty:
		b.message = string(f.Status)
	case f.AgeDays != nil:
		b.message = string(f.Status) + ", " + age(*f.AgeDays) + " ago"
	case f.Status != pipeline.Unknown:
		b.message = string(f.Status)
	}
	return b
}

// sumBadge is the badge of live repositories, of which so many are stale or
// dormant.
func sumBadge(behind, live int) badge {
	b := badge{label: "stale or dormant", message: fmt.Sprintf("%s of %s", percent(behind, live), count(live)), status: pipeline.Fresh}
	switch {
	case live == 0:
		b.message, b.status = "no live repository", pipeline.Unknown
	case behind*2 > live:
		b.status = pipeline.Dormant
	case behind*4 > live:
		b.status = pipeline.Stale
	case behind > 0:
		b.status = pipeline.Aging
	}
	return b
}

// statusEntry is a badge in status.json, which the dynamic JSON badge of
// shields.io reads.
type statusEntry struct {
	Status  pipeline.Status `json:"status"`
	Message string          `json:"message"`
	Color   string          `json:"color"`
}

// writeStatuses writes status.json, a repository a line, in order of name.
func (r *brief) writeStatuses(w io.Writer) error {
	b := bufio.NewWriterSize(w, 1<<16)
	before := "{"
	for i := range r.rows {
		f := r.rows[i].Finding
		badge := repositoryBadge(f)
		color, _ := badge.colours()
		name, err := encodeJSON(f.NameWithOwner, "")
		if err != nil {
			return err
		}
		entry, err := encodeJSON(statusEntry{f.Status, badge.message, color}, "")
		if err != nil {
			return err
		}
		fmt.Fprintf(b, "%s\n%s: %s", before, bytes.TrimSpace(name), bytes.TrimSpace(entry))
		before = ","
	}
	if len(r.rows) == 0 {
		b.WriteString(before)
	}
	b.WriteString("\n}\n")
	return b.Flush()
}

// colours are those of the status's chip in the light theme; a status without
// its own takes those of the page.
func (b badge) colours() (back, ink string) {
	c := palette()
	if chip, ok := c[string(b.status)+"-bg"]; ok {
		return chip[0], c[string(b.status)+"-ink"][0]
	}
	return c["soft"][0], c["text"][0]
}

// labelColour lies under the label's white text.
const labelColour = "#24292f"

// textWidth is about how wide 11 px Verdana sets a text, in pixels, from the
// advances of its narrow, wide and other letters; textLength makes every other font fit.
func textWidth(s string) int {
	tenths := 0
	for _, c := range s {
		switch {
		case c == 'm' || c == 'w' || c == '%':
			tenths += 100
		case c == 'i' || c == 'j' || c == 'l' || c == ' ' || c == ',' || c == '.':
			tenths += 36
		case c == 'f' || c == 't' || c == 'r':
			tenths += 44
		default:
			tenths += 67
		}
	}
	return (tenths + 9) / 10
}

func (b badge) writeSVG(w io.Writer) error {
	back, ink := b.colours()
	label, message := textWidth(b.label), textWidth(b.message)
	data := struct {
		Label, Message         string
		LabelWidth, MessageWid int
		Left, Whole, X2        int
		Back, Ink, LabelBack   string
	}{
		b.label, b.message, label, message, label + 12, label + message + 24, label + 18,
		back, ink, labelColour,
	}
	return badgeTemplate.Execute(w, data)
}

// Escaping as for HTML is right for XML text and attributes alike.
var badgeTemplate = template.Must(template.New("badge").Parse(`<svg xmlns="http://www.w3.org/2000/svg" width="{{.Whole}}" height="20" role="img" aria-label="{{.Label}}: {{.Message}}"><title>{{.Label}}: {{.Message}}</title><clipPath id="r"><rect width="{{.Whole}}" height="20" rx="3"/></clipPath><g clip-path="url(#r)"><rect width="{{.Left}}" height="20" fill="{{.LabelBack}}"/><rect x="{{.Left}}" width="{{.Whole}}" height="20" fill="{{.Back}}"/></g><g font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="11"><text x="6" y="14" fill="#fff" textLength="{{.LabelWidth}}">{{.Label}}</text><text x="{{.X2}}" y="14" fill="{{.Ink}}" textLength="{{.MessageWid}}">{{.Message}}</text></g></svg>
`))

// accountBadges makes a badge for every surveyed account from the first run on,
// since image caches remember a missing one.
func (r *brief) accountBadges(emit emit) {
	sums := map[string][2]int{} // stale or dormant, live
	for _, o := range r.snap.Run.Owners {
		if !isEnterprise(o) {
			sums[segment(o)] = [2]int{}
		}
	}
	for i := range r.rows {
		owner, _, _ := strings.Cut(r.rows[i].NameWithOwner, "/")
		s := sums[segment(owner)]
		sums[segment(owner)] = [2]int{s[0] + boolRank(r.rows[i].behind()), s[1] + boolRank(isLive(r.rows[i].Status))}
	}
	for _, name := range sortedKeys(sums) {
		emit("badges/"+name+".svg", sumBadge(sums[name][0], sums[name][1]).writeSVG)
	}
}

// isEnterprise reports an owner that has no repositories itself.
func isEnterprise(owner string) bool {
	_, is := pipeline.Enterprise(owner)
	return is
}
