package githubsim_test

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
)

// FuzzRequest sees that whatever is sent is answered with JSON.
func FuzzRequest(f *testing.F) {
	w := small()
	for _, query := range []string{listingQuery, chunkQuery, viewerQuery, `{ nope }`, `{`, `query($a: [RepositoryAffiliation]) { viewer { repositories(first: 1, ownerAffiliations: $a) { totalCount } } }`,
		`query($c: CommitAuthor, $s: GitTimestamp) { repository(owner: "o", name: "one") { object(expression: "HEAD") { ... on Commit { history(first: 3, author: $c, since: $s) { edges { cursor } } } } } }`,
		`query($x: ID!) { node(id: $x) { id ... on Commit { parents(last: 1) { nodes { oid } } } } }`} {
		for _, vars := range []string{`{"owner":"o","first":100,"ids":[""]}`, `{"owner":null,"first":"x","after":5}`, `{"ids":"R_kgDOAJiWgg","a":["OWNER",null],"x":7}`,
			`{"c":{"emails":null},"s":"2020-01-01T00:00:00Z","a":{}}`, `"x"`} {
			q, err := json.Marshal(query)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(`{"query":` + string(q) + `,"variables":` + vars + `}`)
		}
	}
	f.Add(`{"query":"{viewer{id}}","operationName":"x"}`)
	s := githubsim.New(w, githubsim.WithLimits(githubsim.Limits{}))
	f.Fuzz(func(t *testing.T, body string) {
		rec := httptest.NewRecorder()
		r := httptest.NewRequest("POST", "/graphql", strings.NewReader(body))
		r.Header.Set("Authorization", "bearer t")
		r.Header.Set("User-Agent", "fuzz")
		s.ServeHTTP(rec, r)
		if !json.Valid(rec.Body.Bytes()) {
			t.Errorf("%q is answered with %q", body, rec.Body)
		}
	})
}

// FuzzCursor sees that no cursor breaks a connection.
func FuzzCursor(f *testing.F) {
	f.Add("Y3Vyc29yOnYyOg==")
	f.Add("Y3Vyc29yOnYyOmEA")
	f.Add("Y3Vyc29yOnYyOjExMTERERER////")
	s := githubsim.New(letters("abc"), githubsim.WithLimits(githubsim.Limits{}))
	f.Fuzz(func(t *testing.T, cursor string) {
		body, err := json.Marshal(map[string]any{"variables": map[string]any{"c": cursor}, "query": `query($c: String!) { organization(login: "o") {
			a: repositories(first: 2, after: $c) { nodes { id } } b: repositories(last: 2, before: $c) { nodes { id defaultBranchRef { target { ... on Commit {
			history(first: 1, after: $c) { nodes { id } } } } } } } } }`})
		if err != nil {
			t.Fatal(err)
		}
		rec := httptest.NewRecorder()
		r := httptest.NewRequest("POST", "/graphql", strings.NewReader(string(body)))
		r.Header.Set("Authorization", "bearer t")
		r.Header.Set("User-Agent", "fuzz")
		s.ServeHTTP(rec, r)
		if !json.Valid(rec.Body.Bytes()) {
			t.Errorf("cursor %q is answered with %q", cursor, rec.Body)
		}
	})
}
