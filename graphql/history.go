package graphql

import (
	"context"
	"fmt"

	"github.com/shurcooL/githubv4"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/github"
)

// historyNode is a piece of a default branch. It costs GitHub much time.
type historyNode struct {
	identity
	Repository struct {
		DefaultBranchRef *struct {
			Target *struct {
				Commit struct {
					History struct {
						TotalCount number
						PageInfo   struct {
							HasNextPage flag
							EndCursor   text
						}
						Nodes []*commit
					} `graphql:"history(first: $first, after: $after)"`
				} `graphql:"... on Commit"`
			}
		}
	} `graphql:"... on Repository"`
}

// Histories reads commits of default branches, newest first.
func (c *Client) Histories(ctx context.Context, q github.HistoryQuery) (github.Histories, error) {
	if q.After != "" && len(q.IDs) != 1 {
		return github.Histories{}, fmt.Errorf("a history goes on from a cursor for one repository, not for %d", len(q.IDs))
	}
	return askNodes(ctx, c, historyAsk(q), q.IDs, historyVariables(q), kind{"Repository", ofAuthor}, func(s seat, n *historyNode) github.CommitPage {
		page := github.CommitPage{Element: s.Element, After: q.After}
		if n != nil {
			n.page(&page)
		}
		return page
	})
}

func historyVariables(q github.HistoryQuery) map[string]any {
	return map[string]any{"ids": nodeIDs(q.IDs), "first": githubv4.Int(q.First), "after": cursor(q.After)}
}

func (n *historyNode) page(out *github.CommitPage) {
	ref := n.Repository.DefaultBranchRef
	if ref == nil || ref.Target == nil {
		return
	}
	found := ref.Target.Commit.History
	out.Total = found.TotalCount.int
	for _, c := range found.Nodes {
		if c == nil {
			continue
		}
		if name := c.flaw(); name != "" {
			*out = github.CommitPage{Element: out.Element, After: out.After}
			out.Error = "GitHub's answer about it cannot be used: " + name + " of a commit"
			return
		}
		out.Commits = append(out.Commits, c.commit())
	}
	if found.PageInfo.HasNextPage.bool {
		out.Next = found.PageInfo.EndCursor.string
	}
}

// sizeNode is how much a commit changed: a diff.
type sizeNode struct {
	identity
	Commit struct {
		Additions               number
		Deletions               number
		ChangedFilesIfAvailable number
	} `graphql:"... on Commit"`
}

// Sizes reads how much commits changed. It costs one point.
func (c *Client) Sizes(ctx context.Context, commits []string) (github.Sizes, error) {
	return askNodes(ctx, c, sizesAsk(len(commits)), commits, idVariables(commits), kind{typename: "Commit"}, func(s seat, n *sizeNode) github.Size {
		size := github.Size{Element: s.Element}
		switch {
		case n == nil:
		case flaw(named{"", n.Commit.Additions.state, false}, named{"", n.Commit.Deletions.state, false}, named{"", n.Commit.ChangedFilesIfAvailable.state, true}) != "":
			size.Error = "GitHub's answer about it cannot be used"
		case n.Commit.ChangedFilesIfAvailable.set:
			size.Size = &pipeline.CommitSize{ChangedFiles: n.Commit.ChangedFilesIfAvailable.int, Additions: n.Commit.Additions.int, Deletions: n.Commit.Deletions.int}
		}
		return size
	})
}
