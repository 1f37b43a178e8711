package graphql

import (
	"context"

	"github.com/shurcooL/githubv4"

	"github.com/stalewatch/stalewatch/pipeline/github"
)

// countNode is apart from all others because neither field may be null: a token
// without the permission for one of them gets null for the whole repository.
type countNode struct {
	identity
	Repository struct {
		Issues       *total `graphql:"issues(first: 1, states: [OPEN]) @include(if: $issues)"`
		PullRequests *total `graphql:"pullRequests(first: 1, states: [OPEN]) @include(if: $pulls)"`
	} `graphql:"... on Repository"`
}

type total struct{ TotalCount number }

func (t *total) pointer() *int {
	if t == nil || !t.TotalCount.set || t.TotalCount.bad {
		return nil
	}
	return &t.TotalCount.int
}

// Counts counts what is open. It costs one point for 50 repositories.
func (c *Client) Counts(ctx context.Context, q github.CountsQuery) (github.Counts, error) {
	return askNodes(ctx, c, countsAsk(q), q.IDs, countsVariables(q), kind{typename: "Repository"}, func(s seat, n *countNode) github.Count {
		count := github.Count{Element: s.Element, Refused: refused(s.errors)}
		if n != nil {
			count.Issues, count.PullRequests = n.Repository.Issues.pointer(), n.Repository.PullRequests.pointer()
		}
		return count
	})
}

// refused names the counts that the token may not have.
func refused(errors []queryError) (names []string) {
	for _, e := range errors {
		if len(e.Path) < 3 || !e.is(forbidden...) {
			continue
		}
		switch e.Path[2] {
		case "issues":
			names = append(names, github.Issues)
		case "pullRequests":
			names = append(names, github.PullRequests)
		}
	}
	return names
}

func countsVariables(q github.CountsQuery) map[string]any {
	return map[string]any{
		"ids":    nodeIDs(q.IDs),
		"issues": githubv4.Boolean(q.Issues),
		"pulls":  githubv4.Boolean(q.PullRequests),
	}
}
