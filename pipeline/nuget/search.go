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

// Search lists packages of an owner, from a place in the order of the server
// on; unlisted packages never appear. Hits that name other owners only come from
// a feed that does not know the filter, and are left out.
func (c *Client) Search(ctx context.Context, base, owner string, skip, take int) (Found, error) {
	query := url.Values{
		"q": {"owner:" + owner}, "skip": {strconv.Itoa(skip)}, "take": {strconv.Itoa(take)},
		"prerelease": {"true"}, "semVerLevel": {"2.0.0"}, // or packages are missing
	}
	separator := "?"
	if strings.Contains(base, "?") {
		separator = "&"
	}
	address := base + separator + query.Encode()
	a, err := c.get(ctx, address, "")
	if err != nil {
		return Found{}, err
	}
	var doc struct {
		TotalHits int
		Data      []struct {
			ID             string
			TotalDownloads *int64
			Owners         words
		}
	}
	if err := decode(address, a.body, &doc); err != nil {
		return Found{}, err
	}
	found := Found{Total: doc.TotalHits, Returned: len(doc.Data)}
	for _, d := range doc.Data {
		isOwner := func(o string) bool { return strings.EqualFold(o, owner) }
		if validID(d.ID) && (len(d.Owners) == 0 || slices.ContainsFunc(d.Owners, isOwner)) {
			found.Hits = append(found.Hits, Hit{d.ID, d.TotalDownloads})
		}
	}
	return found, nil
}
