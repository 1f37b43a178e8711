package githubsim_test

import (
	"encoding/base64"
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

// walk pages through an organization's repositories and returns the names.
// between is called before every page but the first.
func (c *client) walk(args string, size int, between func(page int)) string {
	c.t.Helper()
	query := fmt.Sprintf(`query($n: Int!, $after: String) { organization(login: "o") { repositories(first: $n, after: $after %s) {
		pageInfo { hasNextPage endCursor } nodes { name } } } }`, args)
	var names []string
	var after any
	for page := 1; ; page++ {
		a := c.ask(query, map[string]any{"n": size, "after": after})
		found := dig(c.t, a.Data, "organization", "repositories")
		for _, n := range dig(c.t, found, "nodes").([]any) {
			names = append(names, dig(c.t, n, "name").(string))
		}
		if dig(c.t, found, "pageInfo", "hasNextPage") != true {
			return strings.Join(names, "")
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
		{", orderBy: {field: STARGAZERS, direction: DESC}", "deabc"},
		{", isFork: true, orderBy: {field: NAME, direction: ASC}", "cde"},
		{", isArchived: true", ""},
		{", privacy: PRIVATE", ""},
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
	const q = `query($before: String) { organization(login: "o") { repositories(last: 2, before: $before, orderBy: {field: NAME, direction: ASC}) {
		pageInfo { hasPreviousPage hasNextPage startCursor } edges { cursor node { name } } } } }`
	var got []string
	var before any
	for {
		found := dig(t, c.ask(q, map[string]any{"before": before}).Data, "organization", "repositories")
		for _, e := range dig(t, found, "edges").([]any) {
			got = append(got, dig(t, e, "node", "name").(string))
		}
		if before = dig(t, found, "pageInfo", "startCursor"); before != dig(t, found, "edges", 0, "cursor") {
			t.Error("startCursor is not the first edge's")
		}
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
		a := c.ask(`{ user(login: "ada") { repositories(first: 9, orderBy: {field: NAME, direction: ASC}`+args+`) { nodes { name } } } }`, nil)
		var names []any
		for _, n := range dig(t, a.Data, "user", "repositories", "nodes").([]any) {
			names = append(names, dig(t, n, "name"))
		}
		if fmt.Sprint(names) != want {
			t.Errorf("%s: got %v, want %s", args, names, want)
		}
	}
}

// history walks a default branch in pages and returns commit dates as days.
func (c *client) history(args string, size int, between func()) []string {
	c.t.Helper()
	q := fmt.Sprintf(`query($n: Int!, $after: String) { repository(owner: "o", name: "r") { defaultBranchRef { target { ... on Commit {
		history(first: $n, after: $after %s) { pageInfo { hasNextPage endCursor } nodes { oid committedDate } } } } } } }`, args)
	var dates []string
	var after any
	for {
		a := c.ask(q, map[string]any{"n": size, "after": after})
		if len(a.Errors) > 0 {
			c.t.Fatal(a.Raw)
		}
		found := dig(c.t, a.Data, "repository", "defaultBranchRef", "target", "history")
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
	w.Create(githubsim.Repository{Name: "o/r", Older: githubsim.Older{Count: 4, First: day(0), Last: day(3)},
		Commits: []githubsim.Commit{{CommittedDate: day(4)}, {CommittedDate: day(5), Author: githubsim.Dependabot()}}})
	c := serve(t, w)
	all := []string{"01-06", "01-05", "01-04", "01-03", "01-02", "01-01"}
	for size := 1; size <= 7; size++ {
		if got := c.history("", size, nil); !slices.Equal(got, all) {
			t.Errorf("%d a page: got %v", size, got)
		}
	}
	for args, want := range map[string][]string{
		`, since: "2026-01-04T00:00:00Z"`:                                           all[:3],
		`, until: "2026-01-02T12:00:00Z"`:                                           all[4:],
		`, since: "2026-01-02T00:00:00Z", until: "2026-01-05T00:00:00Z"`:            all[2:5],
		`, author: {emails: ["49699333+dependabot[bot]@users.noreply.github.com"]}`: all[:1],
	} {
		for size := 1; size <= 3; size++ {
			if got := c.history(args, size, nil); !slices.Equal(got, want) {
				t.Errorf("%s, %d a page: got %v, want %v", args, size, got, want)
			}
		}
	}
	pushes := 0
	got := c.history("", 2, func() { pushes++; w.Push("o/r", day(20+pushes)) })
	if !slices.Equal(got, all) {
		t.Errorf("while somebody pushes: got %v", got)
	}
}

func TestHistoryCursorOfAnotherRepository(t *testing.T) {
	w := letters("ab")
	c := serve(t, w)
	const q = `query($r: String!, $after: String) { repository(owner: "o", name: $r) { defaultBranchRef { target { ... on Commit {
		history(first: 1, after: $after) { pageInfo { endCursor } } } } } } }`
	cursor := dig(t, c.ask(q, map[string]any{"r": "a"}).Data, "repository", "defaultBranchRef", "target", "history", "pageInfo", "endCursor")
	if a := c.ask(q, map[string]any{"r": "b", "after": cursor}); a.types() != "INVALID_CURSOR_ARGUMENTS" {
		t.Errorf("got %s", a.Raw)
	}
}

func TestIDs(t *testing.T) {
	w := letters("a")
	c := serve(t, w)
	const q = `query($ids: [ID!]!) { nodes(ids: $ids) { __typename id ... on Repository { databaseId owner { id }
		defaultBranchRef { id target { id ... on Commit { tree { id } } } } } } }`
	seen := map[string]bool{}
	for _, format := range []string{"1", ""} {
		c.header.Set("X-Github-Next-Global-Id", format)
		a := c.ask(q, map[string]any{"ids": []string{w.ID("o/a")}})
		r := dig(t, a.Data, "nodes", 0)
		ids := []any{dig(t, r, "id"), dig(t, r, "owner", "id"), dig(t, r, "defaultBranchRef", "id"), dig(t, r, "defaultBranchRef", "target", "id"),
			dig(t, r, "defaultBranchRef", "target", "tree", "id")}
		if want := strings.HasPrefix(ids[0].(string), "R_kgDO"); want != (format == "1") {
			t.Errorf("with header %q the id is %v", format, ids[0])
		}
		for i, n := range dig(t, c.ask(q, map[string]any{"ids": ids}).Data, "nodes").([]any) {
			if n == nil || dig(t, n, "id") != ids[i] {
				t.Errorf("id %v leads to %v", ids[i], n)
			}
			seen[ids[i].(string)] = true
		}
	}
	if len(seen) != 10 {
		t.Errorf("ids are not unique: %v", seen)
	}
}

func TestIDsThatAreNone(t *testing.T) {
	c := serve(t, letters("a"))
	legacy := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	for _, id := range []string{"", "R_", "R_kgDO", "R_kgDOAJiWgQ==", "X_kgDOAJiWgQ", "U_kgDOAJiWgQ", "R_lADOAJiWgtoAAWE", "C_kwDOAJiWgtoAAWE",
		legacy("010:Repository"), legacy("010:Repository10000001x"), legacy("09:Repository10000002"), legacy("010:Repository010000002"),
		legacy("04:Repo10000002"), legacy("010:Repository99999999999")} {
		if a := c.ask(`query($id: ID!) { node(id: $id) { id } }`, map[string]any{"id": id}); a.types() != "NOT_FOUND" {
			t.Errorf("%q leads to %s", id, a.Raw)
		}
	}
}

func TestTreesAndBlobs(t *testing.T) {
	w := githubsim.NewWorld()
	w.Create(githubsim.Repository{Name: "o/r", Commits: []githubsim.Commit{{OID: strings.Repeat("a", 40), CommittedDate: day(0)}},
		Branches: []githubsim.Branch{{Name: "dev"}},
		Files:    []githubsim.File{{Path: "b.txt", Text: "hello\n"}, {Path: ".github/CODEOWNERS", Text: "* @o/web\n"}, {Path: "bin", Text: "\x00"}, {Path: "b/x", Text: "x"}}})
	c := serve(t, w)
	for expression, want := range map[string]string{
		"HEAD:":                          `{"entries":[{"name":".github","type":"tree"},{"name":"b.txt","type":"blob"},{"name":"b","type":"tree"},{"name":"bin","type":"blob"}]}`,
		"HEAD:.github":                   `{"entries":[{"name":"CODEOWNERS","type":"blob"}]}`,
		"main:.github/CODEOWNERS":        `{"byteSize":9,"isBinary":false,"text":"* @o/web\n"}`,
		"refs/heads/dev:b.txt":           `{"byteSize":6,"isBinary":false,"text":"hello\n"}`,
		strings.Repeat("a", 40) + ":bin": `{"byteSize":1,"isBinary":true,"text":null}`,
		"HEAD:nothing":                   `null`,
		"nothing:b.txt":                  `null`,
		"dev":                            `{"committedDate":"2026-01-01T12:00:00Z"}`,
	} {
		a := c.ask(`query($e: String!) { repository(owner: "o", name: "r") { object(expression: $e) {
			... on Tree { entries { name type } } ... on Blob { byteSize isBinary text } ... on Commit { committedDate } } } }`, map[string]any{"e": expression})
		if got := compact(t, dig(t, a.Data, "repository", "object")); got != want {
			t.Errorf("%s: got %s, want %s", expression, got, want)
		}
	}
	// git hash-object and git write-tree say so too.
	for expression, want := range map[string]string{"HEAD:b.txt": "ce013625030ba8dba906f756967f9e9ca394464a", "HEAD:": "c58d151ef7ee9d662fd744a359aef13d31319933"} {
		a := c.ask(`query($e: String!) { repository(owner: "o", name: "r") { object(expression: $e) { oid } } }`, map[string]any{"e": expression})
		if got := dig(t, a.Data, "repository", "object", "oid"); got != want {
			t.Errorf("%s is %v, want %s", expression, got, want)
		}
	}
}
