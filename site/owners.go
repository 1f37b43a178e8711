package site

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// ownerSummary is an owner in numbers. The first of all is nobody, where there
// are repositories that nobody owns.
type ownerSummary struct {
	*facetValue
	Home                        string // of its overview; "" for one too many
	Total, Live, Stale, Dormant int
	Change                      string // of stale and dormant within 30 days; "" when not known
}

// Behind is how many are stale or dormant.
func (o ownerSummary) Behind() int { return o.Stale + o.Dormant }

// Share says how much of what is live that is.
func (o ownerSummary) Share() string {
	if o.Live == 0 {
		return "none live"
	}
	return percent(o.Behind(), o.Live)
}

// Width is the share as the width of a bar in a box 100 wide.
func (o ownerSummary) Width() string {
	return decimal(100 * float64(o.Behind()) / float64(max(1, o.Live)))
}

// ownersPage lists all owners.
type ownersPage struct {
	chrome
	Owners []ownerSummary
	Named  bool
}

// ownerSpan is how far back the list of owners compares.
const ownerSpan = 30 * 24 * time.Hour

func (r *report) ownerSummaries() []ownerSummary {
	values := r.facet("owner").Values
	all := make([]ownerSummary, 0, len(values))
	long := len(r.snap.History) > 0 && r.asOf.Sub(r.snap.History[0].AsOf) >= ownerSpan
	for i := range values {
		v := &values[i]
		o := ownerSummary{facetValue: v, Total: len(v.rows)}
		if v.Path != "" {
			o.Home = "owners/" + v.slug + "/"
		}
		for _, i := range v.rows {
			s := r.rows[i].Status
			o.Live += boolRank(isLive(s))
			o.Stale += boolRank(s == pipeline.Stale)
			o.Dormant += boolRank(s == pipeline.Dormant)
		}
		if long {
			o.Change = signed(o.Behind() - r.behindAt(v.rows, []time.Time{r.asOf.Add(-ownerSpan)})[0])
		}
		all = append(all, o)
	}
	slices.SortStableFunc(all, func(a, b ownerSummary) int {
		return cmp.Or(boolRank(b.Value == nobody)-boolRank(a.Value == nobody), cmp.Compare(b.Behind(), a.Behind()))
	})
	return all
}

// behindAt counts, for each of some moments in order, how many of the rows were
// stale or dormant then, by their timelines.
func (r *report) behindAt(rows []int32, moments []time.Time) []int {
	counts := make([]int, len(moments))
	for _, i := range rows {
		phases, _ := r.timeline(&r.rows[i])
		for at, moment := range moments {
			n := 0
			for n < len(phases) && !phases[n].From.After(moment) {
				n++
			}
			if n > 0 && (phases[n-1].Status == pipeline.Stale || phases[n-1].Status == pipeline.Dormant) {
				counts[at]++
			}
		}
	}
	return counts
}

// ownerPages are the list of owners and each owner's own overview, with what
// belongs to it: groups, feed, calendar, CSV and badge.
func (r *report) ownerPages(yield func(file) bool) bool {
	list := html(r, "owners/index.html", "owners", func() (ownersPage, error) {
		words := plural(len(r.owners), "owner") + " of " + plural(len(r.rows), "repository") + "."
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
	return yield(html(r, o.Home+"index.html", "home", func() (homePage, error) { return r.ownerPage(o, &v) })) &&
		yield(file{o.Home + "feed.atom", func(w io.Writer) error { return r.writeFeed(w, &v) }}) &&
		yield(file{o.Home + "coming.ics", func(w io.Writer) error { return r.writeCalendar(w, &v) }}) &&
		yield(file{o.Home + "repositories.csv", rows}) &&
		yield(file{o.Home + "badge.svg", r.viewBadge(&v).writeSVG}) &&
		r.stepPages(&v, yield)
}

func (r *report) ownerView(o *ownerSummary) view {
	rows := slices.Sorted(slices.Values(o.rows)) // the facet's are worst first
	v := r.newView(o.Home, o.Value, o.Path, rows)
	if r.snap.Since == nil {
		return v
	}
	v.before = map[pipeline.Status]int{}
	for _, i := range rows {
		phases, _ := r.timeline(&r.rows[i])
		n := len(phases)
		for n > 0 && phases[n-1].From.After(r.snap.Since.AsOf) {
			n--
		}
		if n > 0 {
			v.before[phases[n-1].Status]++
		}
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
	h.chrome = r.page(o.Home, "owners", h.Kicker, fmt.Sprintf("%s: %s. %s, %s.", h.Kicker, h.Heading, plural(o.Total, "repository"), stamp(r.asOf)))
	h.chrome.Feed = h.Feed
	var err error
	h.Table, err = r.body(o.rows[:min(len(o.rows), ownerRows)], h.Root)
	return h, err
}

// viewBadge sums a view's repositories up.
func (r *report) viewBadge(v *view) badge { return sumBadge(v.behind(), v.live) }
