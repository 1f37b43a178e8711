package githubsim_test

import (
	"encoding/json"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
)

const listingQuery = `query($owner: String!, $first: Int!, $after: String) {
  rateLimit { cost remaining }
  repositoryOwner(login: $owner) {
    repositories(first: $first, after: $after, privacy: PUBLIC, ownerAffiliations: [OWNER], orderBy: {field: NAME, direction: ASC}) {
      totalCount
      pageInfo { hasNextPage endCursor }
      nodes { id nameWithOwner url description pushedAt isArchived isFork stargazerCount
        defaultBranchRef { name } licenseInfo { spdxId } repositoryTopics(first: 20) { nodes { topic { name } } } }
    }
  }
}`

const chunkQuery = `query($ids: [ID!]!) {
  rateLimit { cost remaining }
  nodes(ids: $ids) { __typename ... on Repository { id
    defaultBranchRef { target { ... on Commit { oid committedDate author { name email user { login } } } } }
    issues(first: 1, states: [OPEN]) { totalCount }
    root: object(expression: "HEAD:") { ... on Tree { entries { name } } }
    owners: object(expression: "HEAD:.github/CODEOWNERS") { ... on Blob { text } } } }
}`

const tipsQuery = `query($ids: [ID!]!) {
  rateLimit { cost remaining }
  nodes(ids: $ids) { __typename ... on Repository { id
    defaultBranchRef { name target { oid ... on Commit { id committedDate messageHeadline parents(first: 0) { totalCount } author { name email user { login } } } } } } }
}`

// BenchmarkServer measures one request on the handler itself, and what a world
// of 10,000 repositories takes in memory.
func BenchmarkServer(b *testing.B) {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	w := githubsim.Generate("o", 10_000, 1, day(0))
	runtime.GC()
	runtime.ReadMemStats(&after)
	s := githubsim.New(w, githubsim.WithLimits(githubsim.Limits{}), githubsim.WithToken("t", githubsim.Everything))
	var ids []string
	for _, name := range w.Names("o")[:50] {
		ids = append(ids, w.ID(name))
	}
	for _, c := range []struct {
		name, query string
		vars        map[string]any
	}{
		{"listing of 100", listingQuery, map[string]any{"owner": "o", "first": 100}},
		{"tips of 50", tipsQuery, map[string]any{"ids": ids}},
		{"details of 50", chunkQuery, map[string]any{"ids": ids}},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			body, err := json.Marshal(map[string]any{"query": c.query, "variables": c.vars})
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				rec := httptest.NewRecorder()
				r := httptest.NewRequest("POST", "/graphql", strings.NewReader(string(body)))
				r.Header.Set("Authorization", "bearer t")
				r.Header.Set("User-Agent", "bench")
				s.ServeHTTP(rec, r)
				if strings.Contains(rec.Body.String(), `"errors"`) {
					b.Fatalf("%.300s", rec.Body)
				}
			}
		})
	}
	b.Logf("a world of 10,000 takes %.1f MB", float64(after.HeapAlloc-before.HeapAlloc)/1e6)
}
