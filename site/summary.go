package site

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline"
)

// The most names a list of the job summary has, so that it stays far below
// 200 kB: GitHub drops a summary above 1 MiB as a whole.
const summaryNames = 25

// SummaryMarkdown is the job summary of GitHub Actions: the finding, the
// counts, what changed, what could not be read and where the report is. It is
// below 200 kB whatever the size of the snapshot; text that comes from GitHub
// is escaped.
func SummaryMarkdown(snap *pipeline.Snapshot, opts Options) []byte {
	base, err := parseBase(opts.BaseURL)
	if err != nil {
		base, opts.BaseURL = nil, ""
	} else {
		opts.BaseURL = base.String()
	}
	r := newBrief(snap, opts)
	var b bytes.Buffer
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("## %s\n", escape(r.finding()))
	tally := r.tally()
	if n := countExempt(snap.Findings); n > 0 {
		tally += ", " + count(n) + " exempt"
	}
	line("%s · %s\n", escape(stamp(r.asOf)), escape(tally))
	if opts.BaseURL != "" {
		line("[Read the report](<%s>)\n", opts.BaseURL)
	}
	for _, n := range r.makeBanners() {
		line("> %s\n", escape(n.Text))
	}
	line("| status | repositories | %s |", escape(sinceHead(r)))
	line("|---|---:|---:|")
	for _, t := range r.tiles() {
		d, _, _ := strings.Cut(t.Delta, " since")
		line("| %s, %s | %s | %s |", escape(title(t.Status)), escape(t.Words), count(t.Count), escape(d))
	}
	line("")
	r.summaryChanges(line)
	r.summaryUnread(line)
	c := snap.Run.Counters
	line("%s, %s, %s.", plural(c.Requests, "request"), plural(c.Points, "point"), plural(c.CarriedOver, "repository")+" carried over")
	return b.Bytes()
}

// newBrief prepares only what the summary needs.
func newBrief(snap *pipeline.Snapshot, opts Options) *report {
	r := &report{snap: snap, opts: opts, asOf: snap.Run.AsOf.UTC(), counts: snap.Counts(), rowFiles: map[string]int32{}}
	for _, s := range pipeline.Statuses[:5] {
		r.live += r.counts[s]
	}
	r.rows = make([]row, len(snap.Findings))
	for i := range snap.Findings {
		f := &snap.Findings[i]
		w := &r.rows[i]
		w.Finding, w.Name, w.asOf = f, clean(f.NameWithOwner), r.asOf
		r.rowFiles[strings.ToLower(f.NameWithOwner)] = int32(i)
	}
	return r
}

func sinceHead(r *report) string {
	if r.snap.Since == nil {
		return "first run"
	}
	return sinceWords(r)
}

func (r *report) summaryChanges(line func(string, ...any)) {
	if r.snap.Since == nil {
		return
	}
	for _, g := range r.grouped(r.eventsOf(r.asOf), summaryNames) {
		line("**%s: %s**\n", escape(g.Kind.Title), count(g.Count))
		for _, c := range g.Shown {
			line("- %s %s", escape(clean(c.NameWithOwner)), escape(c.Words()))
		}
		if more := g.Count - len(g.Shown); more > 0 {
			line("- and %s more", count(more))
		}
		line("")
	}
}

func (r *report) summaryUnread(line func(string, ...any)) {
	n := r.unread()
	if n == 0 {
		return
	}
	line("**Could not be read: %s**\n", count(n))
	shown := 0
	for i := range r.rows {
		if w := &r.rows[i]; w.unread() && shown < summaryNames {
			shown++
			line("- %s: %s", escape(w.Name), escape(clean(w.ReadError)))
		}
	}
	if n > shown {
		line("- and %s more", count(n-shown))
	}
	line("")
}

// escape makes text plain in Markdown: CommonMark lets every ASCII punctuation
// be escaped, which also takes the meaning from HTML, links and mentions.
func escape(s string) string {
	var b strings.Builder
	for _, c := range s {
		if c < 0x80 && c > ' ' && !(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z') {
			b.WriteByte('\\')
		}
		b.WriteRune(c)
	}
	return b.String()
}
