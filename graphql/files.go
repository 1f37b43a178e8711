package graphql

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/shurcooL/githubv4"

	"github.com/stalewatch/stalewatch/pipeline/nuget"
)

// Files reads the project files of repositories through a client. It
// implements [nuget.Contents].
type Files struct{ Client *Client }

var _ nuget.Contents = Files{}

// rootNode is what lies in the root of a repository.
type rootNode struct {
	identity
	Repository struct {
		Root *object `graphql:"object(expression: \"HEAD:\")"`
	} `graphql:"... on Repository"`
}

// object is a file or a folder; GitHub gives no text of a binary file and of
// one in UTF-16.
type object struct {
	Typename text `graphql:"__typename"`
	Blob     struct {
		Text        text
		IsTruncated flag
	} `graphql:"... on Blob"`
	Tree struct {
		Entries []struct{ Name, Type text } // of type "blob", "tree" or "commit"
	} `graphql:"... on Tree"`
}

// found is what an object holds.
func (o *object) found() nuget.Object {
	switch {
	case o == nil:
		return nuget.Object{Error: "it is not there, or was removed meanwhile"}
	case o.Typename.string == "Tree":
		var out nuget.Object
		for _, e := range o.Tree.Entries {
			switch e.Type.string {
			case "blob":
				out.Files = append(out.Files, e.Name.string)
			case "tree":
				out.Folders = append(out.Folders, e.Name.string)
			}
		}
		return out
	case !o.Blob.Text.set || o.Blob.Text.bad:
		return nuget.Object{Error: "GitHub gives no text of it: it is binary, or in another encoding than UTF-8"}
	case o.Blob.IsTruncated.bool:
		return nuget.Object{Error: "GitHub cuts it off, because it is too large"}
	}
	return nuget.Object{Text: o.Blob.Text.string}
}

// Roots lists the roots of repositories. It costs one point.
func (f Files) Roots(ctx context.Context, ids []string) (nuget.Objects, error) {
	want := asks("roots", len(ids), priceGit+pricePath, 0)
	answer, err := askNodes(ctx, f.Client, want, ids, idVariables(ids), kind{typename: "Repository"}, func(s seat, n *rootNode) (o nuget.Object) {
		if n != nil && n.Repository.Root != nil { // an empty repository has none
			o = n.Repository.Root.found()
		}
		o.Error = cmp.Or(s.Error, o.Error)
		return o
	})
	return nuget.Objects{Cost: answer.Cost, Objects: answer.Elements}, err
}

// objectsNode is up to ten files and folders of one repository.
type objectsNode struct {
	identity
	Repository struct {
		O0 *object `graphql:"o0: object(expression: $o0)"`
		O1 *object `graphql:"o1: object(expression: $o1) @include(if: $h1)"`
		O2 *object `graphql:"o2: object(expression: $o2) @include(if: $h2)"`
		O3 *object `graphql:"o3: object(expression: $o3) @include(if: $h3)"`
		O4 *object `graphql:"o4: object(expression: $o4) @include(if: $h4)"`
		O5 *object `graphql:"o5: object(expression: $o5) @include(if: $h5)"`
		O6 *object `graphql:"o6: object(expression: $o6) @include(if: $h6)"`
		O7 *object `graphql:"o7: object(expression: $o7) @include(if: $h7)"`
		O8 *object `graphql:"o8: object(expression: $o8) @include(if: $h8)"`
		O9 *object `graphql:"o9: object(expression: $o9) @include(if: $h9)"`
	} `graphql:"... on Repository"`
}

// mostObjects is how many paths an [objectsNode] has room for.
const mostObjects = 10

func objectsVariables(id string, paths []string) map[string]any {
	vars := map[string]any{"ids": nodeIDs([]string{id})}
	for i := range mostObjects {
		expression := ""
		if i < len(paths) {
			expression = "HEAD:" + paths[i]
		}
		vars[fmt.Sprintf("o%d", i)] = githubv4.String(expression)
		if i > 0 {
			vars[fmt.Sprintf("h%d", i)] = githubv4.Boolean(i < len(paths))
		}
	}
	return vars
}

// Objects reads up to ten files and folders of a repository. It costs one point.
func (f Files) Objects(ctx context.Context, id string, paths []string) (nuget.Objects, error) {
	want := asks("objects", len(paths), pricePath, 0)
	ofPath := kind{"Repository", func(below []any) bool { return true }} // see to each below
	answer, err := askNodes(ctx, f.Client, want, []string{id}, objectsVariables(id, paths), ofPath, func(s seat, n *objectsNode) []nuget.Object {
		found := make([]nuget.Object, len(paths))
		for i := range found {
			at := slices.IndexFunc(s.errors, func(e queryError) bool { return len(e.Path) > 2 && e.Path[2] == fmt.Sprintf("o%d", i) })
			switch {
			case n == nil:
				found[i].Error = s.Error
			case at >= 0:
				found[i].Error = "GitHub could not read it: " + s.errors[at].Message
			default:
				r := &n.Repository
				found[i] = []*object{r.O0, r.O1, r.O2, r.O3, r.O4, r.O5, r.O6, r.O7, r.O8, r.O9}[i].found()
			}
		}
		return found
	})
	if err != nil {
		return nuget.Objects{}, err
	}
	return nuget.Objects{Cost: answer.Cost, Objects: answer.Elements[0]}, nil
}
