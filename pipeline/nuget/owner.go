package nuget

import (
	"fmt"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// owned is what an owner publishes.
type owned struct {
	hits    []Hit
	notices []string
}

// owner lists one owner's packages. The order of hits may move between two
// pages, so when some are missing in the end all pages are read once more.
func (f *gathering) owner(o *durable.Orchestration, owner string) (owned, error) {
	if f.at.Search == "" {
		return owned{notices: []string{"The NuGet feed has no search, so the packages of " + owner + " cannot be listed."}}, nil
	}
	var all owned
	seen := make(map[string]bool)
	foreign, total := 0, 0
	for _, round := range []string{"", "again "} {
		foreign = 0
		for skip := 0; skip <= maxSkip; {
			key := durable.Key{Step: "search", Item: fmt.Sprintf("%s%d", round, skip), Revision: durable.Digest("1", strings.ToLower(owner))}
			page, err := durable.Go(o, key, f.Feed.Search, SearchQuery{f.at.Search, owner, skip, maxTake}).Await()
			if err != nil {
				return owned{}, err
			}
			for _, h := range page.Hits {
				if id := strings.ToLower(h.ID); !seen[id] {
					seen[id] = true
					all.hits = append(all.hits, h)
				}
			}
			total, foreign = page.Total, foreign+page.Returned-len(page.Hits)
			if skip += page.Returned; page.Returned == 0 || skip >= total {
				break
			}
		}
		if len(all.hits)+foreign >= total {
			break
		}
	}
	switch missing := total - foreign - len(all.hits); {
	case missing > 0:
		all.notices = append(all.notices, fmt.Sprintf("%s has %d packages by the NuGet feed's count, but only %d of them could be listed; a search shows %d at most.", owner, total, len(all.hits), maxSkip+maxTake))
	case len(all.hits) == 0:
		all.notices = append(all.notices, fmt.Sprintf("The NuGet feed knows no packages of %q; check nuget.owners.", owner))
	}
	return all, nil
}
