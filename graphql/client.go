package graphql

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/shurcooL/githubv4"
	"golang.org/x/oauth2"

	"github.com/stalewatch/stalewatch/graphql/budget"
	"github.com/stalewatch/stalewatch/pipeline/durable"
	"github.com/stalewatch/stalewatch/pipeline/github"
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
	api      *githubv4.Client
	http     *http.Client
	rest     string // the base of REST's addresses
	endpoint string
	share    *budget.Share
	slow     time.Duration
	revision string

	answered atomic.Bool  // whether the endpoint has ever answered as GitHub does
	silent   atomic.Int32 // requests in a row that got no useful answer

	restUsedUp atomic.Int64 // until when REST has no requests left, in Unix seconds
}

var errSlow = errors.New("no answer within the time a request may take")

// New returns a client. It sends nothing yet.
func New(o Options) *Client {
	if o.URL == "" {
		o.URL = DefaultURL
	}
	if o.Base == nil {
		o.Base = http.DefaultTransport.(*http.Transport).Clone()
	}
	if o.Slow == 0 {
		o.Slow = 30 * time.Second
	}
	if o.UserAgent == "" {
		o.UserAgent = "stalewatch"
	}
	transport := &oauth2.Transport{
		Source: o.Tokens,
		Base:   &classifier{base: o.Base, endpoint: o.URL, agent: o.UserAgent},
	}
	hc := &http.Client{
		Transport: transport,
		// A redirect would carry the token to wherever it points.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return &Client{
		api:      githubv4.NewEnterpriseClient(o.URL, hc),
		http:     hc,
		rest:     restBase(o.URL),
		endpoint: o.URL,
		share:    o.Share,
		slow:     o.Slow,
		revision: revision(),
	}
}

// Revision identifies the texts of the queries and the rules of mapping.
func (c *Client) Revision() string { return c.revision }

// envelope is what every query asks for besides its own matter.
type envelope struct {
	// Typename is never empty in an answer, so it tells one from no answer.
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

// ask sends one query and returns what the transport learnt about the answer.
// It waits for the budget, but repeats nothing.
func (c *Client) ask(ctx context.Context, want budget.Ask, q query, vars map[string]any) (*answer, error) {
	reservation, err := c.share.Acquire(ctx, want)
	if err != nil {
		return nil, err
	}
	x := &exchange{}
	slow, cancel := context.WithTimeoutCause(context.WithValue(ctx, exchangeKey{}, x), c.slow, errSlow)
	sent := time.Now()
	err = c.api.Query(slow, q, vars)
	took := time.Since(sent)
	cancel()
	durable.Took(ctx, took)
	if err == nil && q.common().Typename == "" {
		err = &EmptyAnswerError{Message: "it lacks what was asked for"}
	}
	err = c.account(err)
	// The place is given free when the answer is on disk, so that a killed run
	// asks again for no more than may be in flight.
	used := usage(x.answer, q, err)
	used.Took = took
	durable.Checkpointed(ctx, func() {
		used.Followed = err == nil && x.answer.followed
		reservation.Settle(used)
	})
	if err != nil {
		return nil, err
	}
	x.answer.took = took
	return x.answer, nil
}

// account keeps track of how the endpoint behaves and completes the error with
// what only the client can know.
func (c *Client) account(err error) error {
	if err == nil {
		c.answered.Store(true)
		c.silent.Store(0)
		return nil
	}
	if errors.Is(err, context.Canceled) {
		return err // the run is stopping, which says nothing about GitHub
	}
	if e, ok := errors.AsType[*RateLimitError](err); ok {
		e.Doubtful = time.Until(e.Until) > budget.LongestWait
		e.Until = c.share.Budget().Exhausted(e.Until)
		return e
	}
	if e, ok := errors.AsType[*SecondaryLimitError](err); ok {
		e.Until = c.share.Budget().PauseFor(e.RetryAfter, tooMuch)
		return e
	}
	if e, ok := errors.AsType[*CredentialsError](err); ok {
		e.Expired = c.answered.Load()
		return e
	}
	if e, ok := errors.AsType[*EndpointError](err); ok {
		if c.answered.Load() { // it did answer before, so this is a bad moment
			return &TimeoutError{Status: http.StatusOK, Message: e.Message}
		}
		return e
	}
	if e, ok := errors.AsType[*NetworkError](err); ok {
		e.Never = c.silent.Add(1) >= patience && !c.answered.Load()
		return e
	}
	if e, ok := errors.AsType[*TimeoutError](err); ok {
		if c.silent.Add(1) >= outage {
			return &OutageError{Err: e}
		}
		return e
	}
	if r, ok := errors.AsType[durable.Remediable](err); ok {
		return r // without net/http's and githubv4's wrapping
	}
	return &EmptyAnswerError{Message: fmt.Sprintf("it cannot be decoded: %s", quote(err.Error()))}
}

const (
	// patience is after how many requests without any answer an endpoint that
	// never answered is given up.
	patience = 3
	// outage is after how many failures in a row, with no success in between,
	// the server rather than the query is taken to be at fault.
	outage = 12
)

// usage tells the budget what a request cost: by the headers first, which come
// with refusals too, then by what the query says.
func usage(a *answer, q query, err error) budget.Usage {
	u := budget.Usage{Failed: err != nil}
	if a != nil {
		u.Limit, u.Remaining, u.Reset = a.limit, a.remaining, a.reset
	}
	if rl := q.common().RateLimit; rl != nil && err == nil {
		u.Cost = int(rl.Cost)
		if u.Limit == 0 {
			u.Limit, u.Remaining, u.Reset = int(rl.Limit), int(rl.Remaining), rl.ResetAt.Time
		}
	}
	switch err.(type) {
	case *SecondaryLimitError, *TimeoutError, *OutageError, *ResourceLimitError:
		u.PushBack = true
	}
	return u
}

// spent is what the answer says it cost.
func (e *envelope) spent(a *answer) github.Spent {
	s := github.Spent{Took: a.took}
	if e.RateLimit != nil {
		s.Cost = int(e.RateLimit.Cost)
	}
	return s
}
