package site

import (
	"cmp"
	"html/template"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

func (r *report) mainPages(yield func(file) bool) bool {
	ok := yield(html(r, "index.html", "home", r.home)) &&
		yield(html(r, "run/index.html", "run", r.runPage)) &&
		yield(html(r, "method/index.html", "method", r.methodPage)) &&
		yield(html(r, "404.html", "notfound", func() (chrome, error) {
			c := r.page("", "", "No such page", "This page does not exist.")
			c.Root, c.Canonical = basePath(r), "" // it is served for addresses of any depth
			return c, nil
		})) &&
		yield(file{"feeds/changes.atom", r.writeFeed}) &&
		yield(static("assets/icon.svg", source("assets/icon.svg")))
	return ok && r.changePages(yield) && r.ownerBadges(yield)
}

// ownerBadges are one for every owner surveyed, there from the first run on,
// since image caches remember a missing one.
func (r *report) ownerBadges(yield func(file) bool) bool {
	rows := map[string][]*row{}
	var names []string
	add := func(owner string) string {
		key := segment(owner)
		if _, ok := rows[key]; !ok {
			rows[key] = nil
			names = append(names, key)
		}
		return key
	}
	for _, o := range r.snap.Run.Owners {
		add(o)
	}
	for i := range r.rows {
		owner, _, _ := strings.Cut(r.rows[i].NameWithOwner, "/")
		key := add(owner)
		rows[key] = append(rows[key], &r.rows[i])
	}
	for _, name := range names {
		if !r.badgeFiles("badges/"+name, ownerBadge(rows[name]), yield) {
			return false
		}
	}
	return true
}

// The days that the changes page shows in full, and the most changes of a kind
// that one day lists.
const (
	recentDays = 30
	perGroup   = 100
)

// changesPage is the changes of 30 days, or of an older month.
type changesPage struct {
	chrome
	Heading string
	Intro   string
	Days    []changeDay
	Months  []monthLink
	Older   bool // a page of an older month
}

type changeDay struct {
	At     time.Time
	Count  int
	Groups []changeGroup
}

type monthLink struct {
	Title, Path string
	Count       int
}

func (r *report) changePages(yield func(file) bool) bool {
	var recent []changeDay
	months := map[string][]changeDay{}
	var keys []string
	for _, day := range r.changeDays() {
		if r.asOf.Sub(day.At) <= recentDays*24*time.Hour {
			recent = append(recent, day)
			continue
		}
		key := day.At.Format("2006-01")
		if months[key] == nil {
			keys = append(keys, key)
		}
		months[key] = append(months[key], day)
	}
	var links []monthLink
	for _, key := range keys {
		n := 0
		for _, d := range months[key] {
			n += d.Count
		}
		links = append(links, monthLink{months[key][0].At.Format("January 2006"), "changes/" + key + "/", n})
	}
	page := func(path, heading, intro string, days []changeDay) file {
		return html(r, path+"index.html", "changes", func() (changesPage, error) {
			return changesPage{
				chrome: r.page(path, "changes", heading, heading+". "+intro), Heading: heading, Intro: intro,
				Days: days, Months: links, Older: path != "changes/",
			}, nil
		})
	}
	intro := "What happened within 90 days: " + plural(len(r.snap.Events), "change") + "."
	if !yield(page("changes/", "Changes", intro, recent)) {
		return false
	}
	for i, l := range links {
		if !yield(page(l.Path, "Changes in "+l.Title, plural(l.Count, "change")+".", months[keys[i]])) {
			return false
		}
	}
	return true
}

// changeDays groups the events by the run that noticed them, newest first.
func (r *report) changeDays() []changeDay {
	var days []changeDay
	events := r.snap.Events
	for len(events) > 0 {
		n := slices.IndexFunc(events, func(e pipeline.Event) bool { return !e.Date.Equal(events[0].Date) })
		if n < 0 {
			n = len(events)
		}
		days = append(days, changeDay{events[0].Date.UTC(), n, r.grouped(events[:n], perGroup)})
		events = events[n:]
	}
	return days
}

// runPage is how the run went.
type runPage struct {
	chrome
	Run      *pipeline.Run
	State    string
	Words    string
	Facts    []fact
	Retries  []fact
	Unread   []*row
	UnreadOf int
	Notices  []string
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

func (r *report) runPage() (runPage, error) {
	run := &r.snap.Run
	c := run.Counters
	p := runPage{
		chrome: r.page("run/", "run", "Run", "How the run of "+longDate(r.asOf)+" went."),
		Run:    run, State: publicState(run.State), Words: r.runWords(), UnreadOf: r.unread(),
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
		d := runDay{h, h.Counts[pipeline.Stale] + h.Counts[pipeline.Dormant], i * 10}
		p.Strip = append(p.Strip, d)
		p.Runs = slices.Insert(p.Runs, 0, d)
	}
	var err error
	p.Summary, err = markdown(SummaryMarkdown(r.snap, r.opts))
	return p, err
}

// timeBySteps tells how long GitHub took, the longest first.
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
func (r *report) runWords() string {
	switch r.snap.Run.State {
	case pipeline.Complete:
		return "Complete: every repository was read, or had not changed since it was."
	case pipeline.Partial:
		return "Partial: " + plural(r.unread(), "repository") + " could not be read. They are named below, with the reason."
	case pipeline.Failed:
		return "Failed" + because(r.snap.Run.Reason) + "."
	default:
		return "Not over" + because(r.snap.Run.Reason) + ". The next start resumes it and asks for nothing twice."
	}
}
