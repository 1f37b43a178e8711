package githubsim_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
)

const rateQuery = `{ rateLimit { cost } }`

func TestEffectsOnTheAnswer(t *testing.T) {
	type E = githubsim.Effect
	for _, tc := range []struct {
		name   string
		effect E
		status int
		body   string // contained
		header [2]string
		json   bool
	}{
		{"timeout", githubsim.Timeout(502), 502, `{"data":null,"errors":[{"message":"Something went wrong while executing your query. This may be the result of a timeout`, [2]string{"Content-Type", "application/json; charset=utf-8"}, true},
		{"timeout", githubsim.Timeout(504), 504, `"errors"`, [2]string{}, true},
		{"nginx page", githubsim.NginxPage(502), 502, "<center><h1>502 Bad Gateway</h1></center>", [2]string{"Content-Type", "text/html; charset=utf-8"}, false},
		{"unicorn page", githubsim.UnicornPage(503), 503, "Unicorn!", [2]string{"Content-Type", "text/html; charset=utf-8"}, false},
		{"html page", githubsim.HTMLPage(), 200, "<html>", [2]string{"Content-Type", "text/html; charset=utf-8"}, false},
		{"secondary limit", githubsim.SecondaryLimit(200, time.Minute), 200, "secondary rate limit", [2]string{"Retry-After", "60"}, true},
		{"secondary limit", githubsim.SecondaryLimit(403, -1), 403, "secondary rate limit", [2]string{"Retry-After", ""}, true},
		{"secondary limit", githubsim.SecondaryLimit(429, 1500*time.Millisecond), 429, "secondary rate limit", [2]string{"Retry-After", "2"}, true},
		{"primary limit", githubsim.PrimaryLimit("RATE_LIMITED", 4211), 200, `"type":"RATE_LIMITED","code":"graphql_rate_limit"`, [2]string{"X-Ratelimit-Remaining", "4211"}, true},
		{"header", githubsim.Header("X-RateLimit-Reset", "4102444800"), 200, "data", [2]string{"X-Ratelimit-Reset", "4102444800"}, true},
		{"secondary limit", githubsim.SecondaryLimit(403, 1_000_000_000*time.Second), 403, "secondary rate limit", [2]string{"Retry-After", "1000000000"}, true},
		{"null data", githubsim.NullData(), 200, `{"data":null}`, [2]string{"X-Ratelimit-Remaining", "4999"}, true},
		{"bare message", githubsim.BareMessage(200, `a "b"`), 200, `{"message":"a \"b\""}`, [2]string{}, true},
		{"unauthorized", githubsim.Unauthorized(), 401, "Bad credentials", [2]string{}, true},
		{"garbage", githubsim.Garbage(), 200, "\xff", [2]string{}, false},
		{"empty body", githubsim.EmptyBody(), 200, "", [2]string{"Content-Length", "0"}, false},
		{"redirect", githubsim.Redirect("http://127.0.0.1:1/x"), 301, "Moved", [2]string{"Location", "http://127.0.0.1:1/x"}, true},
		{"truncated JSON", githubsim.TruncatedJSON(), 200, `{"data":{"rate`, [2]string{}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := serve(t, letters("a"), githubsim.WithFaults(githubsim.Fault{Times: 1, Effects: []E{tc.effect}}))
			a := c.ask(rateQuery, nil)
			if a.Status != tc.status || !strings.Contains(a.Raw, tc.body) {
				t.Errorf("got %d %q", a.Status, a.Raw)
			}
			if tc.header[0] != "" && a.Header.Get(tc.header[0]) != tc.header[1] {
				t.Errorf("%s is %q, want %q", tc.header[0], a.Header.Get(tc.header[0]), tc.header[1])
			}
			if json.Valid([]byte(a.Raw)) != tc.json {
				t.Errorf("valid JSON is not %v: %s", tc.json, a.Raw)
			}
			if log := c.server.Log(); len(log) != 1 || log[0].Status != tc.status || fmt.Sprint(log[0].Faults) != "["+tc.name+"]" {
				t.Errorf("logged %+v", log)
			}
			c.data(rateQuery, nil) // once only
		})
	}
}

func TestBrokenConnections(t *testing.T) {
	c := serve(t, letters("a"), githubsim.WithFaults(
		githubsim.Fault{When: []githubsim.Condition{githubsim.Nth(1)}, Effects: []githubsim.Effect{githubsim.ResetConnection()}},
		githubsim.Fault{When: []githubsim.Condition{githubsim.Nth(2)}, Effects: []githubsim.Effect{githubsim.CloseMidBody()}}))
	body := `{"query":"{ rateLimit { cost } }"}`
	if _, err := c.post(body); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("reset: %v", err)
	}
	if a, err := c.post(body); !errors.Is(err, io.ErrUnexpectedEOF) || a.Status != 200 || len(a.Raw) == 0 {
		t.Errorf("mid-body: %v %+v", err, a)
	}
	if a, err := c.post(body); err != nil || a.Status != 200 {
		t.Errorf("afterwards: %v", err)
	}
}

// TestSlowAnswers: an answer that takes its time ends with its request.
func TestSlowAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := githubsim.New(letters("a"), githubsim.WithFaults(githubsim.Fault{Effects: []githubsim.Effect{githubsim.Slow(time.Hour)}}))
		c := inProcess(t, s)
		began := time.Now()
		c.data(rateQuery, nil)
		c.http.Timeout = time.Minute
		if _, err := c.post(`{"query":"{ rateLimit { cost } }"}`); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("an impatient client got %v", err)
		}
		if took := time.Since(began); took != time.Hour+time.Minute {
			t.Errorf("they took %v", took)
		}
	})
}

func TestEffectsOnElements(t *testing.T) {
	w := letters("abcd")
	ids := []string{w.ID("o/a"), w.ID("o/b"), w.ID("o/c"), w.ID("o/d")}
	for _, tc := range []struct {
		effect      githubsim.Effect
		data, types string
	}{
		{githubsim.ForbiddenElement(ids[1]), `[{"name":"a"},null,{"name":"c"},{"name":"d"}]`, "FORBIDDEN"},
		{githubsim.MissingElement(ids[1], ids[3]), `[{"name":"a"},null,{"name":"c"},null]`, "NOT_FOUND NOT_FOUND"},
		{githubsim.BrokenElement(ids[0]), `[null,{"name":"b"},{"name":"c"},{"name":"d"}]`, ""},
		{githubsim.ResourceLimits(), `[{"name":"a"},{"name":"b"},null,null]`, "RESOURCE_LIMITS_EXCEEDED RESOURCE_LIMITS_EXCEEDED"},
	} {
		c := serve(t, w, githubsim.WithFaults(githubsim.Fault{Effects: []githubsim.Effect{tc.effect}}))
		a := c.ask(`query($ids: [ID!]!) { nodes(ids: $ids) { ... on Repository { name } } }`, map[string]any{"ids": ids})
		if got := compact(t, dig(t, a.Data, "nodes")); got != tc.data || a.types() != tc.types || len(a.Errors) == 0 {
			t.Errorf("nodes: %s", a.Raw)
		}
		a = c.ask(`{ repositoryOwner(login: "o") { repositories(first: 4) { nodes { name } } } }`, nil)
		if got := compact(t, dig(t, a.Data, "repositoryOwner", "repositories", "nodes")); got != tc.data {
			t.Errorf("listing: %s", a.Raw)
		}
	}
}

// TestEffectsOnFields: what a field is worth, whatever the schema says, and
// what its failing takes with it.
func TestEffectsOnFields(t *testing.T) {
	w := letters("ab")
	a, b := w.ID("o/a"), w.ID("o/b")
	for _, tc := range []struct {
		name   string
		effect githubsim.Effect
		fields string
		data   string // of both repositories
		errors string // types with paths
	}{
		{"no permission, non-null", githubsim.NotAccessible("Repository.issues"), `name issues { totalCount }`, `[null,null]`, "FORBIDDEN[nodes 0 issues] FORBIDDEN[nodes 1 issues]"},
		{"no permission in one repository", githubsim.NotAccessible("Repository.pullRequests", b), `name pullRequests { totalCount }`, `[{"name":"a","pullRequests":{"totalCount":0}},null]`,
			"FORBIDDEN[nodes 1 pullRequests]"},
		{"a null branch with an error", githubsim.FieldError("Repository.defaultBranchRef", "", "Something went wrong", a), `name branch: defaultBranchRef { name }`,
			`[{"branch":null,"name":"a"},{"branch":{"name":"main"},"name":"b"}]`, "[nodes 0 branch]"},
		{"an error deep inside", githubsim.FieldError("Commit.author", "", "Something went wrong", a), `defaultBranchRef { target { ... on Commit { author { name } } } }`,
			`[{"defaultBranchRef":{"target":{"author":null}}},{"defaultBranchRef":{"target":{"author":{"name":"Dana Talbot"}}}}]`, "[nodes 0 defaultBranchRef target author]"},
		{"a date that no program reads", githubsim.FieldValue("Repository.pushedAt", `"10889-01-01T00:00:00Z"`, b), `pushedAt`,
			`[{"pushedAt":"2026-01-01T12:00:00Z"},{"pushedAt":"10889-01-01T00:00:00Z"}]`, ""},
		{"a number that no float holds", githubsim.FieldValue("Repository.stargazerCount", `9007199254740993`, b), `stargazerCount`, `[{"stargazerCount":0},{"stargazerCount":9007199254740992}]`, ""},
		{"ids that are null", githubsim.FieldValue("Repository.id", `null`), `id name`, `[{"id":null,"name":"a"},{"id":null,"name":"b"}]`, ""},
		{"ids that are numbers", githubsim.FieldValue("Repository.id", `17`), `id`, `[{"id":17},{"id":17}]`, ""},
		{"another order", githubsim.Reversed(), `name`, `[{"name":"b"},{"name":"a"}]`, ""},
	} {
		c := serve(t, w, githubsim.WithFaults(githubsim.Fault{Effects: []githubsim.Effect{tc.effect}}))
		answer := c.ask(`query($ids: [ID!]!) { nodes(ids: $ids) { ... on Repository { `+tc.fields+` } } }`, map[string]any{"ids": []string{a, b}})
		var errs []string
		for _, e := range answer.Errors {
			errs = append(errs, e.Type+fmt.Sprint(e.Path))
		}
		if got := compact(t, dig(t, answer.Data, "nodes")); got != tc.data || strings.Join(errs, " ") != tc.errors {
			t.Errorf("%s: %s", tc.name, answer.Raw)
		}
	}
}

// TestListingsThatDoNotAddUp: pages that repeat, cursors that never end, and a
// world that changes between two pages.
func TestListingsThatDoNotAddUp(t *testing.T) {
	type E = githubsim.Effect
	for _, tc := range []struct {
		name string
		when githubsim.Condition
		with func(w *githubsim.World) E
		want string
	}{
		{"a page that repeats the first", githubsim.Continues, func(*githubsim.World) E { return githubsim.RepeatedPage() }, "ababa"},
		{"two renames across the cursor", githubsim.Nth(2), func(w *githubsim.World) E {
			return githubsim.Meanwhile(func() { w.Rename("o/a", "z", day(99)); w.Rename("o/e", "A", day(99)) })
		}, "abcdz"},
		{"an owner that lost all but two", githubsim.Nth(2), func(w *githubsim.World) E {
			return githubsim.Meanwhile(func() { w.Delete("o/c"); w.Delete("o/d"); w.Delete("o/e") })
		}, "ab"},
		{"the smallest page is too much", nil, func(*githubsim.World) E { return githubsim.ResourceLimits() }, "a?c??"},
		{"every page brings a cursor of its own", nil, func(*githubsim.World) E { return githubsim.EndlessCursors() }, "abcdeabcdea"},
	} {
		w := letters("abcde")
		fault := githubsim.Fault{Effects: []E{tc.with(w)}}
		if tc.when != nil {
			fault.When = []githubsim.Condition{tc.when}
		}
		c := serve(t, w, githubsim.WithFaults(fault))
		if got := c.walk(", orderBy: {field: NAME, direction: ASC}", 2, nil); got != tc.want {
			t.Errorf("%s: got %s, want %s", tc.name, got, tc.want)
		}
	}
	c := serve(t, letters("abc"), githubsim.WithFaults(githubsim.Fault{Effects: []E{githubsim.EndlessCursors()}}))
	seen, got, before := map[any]bool{}, "", any(nil)
	for range 4 {
		a := c.ask(`query($b: String) { repositoryOwner(login: "o") { repositories(last: 2, before: $b) { nodes { name } pageInfo { startCursor hasPreviousPage } } } }`, map[string]any{"b": before})
		page := dig(t, a.Data, "repositoryOwner", "repositories")
		for _, n := range dig(t, page, "nodes").([]any) {
			got += dig(t, n, "name").(string)
		}
		if before = dig(t, page, "pageInfo", "startCursor"); seen[before] || dig(t, page, "pageInfo", "hasPreviousPage") != true {
			t.Errorf("backwards: %s", a.Raw)
		}
		seen[before] = true
	}
	if got != "bcabca" {
		t.Errorf("backwards: got %s", got)
	}
}

func TestOwnersThatChange(t *testing.T) {
	w := letters("ab")
	id := w.ID("o/a")
	c := serve(t, w, githubsim.WithFaults(githubsim.Fault{When: []githubsim.Condition{githubsim.After(3)}, Effects: []githubsim.Effect{githubsim.Unauthorized()}}))
	const q = `query($o: String!) { repositoryOwner(login: $o) { login repositories { totalCount } } }`
	w.RenameOwner("o", "p")
	if a := c.ask(q, map[string]any{"o": "o"}); a.types() != "NOT_FOUND" {
		t.Errorf("the old login: %s", a.Raw)
	}
	if got := c.data(q, map[string]any{"o": "p"}) + c.repo(id, "nameWithOwner") + fmt.Sprint(w.Names("p")); got != `{"repositoryOwner":{"login":"p","repositories":{"totalCount":2}}}{"nameWithOwner":"p/a"}[p/a p/b]` {
		t.Errorf("the new login: %s", got)
	}
	if a := c.ask(q, map[string]any{"o": "p"}); a.Status != 401 {
		t.Errorf("a token that expired after three requests: %d", a.Status)
	}
	c.server.SetFaults()
	w.DeleteOwner("p")
	if a := c.ask(q, map[string]any{"o": "p"}); a.types() != "NOT_FOUND" {
		t.Errorf("a deleted owner: %s", a.Raw)
	}
}

// TestConditions sends the same seven requests and sees which are struck.
func TestConditions(t *testing.T) {
	w := letters("abcde")
	a, b := w.ID("o/a"), w.ID("o/b")
	type C = githubsim.Condition
	for _, tc := range []struct {
		name string
		when []C
		max  int
		want string // one digit a request, 1 when struck
	}{
		{"always", nil, 0, "1111111"},
		{"at most twice", nil, 2, "1100000"},
		{"nth", []C{githubsim.Nth(3)}, 0, "0010000"},
		{"kind", []C{githubsim.OfKind(githubsim.Listing)}, 0, "1110000"},
		{"nth of a kind", []C{githubsim.OfKind(githubsim.Details), githubsim.Nth(2)}, 0, "0000100"},
		{"ids", []C{githubsim.AsksFor(b)}, 0, "0001000"},
		{"many ids", []C{githubsim.MoreIDsThan(1)}, 0, "0001000"},
		{"a condition of one's own", []C{func(r *githubsim.Request) bool { return strings.Contains(r.Query, "(first: 21)") }}, 0, "0000001"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := serve(t, w, githubsim.WithFaults(githubsim.Fault{When: tc.when, Times: tc.max, Effects: []githubsim.Effect{githubsim.Slow(0)}}))
			c.walk("", 2, nil)
			c.ask(chunkQuery, map[string]any{"ids": []string{a, b}})
			c.ask(chunkQuery, map[string]any{"ids": []string{a}})
			for _, size := range []string{"20", "21"} {
				c.repo(a, `defaultBranchRef { target { ... on Commit { history(first: `+size+`) { totalCount } } } }`)
			}
			got := ""
			for _, r := range c.server.Log() {
				got += map[bool]string{true: "1", false: "0"}[len(r.Faults) > 0]
			}
			if got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

func TestSetFaults(t *testing.T) {
	c := serve(t, letters("a"), githubsim.WithFaults(githubsim.Fault{Effects: []githubsim.Effect{githubsim.NullData()}}))
	if a := c.ask(rateQuery, nil); a.Data != nil {
		t.Error(a.Raw)
	}
	c.server.SetFaults()
	c.data(rateQuery, nil)
}
