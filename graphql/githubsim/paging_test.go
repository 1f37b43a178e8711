package githubsim_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
)

// letters makes an organization whose repositories are named by the letters,
// in this order.
func letters(names string) *githubsim.World {
	w := githubsim.NewWorld()
	for i, n := range strings.Split(names, "") {
		w.Create(githubsim.Repository{Name: "o/" + n, Stars: i % 3, Fork: i%2 == 0, Commits: []githubsim.Commit{{CommittedDate: day(10 * i)}}})
	}
	return w
}

// walk pages through an organization's repositories and returns the names, "?"
// for what is null, no more than eleven. between is called before every page
// but the first.
func (c *client) walk(args string, size int, between func(page int)) string {
	c.t.Helper()
	query := fmt.Sprintf(`query($n: Int!, $after: String) { repositoryOwner(login: "o") { repositories(first: $n, after: $after %s) {
		pageInfo { hasNextPage endCursor } nodes { name } } } }`, args)
	var names []string
	var after any
	for page := 1; ; page++ {
		a := c.ask(query, map[string]any{"n": size, "after": after})
		found := dig(c.t, a.Data, "repositoryOwner", "repositories")
		for _, n := range dig(c.t, found, "nodes").([]any) {
			if n == nil {
				names = append(names, "?")
				continue
			}
			names = append(names, dig(c.t, n, "name").(string))
		}
		if dig(c.t, found, "pageInfo", "hasNextPage") != true || len(names) > 10 {
			return strings.Join(names[:min(len(names), 11)], "")
		}
		after = dig(c.t, found, "pageInfo", "endCursor")
		if between != nil {
			between(page)
		}
	}
}

func TestPagingOrders(t *testing.T) {
	c := serve(t, letters("cadbe"))
	for _, tc := range []struct{ args, want string }{
		{"", "cadbe"},
		{", orderBy: {field: NAME, direction: ASC}", "abcde"},
		{", orderBy: {field: NAME, direction: DESC}", "edcba"},
		{", orderBy: {field: CREATED_AT, direction: DESC}", "ebdac"},
		{", orderBy: {field: PUSHED_AT, direction: ASC}", "cadbe"},
		{", ownerAffiliations: [OWNER]", "cadbe"},
	} {
		for size := 1; size <= 6; size++ {
			if got := c.walk(tc.args, size, nil); got != tc.want {
				t.Errorf("%s, %d a page: got %s, want %s", tc.args, size, got, tc.want)
			}
		}
	}
}

// TestPagingWhileTheWorldChanges sees that cursors hold on to the order, not
// to a position: what comes or goes behind the cursor shifts nothing.
func TestPagingWhileTheWorldChanges(t *testing.T) {
	w := letters("bdfh")
	c := serve(t, w)
	got := c.walk(", orderBy: {field: NAME, direction: ASC}", 2, func(page int) {
		if page > 1 {
			return
		}
		w.Create(githubsim.Repository{Name: "o/a"}) // before the cursor
		w.Create(githubsim.Repository{Name: "o/g"}) // behind it
		w.Delete("o/d")                             // the cursor itself
	})
	if got != "bdfgh" {
		t.Errorf("got %s, want bdfgh", got)
	}
}

func TestPagingByPushedAtMovesUnderTheCursor(t *testing.T) {
	w := letters("abcd")
	c := serve(t, w)
	pushed := false
	got := c.walk(", orderBy: {field: PUSHED_AT, direction: ASC}", 2, func(int) {
		if !pushed {
			w.Push("o/a", day(99))
		}
		pushed = true
	})
	if got != "abcda" {
		t.Errorf("got %s; a repository that is pushed to is listed again at the end", got)
	}
}

func TestPagingBackwards(t *testing.T) {
	c := serve(t, letters("abcde"))
	const q = `query($before: String) { repositoryOwner(login: "o") { repositories(last: 2, before: $before, orderBy: {field: NAME, direction: ASC}) {
		pageInfo { hasPreviousPage hasNextPage startCursor } nodes { name } } } }`
	var got []string
	var before any
	for {
		found := dig(t, c.ask(q, map[string]any{"before": before}).Data, "repositoryOwner", "repositories")
		for _, n := range dig(t, found, "nodes").([]any) {
			got = append(got, dig(t, n, "name").(string))
		}
		before = dig(t, found, "pageInfo", "startCursor")
		if dig(t, found, "pageInfo", "hasPreviousPage") == false {
			break
		}
	}
	if fmt.Sprint(got) != "[d e b c a]" {
		t.Errorf("got %v", got)
	}
}

func TestOwnerAffiliations(t *testing.T) {
	w := githubsim.NewWorld()
	w.AddUser("ada")
	w.Create(githubsim.Repository{Name: "ada/own"})
	w.Create(githubsim.Repository{Name: "o/shared", Collaborators: []string{"Ada"}})
	c := serve(t, w)
	for args, want := range map[string]string{
		"":                                    "[own shared]",
		", ownerAffiliations: [OWNER]":        "[own]",
		", ownerAffiliations: [COLLABORATOR]": "[shared]",
	} {
		a := c.ask(`{ repositoryOwner(login: "ada") { repositories(first: 9, orderBy: {field: NAME, direction: ASC}`+args+`) { nodes { name } } } }`, nil)
		var names []any
		for _, n := range dig(t, a.Data, "repositoryOwner", "repositories", "nodes").([]any) {
			names = append(names, dig(t, n, "name"))
		}
		if fmt.Sprint(names) != want {
			t.Errorf("%s: got %v, want %s", args, names, want)
		}
	}
}

// history walks a default branch in pages and returns commit dates as days.
func (c *client) history(id string, size int, between func()) []string {
	c.t.Helper()
	const q = `query($ids: [ID!]!, $n: Int!, $after: String) { nodes(ids: $ids) { ... on Repository { defaultBranchRef { target { ... on Commit {
		history(first: $n, after: $after) { pageInfo { hasNextPage endCursor } nodes { oid committedDate } } } } } } } }`
	var dates []string
	var after any
	for {
		a := c.ask(q, map[string]any{"ids": id, "n": size, "after": after})
		if len(a.Errors) > 0 {
			c.t.Fatal(a.Raw)
		}
		found := dig(c.t, a.Data, "nodes", 0, "defaultBranchRef", "target", "history")
		for _, n := range dig(c.t, found, "nodes").([]any) {
			dates = append(dates, dig(c.t, n, "committedDate").(string)[5:10])
		}
		if dig(c.t, found, "pageInfo", "hasNextPage") != true {
			return dates
		}
		after = dig(c.t, found, "pageInfo", "endCursor")
		if between != nil {
			between()
		}
	}
}

func TestHistory(t *testing.T) {
	w := githubsim.NewWorld()
	id := w.Create(githubsim.Repository{Name: "o/r", Older: githubsim.Older{Count: 4, First: day(0)},
		Commits: []githubsim.Commit{{CommittedDate: day(4)}, {CommittedDate: day(5), Author: githubsim.Dependabot()}}})
	c := serve(t, w)
	all := []string{"01-06", "01-05", "01-04", "01-03", "01-02", "01-01"}
	for size := 1; size <= 7; size++ {
		if got := c.history(id, size, nil); !slices.Equal(got, all) {
			t.Errorf("%d a page: got %v", size, got)
		}
	}
	pushes := 0
	got := c.history(id, 2, func() { pushes++; w.Push("o/r", day(20+pushes)) })
	if !slices.Equal(got, all) {
		t.Errorf("while somebody pushes: got %v", got)
	}
}

func TestHistoryCursorOfAnotherRepository(t *testing.T) {
	w := letters("ab")
	c := serve(t, w)
	const q = `query($ids: [ID!]!, $after: String) { nodes(ids: $ids) { ... on Repository { defaultBranchRef { target { ... on Commit {
		history(first: 1, after: $after) { pageInfo { endCursor } } } } } } } }`
	cursor := dig(t, c.ask(q, map[string]any{"ids": w.ID("o/a")}).Data, "nodes", 0, "defaultBranchRef", "target", "history", "pageInfo", "endCursor")
	if a := c.ask(q, map[string]any{"ids": w.ID("o/b"), "after": cursor}); a.types() != "INVALID_CURSOR_ARGUMENTS" {
		t.Errorf("got %s", a.Raw)
	}
}

func TestTreesAndBlobs(t *testing.T) {
	w := githubsim.NewWorld()
	id := w.Create(githubsim.Repository{Name: "o/r", Commits: []githubsim.Commit{{OID: strings.Repeat("a", 40), CommittedDate: day(0)}},
		Branches: []githubsim.Branch{{Name: "dev"}},
		Files:    []githubsim.File{{Path: "b.txt", Text: "hello\n"}, {Path: ".github/CODEOWNERS", Text: "* @o/web\n"}, {Path: "bin", Text: "\x00"}, {Path: "b/x", Text: "x"}}})
	c := serve(t, w)
	for expression, want := range map[string]string{
		"HEAD:":                          `{"entries":[{"name":".github","type":"tree"},{"name":"b.txt","type":"blob"},{"name":"b","type":"tree"},{"name":"bin","type":"blob"}]}`,
		"HEAD:.github":                   `{"entries":[{"name":"CODEOWNERS","type":"blob"}]}`,
		"main:.github/CODEOWNERS":        `{"text":"* @o/web\n"}`,
		"refs/heads/dev:b.txt":           `{"text":"hello\n"}`,
		strings.Repeat("a", 40) + ":bin": `{"text":null}`,
		"HEAD:nothing":                   `null`,
		"nothing:b.txt":                  `null`,
		"dev":                            `{"committedDate":"2026-01-01T12:00:00Z"}`,
	} {
		got := c.repo(id, fmt.Sprintf(`o: object(expression: %q) { ... on Tree { entries { name type } } ... on Blob { text } ... on Commit { committedDate } }`, expression))
		if got != `{"o":`+want+`}` {
			t.Errorf("%s: got %s, want %s", expression, got, want)
		}
	}
}
