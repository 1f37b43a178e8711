package site

import (
	"cmp"
	"html/template"
	"slices"
	"strconv"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline"
)

// runPage is how the run went.
type runPage struct {
	chrome
	Words    string
	Facts    []fact
	Retries  []fact
	Unread   []*row
	UnreadOf int
	Notices  []string
	Machines []pipeline.SuggestedBot
	Runs     []runDay // newest first
	Strip    []runDay // oldest first
	Summary  template.HTML
}

type runDay struct {
	pipeline.HistoryEntry
	Behind int
	X      int
}

// The most runs and the most unread repositories that the run page lists.
const (
	runsShown   = 30
	unreadShown = 500
)

func (r *brief) runPage() (runPage, error) {
	run := &r.snap.Run
	c := run.Counters
	p := runPage{
		chrome: r.page("run/", "run", "Run", "How the run of "+longDate(r.asOf)+" went."),
		Words:  r.runWords(), UnreadOf: r.whole.unread, Machines: r.snap.SuggestedBots,
	}
	p.Facts = []fact{
		{Label: "Run", Value: clean(run.ID)},
		{Label: "Data as of", Value: stamp(r.asOf)},
		{Label: "Ended", Value: stamp(r.snap.GeneratedAt)},
		{Label: "GraphQL requests", Value: count(c.Requests), Detail: "retries included"},
		{Label: "Rate limit points", Value: count(c.Points)},
		{Label: "GitHub's time", Value: seconds(c.TotalTime().Milliseconds()), Detail: timeBySteps(c.GitHubTime)},
		{Label: "Chunks done", Value: count(c.Chunks), Detail: count(c.ResumedChunks) + " resumed, " + count(c.SplitChunks) + " split"},
		{Label: "Repositories carried over", Value: count(c.CarriedOver), Detail: "unchanged since an earlier run, not asked for again"},
		{Label: "Repositories unread", Value: count(p.UnreadOf)},
		{Label: "Rules", Value: r.snap.RuleVersion},
	}
	for _, name := range sortedKeys(c.Sources) {
		p.Facts = append(p.Facts, fact{Label: "Source " + clean(name), Value: c.Sources[name].String(), Detail: "an account of its own"})
	}
	for _, l := range r.snap.Listings {
		f := fact{Label: "Listing of " + clean(l.Owner), Value: "whole"}
		if l.Whole.Before(r.asOf) {
			f.Value, f.Detail = "what changed", "the whole listing was read on "+isoDate(l.Whole)
		}
		p.Facts = append(p.Facts, f)
	}
	for _, cause := range sortedKeys(c.Retries) {
		p.Retries = append(p.Retries, fact{Label: clean(cause), Value: count(c.Retries[cause])})
	}
	for i := range r.rows {
		if r.rows[i].unread() && len(p.Unread) < unreadShown {
			p.Unread = append(p.Unread, &r.rows[i])
		}
	}
	history := r.snap.History
	history = history[max(0, len(history)-runsShown):]
	for i, h := range history {
		d := runDay{h, behindOf(h.Counts), i * 10}
		p.Strip = append(p.Strip, d)
		p.Runs = slices.Insert(p.Runs, 0, d)
	}
	var err error
	p.Summary, err = markdown(SummaryMarkdown(r.snap, r.opts))
	return p, err
}

// timeBySteps lists GitHub's time by step, the longest first.
func timeBySteps(ms map[string]int64) string {
	steps := sortedKeys(ms)
	slices.SortStableFunc(steps, func(a, b string) int { return cmp.Compare(ms[b], ms[a]) })
	parts := make([]string, len(steps))
	for i, step := range steps {
		parts[i] = clean(step) + " " + seconds(ms[step])
	}
	return strings.Join(parts, ", ")
}

// seconds writes milliseconds as seconds with a digit.
func seconds(ms int64) string { return strconv.FormatFloat(float64(ms)/1000, 'f', 1, 64) + " s" }

// runWords is the run's state as a sentence.
func (r *brief) runWords() string {
	switch r.snap.Run.State {
	case pipeline.Complete:
		return "Complete: every repository was read, or had not changed since it was."
	case pipeline.Partial:
		if r.whole.unread == 0 {
			return "Partial: a source other than GitHub could not be read completely. The notice above says which."
		}
		return "Partial: " + pipeline.Plural(r.whole.unread, "repository") + " could not be read. They are named below, with the reason."
	case pipeline.Failed:
		return "Failed" + because(r.snap.Run.Reason) + "."
	default:
		return "Not over" + because(r.snap.Run.Reason) + ". The next start resumes it and asks for nothing twice."
	}
}
