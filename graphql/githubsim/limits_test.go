package githubsim_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
)

func TestCost(t *testing.T) {
	w := letters("ab")
	ids := map[string]any{"ids": []string{w.ID("o/a"), w.ID("o/b")}}
	c := serve(t, w)
	for _, tc := range []struct {
		name, query string
		vars        map[string]any
		cost, nodes int
	}{
		{"nothing", `{ rateLimit { cost nodeCount } }`, nil, 1, 0},
		{"a listing with topics", `{ rateLimit { cost nodeCount } repositoryOwner(login: "o") { repositories(first: 100) { nodes { repositoryTopics(first: 20) { nodes { topic { name } } } } } } }`, nil, 1, 2100},
		// 1 + 100 + 100 + 100*50 requests are 5,201: 52 points.
		{"nested pages", `{ rateLimit { cost nodeCount } repositoryOwner(login: "o") { repositories(first: 100) { nodes { issues(first: 1) { totalCount }
			defaultBranchRef { target { ... on Commit { history(first: 50) { nodes { parents(last: 2) { totalCount } } } } } } } } } }`, nil, 52, 100 + 100 + 5000 + 10000},
		{"counting is free", `{ rateLimit { cost nodeCount } repositoryOwner(login: "o") { repositories(first: 100) { nodes { issues { totalCount } pullRequests { totalCount } } } } }`, nil, 1, 100},
		{"what is left out is free", `query($no: Boolean = false) { rateLimit { cost nodeCount } repositoryOwner(login: "o") { repositories(first: 100) { nodes { issues(first: 9) @include(if: $no) { totalCount }
			... @include(if: $no) { pullRequests(first: 9) { totalCount } } } } } }`, nil, 1, 100},
		{"through fragments", `{ rateLimit { cost nodeCount } repositoryOwner(login: "o") { ...F } } fragment F on RepositoryOwner { repositories(first: 60) { nodes { ... on Repository {
			issues(first: 1) { totalCount } pullRequests(first: 1) { totalCount } repositoryTopics(first: 1) { totalCount } } } } }`, nil, 2, 240},
		{"ids", `query($ids: [ID!]!) { rateLimit { cost nodeCount } nodes(ids: $ids) { ... on Repository { defaultBranchRef { target { ... on Commit {
			history(first: 100) { nodes { history(first: 5) { totalCount } } } } } } } } }`,
			ids, 2, 2 + 200 + 1000},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := compact(t, dig(t, c.ask(tc.query, tc.vars).Data, "rateLimit"))
			if want := fmt.Sprintf(`{"cost":%d,"nodeCount":%d}`, tc.cost, tc.nodes); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

func TestNodeLimit(t *testing.T) {
	c := serve(t, letters("a"))
	deep := func(inner int) string {
		return fmt.Sprintf(`{ repositoryOwner(login: "o") { repositories(first: 100) { nodes { defaultBranchRef { target { ... on Commit {
			history(first: %d) { nodes { history(first: 100) { totalCount } } } } } } } } } }`, inner)
	}
	if a := c.ask(deep(49), nil); a.types() != "" {
		t.Errorf("49: %s", a.Raw)
	}
	if a := c.ask(deep(50), nil); a.types() != "MAX_NODE_LIMIT_EXCEEDED" || !strings.Contains(a.Raw, "505100 possible nodes") || a.Data != nil {
		t.Errorf("50: %s", a.Raw)
	}
	if n := c.server.Stats().Points; n > 51 {
		t.Errorf("a refused query cost points: %d in all", n)
	}
}

func TestPrimaryLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := inProcess(t, githubsim.New(letters("a"), githubsim.WithLimits(githubsim.Limits{PointsPerHour: 2})))
		const q = `{ rateLimit { remaining used resetAt } }`
		ends := time.Now().Add(time.Hour)
		for i, want := range []string{
			`{"remaining":1,"resetAt":"2000-01-01T01:00:00Z","used":1}`,
			`{"remaining":0,"resetAt":"2000-01-01T01:00:00Z","used":2}`, // the last point still buys data
		} {
			a := c.ask(q, nil)
			if got := compact(t, dig(t, a.Data, "rateLimit")); got != want || a.types() != "" {
				t.Errorf("request %d: %s", i+1, a.Raw)
			}
			if h := a.Header.Get("X-Ratelimit-Remaining") + a.Header.Get("X-Ratelimit-Used"); h != fmt.Sprintf("%d%d", 1-i, i+1) {
				t.Errorf("request %d: remaining and used are %s", i+1, h)
			}
		}
		time.Sleep(59 * time.Minute)
		a := c.ask(q, nil)
		if a.Status != http.StatusOK || a.types() != "RATE_LIMIT" || a.Errors[0].Code != "graphql_rate_limit" || a.Data != nil {
			t.Errorf("over the limit: %d %s", a.Status, a.Raw)
		}
		if a.Header.Get("X-Ratelimit-Reset") != fmt.Sprint(ends.Unix()) || a.Header.Get("X-Ratelimit-Resource") != "graphql" {
			t.Errorf("headers %v", a.Header)
		}
		time.Sleep(time.Minute)
		if a := c.ask(q, nil); a.types() != "" {
			t.Errorf("in the next hour: %s", a.Raw)
		}
		if s := c.server.Stats(); s.Points != 3 || s.Refused["primary limit"] != 1 {
			t.Errorf("stats %+v", s)
		}
	})
}

func TestNoLimits(t *testing.T) {
	c := serve(t, letters("a"), githubsim.WithLimits(githubsim.Limits{}))
	c.data(rateQuery, nil)
	if got, want := c.data(`{ rateLimit { limit remaining used } }`, nil), `{"rateLimit":{"limit":1000000000,"remaining":999999998,"used":2}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestSecondaryLimits(t *testing.T) {
	for name, tc := range map[string]struct {
		limits githubsim.Limits
		slow   time.Duration
		wait   string
	}{
		"points a minute": {githubsim.Limits{PointsPerMinute: 2}, 0, "43"},
		"time a minute":   {githubsim.Limits{TimePerMinute: 20 * time.Second}, 10 * time.Second, "33"},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := inProcess(t, githubsim.New(letters("a"), githubsim.WithTime(), githubsim.WithLimits(tc.limits),
				githubsim.WithFaults(githubsim.Fault{Effects: []githubsim.Effect{githubsim.Slow(tc.slow)}})))
			c.data(rateQuery, nil)
			time.Sleep(17 * time.Second)
			c.data(rateQuery, nil)
			a := c.ask(rateQuery, nil)
			if a.Status != http.StatusForbidden || !strings.Contains(a.Raw, "You have exceeded a secondary rate limit") || a.Header.Get("Retry-After") != tc.wait {
				t.Errorf("%s: got %d, Retry-After %s: %s", name, a.Status, a.Header.Get("Retry-After"), a.Raw)
			}
			wait, _ := strconv.Atoi(tc.wait)
			time.Sleep(time.Duration(wait)*time.Second - time.Nanosecond)
			if a := c.ask(rateQuery, nil); a.Status != http.StatusForbidden {
				t.Errorf("%s: it lasted less than Retry-After said", name)
			}
			time.Sleep(time.Nanosecond)
			c.data(rateQuery, nil)
		})
	}
}

func TestConcurrencyLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := inProcess(t, githubsim.New(letters("a"), githubsim.WithLatency(time.Second), githubsim.WithLimits(githubsim.Limits{Concurrent: 2})))
		var wg sync.WaitGroup
		for range 2 {
			wg.Go(func() { c.data(rateQuery, nil) })
		}
		synctest.Wait()
		if a := c.ask(rateQuery, nil); a.Status != http.StatusForbidden {
			t.Errorf("a third request at once: %d %s", a.Status, a.Raw)
		}
		wg.Wait()
		c.data(rateQuery, nil)
		if s := c.server.Stats(); s.MaxConcurrent != 3 || s.Refused["secondary limit"] != 1 {
			t.Errorf("stats %+v", s)
		}
	})
}

// TestPrices asks for one thing after another and sees what each takes of
// GitHub's time.
func TestPrices(t *testing.T) {
	w := letters("abcd")
	var ids []string
	for _, name := range w.Names("o") {
		ids = append(ids, w.ID(name))
	}
	w.Edit("o/a", day(1), func(r *githubsim.Repository) { r.Files = []githubsim.File{{Path: "README.md", Text: "x"}} })
	c := serve(t, w)
	const listing, commit = `{ repositoryOwner(login: "o") { repositories(first: 4) { totalCount nodes { id %s } } } }`, `nodes(ids: $ids) { ... on Commit { oid %s } }`
	tip := dig(t, c.ask(tipsQuery, map[string]any{"ids": ids[:1]}).Data, "nodes", 0, "defaultBranchRef", "target", "id").(string)
	two := map[string]any{"ids": ids[:2]}
	nodes := func(of string) string {
		return `query($ids: [ID!]!) { nodes(ids: $ids) { ... on Repository { id ` + of + ` } } }`
	}
	for _, tc := range []struct {
		name, query string
		vars        map[string]any
		kind        githubsim.Kind
		micros      int
	}{
		{"nothing", rateQuery, nil, githubsim.Other, 0},
		{"rows", fmt.Sprintf(listing, "pushedAt"), nil, githubsim.Listing, 4 * 1500},
		{"rows with topics", fmt.Sprintf(listing, "repositoryTopics(first: 20) { nodes { topic { name } } }"), nil, githubsim.Listing, 4 * 2500},
		{"rows with parent and release", fmt.Sprintf(listing, "parent { id } latestRelease { tagName }"), nil, githubsim.Listing, 4 * (1500 + 12_000)},
		{"rows with the branch", fmt.Sprintf(listing, "defaultBranchRef { name }"), nil, githubsim.Listing, 4 * (1500 + 12_000 + 3000)},
		{"two tips", tipsQuery, two, githubsim.Tips, 2 * (1500 + 12_000 + 3000 + 8000)},
		{"counts", nodes("issues { totalCount } pullRequests { totalCount }"), two, githubsim.Details, 2 * (1500 + 12_000)},
		{"a tree and two blobs", nodes(`a: object(expression: "HEAD:") { oid } b: object(expression: "HEAD:README.md") { oid } c: object(expression: "HEAD:no") { oid }`), two,
			githubsim.Details, 2 * (1500 + 12_000 + 3*120_000)},
		{"branches", nodes(`ref(qualifiedName: "refs/heads/main") { name } b: ref(qualifiedName: "main") { target { oid } }`), two, githubsim.Details, 2 * (1500 + 12_000 + 3000 + 3000 + 8000)},
		{"history", nodes(`defaultBranchRef { target { ... on Commit { history(first: 5) { nodes { oid } } } } }`), two, githubsim.History, 2 * (1500 + 12_000 + 3000 + 8000 + 30_000 + 3000)},
		{"a commit by id", fmt.Sprintf(`query($ids: [ID!]!) { `+commit+` }`, "committedDate"), map[string]any{"ids": tip}, githubsim.Tips, 12_000 + 8000},
		{"its size", fmt.Sprintf(`query($ids: [ID!]!) { `+commit+` }`, "additions deletions changedFilesIfAvailable"), map[string]any{"ids": tip}, githubsim.Sizes, 12_000 + 8000 + 60_000},
	} {
		c.server.Reset()
		c.data(tc.query, tc.vars)
		want := time.Duration(tc.micros) * time.Microsecond
		if s := c.server.Stats(); s.Time[tc.kind] != want || s.TotalTime() != want || s.ByKind[tc.kind] != 1 {
			t.Errorf("%s: %v, want %v of kind %s", tc.name, s.Time, want, tc.kind)
		}
		if got := c.server.Log()[0].Time; got != want {
			t.Errorf("%s: the log says %v", tc.name, got)
		}
	}
}

// TestTimePasses: answers take GitHub's time besides the network's, a query that
// is too dear is given up, and a full minute is refused.
func TestTimePasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := githubsim.Generate("o", 100, 1, day(0))
		var ids []string
		for _, name := range w.Names("o") {
			ids = append(ids, w.ID(name))
		}
		c := inProcess(t, githubsim.New(w, githubsim.WithLatency(100*time.Millisecond), githubsim.WithTime(),
			githubsim.WithToken("t", githubsim.Everything), githubsim.WithLimits(githubsim.Limits{TimePerMinute: 30 * time.Second})))
		began := time.Now()
		ask := func(n int) answer { return c.ask(chunkQuery, map[string]any{"ids": ids[:n]}) }
		if a := ask(10); a.Status != 200 {
			t.Fatal(a.Raw)
		}
		small := c.server.Stats().TotalTime()
		if took := time.Since(began); small < time.Second || took != small+100*time.Millisecond {
			t.Errorf("a query of %v took %v", small, took)
		}
		if a, b := ask(100), ask(90); a.Status+b.Status != 502+504 || a.Data != nil || !strings.Contains(a.Raw, "This may be the result of a timeout") {
			t.Errorf("a query of half a minute: %d %d %s", a.Status, b.Status, a.Raw)
		}
		s := c.server.Stats()
		if s.Time[githubsim.Details] != small+20*time.Second || s.GivenUp[githubsim.Details] != 2 {
			t.Errorf("stats %+v", s)
		}
		if took := time.Since(began); took != s.TotalTime()+300*time.Millisecond {
			t.Errorf("three queries took %v", took)
		}
		for range 4 {
			ask(10)
		}
		a := ask(1)
		wait, err := strconv.Atoi(a.Header.Get("Retry-After"))
		if a.Status != 403 || err != nil {
			t.Fatalf("after 30 s of GitHub's time: %d %s", a.Status, a.Raw)
		}
		time.Sleep(time.Duration(wait) * time.Second)
		if a := ask(1); a.Status != 200 || time.Since(began) > 75*time.Second {
			t.Errorf("%v after the first: %s", time.Since(began), a.Raw)
		}
	})
}

// TestTimeIsCountedOnly: without [githubsim.WithTime] GitHub's time changes
// nothing.
func TestTimeIsCountedOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := githubsim.Generate("o", 100, 1, day(0))
		var ids []string
		for _, name := range w.Names("o") {
			ids = append(ids, w.ID(name))
		}
		c := inProcess(t, githubsim.New(w, githubsim.WithToken("t", githubsim.Everything), githubsim.WithLimits(githubsim.Limits{TimePerMinute: time.Second})))
		began := time.Now()
		for range 2 {
			c.data(chunkQuery, map[string]any{"ids": ids})
		}
		if s := c.server.Stats(); time.Since(began) != 0 || s.TotalTime() < 20*time.Second || len(s.GivenUp) > 0 {
			t.Errorf("after %v: %+v", time.Since(began), s)
		}
	})
}

func TestRoundTrip(t *testing.T) {
	s := githubsim.New(letters("a"), githubsim.WithFaults(
		githubsim.Fault{When: []githubsim.Condition{githubsim.Nth(1)}, Effects: []githubsim.Effect{githubsim.ResetConnection()}},
		githubsim.Fault{When: []githubsim.Condition{githubsim.Nth(2)}, Effects: []githubsim.Effect{githubsim.CloseMidBody()}}))
	c := inProcess(t, s)
	const body = `{"query":"{ rateLimit { cost } }"}`
	if _, err := c.post(body); err == nil {
		t.Error("a connection that was reset gave an answer")
	}
	if a, err := c.post(body); !errors.Is(err, io.ErrUnexpectedEOF) || a.Status != 200 || a.Raw == "" {
		t.Errorf("mid-body: %v %+v", err, a)
	}
	c.data(rateQuery, nil)
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	req, err := http.NewRequestWithContext(gone, "POST", c.url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.RoundTrip(req); !errors.Is(err, context.Canceled) {
		t.Errorf("a request that was given up: %v", err)
	}
}
