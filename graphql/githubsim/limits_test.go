package githubsim_test

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
)

// clock is a clock that tests set.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.now }

func (c *clock) advance(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.now = c.now.Add(d) }

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
		{"a listing with topics", `{ rateLimit { cost nodeCount } repositoryOwner(login: "o") { repositories(first: 100) { nodes { repositoryTopics(first: 20) { nodes { id } } } } } }`, nil, 1, 2100},
		// 1 + 100 + 100 + 100*50 requests are 5,201: 52 points.
		{"nested pages", `{ rateLimit { cost nodeCount } repositoryOwner(login: "o") { repositories(first: 100) { nodes { issues(first: 1) { totalCount }
			refs(refPrefix: "refs/", first: 50) { nodes { target { ... on Commit { parents(last: 2) { totalCount } } } } } } } } }`, nil, 52, 100 + 100 + 5000 + 10000},
		{"counting is free", `{ rateLimit { cost nodeCount } repositoryOwner(login: "o") { repositories(first: 100) { nodes { issues { totalCount } pullRequests { totalCount } } } } }`, nil, 1, 100},
		{"through fragments", `{ rateLimit { cost nodeCount } repositoryOwner(login: "o") { ...F } } fragment F on RepositoryOwner { repositories(first: 60) { nodes { ... on Repository {
			issues(first: 1) { totalCount } refs(refPrefix: "refs/heads/", first: 1) { totalCount } repositoryTopics(first: 1) { totalCount } } } } }`, nil, 2, 240},
		{"ids", `query($ids: [ID!]!) { rateLimit { cost nodeCount } nodes(ids: $ids) { ... on Repository { refs(refPrefix: "refs/", first: 100) { nodes { target { ... on Commit { history(first: 5) { totalCount } } } } } } } }`,
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
		return fmt.Sprintf(`{ repositoryOwner(login: "o") { repositories(first: 100) { nodes { refs(refPrefix: "refs/", first: %d) { nodes { target { ... on Commit { history(first: 100) { totalCount } } } } } } } } }`, inner)
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
	clock := &clock{now: day(0)}
	c := serve(t, letters("a"), githubsim.WithClock(clock.Now), githubsim.WithLimits(githubsim.Limits{PointsPerHour: 2}))
	const q = `{ rateLimit { remaining used resetAt } }`
	for i, want := range []string{
		`{"remaining":1,"resetAt":"2026-01-01T13:00:00Z","used":1}`,
		`{"remaining":0,"resetAt":"2026-01-01T13:00:00Z","used":2}`, // the last point still buys data
	} {
		a := c.ask(q, nil)
		if got := compact(t, dig(t, a.Data, "rateLimit")); got != want || a.types() != "" {
			t.Errorf("request %d: %s", i+1, a.Raw)
		}
		if h := a.Header.Get("X-Ratelimit-Remaining") + a.Header.Get("X-Ratelimit-Used"); h != fmt.Sprintf("%d%d", 1-i, i+1) {
			t.Errorf("request %d: remaining and used are %s", i+1, h)
		}
	}
	clock.advance(59 * time.Minute)
	a := c.ask(q, nil)
	if a.Status != http.StatusOK || a.types() != "RATE_LIMIT" || a.Errors[0].Code != "graphql_rate_limit" || a.Data != nil {
		t.Errorf("over the limit: %d %s", a.Status, a.Raw)
	}
	if a.Header.Get("X-Ratelimit-Reset") != fmt.Sprint(day(0).Add(time.Hour).Unix()) || a.Header.Get("X-Ratelimit-Resource") != "graphql" {
		t.Errorf("headers %v", a.Header)
	}
	clock.advance(time.Minute)
	if a := c.ask(q, nil); a.types() != "" {
		t.Errorf("in the next hour: %s", a.Raw)
	}
	if s := c.server.Stats(); s.Points != 3 || s.Refused["primary limit"] != 1 {
		t.Errorf("stats %+v", s)
	}
}

func TestNoLimits(t *testing.T) {
	c := serve(t, letters("a"), githubsim.WithLimits(githubsim.Limits{}))
	c.data(rateQuery, nil)
	if got, want := c.data(`{ rateLimit { limit remaining used } }`, nil), `{"rateLimit":{"limit":1000000000,"remaining":999999998,"used":2}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestSecondaryLimits(t *testing.T) {
	for _, tc := range []struct {
		name   string
		limits githubsim.Limits
		opts   []githubsim.Option
		status int
	}{
		{"points a minute", githubsim.Limits{PointsPerMinute: 2}, nil, http.StatusForbidden},
		{"CPU a minute", githubsim.Limits{CPUPerMinute: 20 * time.Second, SecondaryStatus: http.StatusTooManyRequests},
			[]githubsim.Option{githubsim.WithLatency(10*time.Second, 0), githubsim.WithSleep(func(context.Context, time.Duration) error { return nil })}, http.StatusTooManyRequests},
		{"with status 200", githubsim.Limits{PointsPerMinute: 2, SecondaryStatus: http.StatusOK}, nil, http.StatusOK},
	} {
		t.Run(tc.name, func(t *testing.T) {
			clock := &clock{now: day(0)}
			c := serve(t, letters("a"), append(tc.opts, githubsim.WithClock(clock.Now), githubsim.WithLimits(tc.limits))...)
			const q = rateQuery
			c.data(q, nil)
			clock.advance(17 * time.Second)
			c.data(q, nil)
			a := c.ask(q, nil)
			if a.Status != tc.status || !strings.Contains(a.Raw, "You have exceeded a secondary rate limit") || a.Header.Get("Retry-After") != "43" {
				t.Errorf("got %d, Retry-After %s: %s", a.Status, a.Header.Get("Retry-After"), a.Raw)
			}
			clock.advance(43 * time.Second)
			c.data(q, nil)
		})
	}
}

func TestConcurrencyLimit(t *testing.T) {
	arrived, release := make(chan struct{}, 9), make(chan struct{})
	hold := func(context.Context, time.Duration) error { arrived <- struct{}{}; <-release; return nil }
	c := serve(t, letters("a"), githubsim.WithSleep(hold), githubsim.WithLatency(time.Second, 0), githubsim.WithLimits(githubsim.Limits{Concurrent: 2}))
	const q = rateQuery
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if a := c.ask(q, nil); a.Status != http.StatusOK {
				t.Errorf("a request below the limit: %d %s", a.Status, a.Raw)
				arrived <- struct{}{}
			}
		})
		<-arrived
	}
	if a := c.ask(q, nil); a.Status != http.StatusForbidden {
		t.Errorf("a third request at once: %d %s", a.Status, a.Raw)
	}
	close(release)
	wg.Wait()
	c.data(q, nil)
	if s := c.server.Stats(); s.MaxConcurrent != 3 || s.Refused["secondary limit"] != 1 {
		t.Errorf("stats %+v", s)
	}
}

func TestLatency(t *testing.T) {
	var mu sync.Mutex
	var slept []time.Duration
	c := serve(t, letters("a"), githubsim.WithLatency(100*time.Millisecond, time.Millisecond),
		githubsim.WithSleep(func(_ context.Context, d time.Duration) error {
			mu.Lock()
			defer mu.Unlock()
			slept = append(slept, d)
			return nil
		}))
	c.data(rateQuery, nil)
	c.data(`{ repositoryOwner(login: "o") { repositories(first: 50) { totalCount } } }`, nil)
	if got := fmt.Sprint(slept); got != "[100ms 150ms]" {
		t.Errorf("slept %s", got)
	}
}
