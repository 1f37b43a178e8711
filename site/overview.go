package site

import (
	"fmt"
	"html/template"
	"io"
	"slices"

	"github.com/stalewatch/stalewatch/pipeline"
)

// homePage is the overview of all repositories, or of one owner's.
type homePage struct {
	chrome
	Kicker   string // whose overview it is; "" for all
	Heading  string
	Sentence []phrase
	Note     template.HTML
	Stack    []bar
	Legend   []tile
	Groups   []group
	Trend    trend
	First    bool // there is no run to compare with
	Since    string
	Changes  []change
	ChangeOf int
	Feed     string
	Owners   []ownerSummary // those shown of a view of all
	OwnersOf int
	Named    bool // whether anybody is named at all
	Owner    *ownerSummary
	Table    template.HTML // an owner's rows
	TableOf  int
}

// phrase is a piece of a sentence, linked or not.
type phrase struct{ Text, Path string }

// bar is one status in the stacked bar, in a box 1000 wide.
type bar struct {
	Status pipeline.Status
	X, W   string
}

// tile is one status and its number.
type tile struct {
	Status pipeline.Status
	Words  string
	Path   string
	Count  int
	Change string // "" when not known
}

// ownersShown is how many owners an overview shows.
const ownersShown = 8

func (r *report) home() (homePage, error) {
	h := r.overview(&r.whole)
	h.Owners, h.OwnersOf = r.owners[:min(len(r.owners), ownersShown)], len(r.owners)
	h.Named = r.isNamed()
	h.chrome = r.page("", "home", h.Heading, h.Heading+". "+pipeline.Plural(len(r.rows), "repository")+", "+stamp(r.asOf)+".")
	var err error
	h.Note, err = r.notes.html("index")
	return h, err
}

// overview is what both kinds of overview have.
func (r *brief) overview(v *view) homePage {
	h := homePage{Heading: r.finding(v), Sentence: r.sentence(v), Legend: r.legend(v), Groups: r.groups(v), Trend: r.trend(v), Feed: v.feed()}
	x, whole := 0.0, float64(max(1, len(v.rows)))
	for _, s := range pipeline.Statuses {
		if n := v.counts[s]; n > 0 {
			w := 1000 * float64(n) / whole
			h.Stack = append(h.Stack, bar{s, decimal(x), decimal(w)})
			x += w
		}
	}
	if h.First = r.snap.Since == nil; !h.First {
		h.Since = capital(r.sinceWords())
		for _, g := range r.grouped(r.eventsSince(v), changesShown) {
			h.ChangeOf += g.Count
			h.Changes = append(h.Changes, g.Shown...)
		}
		h.Changes = h.Changes[:min(len(h.Changes), changesShown)]
	}
	return h
}

func (r *brief) sinceWords() string { return since(r.snap.Since.AsOf, r.asOf) }

// finding is the report in one sentence.
func (r *brief) finding(v *view) string {
	limit := "a meaningful commit within " + spanWords(r.snap.Rules.Tiers.Aging)
	none := "no meaningful commit for " + spanWords(r.snap.Rules.Tiers.Aging)
	n := v.behind()
	live := "All " + count(v.live) + " live repositories have had "
	if v.live == 1 {
		live = "The one live repository has had "
	}
	switch {
	case len(v.rows) == 0:
		return "No repository to report on"
	case v.live == 0 && v.counts[pipeline.Archived] == len(v.rows):
		return "Every repository is archived"
	case v.live == 0:
		return "No repository whose age could be judged"
	case n == 0:
		return live + limit
	case n == v.live:
		return live + none
	case n == 1:
		return fmt.Sprintf("1 of %s live repositories has had %s", count(v.live), none)
	}
	return fmt.Sprintf("%s of %s live repositories have had %s", percent(n, v.live), count(v.live), none)
}

// sentence is the line under the finding: what changed since the run before,
// each number a link, and what the numbers are of.
func (r *brief) sentence(v *view) []phrase {
	var s []phrase
	add := func(text, path string) { s = append(s, phrase{text, path}) }
	words := "History starts today"
	if r.snap.Since != nil {
		words = capital(r.sinceWords())
	}
	for _, g := range r.grouped(r.eventsSince(v), 0) {
		if g.Kind.Brief == "" {
			continue
		}
		if len(s) == 0 {
			add(words+": ", "")
		} else {
			add(", ", "")
		}
		text := g.Kind.Brief
		if g.Kind != kindRules {
			text = count(g.Count) + nbsp + text
		}
		add(text, "changes/#d"+g.Day+"-"+g.Kind.Key)
	}
	switch {
	case len(s) > 0:
		add(". ", "")
	case r.snap.Since != nil:
		add(words+" nothing changed. ", "")
	default:
		add(words+". ", "")
	}
	add(pipeline.Plural(len(v.rows), "repository")+", ", "")
	exempt, unread := "", ""
	if v.exempt > 0 && v.owner == "" {
		exempt = "repos/is/exempt/"
	}
	if v.unread > 0 {
		unread = "run/#unread"
	}
	add(count(v.exempt)+nbsp+"exempt", exempt)
	add(", ", "")
	add(count(v.unread)+nbsp+"unread", unread)
	add(".", "")
	return s
}

// legend is the statuses of the bar, with numbers and changes.
func (r *brief) legend(v *view) []tile {
	var tiles []tile
	for _, s := range pipeline.Statuses {
		n, before := v.counts[s], v.before[s]
		if (s == pipeline.Empty || s == pipeline.Unknown || v.owner != "") && n == 0 && before == 0 {
			continue
		}
		t := tile{Status: s, Words: tierWords(s, r.snap.Rules.Tiers), Path: statusPath(s), Count: n}
		if v.owner != "" {
			t.Path = v.table + "?status=" + string(s)
		}
		if v.before != nil {
			t.Change = signed(n - before)
		}
		tiles = append(tiles, t)
	}
	return tiles
}

// ownersPage lists all owners.
type ownersPage struct {
	chrome
	Owners []ownerSummary
	Named  bool
}

// ownerPages are the list of owners and each owner's own overview, with what
// belongs to it: groups, feed, calendar, CSV and badge.
func (r *report) ownerPages(yield func(file) bool) bool {
	list := html("owners/index.html", "owners", func() (ownersPage, error) {
		words := pipeline.Plural(len(r.owners), "owner") + " of " + pipeline.Plural(len(r.rows), "repository") + "."
		return ownersPage{r.page("owners/", "owners", "Owners", words), r.owners, r.isNamed()}, nil
	})
	if !yield(list) {
		return false
	}
	for i := range r.owners {
		if o := &r.owners[i]; o.Home != "" && !r.ownerFiles(o, yield) {
			return false
		}
	}
	return true
}

// isNamed reports whether any repository names an owner.
func (r *report) isNamed() bool {
	return slices.ContainsFunc(r.owners, func(o ownerSummary) bool { return o.Value != nobody })
}

func (r *report) ownerFiles(o *ownerSummary, yield func(file) bool) bool {
	v := r.ownerView(o)
	rows := func(w io.Writer) error { return r.writeCSV(w, v.rows) }
	return yield(html(o.Home+"index.html", "home", func() (homePage, error) { return r.ownerPage(o, &v) })) &&
		yield(file{v.feed(), func(w io.Writer) error { return r.writeFeed(w, &v) }}) &&
		yield(file{v.calendar(), func(w io.Writer) error { return r.writeCalendar(w, &v) }}) &&
		yield(file{o.Home + "repositories.csv", rows}) &&
		yield(file{o.Home + "badge.svg", r.viewBadge(&v).writeSVG}) &&
		r.stepPages(&v, yield)
}

func (r *brief) ownerView(o *ownerSummary) view {
	rows := slices.Sorted(slices.Values(o.rows)) // the facet's are worst first
	v := r.newView(o.Home, o.Value, o.Path, rows)
	if r.snap.Since == nil {
		return v
	}
	v.before = map[pipeline.Status]int{}
	for _, i := range rows {
		phases, _ := r.timeline(&r.rows[i])
		v.before[statusThen(phases, r.snap.Since.AsOf)]++
	}
	return v
}

// ownerRows is how many rows an owner's overview shows.
const ownerRows = 100

func (r *report) ownerPage(o *ownerSummary, v *view) (homePage, error) {
	h := r.overview(v)
	h.Owner, h.TableOf = o, len(o.rows)
	h.Kicker = o.Label
	if o.Value == nobody {
		h.Kicker = "Owned by nobody"
	}
	h.chrome = r.page(o.Home, "owners", h.Kicker, fmt.Sprintf("%s: %s. %s, %s.", h.Kicker, h.Heading, pipeline.Plural(o.Total, "repository"), stamp(r.asOf)))
	h.chrome.Feed = h.Feed
	var err error
	h.Table, err = r.body(o.rows[:min(len(o.rows), ownerRows)], h.Root)
	return h, err
}

// viewBadge sums a view's repositories up.
func (r *brief) viewBadge(v *view) badge { return sumBadge(v.behind(), v.live) }
