package nuget

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

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

// Hit is a package that a search found. Downloads are told nowhere else.
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
		isOwner := func(o string) bool { return strings.EqualFold(o, q.Owner) }
		if validID(d.ID) && (len(d.Owners) == 0 || slices.ContainsFunc(d.Owners, isOwner)) {
			found.Hits = append(found.Hits, Hit{d.ID, d.TotalDownloads})
		}
	}
	return found, nil
}
