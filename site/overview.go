package site

import (
	"fmt"
	"html/template"
	"slices"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline"
)

// view is a set of rows that an overview shows: all of them, or one owner's.
type view struct {
	path  string  // of its overview; "" for all rows
	owner string  // whose; "" for all rows
	table string  // where all of its rows stand
	rows  []int32 // by name

	counts map[pipeline.Status]int
	live   int // rows that age decides
	exempt int
	unread int
	steps  [][]int32 // rows of each step that has some, in the order of the worklist

	before      map[pipeline.Status]int // counts of the run that this one is compared with; nil on the first
	stepsBefore map[pipeline.Step]int   // nil when not known
}

func (r *report) newView(path, owner, table string, rows []int32) view {
	v := view{path: path, owner: owner, table: table, rows: rows, counts: make(map[pipeline.Status]int, len(pipeline.Statuses))}
	var steps []int32
	for _, i := range rows {
		w := &r.rows[i]
		if w.step != "" {
			steps = append(steps, i)
		}
		v.counts[w.Status]++
		v.live += boolRank(isLive(w.Status))
		v.exempt += boolRank(w.Exemption != nil)
		v.unread += boolRank(w.unread())
	}
	slices.SortFunc(steps, func(a, b int32) int { return r.rows[a].turn - r.rows[b].turn })
	for i, at := range steps {
		if i == 0 || r.rows[at].step != r.rows[steps[i-1]].step {
			v.steps = append(v.steps, nil)
		}
		last := &v.steps[len(v.steps)-1]
		*last = append(*last, at)
	}
	if s := r.snap.Since; s != nil && path == "" {
		v.before, v.stepsBefore = s.Counts, s.Steps
	}
	return v
}

// behind counts what the report is about.
func (v *view) behind() int { return v.counts[pipeline.Stale] + v.counts[pipeline.Dormant] }

// stepPath is where a group of the view stands.
func (v *view) stepPath(s pipeline.Step) string {
	if v.path == "" {
		return "steps/" + string(s) + "/"
	}
	return v.path + string(s) + "/"
}

func (v *view) calendar() string {
	if v.path == "" {
		return "data/v1/coming.ics"
	}
	return v.path + "coming.ics"
}

// state is the query that shows the view's rows with one value in the script.
func (v *view) state(key, value string) string {
	return query(append(v.filters(), [2]string{key, value})...)
}

func (v *view) filters() [][2]string {
	if v.owner == "" {
		return nil
	}
	return [][2]string{{"owner", v.owner}}
}

func (v *view) nav() string {
	if v.path == "" {
		return "home"
	}
	return "owners"
}

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

// The most entries of an overview's lists, so that it stays one short page
// whatever the number of repositories.
const (
	ownersShown  = 8
	changesShown = 8
)

func (r *report) home() (homePage, error) {
	h := r.overview(&r.whole)
	h.Owners, h.OwnersOf = r.owners[:min(len(r.owners), ownersShown)], len(r.owners)
	h.Named = len(r.owners) > 1 || len(r.owners) == 1 && r.owners[0].Value != nobody
	h.chrome = r.page("", "home", h.Heading, h.Heading+". "+plural(len(r.rows), "repository")+", "+stamp(r.asOf)+".")
	var err error
	h.Note, err = r.notes.html("index")
	return h, err
}

// overview is what both kinds of overview have.
func (r *report) overview(v *view) homePage {
	h := homePage{Heading: r.finding(v), Sentence: r.sentence(v), Legend: r.legend(v), Groups: r.groups(v), Trend: r.trend(v), Feed: "feeds/changes.atom"}
	if v.owner != "" {
		h.Feed = v.path + "feed.atom"
	}
	x, whole := 0.0, float64(max(1, len(v.rows)))
	for _, s := range pipeline.Statuses {
		if n := v.counts[s]; n > 0 {
			w := 1000 * float64(n) / whole
			h.Stack = append(h.Stack, bar{s, decimal(x), decimal(w)})
			x += w
		}
	}
	if h.First = r.snap.Since == nil; !h.First {
		words := r.sinceWords()
		h.Since = strings.ToUpper(words[:1]) + words[1:]
		for _, g := range r.grouped(r.eventsSince(v), changesShown) {
			h.ChangeOf += g.Count
			h.Changes = append(h.Changes, g.Shown...)
		}
		h.Changes = h.Changes[:min(len(h.Changes), changesShown)]
	}
	return h
}

func (r *report) sinceWords() string { return since(r.snap.Since.AsOf, r.asOf) }

// finding is the report in one sentence.
func (r *report) finding(v *view) string {
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
func (r *report) sentence(v *view) []phrase {
	var s []phrase
	add := func(text, path string) { s = append(s, phrase{text, path}) }
	words := "History starts today"
	if r.snap.Since != nil {
		words = r.sinceWords()
		words = strings.ToUpper(words[:1]) + words[1:]
	}
	day := "changes/#d" + isoDate(r.asOf)
	groups := r.grouped(r.eventsSince(v), 0)
	told := false
	for _, g := range groups {
		if g.Kind.Brief == "" {
			continue
		}
		if add(map[bool]string{false: words + ": ", true: ", "}[told], ""); g.Kind == kindRules {
			add(g.Kind.Brief, day+"-"+g.Kind.Key)
		} else {
			add(count(g.Count)+nbsp+g.Kind.Brief, day+"-"+g.Kind.Key)
		}
		told = true
	}
	switch {
	case told:
		add(". ", "")
	case r.snap.Since != nil:
		add(words+" nothing changed. ", "")
	default:
		add(words+". ", "")
	}
	add(plural(len(v.rows), "repository")+", ", "")
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
func (r *report) legend(v *view) []tile {
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

// query is the query of the table that shows pairs of facets and values.
func query(pairs ...[2]string) string {
	var b strings.Builder
	for i, p := range pairs {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(template.URLQueryEscaper(p[0]) + "=" + template.URLQueryEscaper(p[1]))
	}
	return b.String()
}
