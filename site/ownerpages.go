package site

import (
	"fmt"
	"io"
	"slices"

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
		return ownersPage{r.page("owners/", "owners", "Owners", words), r.owners, isNamed(r.owners)}, nil
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

func (r *brief) ownerView(o *ownerSummary) view {
	rows := slices.Sorted(slices.Values(o.rows)) // the facet's are worst first
	v := newView(r.rows, o.Home, o.Value, o.Path, rows)
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
	h.chrome = r.page(o.Home, "owners", h.Kicker, fmt.Sprintf("%s: %s. %s, %s.", h.Kicker, h.Heading, pipeline.Plural(o.Count(), "repository"), stamp(r.asOf)))
	h.Feed = v.feed()
	var err error
	h.Table, err = r.body(o.rows[:min(len(o.rows), ownerRows)], h.Root)
	return h, err
}
