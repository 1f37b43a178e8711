package site

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline"
)

// The most entries of the overview's lists, so that it stays one short page
// whatever the number of repositories.
const (
	needsShown  = 10
	ownersShown = 12
	namesShown  = 5
)

// homePage is the overview.
type homePage struct {
	chrome
	Heading string
	Missing string // what could not be read; "" for nothing
	Tally   string
	Exempt  int
	Note    template.HTML
	Tiles   []tile
	Ages    []ageBucket
	Trend   trend
	Since   sinceYesterday
	Needs   []*row
	NeedsOf int
	Owners  ownersTable
}

// tile is one status and its number.
type tile struct {
	Status pipeline.Status
	Words  string
	Path   string
	Count  int
	Delta  string // "" on the first run
}

func (r *report) home() (homePage, error) {
	h := homePage{
		Heading: r.finding(), Tally: r.tally(), Exempt: countExempt(r.snap.Findings), Tiles: r.tiles(), Ages: r.ages(), Trend: r.trend(),
		Since: r.sinceYesterday(), Owners: r.byOwner(),
	}
	if n := r.unread(); n > 0 {
		h.Missing = fmt.Sprintf("%s could not be read", count(n))
	}
	for _, i := range r.orders[0].rows {
		if w := &r.rows[i]; w.behind() && w.Exemption == nil {
			h.NeedsOf++
			h.Needs = append(h.Needs, w)
		}
	}
	slices.SortStableFunc(h.Needs, func(a, b *row) int { return cmp.Compare(b.StargazerCount, a.StargazerCount) })
	h.Needs = h.Needs[:min(len(h.Needs), needsShown)]
	h.chrome = r.page("", "home", h.Heading, h.Heading+". "+h.Tally+", "+stamp(r.asOf)+".")
	var err error
	h.Note, err = r.notes.html("index")
	return h, err
}

// finding is the report in one sentence.
func (r *report) finding() string {
	behind := r.counts[pipeline.Stale] + r.counts[pipeline.Dormant]
	limit := spanWords(r.snap.Rules.Tiers.Aging)
	live := func() string {
		if r.live == 1 {
			return "The one live repository"
		}
		return "All " + count(r.live) + " live repositories"
	}
	switch {
	case len(r.rows) == 0:
		return "No repository to report on"
	case r.live == 0 && r.counts[pipeline.Archived] == len(r.rows):
		return "Every repository is archived"
	case r.live == 0:
		return "No repository whose age could be judged"
	case behind == 0 && r.live == 1:
		return live() + " has had a human commit within " + limit
	case behind == 0:
		return live() + " have had a human commit within " + limit
	case behind == r.live && r.live == 1:
		return live() + " has had no human commit for " + limit
	case behind == r.live:
		return live() + " have had no human commit for " + limit
	default:
		return fmt.Sprintf("%s of %s live repositories %s had no human commit for %s", percent(behind, r.live), count(r.live), haveHas(behind), limit)
	}
}

func haveHas(n int) string {
	if n == 1 {
		return "has"
	}
	return "have"
}

// tally is the counts under the finding.
func (r *report) tally() string {
	parts := []string{plural(len(r.rows), "repository")}
	for _, s := range []pipeline.Status{pipeline.Archived, pipeline.Empty} {
		if n := r.counts[s]; n > 0 {
			parts = append(parts, count(n)+" "+string(s))
		}
	}
	return strings.Join(parts, ", ")
}

func (r *report) tiles() []tile {
	var tiles []tile
	since := r.snap.Since
	for _, s := range pipeline.Statuses {
		n, before := r.counts[s], 0
		if since != nil {
			before = since.Counts[s]
		}
		if (s == pipeline.Empty || s == pipeline.Unknown) && n == 0 && before == 0 {
			continue
		}
		t := tile{Status: s, Words: tierWords(s, r.snap.Rules.Tiers), Path: statusPath(s), Count: n}
		if since != nil {
			t.Delta = "no change"
			if n != before {
				t.Delta = delta(n-before) + " " + sinceWords(r)
			}
		}
		tiles = append(tiles, t)
	}
	return tiles
}

func sinceWords(r *report) string { return since(r.snap.Since.AsOf, r.asOf) }

func delta(n int) string {
	switch {
	case n > 0:
		return "▲ " + count(n)
	default:
		return "▼ " + count(-n)
	}
}

// ageBucket is one bar of the age distribution.
type ageBucket struct {
	Label  string
	Status pipeline.Status
	Count  int
	Share  string
	Width  string // of the bar, in percent of the longest
}

// ages counts live repositories by the age that decided. The limits are those
// of the rules in force; where they are whole years, what lies beyond the
// first three is told apart by year.
func (r *report) ages() []ageBucket {
	type limit struct {
		ageBucket
		from pipeline.Span
	}
	t := r.snap.Rules.Tiers
	limits := []limit{
		{ageBucket{Label: tierWords(pipeline.Fresh, t), Status: pipeline.Fresh}, pipeline.Span{}},
		{ageBucket{Label: tierWords(pipeline.Active, t), Status: pipeline.Active}, t.Fresh},
		{ageBucket{Label: tierWords(pipeline.Aging, t), Status: pipeline.Aging}, t.Active},
	}
	years := func(s pipeline.Span) bool { return s.Years > 0 && s.Months == 0 && s.Days == 0 }
	if years(t.Aging) && years(t.Stale) && t.Stale.Years-t.Aging.Years <= 4 {
		for y := t.Aging.Years; y < t.Stale.Years; y++ {
			limits = append(limits, limit{ageBucket{Label: fmt.Sprintf("%d–%d years", y, y+1), Status: pipeline.Stale}, pipeline.Span{Years: y}})
		}
		y := t.Stale.Years
		for _, step := range []int{1, 1, 2} {
			limits = append(limits, limit{ageBucket{Label: fmt.Sprintf("%d–%d years", y, y+step), Status: pipeline.Dormant}, pipeline.Span{Years: y}})
			y += step
		}
		limits = append(limits, limit{ageBucket{Label: fmt.Sprintf("%d years and more", y), Status: pipeline.Dormant}, pipeline.Span{Years: y}})
	} else {
		limits = append(limits,
			limit{ageBucket{Label: tierWords(pipeline.Stale, t), Status: pipeline.Stale}, t.Aging},
			limit{ageBucket{Label: tierWords(pipeline.Dormant, t), Status: pipeline.Dormant}, t.Stale})
	}
	undated := ageBucket{Label: "only bots for " + t.Stale.Words(), Status: pipeline.Dormant}
	for i := range r.rows {
		w := &r.rows[i]
		if !slices.Contains(pipeline.Statuses[:5], w.Status) {
			continue
		}
		if w.DecidedBy == nil {
			undated.Count++
			continue
		}
		for j := len(limits) - 1; j >= 0; j-- {
			if j == 0 || !limits[j].from.After(*w.DecidedBy).After(r.asOf) {
				limits[j].Count++
				break
			}
		}
	}
	buckets := make([]ageBucket, 0, len(limits)+1)
	for _, l := range limits {
		buckets = append(buckets, l.ageBucket)
	}
	if undated.Count > 0 {
		buckets = append(buckets, undated)
	}
	top := 1
	for _, b := range buckets {
		top = max(top, b.Count)
	}
	for i := range buckets {
		b := &buckets[i]
		b.Share = percent(b.Count, r.live)
		b.Width = decimal(100 * float64(b.Count) / float64(top))
	}
	return buckets
}

// ownersTable is how the repositories fall to owners.
type ownersTable struct {
	Rows  []ownerRow
	More  int // owners not shown
	Named int // owners in all, nobody left out
}

type ownerRow struct {
	Label, Path           string
	Total, Stale, Dormant int
	Share, Width          string
	Nobody                bool
}

// byOwner lists nobody first, then who owns most that is stale or dormant.
func (r *report) byOwner() ownersTable {
	var t ownersTable
	for _, v := range r.facet("owner").Values {
		o := ownerRow{Label: v.Label, Path: v.Path, Total: len(v.rows), Nobody: v.Value == nobody}
		live := 0
		for _, i := range v.rows {
			switch r.rows[i].Status {
			case pipeline.Stale:
				o.Stale++
			case pipeline.Dormant:
				o.Dormant++
			case pipeline.Fresh, pipeline.Active, pipeline.Aging:
				live++
			}
		}
		behind := o.Stale + o.Dormant
		o.Share = percent(behind, live+behind)
		o.Width = decimal(100 * float64(behind) / float64(max(1, live+behind)))
		t.Rows = append(t.Rows, o)
		if !o.Nobody {
			t.Named++
		}
	}
	slices.SortStableFunc(t.Rows, func(a, b ownerRow) int {
		return cmp.Or(cmp.Compare(boolRank(b.Nobody), boolRank(a.Nobody)), cmp.Compare(b.Stale+b.Dormant, a.Stale+a.Dormant))
	})
	t.More = max(0, len(t.Rows)-ownersShown)
	t.Rows = t.Rows[:len(t.Rows)-t.More]
	return t
}
