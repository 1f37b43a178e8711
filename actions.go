package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
	"github.com/stalewatch/stalewatch/site"
)

// actions tells GitHub Actions about a job: by a job summary, annotations, a
// log group and step outputs. Outside Actions it does nothing.
type actions struct {
	out             io.Writer // where workflow commands are read from; nil outside Actions
	summary, output string    // files named by the runner; empty for none
	told            bool
	dir             string
}

func (p *program) actions() *actions {
	a := &actions{}
	if p.env("GITHUB_ACTIONS") != "true" {
		return a
	}
	a.out, a.summary, a.output = p.stdout, p.env("GITHUB_STEP_SUMMARY"), p.env("GITHUB_OUTPUT")
	return a
}

// outcome writes what a snapshot has to tell.
func (a *actions) outcome(snap *pipeline.Snapshot, o site.Options) {
	if a.out == nil {
		return
	}
	a.told = true
	a.write(a.summary, string(site.SummaryMarkdown(snap, o)))
	changed := 0
	for _, e := range snap.Events {
		if e.Date.Equal(snap.Run.AsOf) {
			changed++
		}
	}
	a.write(a.output, fmt.Sprintf("state=%s\ntotal=%d\nstale=%d\ndormant=%d\nunread=%d\nchanged=%d\nsite=%s\n",
		snap.Run.State, len(snap.Findings), count(snap, pipeline.Stale), count(snap, pipeline.Dormant),
		snap.Run.Counters.Unread, changed, a.dir))
	if snap.Run.State == pipeline.Partial {
		a.annotate("warning", fmt.Sprintf("%d repositories could not be read", snap.Run.Counters.Unread))
	}
	for _, n := range snap.Notices[:min(len(snap.Notices), 2)] {
		a.annotate("warning", n)
	}
}

// finish tells how the job ended when that was not as hoped for. At most five
// annotations come from a job: outcome writes three at most.
func (a *actions) finish(err error) {
	if a.out == nil || err == nil {
		return
	}
	if s, ok := errors.AsType[*durable.Suspension](err); ok {
		a.annotate("notice", s.Error()+"; the next run resumes")
		if !a.told {
			a.write(a.output, "state=suspended\n")
		}
		return
	}
	a.annotate("error", err.Error())
	if !a.told {
		a.write(a.output, "state=failed\n")
	}
}

// annotate writes a workflow command. What could end it early is escaped, as
// the runner's own toolkit does.
func (a *actions) annotate(level, message string) {
	r := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	fmt.Fprintf(a.out, "::%s title=stalewatch::%s\n", level, r.Replace(message))
}

// group writes a named, foldable part of the log.
func (a *actions) group(name string, body func()) {
	if a.out == nil {
		body()
		return
	}
	fmt.Fprintf(a.out, "::group::%s\n", name)
	body()
	fmt.Fprintln(a.out, "::endgroup::")
}

// write appends to one of the runner's files. A summary or an output that is
// not to be had is no reason to fail a survey.
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
