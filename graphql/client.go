package graphql

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/shurcooL/githubv4"
	"golang.org/x/oauth2"

	"github.com/stalewatch/stalewatch/graphql/budget"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// DefaultURL is github.com's GraphQL endpoint.
const DefaultURL = "https://api.github.com/graphql"

// Options says how a [Client] reaches GitHub.
type Options struct {
	// URL of the GraphQL endpoint; empty means [DefaultURL].
	URL string
	// Tokens supplies the token; required.
	Tokens oauth2.TokenSource
	// Share of the account's budget; required.
	Share *budget.Share
	// UserAgent names the program, which GitHub requires.
	UserAgent string
	// Base sends the requests; nil means a transport with Go's defaults.
	Base http.RoundTripper
	// Slow is how long to wait for an answer; zero means 30 seconds, three
	// times what GitHub gives a query.
	Slow time.Duration
}

// Client asks GitHub. It is safe for concurrent use.
type Client struct {
	api   *githubv4.Client
	http  *http.Client
	rest  string // the base of REST's addresses
	share *budget.Share
	slow  time.Duration

	answered atomic.Bool  // whether the endpoint has ever answered as GitHub does
	silent   atomic.Int32 // requests in a row without a useful answer

	restUsedUp atomic.Int64 // until when REST has no requests left, in Unix seconds
}

// New returns a client. It sends nothing yet.
func New(o Options) *Client {
	o.URL, o.UserAgent, o.Slow = cmp.Or(o.URL, DefaultURL), cmp.Or(o.UserAgent, "stalewatch"), cmp.Or(o.Slow, 30*time.Second)
	if o.Base == nil {
		o.Base = http.DefaultTransport.(*http.Transport).Clone()
	}
	hc := &http.Client{
		Transport: &oauth2.Transport{
			Source: o.Tokens,
			Base:   &classifier{base: o.Base, endpoint: o.URL, agent: o.UserAgent},
		},
		// A redirect would carry the token to wherever it points.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &Client{api: githubv4.NewEnterpriseClient(o.URL, hc), http: hc, rest: restBase(o.URL), share: o.Share, slow: o.Slow}
}

// restBase is where GitHub's REST API lives beside a GraphQL endpoint:
// https://api.github.com, or https://HOST/api/v3 of an Enterprise Server.
func restBase(endpoint string) string {
	endpoint = strings.TrimSuffix(endpoint, "/")
	if server, ok := strings.CutSuffix(endpoint, "/api/graphql"); ok {
		return server + "/api/v3"
	}
	return strings.TrimSuffix(endpoint, "/graphql")
}

// envelope is what every query asks for besides its subject.
type envelope struct {
	// Typename is empty only when there is no answer.
	Typename githubv4.String `graphql:"__typename"`
	// RateLimit is null on servers that have no limit.
	RateLimit *struct {
		Cost      githubv4.Int
		Limit     githubv4.Int
		Remaining githubv4.Int
		ResetAt   githubv4.DateTime
	}
}

func (e *envelope) common() *envelope { return e }

type query interface{ common() *envelope }

// ask sends one query within the budget, and repeats nothing.
func (c *Client) ask(ctx context.Context, want budget.Ask, q query, vars map[string]any) (*answer, error) {
	a := &answer{}
	return a, c.share.Spend(ctx, want, func(ctx context.Context, used *budget.Usage) error {
		a.used = used
		ctx, cancel := c.timed(ctx, a)
		defer cancel()
		err := c.api.Query(ctx, q, vars)
		if err == nil && q.common().Typename == "" {
			err = &EmptyAnswerError{Message: "it lacks what was asked for"}
		}
		err = c.account(err)
		used.PushBack = pushedBack(err)
		// The headers come first: refusals have them, too.
		used.Limit, used.Remaining, used.Reset = a.limit, a.remaining, a.reset
		if rl := q.common().RateLimit; rl != nil && err == nil {
			used.Cost = int(rl.Cost)
			if used.Limit == 0 {
				used.Limit, used.Remaining, used.Reset = int(rl.Limit), int(rl.Remaining), rl.ResetAt.Time
			}
		}
		return err
	})
}

// timed returns the context of a request, in which the transport finds the answer
// to fill, and which ends when the client has waited long enough.
func (c *Client) timed(ctx context.Context, a *answer) (context.Context, context.CancelFunc) {
	return context.WithTimeoutCause(context.WithValue(ctx, answerKey{}, a), c.slow, errSlow)
}

// account notes how the endpoint behaves, and completes the error with what only
// the client knows.
func (c *Client) account(err error) error {
	if err == nil {
		c.answered.Store(true)
		c.silent.Store(0)
		return nil
	}
	if errors.Is(err, context.Canceled) {
		return err // the run is stopping, which says nothing about GitHub
	}
	refusal, ok := errors.AsType[durable.Remediable](err) // without net/http's and githubv4's wrapping
	if !ok {
		return &EmptyAnswerError{Message: fmt.Sprintf("it cannot be decoded: %s", quote(err.Error()))}
	}
	switch e := refusal.(type) {
	case *RateLimitError:
		e.Doubtful = time.Until(e.Until) > budget.LongestWait
		e.Until = c.share.Budget().Exhausted(e.Until)
	case *SecondaryLimitError:
		e.Until = c.share.Budget().PauseFor(e.RetryAfter, tooMuch)
	case *CredentialsError:
		e.Expired = c.answered.Load()
	case *EndpointError:
		if c.answered.Load() { // it did answer before, so this is a bad moment
			return &TimeoutError{Status: http.StatusOK, Message: e.Message}
		}
	case *NetworkError:
		e.Never = c.silent.Add(1) >= patience && !c.answered.Load()
	case *TimeoutError:
		if c.silent.Add(1) >= outage {
			return &OutageError{Err: e}
		}
	}
	return refusal
}

const (
	// patience is how many requests may fail before an endpoint that never
	// answered is given up.
	patience = 3
	// outage is how many failures in a row mean that the server is at fault
	// rather than the query.
	outage = 12
)

// pushedBack reports an error by which GitHub asks for less.
func pushedBack(err error) bool {
	switch err.(type) {
	case *SecondaryLimitError, *TimeoutError, *OutageError, *ResourceLimitError:
		return true
	}
	return false
}
