package githubsim_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
)

// small is a world of one organization with two repositories.
func small() (w *githubsim.World, one, two string) {
	w = githubsim.NewWorld()
	w.AddUser("ada")
	one = w.Create(githubsim.Repository{Name: "o/one", Description: "first <b>", Topics: []string{"b", "a"}, Stars: 3, OpenIssues: 2, ClosedIssues: 5,
		Commits: []githubsim.Commit{{OID: strings.Repeat("1", 40), CommittedDate: day(1), Message: "Begin\n\nbody", Size: &githubsim.Size{ChangedFiles: 2, Additions: 30, Deletions: 4},
			Author: githubsim.Author{Name: "Ada", Email: "ada@example.com", Login: "ada"}}}})
	two = w.Create(githubsim.Repository{Name: "o/two", CreatedAt: day(0)})
	return w, one, two
}

func TestExecution(t *testing.T) {
	w, id1, id2 := small()
	c := serve(t, w)
	one, two := fmt.Sprintf(`nodes(ids: [%q])`, id1), fmt.Sprintf(`nodes(ids: %q)`, id2)
	for _, tc := range []struct {
		name, query string
		vars        map[string]any
		want        string
	}{
		{"alias", `{ a: ` + one + ` { ... on Repository { n: name } } }`, nil, `{"a":[{"n":"one"}]}`},
		{"typename", `{ __typename repositoryOwner(login: "O") { __typename } }`, nil, `{"__typename":"Query","repositoryOwner":{"__typename":"Organization"}}`},
		{"variable over default", `query($o: String! = "none") { repositoryOwner(login: $o) { login } }`, map[string]any{"o": "ada"}, `{"repositoryOwner":{"login":"ada"}}`},
		{"input object from variables", `query($f: RepositoryOrderField!, $d: OrderDirection!) { repositoryOwner(login: "o") {
			repositories(first: 1, orderBy: {field: $f, direction: $d}) { nodes { name } } } }`, map[string]any{"f": "NAME", "d": "DESC"},
			`{"repositoryOwner":{"repositories":{"nodes":[{"name":"two"}]}}}`},
		{"two connections at once", `{ repositoryOwner(login: "o") { a: repositories(first: 1, orderBy: {field: PUSHED_AT, direction: DESC}) { nodes { name } }
			b: repositories(last: 1, orderBy: {field: UPDATED_AT, direction: DESC}) { totalCount nodes { name } } } }`, nil,
			`{"repositoryOwner":{"a":{"nodes":[{"name":"one"}]},"b":{"totalCount":2,"nodes":[{"name":"two"}]}}}`},
		{"fragments", `{ r: ` + one + ` { ...F ... on Repository { stargazerCount } ... on Commit { oid } ...F } } fragment F on Repository { name ...G } fragment G on Repository { k: id }`, nil,
			`{"r":[{"name":"one","k":"` + id1 + `","stargazerCount":3}]}`},
		{"merged fields", `{ r: repositoryOwner(login: "ada") { login } r: repositoryOwner(login: "ada") { __typename login } }`, nil, `{"r":{"login":"ada","__typename":"User"}}`},
		{"skip and include", `query($y: Boolean!, $n: Boolean = false) { r: ` + one + ` { ... on Repository { name @skip(if: $y) stargazerCount @include(if: $y)
			... @include(if: $n) { isFork } ...F @skip(if: $n) } } } fragment F on Repository { isArchived }`, map[string]any{"y": true}, `{"r":[{"stargazerCount":3,"isArchived":false}]}`},
		{"escapes", `{ r: ` + one + ` { ... on Repository { description } } }`, nil, `{"r":[{"description":"first \u003cb\u003e"}]}`},
		{"empty repository", `{ r: ` + two + ` { ... on Repository { isEmpty pushedAt defaultBranchRef { name } description licenseInfo { spdxId }
			object(expression: "HEAD:") { oid } ref(qualifiedName: "main") { name } } } }`, nil,
			`{"r":[{"isEmpty":true,"pushedAt":null,"defaultBranchRef":null,"description":null,"licenseInfo":null,"object":null,"ref":null}]}`},
		{"tip", `{ r: ` + one + ` { ... on Repository { defaultBranchRef { name target { oid ... on Commit { committedDate messageHeadline parents(first: 0) { totalCount }
			author { name email user { login } } } } } } } }`, nil,
			`{"r":[{"defaultBranchRef":{"name":"main","target":{"oid":"1111111111111111111111111111111111111111","committedDate":"2026-01-02T12:00:00Z",` +
				`"messageHeadline":"Begin","parents":{"totalCount":0},"author":{"name":"Ada","email":"ada@example.com","user":{"login":"ada"}}}}}]}`},
		{"sizes", `{ r: ` + one + ` { ... on Repository { object(expression: "1111111111111111111111111111111111111111") { ... on Commit { additions deletions changedFilesIfAvailable } } } } }`, nil,
			`{"r":[{"object":{"additions":30,"deletions":4,"changedFilesIfAvailable":2}}]}`},
		{"counts by state", `{ r: ` + one + ` { ... on Repository { open: issues(states: OPEN) { totalCount } all: issues(first: 1) { totalCount } pullRequests(states: [MERGED]) { totalCount } } } }`, nil,
			`{"r":[{"open":{"totalCount":2},"all":{"totalCount":7},"pullRequests":{"totalCount":0}}]}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := c.data(tc.query, tc.vars); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestErrorsAndNulls(t *testing.T) {
	w, one, _ := small()
	secret := w.Create(githubsim.Repository{Name: "o/secret", Private: true})
	sso := w.Create(githubsim.Repository{Name: "o/sso"})
	gone := w.Create(githubsim.Repository{Name: "o/gone"})
	w.Delete("o/gone")
	c := serve(t, w, githubsim.WithFaults(githubsim.Fault{Effects: []githubsim.Effect{githubsim.ForbiddenElement(sso)}}))
	const byID, listing = `query($ids: [ID!]!) { nodes(ids: $ids) { ... on Repository { name } } }`, `query($n: Int, $l: Int, $a: String) { repositoryOwner(login: "o") { repositories(first: $n, last: $l, after: $a) { totalCount nodes { name } } } }`
	ids := func(ids ...string) map[string]any { return map[string]any{"ids": ids} }
	for _, tc := range []struct {
		name, query string
		vars        map[string]any
		data, types string
		path        string
		message     string
	}{
		{"unknown owner", `{ x: repositoryOwner(login: "nobody") { id } }`, nil, `{"x":null}`, "NOT_FOUND", "[x]", "Could not resolve to a RepositoryOwner with the login of 'nobody'."},
		{"deleted id among others", byID, ids(one, gone), `{"nodes":[{"name":"one"},null]}`, "NOT_FOUND", "[nodes 1]", "Could not resolve to a node with the global id of '" + gone + "'"},
		{"private id", byID, ids(secret), `{"nodes":[null]}`, "NOT_FOUND", "[nodes 0]", ""},
		{"nonsense ids", byID, ids("nonsense", "", "R_kgDOAJiWgQ==", "X_kgDOAJiWgQ"), `{"nodes":[null,null,null,null]}`, "NOT_FOUND NOT_FOUND NOT_FOUND NOT_FOUND", "[nodes 0]", ""},
		{"single sign-on on a repository", byID, ids(sso), `{"nodes":[null]}`, "FORBIDDEN", "[nodes 0]", "SAML"},
		{"single sign-on in a listing", listing, map[string]any{"n": 9}, `{"repositoryOwner":{"repositories":{"nodes":[null,{"name":"two"},{"name":"one"}],"totalCount":3}}}`,
			"FORBIDDEN", "[repositoryOwner repositories nodes 0]", "SAML"},
		{"no page size", listing, nil, `{"repositoryOwner":null}`, "MISSING_PAGINATION_BOUNDARIES", "[repositoryOwner repositories]", "You must provide a `first` or `last` value to properly paginate the `repositories` connection."},
		{"page too large", listing, map[string]any{"n": 101}, `{"repositoryOwner":null}`, "EXCESSIVE_PAGINATION", "[repositoryOwner repositories]",
			"Requesting 101 records on the `repositories` connection exceeds the `first` limit of 100 records."},
		{"negative page", listing, map[string]any{"l": -1}, `{"repositoryOwner":null}`, "INVALID_PAGINATION_BOUNDARIES", "[repositoryOwner repositories]", ""},
		{"both ends", listing, map[string]any{"n": 1, "l": 1}, `{"repositoryOwner":null}`, "INVALID_PAGINATION_BOUNDARIES", "[repositoryOwner repositories]", ""},
		{"empty cursor", listing, map[string]any{"n": 1, "a": ""}, `{"repositoryOwner":null}`, "INVALID_CURSOR_ARGUMENTS", "[repositoryOwner repositories]", "`` does not appear to be a valid cursor."},
		{"too many ids", byID, ids(make([]string, 101)...), `null`, "ARGUMENT_LIMIT", "[nodes]", "You may not provide more than 100 node ids; you provided 101."},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := c.ask(tc.query, tc.vars)
			if a.Status != 200 || a.types() != tc.types {
				t.Fatalf("status %d, types %q, want %q: %s", a.Status, a.types(), tc.types, a.Raw)
			}
			if got := compact(t, a.Data); got != tc.data {
				t.Errorf("data %s, want %s", got, tc.data)
			}
			if got := fmt.Sprint(a.Errors[0].Path); got != tc.path {
				t.Errorf("path %s, want %s", got, tc.path)
			}
			if !strings.Contains(a.Errors[0].Message, tc.message) {
				t.Errorf("message %q, want %q", a.Errors[0].Message, tc.message)
			}
			if tc.types == "FORBIDDEN" && a.Errors[0].Extensions["saml_failure"] != true {
				t.Errorf("no saml_failure in %s", a.Raw)
			}
		})
	}
	c = serve(t, w, githubsim.WithToken("t", githubsim.Everything))
	got := c.data(`{ repositoryOwner(login: "o") { all: repositories { totalCount } public: repositories(privacy: PUBLIC) { totalCount } }
		nodes(ids: "`+secret+`") { ... on Repository { name isPrivate } } }`, nil)
	if want := `{"repositoryOwner":{"all":{"totalCount":4},"public":{"totalCount":3}},"nodes":[{"name":"secret","isPrivate":true}]}`; got != want {
		t.Errorf("a token that sees everything sees %s", got)
	}
}

// TestRefusedQueries: what GitHub would not run is not run here, and costs
// nothing.
func TestRefusedQueries(t *testing.T) {
	w, _, _ := small()
	c := serve(t, w)
	for query, want := range map[string]string{
		"query Q {\n  rateLimit { nope }\n}":                                          `Cannot query field`,
		`{ repositoryOwner(login: "o", nope: 1) { id } }`:                             `Unknown argument`,
		`{ repositoryOwner { id } }`:                                                  `is required`,
		`{ rateLimit }`:                                                               `must have a selection`,
		`query($x: Int) { rateLimit { cost } }`:                                       `never used`,
		`{ repositoryOwner(login: $x) { id } }`:                                       `not defined`,
		`{ repositoryOwner(login: "o") { repositories(first: "x") { totalCount } } }`: `Int cannot represent`,
		`{ rateLimit {`:                                                               `Expected`,
		`query($n: Int!) { repositoryOwner(login: "o") { repositories(first: $n) { totalCount } } }`: `provided invalid value`,
		`query A { rateLimit { cost } } query B { rateLimit { cost } }`:                              `An operation name is required`,
	} {
		if a := c.ask(query, nil); a.Status != 200 || a.Data != nil || len(a.Errors) == 0 || !strings.Contains(a.Errors[0].Message, want) {
			t.Errorf("%s: got %s", query, a.Raw)
		}
	}
	if a := c.ask("query Q {\n  rateLimit { nope }\n}", nil); a.Errors[0].Locations[0].Line != 2 || a.Errors[0].Locations[0].Column != 15 {
		t.Errorf("locations of %s", a.Raw)
	}
	if s := c.server.Stats(); s.Points != 0 {
		t.Errorf("%d points for queries that did not run", s.Points)
	}
}
