package site

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// ownersPage lists all owners.
type ownersPage struct {
	chrome
	Owners []ownerSummary
	Named  bool
}

// ownerPages are the list of owners and each owner's own overview, with what
// belongs to it: groups, feed, calendar, CSV and badge.
func (r *report) ownerPages(emit emit) {
	emit("owners/index.html", html("owners", func() (ownersPage, error) {
		words := pipeline.Plural(len(r.owners), "owner") + " of " + pipeline.Plural(len(r.rows), "repository") + "."
		return ownersPage{r.page("owners/", "owners", "Owners", words), r.owners, r.isNamed()}, nil
	}))
	for i := range r.owners {
		o := &r.owners[i]
		if o.Home == "" {
			continue
		}
		v := r.ownerView(o)
		emit(o.Home+"index.html", html("home", func() (homePage, error) { return r.ownerPage(o, &v) }))
		emit(v.feed(), func(w io.Writer) error { return r.writeFeed(w, &v) })
		emit(v.calendar(), func(w io.Writer) error { return r.writeCalendar(w, &v) })
		emit(o.Home+"repositories.csv", func(w io.Writer) error { return r.writeCSV(w, v.rows) })
		emit(o.Home+"badge.svg", sumBadge(v.behind(), v.live).writeSVG)
		r.stepPages(&v, emit)
	}
}

// isNamed reports whether any repository names an owner.
func (r *report) isNamed() bool {
	return slices.ContainsFunc(r.owners, func(o ownerSummary) bool { return o.Value != nobody })
}

func (r *brief) ownerView(o *ownerSummary) view {
	rows := slices.Sorted(slices.Values(o.rows)) // the facet's are worst first
	v := r.newView(o.Home, o.Value, o.Path, rows)
	if r.snap.Since != nil {
		v.before = r.countsAt(rows, r.snap.Since.AsOf)[0]
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

// Share says what part of the live repositories that is.
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

// ownerSpan is how far back the list of owners compares.
const ownerSpan = 30 * 24 * time.Hour

func (r *brief) ownerSummaries(owners *facet) []ownerSummary {
	values := owners.Values
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
			o.Change = signed(o.Behind() - behindOf(r.countsAt(v.rows, r.asOf.Add(-ownerSpan))[0]))
		}
		all = append(all, o)
	}
	slices.SortStableFunc(all, func(a, b ownerSummary) int {
		return cmp.Or(boolRank(b.Value == nobody)-boolRank(a.Value == nobody), cmp.Compare(b.Behind(), a.Behind()))
	})
	return all
}
