package graphql

import (
	"context"

	"github.com/shurcooL/githubv4"

	"github.com/stalewatch/stalewatch/graphql/budget"
	"github.com/stalewatch/stalewatch/pipeline/github"
)

// enterpriseQuery is a page of an enterprise's organizations.
type enterpriseQuery struct {
	envelope
	Enterprise *struct {
		Organizations struct {
			PageInfo pageInfo
			Nodes    []*struct{ Login text }
		} `graphql:"organizations(first: 100, after: $cursor)"`
	} `graphql:"enterprise(slug: $slug)"`
}

// Enterprise reads one page of an enterprise's organizations, those that the
// token sees. It costs one point.
func (c *Client) Enterprise(ctx context.Context, q github.EnterpriseQuery) (github.EnterprisePage, error) {
	var found enterpriseQuery
	a, err := c.ask(ctx, budget.Ask{Kind: "enterprise", Urgent: true}, &found, map[string]any{
		"slug": githubv4.String(q.Slug), "cursor": cursor(q.After)})
	if err != nil {
		return github.EnterprisePage{}, err
	}
	if found.Enterprise == nil {
		return github.EnterprisePage{}, ownerRefused("enterprises/"+q.Slug, a)
	}
	page := github.EnterprisePage{Spent: a.spent(), Next: found.Enterprise.Organizations.PageInfo.next(false)}
	for _, n := range found.Enterprise.Organizations.Nodes {
		if n != nil && n.Login.string != "" {
			page.Logins = append(page.Logins, n.Login.string)
		}
	}
	return page, nil
}
