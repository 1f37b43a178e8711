package graphql

import (
	"context"
	"fmt"
	"slices"

	"github.com/shurcooL/githubv4"

	"github.com/stalewatch/stalewatch/graphql/budget"
	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
	"github.com/stalewatch/stalewatch/pipeline/github"
)

// ownerQuery asks about one owner.
type ownerQuery[O any] struct {
	envelope
	RepositoryOwner *O `graphql:"repositoryOwner(login: $owner)"`
}

// askOwner asks about an owner, who is an error when GitHub shows none.
func askOwner[O any](ctx context.Context, c *Client, want budget.Ask, owner string, vars map[string]any) (*O, *answer, error) {
	var q ownerQuery[O]
	a, err := c.ask(ctx, want, &q, vars)
	if err == nil && q.RepositoryOwner == nil {
		err = ownerRefused(owner, a)
	}
	return q.RepositoryOwner, a, err
}

// headOwner and tailOwner hold a page of an owner's repositories, from the
// beginning on and from the end on. Only scalars, single objects and the topics,
// so that a page of 100 costs one point and little of GitHub's time.
//
// Orders that move under the cursor, such as that by last push, are no good
// here. ownerAffiliations keeps other people's repositories out of a user's
// listing.
type headOwner struct {
	ownerNode
	Repositories connection `graphql:"repositories(first: $size, after: $cursor, privacy: $privacy, ownerAffiliations: [OWNER], orderBy: {field: $order, direction: ASC})"`
}

type tailOwner struct {
	ownerNode
	Repositories connection `graphql:"repositories(last: $size, before: $cursor, privacy: $privacy, ownerAffiliations: [OWNER], orderBy: {field: $order, direction: ASC})"`
}

type ownerNode struct {
	ownerKind
	ID    githubv4.ID
	Login text
}

// ownerKind tells a person's account from an organization.
type ownerKind struct {
	Typename text `graphql:"__typename"`
}

type connection struct {
	TotalCount number
	PageInfo   pageInfo
	Nodes      []*listed
}

type pageInfo struct {
	HasNextPage     flag
	HasPreviousPage flag
	StartCursor     text
	EndCursor       text
}

// next is the cursor that leads on; empty at the end.
func (p pageInfo) next(back bool) string {
	switch {
	case back && p.HasPreviousPage.bool:
		return p.StartCursor.string
	case !back && p.HasNextPage.bool:
		return p.EndCursor.string
	}
	return ""
}

// List reads one page of an owner's repositories. It costs one point.
func (c *Client) List(ctx context.Context, q github.ListQuery) (github.ListPage, error) {
	var owner *headOwner
	var a *answer
	var err error
	if q.Back {
		var tail *tailOwner
		tail, a, err = askOwner[tailOwner](ctx, c, listAsk(q), q.Owner, listVariables(q))
		owner = (*headOwner)(tail)
	} else {
		owner, a, err = askOwner[headOwner](ctx, c, listAsk(q), q.Owner, listVariables(q))
	}
	if err != nil {
		return github.ListPage{}, err
	}
	found := owner.Repositories
	page := github.ListPage{
		Spent:      a.spent(),
		Owner:      owner.Login.string,
		OwnerID:    id(owner.ID),
		TotalCount: found.TotalCount.int,
		Next:       found.PageInfo.next(q.Back),
	}
	if page.OwnerID == "" || !found.TotalCount.set || found.TotalCount.bad {
		return github.ListPage{}, &EmptyAnswerError{Message: "the listing tells neither whose it is nor how long"}
	}
	page.Repositories, page.Hidden, page.HiddenWhy, err = owner.rows(ctx, a, found.Nodes, "repositoryOwner", "repositories", "nodes")
	if err != nil {
		return github.ListPage{}, err
	}
	a.used.Followed = page.Next != ""
	return page, nil
}

func listVariables(q github.ListQuery) map[string]any {
	return map[string]any{
		"owner":    githubv4.String(q.Owner),
		"size":     githubv4.Int(q.Size),
		"cursor":   cursor(q.Cursor),
		"privacy":  privacy(q.Private),
		"order":    githubv4.RepositoryOrderField(q.Order),
		"branches": githubv4.Boolean(q.Branches),
	}
}

// cursor is null for the beginning, never empty.
func cursor(s string) *githubv4.String {
	if s == "" {
		return nil
	}
	return githubv4.NewString(githubv4.String(s))
}

func privacy(private bool) *githubv4.RepositoryPrivacy {
	if private {
		return nil
	}
	public := githubv4.RepositoryPrivacyPublic
	return &public
}

// rows maps the elements of an owner's listing, which lies at the path. A page on
// which GitHub fails is an error a few times; then a repository that could not be
// read whole says so, and one without an id or a name counts as hidden.
func (k ownerKind) rows(ctx context.Context, a *answer, nodes []*listed, path ...string) (found []pipeline.Repository, hidden int, why string, err error) {
	spoilt := errorsBelow(a, path...)
	again := durable.Attempt(ctx) <= patience
	for i, n := range nodes {
		failed := slices.DeleteFunc(spoilt[i], func(e queryError) bool { return passes(e, len(path)+1) })
		if at := slices.IndexFunc(failed, func(e queryError) bool { return !e.is(forbidden...) }); again && at >= 0 {
			return nil, 0, "", holes(a.status, failed[at].Message)
		}
		if n == nil || id(n.ID) == "" || !n.isNamed() {
			hidden++
			continue
		}
		r := n.repository()
		r.OwnerIsUser = k.Typename.string == "User"
		if name := n.flaw(); name != "" {
			r.ReadError = "GitHub's answer about it cannot be used: " + name
		}
		for _, e := range failed {
			r.ReadError = fmt.Sprintf("GitHub could not read its %v: %s", e.Path[len(path)+1], e.Message)
		}
		found = append(found, r)
	}
	if hidden == 0 {
		return found, 0, "", nil
	}
	if again && !a.anyIs(forbidden...) {
		return nil, 0, "", holes(a.status, a.text())
	}
	return found, hidden, a.text(), nil
}

// holes is the error for a page of which something is missing. A smaller page
// helps only when GitHub had no time: what it cannot read of one repository it
// cannot read there either.
func holes(status int, said string) error {
	said = "a page came with holes in it; " + said
	if timedOut(said) {
		return &TimeoutError{Status: status, Message: said}
	}
	return &EmptyAnswerError{Message: said}
}

// passes reports an error that takes nothing away: that of a repository as a
// whole, which is null anyway, and of a fork's parent that this token may not see.
func passes(e queryError, depth int) bool {
	if len(e.Path) <= depth {
		return true
	}
	return e.Path[depth] == "parent" && (e.is("NOT_FOUND") || e.is(forbidden...))
}

// ownerRefused says why an owner came back as null: GitHub names no reason for
// an unknown one, or NOT_FOUND; a policy of the organization is FORBIDDEN.
func ownerRefused(owner string, a *answer) error {
	if a.anyIs(forbidden...) {
		return &ForbiddenError{Owner: owner, Message: a.text()}
	}
	for _, e := range a.errors {
		if !e.is("NOT_FOUND") {
			return &TimeoutError{Status: a.status, Message: e.Message}
		}
	}
	return &UnknownOwnerError{Owner: owner}
}
