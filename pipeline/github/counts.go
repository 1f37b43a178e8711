package github

import (
	"context"
	"fmt"
	"slices"

	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// counts counts what is open. What is refused of one repository is not asked of
// the others, so the first few go ahead.
func (s *githubRun) counts(o *durable.Orchestration, ids []string) (all answers[Count], err error) {
	q := CountsQuery{Issues: true, PullRequests: true}
	ahead := min(len(ids), bounds[kindCounts].first)
	now, later := ids[:ahead], ids[ahead:]
	for len(now) > 0 && (q.Issues || q.PullRequests) {
		ask := func(ctx context.Context, ids []string) (Counts, error) {
			return s.Catalog.Counts(ctx, CountsQuery{ids, q.Issues, q.PullRequests})
		}
		part, err := read(o, s, subject{kindCounts, fmt.Sprint(q.Issues, q.PullRequests)}, ask, now)
		all.tally.add(part.tally)
		all.elements = append(all.elements, part.elements...)
		if err != nil {
			return all, err
		}
		var again []string
		for _, c := range part.elements {
			q.Issues = q.Issues && !slices.Contains(c.Refused, Issues)
			q.PullRequests = q.PullRequests && !slices.Contains(c.Refused, PullRequests)
			if len(c.Refused) > 0 {
				again = append(again, c.ID)
			}
		}
		now, later = append(again, later...), nil
	}
	for _, id := range now { // of which nothing may be seen
		all.elements = append(all.elements, Count{Element: Element{ID: id}, Refused: []string{Issues, PullRequests}})
	}
	return all, nil
}
