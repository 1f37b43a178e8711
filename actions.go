package main

import (
	"cmp"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/site"
)

// maxHints is how many warnings and notices a command writes at most. With the
// error it may end with, and two from the steps of a workflow around it, that
// is five annotations: GitHub shows ten of a kind, people read fewer.
const maxHints = 2

// actions tells GitHub Actions about a job: by a job summary, annotations, log
// groups and step outputs. Outside Actions it does nothing.
type actions struct {
	out io.Writer // where workflow commands are read from; nil outside Actions
	// log is where the log goes: a group must stand in the same stream as what
	// it folds, or the two could pass each other.
	log             io.Writer
	summary, output string // files named by the runner; empty for none
	hints           int    // warnings and notices written
	told            bool   // whether there are outputs yet
}

func (p *program) actions() *actions {
	if p.env("GITHUB_ACTIONS") != "true" {
		return &actions{}
	}
	return &actions{out: p.stdout, log: p.stderr, summary: p.env("GITHUB_STEP_SUMMARY"), output: p.env("GITHUB_OUTPUT")}
}

// published is what a command did besides the snapshot.
type published struct {
	dir string // where the site is
	// surveyed tells whether anything was asked; a second start on a day that
	// is done asks nothing, so its site is the one that is published already.
	surveyed bool
}

// outcome writes what a snapshot has to tell.
func (a *actions) outcome(snap *pipeline.Snapshot, o site.Options, p published) {
	if a.out == nil {
		return
	}
	a.told = true
	a.write(a.summary, string(site.SummaryMarkdown(snap, o)))
	counts, changed := snap.Counts(), 0
	for _, e := range snap.Events {
		if e.Date.Equal(snap.Run.AsOf) {
			changed++
		}
	}
	a.write(a.output, fmt.Sprintf("state=%s\ntotal=%d\nstale=%d\ndormant=%d\nunread=%d\nchanged=%d\nsurveyed=%t\nsite=%s\n",
		snap.Run.State, len(snap.Findings), counts[pipeline.Stale], counts[pipeline.Dormant],
		snap.Run.Counters.Unread, changed, p.surveyed, p.dir))
	if unread := snap.Run.Counters.Unread; snap.Run.State == pipeline.Partial && pipeline.Allowed(snap) == nil {
		a.annotate("warning", fmt.Sprintf("%d of %d repositories could not be read; the run page says which and why, and --rerun failed asks for them again", unread, len(snap.Findings)))
	}
	for _, n := range snap.Notices {
		a.annotate("warning", n)
	}
}

// finish reports an error that ended a command. A suspension is only a notice:
// nobody has to do anything about it.
func (a *actions) finish(err error) {
	if a.out == nil || err == nil {
		return
	}
	level, state := "error", pipeline.Failed
	message := err.Error()
	if s := suspension(err); s != nil {
		level, state, message = "notice", pipeline.Suspended, s.Error()+"; the next run resumes"
	}
	a.annotate(level, message)
	if !a.told {
		a.write(a.output, fmt.Sprintf("state=%s\nsurveyed=false\nsite=\n", state))
	}
}

// annotate writes a workflow command. What could end it early is escaped, as
// the runner's own toolkit does. Errors are always told; of all else only the
// first few, since the site and the summary tell them too.
func (a *actions) annotate(level, message string) {
	if level != "error" {
		if a.hints == maxHints {
			return
		}
		a.hints++
	}
	r := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	fmt.Fprintf(a.out, "::%s title=stalewatch::%s\n", level, r.Replace(message))
}

// group folds what is logged from now on until end is called.
func (a *actions) group(name string) (end func()) {
	if a.log == nil {
		return func() {}
	}
	fmt.Fprintf(a.log, "::group::%s\n", name)
	return func() { fmt.Fprintln(a.log, "::endgroup::") }
}

// write appends to one of the runner's files. A survey does not fail because a
// summary or an output cannot be written.
func (a *actions) write(file, text string) {
	if file == "" {
		return
	}
	f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
	if err == nil {
		_, err = f.WriteString(text)
		err = cmp.Or(err, f.Close())
	}
	if err != nil {
		a.annotate("warning", "could not write for GitHub Actions: "+err.Error())
	}
}
