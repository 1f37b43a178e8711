package site

import (
	"bytes"
	"fmt"

	"github.com/stalewatch/stalewatch/pipeline"
)

// The most names a list of the job summary has, so that it stays far below
// 200 kB: GitHub drops a summary above 1 MiB as a whole.
const summaryNames = 25

// SummaryMarkdown is the job summary of GitHub Actions: the finding, the
// counts, the worklist, what changed and what could not be read. It is below
// 200 kB whatever the size of the snapshot; text that comes from GitHub is
// escaped.
func SummaryMarkdown(snap *pipeline.Snapshot, opts Options) []byte {
	opts.BaseURL, _, _ = parseBase(opts.BaseURL) // Render says what is wrong with it
	r := newBrief(snap, opts)
	var b bytes.Buffer
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	line("## %s\n", escape(r.finding(&r.whole)))
	line("%s\n", escape(fmt.Sprintf("%s · %s, %s exempt, %s unread", stamp(r.asOf), pipeline.Plural(len(r.rows), "repository"), count(r.whole.exempt), count(r.whole.unread))))
	if opts.BaseURL != "" {
		line("[Read the report](<%s>)\n", opts.BaseURL)
	}
	for _, n := range r.banners() {
		line("> %s\n", escape(n.Text))
	}
	since := "first run"
	if snap.Since != nil {
		since = r.sinceWords()
	}
	line("| status | repositories | %s |", escape(since))
	line("|---|---:|---:|")
	for _, t := range r.legend(&r.whole) {
		line("| %s, %s | %s | %s |", escape(title(t.Status)), escape(t.Words), count(t.Count), escape(t.Change))
	}
	line("")
	if p := countPackages(snap); p != nil {
		line("%s, %s deprecated and %s vulnerable in their newest version.\n", pipeline.Plural(p.Total, "NuGet package"), count(p.Deprecated), count(p.Vulnerable))
	}
	r.summarySteps(line)
	r.summaryChanges(line)
	r.summaryUnread(line)
	c := snap.Run.Counters
	for _, name := range sortedKeys(c.Sources) {
		line("Source %s: %s.", escape(name), c.Sources[name])
	}
	line("%s, %s, %s.", pipeline.Plural(c.Requests, "request"), pipeline.Plural(c.Points, "point"), pipeline.Plural(c.CarriedOver, "repository")+" carried over")
	return b.Bytes()
}

// nothingToDo stands in the place of a worklist without groups.
const nothingToDo = "Nothing asks for anything: no live repository is stale, becoming so, or without an owner."

func (r *brief) summarySteps(line func(string, ...any)) {
	groups := r.groups(&r.whole)
	if len(groups) == 0 {
		line("%s\n", nothingToDo)
		return
	}
	line("### What to do next\n")
	for _, g := range groups {
		head := fmt.Sprintf("**%s: %s**%s", escape(g.Title), count(g.Count), g.markdownChange())
		if r.opts.BaseURL != "" {
			head += fmt.Sprintf(" [all of them](<%s%s>)", r.opts.BaseURL, g.Path)
		}
		line("%s\n", head)
		for _, w := range g.Rows {
			line("- %s", w.markdown())
		}
		andMore(line, g.Count-len(g.Rows))
	}
}

// andMore ends a list that was cut.
func andMore(line func(string, ...any), n int) {
	if n > 0 {
		line("- and %s more", count(n))
	}
	line("")
}

func (r *brief) summaryChanges(line func(string, ...any)) {
	if r.snap.Since == nil {
		return
	}
	for _, g := range r.grouped(r.eventsSince(&r.whole), summaryNames) {
		line("**%s: %s**\n", escape(g.Kind.Title), count(g.Count))
		for _, c := range g.Shown {
			line("- %s %s", escape(clean(c.NameWithOwner)), escape(c.Words()))
		}
		andMore(line, g.Count-len(g.Shown))
	}
}

func (r *brief) summaryUnread(line func(string, ...any)) {
	if r.whole.unread == 0 {
		return
	}
	line("**Could not be read: %s**\n", count(r.whole.unread))
	shown := 0
	for i := range r.rows {
		if w := &r.rows[i]; w.unread() && shown < summaryNames {
			shown++
			line("- %s: %s", escape(clean(w.NameWithOwner)), escape(clean(w.ReadError)))
		}
	}
	andMore(line, r.whole.unread-shown)
}
