package graphql

import (
	"context"
	"slices"
	"strings"

	"github.com/shurcooL/githubv4"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/github"
)

// treeNode is a root directory, and the branches besides the default one on which
// people usually work.
type treeNode struct {
	identity
	Repository struct {
		Root *struct {
			Tree struct {
				Entries []struct{ Name, Type text }
			} `graphql:"... on Tree"`
		} `graphql:"root: object(expression: \"HEAD:\")"`
		DefaultBranchRef *branch
		Branch1          *branch `graphql:"branch1: ref(qualifiedName: \"refs/heads/dev\")"`
		Branch2          *branch `graphql:"branch2: ref(qualifiedName: \"refs/heads/develop\")"`
		Branch3          *branch `graphql:"branch3: ref(qualifiedName: \"refs/heads/main\")"`
		Branch4          *branch `graphql:"branch4: ref(qualifiedName: \"refs/heads/master\")"`
		Branch5          *branch `graphql:"branch5: ref(qualifiedName: \"refs/heads/next\")"`
	} `graphql:"... on Repository"`
}

type branch struct {
	Name   text
	Target *struct {
		Commit struct {
			CommittedDate moment
			Author        *actor
		} `graphql:"... on Commit"`
	}
}

// Trees reads root directories. It costs one point.
func (c *Client) Trees(ctx context.Context, ids []string) (github.Trees, error) {
	return askNodes(ctx, c, treesAsk(len(ids)), ids, idVariables(ids), kind{"Repository", ofAuthor}, func(s seat, n *treeNode) github.Tree {
		tree := github.Tree{Element: s.Element}
		if n != nil {
			n.tree(&tree)
		}
		return tree
	})
}

// maxRootEntries is how many names of the root directory are kept: enough to
// tell that a repository holds more than a README and a licence.
const maxRootEntries = 100

func (n *treeNode) tree(out *github.Tree) {
	out.ActiveBranch = n.activeBranch()
	if n.Repository.Root == nil {
		return
	}
	readme := ""
	has := make(map[string]string) // the type, by name
	for _, e := range n.Repository.Root.Tree.Entries {
		name := e.Name.string
		has[name] = e.Type.string
		if len(out.Entries) < maxRootEntries {
			out.Entries = append(out.Entries, name)
		}
		if e.Type.string == "blob" && betterReadme(name, readme) {
			readme = name
		}
	}
	if readme != "" {
		out.Paths = append(out.Paths, readme)
	}
	// The three places in the order in which GitHub looks for the file.
	for _, place := range []struct{ entry, typ, path string }{
		{".github", "tree", ".github/CODEOWNERS"}, {"CODEOWNERS", "blob", "CODEOWNERS"}, {"docs", "tree", "docs/CODEOWNERS"},
	} {
		if has[place.entry] == place.typ {
			out.Paths = append(out.Paths, place.path)
		}
	}
}

// readmes are the endings of READMEs, best first: GitHub shows Markdown before
// other markup, and that before plain text.
var readmes = []string{".md", ".markdown", ".rst", ".adoc", ".asciidoc", ".org", ".txt", ""}

// betterReadme reports that name is a README, and a better one than the other.
func betterReadme(name, than string) bool {
	rank := func(name string) int {
		ending, ok := strings.CutPrefix(strings.ToLower(name), "readme")
		if !ok {
			return -1
		}
		return slices.Index(readmes, ending)
	}
	a, b := rank(name), rank(than)
	return a >= 0 && (b < 0 || a < b)
}

// activeBranch is the branch with the newest commit, when that is newer than
// the default branch's.
func (n *treeNode) activeBranch() *pipeline.Branch {
	r := &n.Repository
	if r.DefaultBranchRef == nil || r.DefaultBranchRef.Target == nil {
		return nil
	}
	at := r.DefaultBranchRef.Target.Commit.CommittedDate
	var newest *pipeline.Branch
	for _, b := range []*branch{r.Branch1, r.Branch2, r.Branch3, r.Branch4, r.Branch5} {
		if b == nil || b.Target == nil || b.Target.Commit.CommittedDate.bad {
			continue
		}
		if c := b.Target.Commit; c.CommittedDate.After(at.Time) {
			at = c.CommittedDate
			newest = &pipeline.Branch{Name: b.Name.string, CommittedDate: at.Time}
			newest.Author, newest.Bot = c.Author.author()
		}
	}
	return newest
}

// fileNode is one file.
type fileNode struct {
	identity
	Repository struct {
		Object *struct {
			Blob struct{ Text text } `graphql:"... on Blob"`
		} `graphql:"object(expression: $expression)"`
	} `graphql:"... on Repository"`
}

// Files reads the file of a path. It costs one point.
func (c *Client) Files(ctx context.Context, q github.FilesQuery) (github.Files, error) {
	return askNodes(ctx, c, filesAsk(len(q.IDs)), q.IDs, filesVariables(q), kind{typename: "Repository"}, func(s seat, n *fileNode) github.File {
		file := github.File{Element: s.Element, Path: q.Path}
		if n != nil && n.Repository.Object != nil {
			file.Text = n.Repository.Object.Blob.Text.pointer()
		}
		return file
	})
}

func filesVariables(q github.FilesQuery) map[string]any {
	return map[string]any{"ids": nodeIDs(q.IDs), "expression": githubv4.String("HEAD:" + q.Path)}
}
