package githubsim_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
)

// small is a world of one organization with two repositories.
func small() *githubsim.World {
	w := githubsim.NewWorld()
	w.AddUser("ada")
	w.Create(githubsim.Repository{Name: "o/one", Description: "first <b>", Topics: []string{"b", "a"}, Stars: 3, OpenIssues: 2, ClosedIssues: 5,
		Commits: []githubsim.Commit{{OID: strings.Repeat("1", 40), CommittedDate: day(1), Message: "Begin\n\nbody",
			Author: githubsim.Author{Name: "Ada", Email: "ada@example.com", Login: "ada"}}}})
	w.Create(githubsim.Repository{Name: "o/two", CreatedAt: day(0)})
	return w
}

func TestExecution(t *testing.T) {
	c := serve(t, small())
	const one = `repository(owner: "o", name: "one")`
	for _, tc := range []struct {
		name, query string
		vars        map[string]any
		want        string
	}{
		{"alias", `{ a: ` + one + ` { n: name } }`, nil, `{"a":{"n":"one"}}`},
		{"typename", `{ __typename repositoryOwner(login: "O") { __typename } }`, nil,
			`{"__typename":"Query","repositoryOwner":{"__typename":"Organization"}}`},
		{"variable", `query($o: String!, $n: String = "one") { repository(owner: $o, name: $n) { name } }`, map[string]any{"o": "o"},
			`{"repository":{"name":"one"}}`},
		{"variable over default", `query($n: String! = "none") { repository(owner: "o", name: $n) { name } }`, map[string]any{"n": "one"},
			`{"repository":{"name":"one"}}`},
		{"input object from variables", `query($f: RepositoryOrderField!, $d: OrderDirection!) { organization(login: "o") {
			repositories(first: 1, orderBy: {field: $f, direction: $d}) { nodes { name } } } }`, map[string]any{"f": "NAME", "d": "DESC"},
			`{"organization":{"repositories":{"nodes":[{"name":"two"}]}}}`},
		{"fragments", `query { r: ` + one + ` { ...F ... on Repository { stargazerCount } ... { isFork } } } fragment F on Repository { name ...G } fragment G on Repository { id: name }`, nil,
			`{"r":{"name":"one","id":"one","stargazerCount":3,"isFork":false}}`},
		{"interface", `{ a: repositoryOwner(login: "o") { login ... on User { isViewer } ... on Organization { isVerified } }
			b: repositoryOwner(login: "ada") { ... on Node { __typename } ... on User { isViewer } } }`, nil,
			`{"a":{"login":"o","isVerified":false},"b":{"__typename":"User","isViewer":false}}`},
		{"merged fields", `{ r: ` + one + ` { owner { login } } r: ` + one + ` { owner { __typename } name } }`, nil,
			`{"r":{"owner":{"login":"o","__typename":"Organization"},"name":"one"}}`},
		{"skip and include", `query($y: Boolean!, $n: Boolean = false) { r: ` + one + ` { name @skip(if: $y) stargazerCount @include(if: $y)
			... @include(if: $n) { isFork } ...F @skip(if: $n) } } fragment F on Repository { isArchived }`, map[string]any{"y": true},
			`{"r":{"stargazerCount":3,"isArchived":false}}`},
		{"escapes", `{ r: ` + one + ` { description } }`, nil, `{"r":{"description":"first \u003cb\u003e"}}`},
		{"empty repository", `{ r: repository(owner: "o", name: "two") { isEmpty pushedAt defaultBranchRef { name } description licenseInfo { key }
			object(expression: "HEAD:") { id } refs(refPrefix: "refs/heads/", first: 1) { nodes { name } } } }`, nil,
			`{"r":{"isEmpty":true,"pushedAt":null,"defaultBranchRef":null,"description":null,"licenseInfo":null,"object":null,"refs":{"nodes":[]}}}`},
		{"commit", `{ r: ` + one + ` { defaultBranchRef { name target { oid abbreviatedOid ... on Commit { committedDate messageHeadline messageBody
			author { name email user { login } } } } } } }`, nil,
			`{"r":{"defaultBranchRef":{"name":"main","target":{"oid":"1111111111111111111111111111111111111111","abbreviatedOid":"1111111",` +
				`"committedDate":"2026-01-02T12:00:00Z","messageHeadline":"Begin","messageBody":"body",` +
				`"author":{"name":"Ada","email":"ada@example.com","user":{"login":"ada"}}}}}}`},
		{"counts by state", `{ r: ` + one + ` { open: issues(states: OPEN) { totalCount } all: issues(first: 1) { totalCount } pullRequests(states: [MERGED]) { totalCount } } }`, nil,
			`{"r":{"open":{"totalCount":2},"all":{"totalCount":7},"pullRequests":{"totalCount":0}}}`},
		{"named operation", `query A { rateLimit { limit } } query B { viewer { login } }`, nil, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.want == "" {
				a, err := c.post(fmt.Sprintf(`{"query":%q,"operationName":"B"}`, tc.query))
				if err != nil || !strings.Contains(a.Raw, `"stalewatch-viewer"`) {
					t.Errorf("got %v %s", err, a.Raw)
				}
				return
			}
			if got := c.data(tc.query, tc.vars); got != tc.want {
				t.Errorf("got  %s\nwant %s", got, tc.want)
			}
		})
	}
}

func TestErrorsAndNulls(t *testing.T) {
	w := small()
	w.Create(githubsim.Repository{Name: "o/secret", Private: true})
	w.Create(githubsim.Repository{Name: "o/sso"})
	w.EnforceSAML("o/sso", true)
	w.AddOrganization("closed")
	w.EnforceSAML("closed", true)
	gone := w.Create(githubsim.Repository{Name: "o/gone"})
	w.Delete("o/gone")
	c := serve(t, w)
	for _, tc := range []struct {
		name, query string
		vars        map[string]any
		data, types string
		path        string
		message     string
	}{
		{"unknown owner", `{ x: repositoryOwner(login: "nobody") { id } }`, nil, `{"x":null}`, "NOT_FOUND", "[x]", "Could not resolve to a RepositoryOwner with the login of 'nobody'."},
		{"user is no organization", `{ organization(login: "ada") { id } }`, nil, `{"organization":null}`, "NOT_FOUND", "[organization]", "Could not resolve to an Organization with the login of 'ada'."},
		{"unknown repository", `{ repository(owner: "o", name: "x") { id } }`, nil, `{"repository":null}`, "NOT_FOUND", "[repository]", "Could not resolve to a Repository with the name 'o/x'."},
		{"private repository", `{ repository(owner: "o", name: "secret") { id } }`, nil, `{"repository":null}`, "NOT_FOUND", "[repository]", "Could not resolve"},
		{"deleted id among others", `query($ids: [ID!]!) { nodes(ids: $ids) { ... on Repository { name } } }`, map[string]any{"ids": []string{w.ID("o/one"), gone}},
			`{"nodes":[{"name":"one"},null]}`, "NOT_FOUND", "[nodes 1]", "Could not resolve to a node with the global id of '" + gone + "'"},
		{"private id", `query($ids: [ID!]!) { nodes(ids: $ids) { id } }`, map[string]any{"ids": []string{w.ID("o/secret")}}, `{"nodes":[null]}`, "NOT_FOUND", "[nodes 0]", ""},
		{"nonsense id", `{ node(id: "nonsense") { id } }`, nil, `{"node":null}`, "NOT_FOUND", "[node]", ""},
		{"single sign-on on a repository", `{ repository(owner: "o", name: "sso") { id } }`, nil, `{"repository":null}`, "FORBIDDEN", "[repository]", "SAML"},
		{"single sign-on in a listing", `{ organization(login: "o") { repositories(first: 9) { totalCount nodes { name } } } }`, nil,
			`{"organization":{"repositories":{"nodes":[null,{"name":"two"},{"name":"one"}],"totalCount":3}}}`, "FORBIDDEN", "[organization repositories nodes 0]", "SAML"},
		{"single sign-on on an owner", `{ repositoryOwner(login: "closed") { id } }`, nil, `{"repositoryOwner":null}`, "FORBIDDEN", "[repositoryOwner]", ""},
		{"no page size", `{ organization(login: "o") { login repositories { nodes { name } } } }`, nil, `{"organization":null}`,
			"MISSING_PAGINATION_BOUNDARIES", "[organization repositories]", "You must provide a `first` or `last` value to properly paginate the `repositories` connection."},
		{"page too large", `query($n: Int) { organization(login: "o") { repositories(first: $n) { totalCount } } }`, map[string]any{"n": 101}, `{"organization":null}`,
			"EXCESSIVE_PAGINATION", "[organization repositories]", "Requesting 101 records on the `repositories` connection exceeds the `first` limit of 100 records."},
		{"negative page", `{ organization(login: "o") { repositories(last: -1) { totalCount } } }`, nil, `{"organization":null}`, "INVALID_PAGINATION_BOUNDARIES", "[organization repositories]", ""},
		{"both ends", `{ organization(login: "o") { repositories(first: 1, last: 1) { totalCount } } }`, nil, `{"organization":null}`, "INVALID_PAGINATION_BOUNDARIES", "[organization repositories]", ""},
		{"empty cursor", `{ organization(login: "o") { repositories(first: 1, after: "") { totalCount } } }`, nil, `{"organization":null}`,
			"INVALID_CURSOR_ARGUMENTS", "[organization repositories]", "`` does not appear to be a valid cursor."},
		{"too many ids", `query($ids: [ID!]!) { nodes(ids: $ids) { id } }`, map[string]any{"ids": make([]string, 101)}, `null`,
			"ARGUMENT_LIMIT", "[nodes]", "You may not provide more than 100 node ids; you provided 101."},
		{"error in one alias", `{ a: repository(owner: "o", name: "one") { name } b: repository(owner: "o", name: "x") { name } }`, nil, `{"a":{"name":"one"},"b":null}`, "NOT_FOUND", "[b]", ""},
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
	t.Run("unknown owner without an error", func(t *testing.T) {
		got := serve(t, small(), githubsim.WithSilentUnknownOwner()).data(`{ repositoryOwner(login: "nobody") { id } }`, nil)
		if got != `{"repositoryOwner":null}` {
			t.Error(got)
		}
	})
	t.Run("a token that sees everything", func(t *testing.T) {
		w := small()
		w.Create(githubsim.Repository{Name: "o/secret", Private: true})
		c := serve(t, w, githubsim.WithToken("t", githubsim.Everything))
		got := c.data(`{ organization(login: "o") { all: repositories { totalCount } public: repositories(privacy: PUBLIC) { totalCount }
			private: repositories(visibility: PRIVATE, first: 1) { nodes { name visibility } } } }`, nil)
		if want := `{"organization":{"all":{"totalCount":3},"public":{"totalCount":2},"private":{"nodes":[{"name":"secret","visibility":"PRIVATE"}]}}}`; got != want {
			t.Errorf("got %s", got)
		}
	})
}

func TestValidationErrors(t *testing.T) {
	c := serve(t, small())
	for _, tc := range []struct{ name, query, code, message, path string }{
		{"unknown field", "query Q {\n  viewer { nope }\n}", "undefinedField", "Field 'nope' doesn't exist on type 'User'", "[query Q viewer nope]"},
		{"unknown field in a fragment", "{ viewer { ...F } } fragment F on User { nope }", "undefinedField", "Field 'nope' doesn't exist on type 'User'", "[fragment F nope]"},
		{"unknown argument", `{ viewer { repositories(nope: 1) { totalCount } } }`, "argumentNotAccepted", "Field 'repositories' doesn't accept argument 'nope'", "[query viewer repositories]"},
		{"missing argument", `{ repository(owner: "o") { id } }`, "missingRequiredArguments", "Field 'repository' is missing required arguments: name", "[query repository]"},
		{"no selections", `{ viewer }`, "selectionMismatch", "Field must have selections (field 'viewer' returns User but has no selections. Did you mean 'viewer { ... }'?)", "[query viewer]"},
		{"unused variable", `query($x: Int) { viewer { id } }`, "variableNotUsed", "Variable $x is declared by anonymous query but not used", "[]"},
		{"undefined variable", `{ repository(owner: $x, name: "n") { id } }`, "variableNotDefined", "Variable $x is used by anonymous query but not declared", "[]"},
		{"wrong literal", `{ viewer { repositories(first: "x") { totalCount } } }`, "valuesOfCorrectType", "", "[]"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			a := c.ask(tc.query, nil)
			if a.Status != 200 || a.Data != nil || len(a.Errors) == 0 {
				t.Fatalf("got %d %s", a.Status, a.Raw)
			}
			e := a.Errors[0]
			if e.Extensions["code"] != tc.code || !strings.Contains(e.Message, tc.message) || fmt.Sprint(e.Path) != tc.path {
				t.Errorf("got %s", a.Raw)
			}
			if len(e.Locations) == 0 || e.Locations[0].Line == 0 {
				t.Errorf("no location in %s", a.Raw)
			}
		})
	}
	if a := c.ask("query Q {\n  viewer { nope }\n}", nil); a.Errors[0].Locations[0].Line != 2 || a.Errors[0].Locations[0].Column != 12 {
		t.Errorf("locations of %s", a.Raw)
	}
	for query, want := range map[string]string{
		`{ viewer {`: "Expected",
		`query($n: Int!) { viewer { repositories(first: $n) { totalCount } } }`: "Variable $n of type Int! was provided invalid value",
		`query A { viewer { id } } query B { viewer { id } }`:                   "An operation name is required",
	} {
		if a := c.ask(query, nil); len(a.Errors) == 0 || !strings.Contains(a.Errors[0].Message, want) {
			t.Errorf("%s: got %s", query, a.Raw)
		}
	}
}
