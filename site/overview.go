package site

import (
	"fmt"
	"html/template"

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
	h.Named = isNamed(r.owners)
	h.chrome = r.page("", "home", h.Heading, h.Heading+". "+pipeline.Plural(len(r.rows), "repository")+", "+stamp(r.asOf)+".")
	var err error
	h.Note, err = r.notes.html("index")
	return h, err
}

// overview is what both kinds of overview have.
func (r *brief) overview(v *view) homePage {
	h := homePage{Heading: r.finding(v), Sentence: r.sentence(v), Legend: r.legend(v), Groups: r.groups(v), Trend: r.trend(v)}
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
// each number a link, and the totals.
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
