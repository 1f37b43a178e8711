package graphql

import (
	"cmp"
	"context"

	"github.com/shurcooL/githubv4"

	"github.com/stalewatch/stalewatch/pipeline/github"
)

// changesOwner holds the two ends of an owner's listing at which changes show: a
// push, and anything else that GitHub counts as an update.
type changesOwner struct {
	ownerKind
	ID      githubv4.ID
	Pushed  *connection `graphql:"pushed: repositories(first: $size, after: $pushed, privacy: $privacy, ownerAffiliations: [OWNER], orderBy: {field: PUSHED_AT, direction: DESC}) @include(if: $wantPushed)"`
	Updated *connection `graphql:"updated: repositories(first: $size, after: $updated, privacy: $privacy, ownerAffiliations: [OWNER], orderBy: {field: UPDATED_AT, direction: DESC}) @include(if: $wantUpdated)"`
}

// Changes reads what changed last, by push and by update. It costs one point.
func (c *Client) Changes(ctx context.Context, q github.ChangesQuery) (github.Changes, error) {
	owner, a, err := askOwner[changesOwner](ctx, c, changesAsk(q), q.Owner, changesVariables(q))
	if err != nil {
		return github.Changes{}, err
	}
	out := github.Changes{Spent: a.spent(), OwnerID: id(owner.ID)}
	for _, list := range []struct {
		name  string
		found *connection
		out   *github.ChangeList
	}{{"pushed", owner.Pushed, &out.Pushed}, {"updated", owner.Updated, &out.Updated}} {
		if list.found == nil {
			continue
		}
		rows, hidden, _, err := owner.rows(ctx, a, list.found.Nodes, "repositoryOwner", list.name, "nodes")
		if err != nil {
			return github.Changes{}, err
		}
		out.TotalCount = list.found.TotalCount.int
		out.Hidden += hidden
		*list.out = github.ChangeList{Repositories: rows, Next: list.found.PageInfo.next(false)}
	}
	return out, nil
}

func changesVariables(q github.ChangesQuery) map[string]any {
	return map[string]any{
		"owner":       githubv4.String(q.Owner),
		"size":        githubv4.Int(q.Size),
		"privacy":     privacy(q.Private),
		"branches":    githubv4.Boolean(true),
		"pushed":      cursor(*cmp.Or(q.Pushed, new(string))),
		"updated":     cursor(*cmp.Or(q.Updated, new(string))),
		"wantPushed":  githubv4.Boolean(q.Pushed != nil),
		"wantUpdated": githubv4.Boolean(q.Updated != nil),
	}
}
