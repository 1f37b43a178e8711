package site

import (
	"cmp"
	"slices"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// ownerSummary is an owner in numbers. The first of all is nobody, where there
// are repositories that nobody owns.
type ownerSummary struct {
	*facetValue
	Home                 string // of its overview; "" for one too many
	Live, Stale, Dormant int
	Change               string // of stale and dormant within 30 days; "" when not known
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
		o := ownerSummary{facetValue: v}
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

// isNamed reports whether any repository names an owner.
func isNamed(owners []ownerSummary) bool {
	return slices.ContainsFunc(owners, func(o ownerSummary) bool { return o.Value != nobody })
}
