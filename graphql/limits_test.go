package graphql_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/stalewatch/stalewatch/graphql"
	"github.com/stalewatch/stalewatch/graphql/budget"
	"github.com/stalewatch/stalewatch/pipeline/durable"
	"github.com/stalewatch/stalewatch/pipeline/github"
)

// reply is an answer that needs no server, so that it can come in virtual time.
type reply struct {
	status int
	header map[string]string
	body   string
	takes  time.Duration
	cut    bool // the connection breaks after the body
}

// good is a listing of nothing.
func good() reply {
	return reply{status: 200, body: `{"data":{"__typename":"Query","rateLimit":{"cost":1,"limit":5000,"remaining":4999,"resetAt":"2000-01-01T01:00:00Z"},"repositoryOwner":{"id":"O_1","login":"contoso","repositories":{"totalCount":0,"nodes":[],"pageInfo":{"hasNextPage":false}}}}}`}
}

// script answers one request after the other; the last answer stands for all
// that follow.
type script struct {
	mu      sync.Mutex
	replies []reply
	asked   int
	spent   time.Duration
}

func (s *script) RoundTrip(r *http.Request) (*http.Response, error) {
	s.mu.Lock()
	a := s.replies[min(s.asked, len(s.replies)-1)]
	s.asked++
	s.spent += a.takes
	s.mu.Unlock()
	time.Sleep(a.takes)
	resp := canned(a)
	resp.Request = r
	return resp, nil
}

func canned(a reply) *http.Response {
	header := make(http.Header)
	for k, v := range a.header {
		header.Set(k, v)
	}
	body := io.Reader(strings.NewReader(a.body))
	if a.cut {
		body = io.MultiReader(body, iotest.ErrReader(io.ErrUnexpectedEOF))
	}
	return &http.Response{StatusCode: a.status, Header: header, Body: io.NopCloser(body)}
}

// listing runs a listing of so many owners through the engine.
func listing(ctx context.Context, j durable.Journal, b *budget.Budget, s *script, owners ...string) error {
	c := graphql.New(graphql.Options{URL: "http://github.test/graphql", Base: s, Share: b.Pipeline(),
		Tokens: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token})})
	_, err := durable.Run(ctx, &durable.Engine{Journal: j}, "run", func(o *durable.Orchestration, _ int) (int, error) {
		var tasks []*durable.Task[github.ListPage]
		for _, owner := range owners {
			tasks = append(tasks, durable.Go(o, durable.Key{Step: "list", Item: owner}, c.List, github.ListQuery{Owner: owner, Order: "NAME", Size: 100}))
		}
		_, err := durable.All(tasks)
		return 0, err
	}, 0)
	return err
}

// TestRefusalsThatLast: what a run comes to, in virtual time, without a
// deadline or with one of forty minutes, and what the next start finds.
func TestRefusalsThatLast(t *testing.T) {
	const policy = "The 'Contoso' enterprise forbids access via a personal access token (classic) if the token's lifetime is greater than 8 days. Please adjust your token's lifetime at the following URL: https://github.com/settings/tokens/123456789"
	secondary := func(retryAfter string) reply {
		r := reply{status: 403, header: map[string]string{}, body: `{"message":"You have exceeded a secondary rate limit."}`, takes: time.Second}
		if retryAfter != "" {
			r.header["Retry-After"] = retryAfter
		}
		return r
	}
	primary := func(reset string) reply {
		return reply{status: 200, header: map[string]string{"X-Ratelimit-Limit": "5000", "X-Ratelimit-Remaining": "0", "X-Ratelimit-Reset": reset},
			body: `{"errors":[{"type":"RATE_LIMIT","message":"API rate limit exceeded"}]}`, takes: time.Second}
	}
	unauthorized := reply{status: 401, body: `{"message":"Bad credentials"}`, takes: time.Second}
	for name, tt := range map[string]struct {
		replies  []reply
		deadline time.Duration
		ends     func(error) bool
		says     string
		not      string
		atLeast  time.Duration // it takes
		within   time.Duration // it ends
		next     time.Duration // the next start, so much later, goes on at once
	}{
		"a second, thirty times": {replies: append(repeat(secondary("1"), 8), good()), ends: fine, within: time.Hour},
		"no time named":          {replies: append(repeat(secondary(""), 5), good()), ends: fine, within: time.Hour},
		"no end, a deadline":     {replies: repeat(secondary(""), 1), deadline: 40 * time.Minute, ends: suspended, says: "secondary rate limit", within: 40 * time.Minute, next: 24 * time.Hour},
		"31 years, a deadline":   {replies: repeat(secondary("1000000000"), 1), deadline: 40 * time.Minute, ends: suspended, says: "more than a server can mean", within: 2 * time.Second, next: time.Minute},
		"31 years, none":         {replies: []reply{secondary("1000000000"), good()}, ends: fine, within: 2*time.Hour + time.Minute},
		"more than an int holds": {replies: []reply{secondary("99999999999999"), good()}, ends: fine, within: 2*time.Hour + time.Minute},
		"more than fits":         {replies: []reply{secondary("99999999999999999999999"), good()}, ends: fine, within: 3 * time.Minute},
		"a date by a clock that is a year ahead": {replies: []reply{{status: 429, body: "{}", header: map[string]string{
			"Date": "Mon, 01 Jan 2001 00:00:00 GMT", "Retry-After": "Mon, 01 Jan 2001 00:00:30 GMT"}}, good()}, ends: fine, within: 30 * time.Second},
		"maintenance until then":          {replies: []reply{{status: 503, header: map[string]string{"Retry-After": "600"}, body: "<html>"}, good()}, ends: fine, atLeast: 10 * time.Minute, within: 10 * time.Minute},
		"a wish with garbage around it":   {replies: []reply{{status: 200, header: map[string]string{"Retry-After": "60"}, body: "\x00"}, good()}, ends: fine, atLeast: time.Minute, within: time.Minute},
		"a wish in an answer that is cut": {replies: []reply{{status: 403, header: map[string]string{"Retry-After": "60"}, body: "{", cut: true}, good()}, ends: fine, atLeast: time.Minute, within: time.Minute},
		"a reset years ahead, a deadline": {replies: []reply{primary("4102444800")}, deadline: 40 * time.Minute, ends: suspended, says: " can mean", within: 2 * time.Second, next: time.Minute},
		"a reset years ahead, none":       {replies: []reply{primary("4102444800"), good()}, ends: fine, within: time.Hour + time.Minute},
		"a primary limit and a wish": {replies: []reply{{status: 200, header: map[string]string{"Retry-After": "600", "X-Ratelimit-Limit": "5000", "X-Ratelimit-Remaining": "0", "X-Ratelimit-Reset": "946684860"},
			body: `{"errors":[{"type":"RATE_LIMIT","message":"API rate limit exceeded"}]}`}, good()}, ends: fine, atLeast: 10 * time.Minute, within: 11 * time.Minute},
		"a reset long past":           {replies: append(repeat(primary("86400"), 10), good()), ends: fine, within: 20 * time.Minute},
		"a token that ran out":        {replies: []reply{good(), unauthorized}, ends: suspended, says: "installation token lives one hour", within: time.Second, next: time.Minute},
		"a token that never was good": {replies: []reply{unauthorized}, ends: aborted, says: "set GH_TOKEN", within: time.Second},
		"a policy on tokens": {replies: []reply{{status: 403, body: `{"message":"` + policy + `"}`}}, ends: aborted,
			says: policy, not: "SAML", within: 0},
		"a policy on tokens, of one owner": {replies: []reply{{status: 200, body: `{"data":{"__typename":"Query","repositoryOwner":null},"errors":[{"type":"FORBIDDEN","path":["repositoryOwner"],"message":"` + policy + `"}]}`}},
			ends: failed(github.CauseForbidden), says: policy, not: "SAML", within: 0},
		"single sign-on": {replies: []reply{{status: 403, body: `{"message":"Resource protected by organization SAML enforcement."}`}}, ends: aborted, says: "authorize the token for the organization", within: 0},
		"an owner that is gone": {replies: []reply{{status: 200, body: `{"data":{"__typename":"Query","repositoryOwner":null}}`}},
			ends: failed(github.CauseOwner), says: "knows no organization or user", within: 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, start := t.Context(), time.Now()
				if tt.deadline > 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, tt.deadline)
					defer cancel()
				}
				j, b := durable.NewMemory(), budget.New(budget.Config{})
				err := listing(ctx, j, b, &script{replies: tt.replies}, "contoso", "fabrikam", "adatum", "litware", "proseware")
				if !tt.ends(err) {
					t.Fatalf("it ended with %T: %v", err, err)
				}
				if took := time.Since(start); took > tt.within || took < tt.atLeast {
					t.Errorf("it took %v, want %v to %v", took, tt.atLeast, tt.within)
				}
				if err != nil && (!strings.Contains(err.Error(), tt.says) || tt.not != "" && strings.Contains(err.Error(), tt.not)) {
					t.Errorf("it says %q, want a word of %q", err, tt.says)
				}
				if tt.next == 0 {
					return
				}
				time.Sleep(tt.next)
				next, start := budget.New(budget.Config{}), time.Now()
				next.Restore(b.State())
				if err := listing(t.Context(), j, next, &script{replies: []reply{good()}}, "contoso", "fabrikam", "adatum", "litware", "proseware"); err != nil || time.Since(start) > 0 {
					t.Errorf("the next start ended after %v with %v", time.Since(start), err)
				}
			})
		})
	}
}

func repeat(r reply, n int) (all []reply) {
	for range n {
		all = append(all, r)
	}
	return all
}

func fine(err error) bool { return err == nil }

func suspended(err error) bool { _, ok := errors.AsType[*durable.Suspension](err); return ok }

func aborted(err error) bool {
	return err != nil && !suspended(err) && durable.RemedyOf(err).Course == durable.Abort
}

func failed(code string) func(error) bool {
	return func(err error) bool {
		f, ok := errors.AsType[*durable.Failure](err)
		return ok && f.Code == code
	}
}

// TestTimeIsMetered: what the answers take is what the budget counts and the
// journal keeps, refused or not, and not what waiting for a turn takes.
func TestTimeIsMetered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow, quick := good(), good()
		slow.takes, quick.takes = 9*time.Second, 400*time.Millisecond
		timeout := reply{status: 502, body: "<html><title>502</title>", takes: 10 * time.Second}
		j, b := durable.NewMemory(), budget.New(budget.Config{})
		s := &script{replies: []reply{slow, timeout, slow, slow, slow, slow, slow, quick}}
		start := time.Now()
		if err := listing(t.Context(), j, b, s, "a", "b", "c", "d", "e", "f", "g"); err != nil {
			t.Fatal(err)
		}
		var took time.Duration
		for e := range j.Records(t.Context(), "run") {
			took += e.Record.Took
		}
		if want := 6*slow.takes + timeout.takes + quick.takes; took != want || s.spent != want {
			t.Errorf("the journal counts %v, the server %v, want %v", took, s.spent, want)
		}
		if total := time.Since(start); total < 70*time.Second {
			t.Errorf("more than a minute's worth of GitHub's time was used in %v", total)
		}
	})
}

// TestRemember holds what a journal adds to the note of the last process that
// ended in order, also where a clock jumped back since that was written.
func TestRemember(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	pause := now.Add(time.Hour)
	told := durable.Record{State: durable.Attempted, Ended: now.Add(-time.Second), Took: time.Second, Causes: []string{github.CauseSecondary}, RetryAt: pause}
	const year = 365 * 24 * time.Hour
	for _, tt := range []struct {
		name  string
		saved time.Time
		kept  time.Time // until when the note says to stay away
		rec   durable.Record
		want  time.Time
		spent int
	}{
		{"a killed process", now.Add(-time.Minute), time.Time{}, told, pause, 1},
		{"what the note holds already", now, pause.Add(time.Minute), told, pause.Add(time.Minute), 0},
		{"a longer pause of the note", now.Add(-time.Minute), pause.Add(time.Minute), told, pause.Add(time.Minute), 1},
		{"a clock that jumped back", now.Add(year), time.Time{}, told, pause, 1},
		{"a clock that jumped back in a pause", now.Add(year), now.Add(year + time.Hour), told, pause, 1},
		{"a pause told before a clock jumped back", now.Add(year), time.Time{}, durable.Record{State: durable.Attempted, Ended: now.Add(2 * time.Hour), Took: time.Second,
			Causes: []string{github.CauseSecondary}, RetryAt: now.Add(3 * time.Hour)}, time.Time{}, 1},
		{"a success", now.Add(-time.Minute), time.Time{}, durable.Record{State: durable.Succeeded, Ended: now, Took: time.Second}, time.Time{}, 1},
	} {
		s := budget.State{Saved: tt.saved, PausedUntil: tt.kept}
		graphql.Remember(&s, tt.rec)
		if !s.PausedUntil.Equal(tt.want) || len(s.Minute) != tt.spent {
			t.Errorf("%s: paused until %v with %d spendings, want %v with %d", tt.name, s.PausedUntil, len(s.Minute), tt.want, tt.spent)
		}
	}
}
