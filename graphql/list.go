package graphql

import (
	"context"

	"github.com/shurcooL/githubv4"

	"github.com/stalewatch/stalewatch/graphql/budget"
	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
	"github.com/stalewatch/stalewatch/pipeline/github"
)

// listQuery is one page of an owner's repositories. Only scalars, single
// objects and the topics, so that a page of 100 costs one point; the rest is
// asked for in chunks, and only when something was pushed.
//
// The order is by name: the order by last push moves under the cursor.
// ownerAffiliations keeps other people's repositories out of a user's listing.
type listQuery struct {
	envelope
	RepositoryOwner *struct {
		Login        githubv4.String
		Repositories struct {
			TotalCount githubv4.Int
			PageInfo   pageInfo
			Nodes      []*listed
		} `graphql:"repositories(first: $first, after: $after, privacy: $privacy, ownerAffiliations: [OWNER], orderBy: {field: NAME, direction: ASC})"`
	} `graphql:"repositoryOwner(login: $owner)"`
}

type pageInfo struct {
	HasNextPage githubv4.Boolean
	EndCursor   *githubv4.String
}

type listed struct {
	ID               githubv4.ID
	NameWithOwner    githubv4.String
	URL              githubv4.URI
	Description      *githubv4.String
	CreatedAt        githubv4.DateTime
	PushedAt         *githubv4.DateTime
	UpdatedAt        githubv4.DateTime
	DefaultBranchRef *struct{ Name githubv4.String }
	IsArchived       githubv4.Boolean
	IsFork           githubv4.Boolean
	IsTemplate       githubv4.Boolean
	IsMirror         githubv4.Boolean
	IsEmpty          githubv4.Boolean
	IsDisabled       githubv4.Boolean
	IsLocked         githubv4.Boolean
	IsPrivate        githubv4.Boolean
	StargazerCount   githubv4.Int
	ForkCount        githubv4.Int
	PrimaryLanguage  *struct{ Name githubv4.String }
	LicenseInfo      *struct{ SpdxID *githubv4.String }
	LatestRelease    *struct {
		TagName     githubv4.String
		PublishedAt *githubv4.DateTime
	}
	Parent *struct {
		NameWithOwner githubv4.String
		PushedAt      *githubv4.DateTime
		IsArchived    githubv4.Boolean
	}
	RepositoryTopics struct {
		Nodes []*struct {
			Topic struct{ Name githubv4.String }
		}
	} `graphql:"repositoryTopics(first: 20)"` // GitHub allows 20 topics
}

// List reads one page of an owner's repositories. It costs one point.
func (c *Client) List(ctx context.Context, q github.ListQuery) (github.ListPage, error) {
	var r listQuery
	a, err := c.ask(ctx, budget.Ask{Kind: "list", Size: q.First, Points: 1, Urgent: true}, &r, listVariables(q))
	if err != nil {
		return github.ListPage{}, err
	}
	if r.RepositoryOwner == nil {
		return github.ListPage{}, ownerRefused(q.Owner, a)
	}
	found := r.RepositoryOwner.Repositories
	page := github.ListPage{
		Owner:      string(r.RepositoryOwner.Login),
		TotalCount: int(found.TotalCount),
		Cost:       r.cost(),
	}
	for _, n := range found.Nodes {
		if n == nil {
			page.Hidden++
			continue
		}
		page.Repositories = append(page.Repositories, n.repository())
	}
	if page.Hidden > 0 {
		if !a.anyIs("FORBIDDEN", "INSUFFICIENT_SCOPES") && durable.Attempt(ctx) <= patience {
			return github.ListPage{}, &TimeoutError{Status: a.status, Message: "a page came with holes in it; " + a.text()}
		}
		page.HiddenWhy = a.text()
	}
	if found.PageInfo.HasNextPage && found.PageInfo.EndCursor != nil {
		page.Next = string(*found.PageInfo.EndCursor)
		a.followed = true
	}
	return page, nil
}

func listVariables(q github.ListQuery) map[string]any {
	vars := map[string]any{
		"owner":   githubv4.String(q.Owner),
		"first":   githubv4.Int(q.First),
		"after":   (*githubv4.String)(nil),
		"privacy": (*githubv4.RepositoryPrivacy)(nil),
	}
	if q.After != "" {
		vars["after"] = githubv4.NewString(githubv4.String(q.After))
	}
	if !q.Private {
		public := githubv4.RepositoryPrivacyPublic
		vars["privacy"] = &public
	}
	return vars
}

// ownerRefused says why an owner came back as null: GitHub names no reason for
// an unknown one, or NOT_FOUND; a policy of the organization is FORBIDDEN.
func ownerRefused(owner string, a *answer) error {
	if a.anyIs("FORBIDDEN", "INSUFFICIENT_SCOPES") {
		return &ForbiddenError{Owner: owner, Message: a.text()}
	}
	for _, e := range a.errors {
		if !e.is("NOT_FOUND") {
			return &TimeoutError{Status: a.status, Message: e.Message}
		}
	}
	return &UnknownOwnerError{Owner: owner}
}

func (n *listed) repository() pipeline.Repository {
	r := pipeline.Repository{
		ID:             id(n.ID),
		NameWithOwner:  string(n.NameWithOwner),
		Description:    masked(n.Description),
		CreatedAt:      n.CreatedAt.UTC(),
		PushedAt:       date(n.PushedAt),
		UpdatedAt:      n.UpdatedAt.UTC(),
		IsArchived:     bool(n.IsArchived),
		IsFork:         bool(n.IsFork),
		IsTemplate:     bool(n.IsTemplate),
		IsMirror:       bool(n.IsMirror),
		IsEmpty:        bool(n.IsEmpty),
		IsDisabled:     bool(n.IsDisabled),
		IsLocked:       bool(n.IsLocked),
		IsPrivate:      bool(n.IsPrivate),
		StargazerCount: int(n.StargazerCount),
		ForkCount:      int(n.ForkCount),
	}
	if n.URL.URL != nil {
		r.URL = n.URL.String()
	}
	if n.DefaultBranchRef != nil {
		r.DefaultBranch = str(&n.DefaultBranchRef.Name)
	}
	if n.PrimaryLanguage != nil {
		r.PrimaryLanguage = str(&n.PrimaryLanguage.Name)
	}
	if n.LicenseInfo != nil {
		r.License = str(n.LicenseInfo.SpdxID)
	}
	if n.LatestRelease != nil {
		r.LatestRelease = &pipeline.Release{TagName: string(n.LatestRelease.TagName), PublishedAt: date(n.LatestRelease.PublishedAt)}
	}
	if n.Parent != nil {
		r.Parent = &pipeline.Parent{
			NameWithOwner: string(n.Parent.NameWithOwner),
			PushedAt:      date(n.Parent.PushedAt),
			IsArchived:    bool(n.Parent.IsArchived),
		}
	}
	for _, t := range n.RepositoryTopics.Nodes {
		if t != nil {
			r.Topics = append(r.Topics, string(t.Topic.Name))
		}
	}
	return r
}

// masked maps an optional text in which people leave e-mail addresses.
func masked(s *githubv4.String) *string {
	v := str(s)
	if v != nil {
		*v = pipeline.MaskEmails(*v)
	}
	return v
}
