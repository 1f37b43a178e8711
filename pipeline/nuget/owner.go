package nuget

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline"
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

// What the search service answers at most: a larger take falls back to 20, and
// a larger skip gives nothing.
const (
	maxTake = 1000
	maxSkip = 3000
)

// Found is one page of a search.
type Found struct {
	Total    int   `json:"total"` // hits, by the server's count
	Returned int   `json:"returned"`
	Hits     []Hit `json:"hits"`
}

// Hit is a package that a search found. Only searches tell downloads.
type Hit struct {
	ID             string `json:"id"`
	TotalDownloads *int64 `json:"totalDownloads,omitempty"`
}

// SearchQuery asks for an owner's packages, from a place in the server's order
// on.
type SearchQuery struct {
	Base       string // of [Resources].Search
	Owner      string
	Skip, Take int
}

// Search lists an owner's packages; unlisted ones never appear. Hits that name
// only other owners come from a feed that does not know the filter, and are left
// out.
func (c *Client) Search(ctx context.Context, q SearchQuery) (Found, error) {
	query := url.Values{
		"q": {"owner:" + q.Owner}, "skip": {strconv.Itoa(q.Skip)}, "take": {strconv.Itoa(q.Take)},
		"prerelease": {"true"}, "semVerLevel": {"2.0.0"}, // or packages are missing
	}
	separator := "?"
	if strings.Contains(q.Base, "?") {
		separator = "&"
	}
	var doc struct {
		TotalHits int
		Data      []struct {
			ID             string
			TotalDownloads *int64
			Owners         words
		}
	}
	if err := c.read(ctx, q.Base+separator+query.Encode(), &doc); err != nil {
		return Found{}, err
	}
	found := Found{Total: doc.TotalHits, Returned: len(doc.Data)}
	for _, d := range doc.Data {
		if validID(d.ID) && (len(d.Owners) == 0 || pipeline.ContainsFold(d.Owners, q.Owner)) {
			found.Hits = append(found.Hits, Hit{d.ID, d.TotalDownloads})
		}
	}
	return found, nil
}
