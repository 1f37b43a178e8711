package githubsim_test

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
)

// FuzzRequest sees that whatever is sent is answered with JSON. What it covers
// depends on what was parsed before, so minimizing leads nowhere: run it with
// -fuzzminimizetime 1x.
func FuzzRequest(f *testing.F) {
	w, id, _ := small()
	for _, query := range []string{listingQuery, chunkQuery, tipsQuery, `{ nope }`, `{`,
		`query($ids: [ID!]!, $after: String) { nodes(ids: $ids) { ... on Repository { defaultBranchRef { target { ... on Commit { history(first: 3, after: $after) { nodes { oid } } } } } } } }`} {
		for _, vars := range []string{`{"owner":"o","first":100,"ids":[""]}`, `{"owner":null,"first":"x","after":5}`, `{"ids":"` + id + `","after":"Y3Vyc29yOnYyOjExMTERERER////"}`, `"x"`} {
			f.Add(query, vars)
		}
	}
	s := githubsim.New(w, githubsim.WithLimits(githubsim.Limits{}))
	f.Fuzz(func(t *testing.T, query, vars string) {
		q, err := json.Marshal(query)
		if err != nil {
			t.Skip()
		}
		rec := httptest.NewRecorder()
		r := httptest.NewRequest("POST", "/graphql", strings.NewReader(`{"query":`+string(q)+`,"variables":`+vars+`}`))
		r.Header.Set("Authorization", "bearer t")
		r.Header.Set("User-Agent", "fuzz")
		s.ServeHTTP(rec, r)
		if !json.Valid(rec.Body.Bytes()) {
			t.Errorf("%q with %q is answered with %q", query, vars, rec.Body)
		}
	})
}
