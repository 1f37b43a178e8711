package githubsim_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
)

func TestCredentialsAndForm(t *testing.T) {
	const good = `{"query":"{ rateLimit { cost } }"}`
	for _, tc := range []struct {
		name, method, body string
		set                map[string]string // "" takes a header away
		status             int
		want               string
		refused            string
	}{
		{"good", "POST", good, nil, 200, `"cost":1`, ""},
		{"token scheme", "POST", good, map[string]string{"Authorization": "token good"}, 200, `"cost":1`, ""},
		{"no credentials", "POST", good, map[string]string{"Authorization": ""}, 401, `"message":"Bad credentials"`, "credentials"},
		{"wrong token", "POST", good, map[string]string{"Authorization": "bearer bad"}, 401, `"message":"Bad credentials"`, "credentials"},
		{"wrong scheme", "POST", good, map[string]string{"Authorization": "basic good"}, 401, "Bad credentials", "credentials"},
		{"no user agent", "POST", good, map[string]string{"User-Agent": ""}, 403, "Please make sure your request has a User-Agent header", "user agent"},
		{"GET", "GET", "", nil, 404, `"message":"Not Found"`, "method"},
		{"no JSON", "POST", `{"query":`, nil, 400, `"message":"Problems parsing JSON"`, "query"},
		{"nothing", "POST", ``, nil, 400, `"message":"Problems parsing JSON"`, "query"},
		{"a list", "POST", `[]`, nil, 400, `"message":"Body should be a JSON object"`, "query"},
		{"no query", "POST", `{}`, nil, 200, `{"errors":[{"message":"A query attribute must be specified and must be a string."}]}`, "query"},
		{"query of another type", "POST", `{"query":5}`, nil, 200, "must be a string", "query"},
		{"variables of another type", "POST", `{"query":"{ rateLimit { cost } }","variables":[1]}`, nil, 200, "Variables are invalid JSON", "query"},
		{"null variables", "POST", `{"query":"{ rateLimit { cost } }","variables":null}`, nil, 200, `"data"`, ""},
		{"a mutation", "POST", `{"query":"mutation { a }"}`, nil, 200, `"errors"`, "query"},
		{"introspection", "POST", `{"query":"{ __schema { types { name } } }"}`, nil, 200, "does not simulate introspection", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w, _, _ := small()
			c := serve(t, w, githubsim.WithToken("good", githubsim.PublicOnly))
			req, err := http.NewRequestWithContext(t.Context(), tc.method, c.url, strings.NewReader(tc.body))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Authorization", "bearer good")
			for name, value := range tc.set {
				req.Header.Set(name, value)
			}
			resp, err := http.DefaultClient.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil || resp.StatusCode != tc.status || !strings.Contains(string(body), tc.want) {
				t.Errorf("got %d %s %v", resp.StatusCode, body, err)
			}
			if log := c.server.Log(); len(log) != 1 || log[0].Refused != tc.refused || log[0].Status != tc.status {
				t.Errorf("logged %+v", log)
			}
		})
	}
}

func TestStart(t *testing.T) {
	w, _, _ := small()
	endpoint, stop, err := githubsim.New(w).Start()
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(endpoint, "http://127.0.0.1:") {
		t.Errorf("endpoint %s", endpoint)
	}
	c := &client{t: t, url: strings.TrimSuffix(endpoint, "/graphql"), header: http.Header{"Authorization": {"bearer x"}, "User-Agent": {"test"}}}
	c.data(rateQuery, nil)
	if err := stop(); err != nil {
		t.Error(err)
	}
	if _, err := c.post(`{}`); err == nil {
		t.Error("still serving after stop")
	}
}

func TestCounting(t *testing.T) {
	w := letters("abc")
	c := serve(t, w)
	a, b := w.ID("o/a"), w.ID("o/b")
	c.walk("", 2, nil)
	c.data(chunkQuery, map[string]any{"ids": []string{a, b}})
	tip := dig(t, c.ask(tipsQuery, map[string]any{"ids": []string{a}}).Data, "nodes", 0, "defaultBranchRef", "target", "id")
	c.data(`query($ids: [ID!]!) { nodes(ids: $ids) { ... on Commit { additions } } }`, map[string]any{"ids": []any{tip}})
	c.repo(a, `defaultBranchRef { target { ... on Commit { history(first: 5) { totalCount } } } }`)
	c.ask(`{ nope }`, nil)

	s := c.server.Stats()
	for kind, want := range map[githubsim.Kind]int{githubsim.Listing: 2, githubsim.Details: 1, githubsim.Tips: 1, githubsim.Sizes: 1, githubsim.History: 1, githubsim.Other: 1} {
		if s.ByKind[kind] != want {
			t.Errorf("%d of kind %s, want %d", s.ByKind[kind], kind, want)
		}
	}
	if s.Requests != 7 || s.IDs != 5 || s.Points != 6 || s.Refused["query"] != 1 || s.MaxConcurrent != 1 {
		t.Errorf("counts: %+v", s)
	}
	if asked := c.server.Asked(); asked[a] != 3 || asked[b] != 1 || len(asked) != 3 {
		t.Errorf("asked: %v", asked)
	}
	log := c.server.Log()
	if second := log[1]; second.Kind != githubsim.Listing || !strings.Contains(string(second.Variables), "after") || !second.Continued || log[0].Continued {
		t.Errorf("second request: %+v", second)
	}
	if third := log[2]; len(third.IDs) != 2 || third.IDs[0] != a || third.Cost != 1 || third.Query != chunkQuery {
		t.Errorf("third request: %+v", third)
	}
	c.server.Reset()
	if s := c.server.Stats(); s.Requests != 0 || s.IDs != 0 || len(c.server.Log()) != 0 || len(c.server.Asked()) != 0 {
		t.Errorf("after reset: %+v", s)
	}
}
