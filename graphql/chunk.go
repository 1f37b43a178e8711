package graphql

import (
	"context"
	"fmt"
	"slices"

	"github.com/shurcooL/githubv4"

	"github.com/stalewatch/stalewatch/graphql/budget"
	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/github"
)

// chunkQuery is the detail of up to 50 repositories. Its two connections make
// 100 requests in GitHub's reckoning, which is still one point.
type chunkQuery struct {
	envelope
	Nodes []*chunkNode `graphql:"nodes(ids: $ids)"`
}

type chunkNode struct {
	Typename   githubv4.String `graphql:"__typename"`
	Repository fetched         `graphql:"... on Repository"`
}

type fetched struct {
	ID               githubv4.ID
	DefaultBranchRef *struct {
		Target *struct {
			Typename githubv4.String `graphql:"__typename"`
			Commit   commit          `graphql:"... on Commit"`
		}
	}
	Issues struct {
		TotalCount githubv4.Int
	} `graphql:"issues(first: 1, states: [OPEN])"`
	PullRequests struct {
		TotalCount githubv4.Int
	} `graphql:"pullRequests(first: 1, states: [OPEN])"`
	Root *struct {
		Tree struct {
			Entries []struct{ Name githubv4.String }
		} `graphql:"... on Tree"`
	} `graphql:"root: object(expression: \"HEAD:\")"`
	// The three places in the order in which GitHub looks for the file.
	Owners1 *blob `graphql:"owners1: object(expression: \"HEAD:.github/CODEOWNERS\")"`
	Owners2 *blob `graphql:"owners2: object(expression: \"HEAD:CODEOWNERS\")"`
	Owners3 *blob `graphql:"owners3: object(expression: \"HEAD:docs/CODEOWNERS\")"`
	// The branches on which work usually goes on beside the default one. All
	// branches would be a third connection, and with it a second point.
	Branch1 *branch `graphql:"branch1: ref(qualifiedName: \"refs/heads/dev\")"`
	Branch2 *branch `graphql:"branch2: ref(qualifiedName: \"refs/heads/develop\")"`
	Branch3 *branch `graphql:"branch3: ref(qualifiedName: \"refs/heads/main\")"`
	Branch4 *branch `graphql:"branch4: ref(qualifiedName: \"refs/heads/master\")"`
	Branch5 *branch `graphql:"branch5: ref(qualifiedName: \"refs/heads/next\")"`
}

type branch struct {
	Name   githubv4.String
	Target *struct {
		Commit struct {
			CommittedDate githubv4.DateTime
		} `graphql:"... on Commit"`
	}
}

type blob struct {
	Blob struct {
		Text *githubv4.String
	} `graphql:"... on Blob"`
}

type commit struct {
	OID           githubv4.GitObjectID
	CommittedDate githubv4.DateTime
	Author        *struct {
		Name  *githubv4.String
		Email *githubv4.String
		User  *struct{ Login githubv4.String }
	}
}

// Fetch reads the detail of up to 50 repositories. It costs one point.
func (c *Client) Fetch(ctx context.Context, ids []string) (github.Chunk, error) {
	var r chunkQuery
	a, err := c.ask(ctx, budget.Ask{Kind: "fetch", Size: len(ids), Points: 1}, &r, map[string]any{"ids": nodeIDs(ids)})
	if err != nil {
		return github.Chunk{}, err
	}
	if len(r.Nodes) != len(ids) {
		return github.Chunk{}, &EmptyAnswerError{Message: fmt.Sprintf("%d elements for %d ids", len(r.Nodes), len(ids))}
	}
	spoilt := elementErrors(a)
	chunk := github.Chunk{Repositories: make([]github.Fetched, len(ids)), Cost: r.cost()}
	for i, n := range r.Nodes {
		f := github.Fetched{ID: ids[i]}
		f.Error, f.Again = verdict(spoilt, i, n != nil && n.Typename == "Repository")
		if f.Error == "" {
			f.Detail, f.Incomplete = n.Repository.detail(), incomplete(spoilt[i])
		}
		chunk.Repositories[i] = f
	}
	return chunk, nil
}

func nodeIDs(ids []string) []githubv4.ID {
	out := make([]githubv4.ID, len(ids))
	for i, s := range ids {
		out[i] = s
	}
	return out
}

// elementErrors sorts an answer's errors by the element of nodes they lie in.
func elementErrors(a *answer) map[int][]queryError {
	spoilt := make(map[int][]queryError)
	for _, e := range a.errors {
		if i, ok := e.at("nodes"); ok {
			spoilt[i] = append(spoilt[i], e)
		}
	}
	return spoilt
}

// verdict says why element i of nodes cannot be used, empty when it can, and
// whether asking for it alone may help.
func verdict(spoilt map[int][]queryError, i int, there bool) (reason string, again bool) {
	for _, e := range spoilt[i] {
		switch {
		case there && optional(e):
			continue
		case e.is("NOT_FOUND"):
			return "GitHub no longer knows it: it was deleted, or hidden from this token, while the run was going on", false
		case e.is("FORBIDDEN", "INSUFFICIENT_SCOPES"):
			return "GitHub forbids this token to read it: " + e.Message, false
		default:
			return "GitHub could not read it: " + e.Message, true
		}
	}
	if !there {
		return "GitHub returned nothing for it and named no reason", true
	}
	return "", false
}

// optional reports that an error spoils only what a verdict can do without:
// everything but the default branch's commit, and of that the author's account.
func optional(e queryError) bool {
	return len(e.Path) > 2 && (e.Path[2] != "defaultBranchRef" || slices.Contains(e.Path, any("author")))
}

// incomplete reports that GitHub failed on something optional, which may be
// there the next time. What is forbidden stays so.
func incomplete(errs []queryError) bool {
	return slices.ContainsFunc(errs, func(e queryError) bool { return !e.is("FORBIDDEN", "INSUFFICIENT_SCOPES", "NOT_FOUND") })
}

func (f *fetched) detail() *pipeline.Detail {
	d := &pipeline.Detail{
		OpenIssueCount:       int(f.Issues.TotalCount),
		OpenPullRequestCount: int(f.PullRequests.TotalCount),
	}
	if ref := f.DefaultBranchRef; ref != nil && ref.Target != nil && ref.Target.Typename == "Commit" {
		tip := ref.Target.Commit.commit()
		d.Tip = &tip
	}
	if f.Root != nil {
		for _, e := range f.Root.Tree.Entries[:min(len(f.Root.Tree.Entries), maxRootEntries)] {
			d.RootEntries = append(d.RootEntries, string(e.Name))
		}
	}
	d.ActiveBranch = f.activeBranch(d.Tip)
	for _, b := range []*blob{f.Owners1, f.Owners2, f.Owners3} {
		if b != nil && b.Blob.Text != nil {
			text := pipeline.MaskEmails(string(*b.Blob.Text))
			d.Codeowners = &text
			break
		}
	}
	return d
}

// activeBranch is the branch with the newest commit, when that is newer than
// the default branch's.
func (f *fetched) activeBranch(tip *pipeline.Commit) *pipeline.Branch {
	var newest *pipeline.Branch
	for _, b := range []*branch{f.Branch1, f.Branch2, f.Branch3, f.Branch4, f.Branch5} {
		if b == nil || b.Target == nil || tip == nil {
			continue
		}
		at := b.Target.Commit.CommittedDate.UTC()
		if at.After(tip.CommittedDate) && (newest == nil || at.After(newest.CommittedDate)) {
			newest = &pipeline.Branch{Name: string(b.Name), CommittedDate: at}
		}
	}
	return newest
}

// maxRootEntries is how many names of the root directory are kept: enough to
// tell that a repository holds more than a README and a licence.
const maxRootEntries = 6
