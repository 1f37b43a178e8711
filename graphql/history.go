package graphql

import (
	"context"
	"fmt"

	"github.com/shurcooL/githubv4"

	"github.com/stalewatch/stalewatch/graphql/budget"
	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/github"
)

// historyQuery is a piece of the default branches of several repositories. It
// counts one request for each repository in GitHub's reckoning, so up to 100
// cost one point; what makes it dear is GitHub's time.
type historyQuery struct {
	envelope
	Nodes []*historyNode `graphql:"nodes(ids: $ids)"`
}

type historyNode struct {
	Typename   githubv4.String `graphql:"__typename"`
	Repository struct {
		DefaultBranchRef *struct {
			Target *struct {
				Typename githubv4.String `graphql:"__typename"`
				Commit   struct {
					History struct {
						PageInfo pageInfo
						Nodes    []*commit
					} `graphql:"history(first: $first, after: $after)"`
				} `graphql:"... on Commit"`
			}
		}
	} `graphql:"... on Repository"`
}

// History reads commits of default branches, newest first.
func (c *Client) History(ctx context.Context, q github.HistoryQuery) (github.Histories, error) {
	if q.After != "" && len(q.IDs) != 1 {
		return github.Histories{}, fmt.Errorf("a history goes on from a cursor for one repository, not for %d", len(q.IDs))
	}
	vars := map[string]any{
		"ids":   nodeIDs(q.IDs),
		"first": githubv4.Int(q.First),
		"after": (*githubv4.String)(nil),
	}
	if q.After != "" {
		vars["after"] = githubv4.NewString(githubv4.String(q.After))
	}
	var r historyQuery
	a, err := c.ask(ctx, budget.Ask{Kind: "history", Size: len(q.IDs) * q.First, Points: 1, Final: true}, &r, vars)
	if err != nil {
		return github.Histories{}, err
	}
	if len(r.Nodes) != len(q.IDs) {
		return github.Histories{}, &EmptyAnswerError{Message: fmt.Sprintf("%d elements for %d ids", len(r.Nodes), len(q.IDs))}
	}
	spoilt := elementErrors(a)
	h := github.Histories{Pages: make([]github.CommitPage, len(q.IDs)), Cost: r.cost()}
	for i, n := range r.Nodes {
		page := github.CommitPage{ID: q.IDs[i]}
		page.Error, page.Again = verdict(spoilt, i, n != nil && n.Typename == "Repository")
		if page.Error == "" {
			page.Commits, page.Next = n.commits()
		}
		h.Pages[i] = page
	}
	return h, nil
}

func (n *historyNode) commits() (commits []pipeline.Commit, next string) {
	ref := n.Repository.DefaultBranchRef
	if ref == nil || ref.Target == nil {
		return nil, ""
	}
	found := ref.Target.Commit.History
	for _, c := range found.Nodes {
		if c != nil {
			commits = append(commits, c.commit())
		}
	}
	if found.PageInfo.HasNextPage && found.PageInfo.EndCursor != nil {
		next = string(*found.PageInfo.EndCursor)
	}
	return commits, next
}
