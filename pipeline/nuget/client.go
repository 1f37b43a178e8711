package nuget

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/stalewatch/stalewatch/graphql/budget"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

const (
	// outage is how many failures in a row make the client give up.
	outage = 12
	// patience is how long an answer may take.
	patience = 30 * time.Second
	// longest is the longest limit that is waited for.
	longest = 2 * time.Minute
)

// Options says how a [Client] reaches a feed.
type Options struct {
	// URL of the service index; empty means [DefaultURL].
	URL string
	// Share of the feed's budget; required. It is no share of GitHub's.
	Share *budget.Share
	// UserAgent names the program.
	UserAgent string
	// Base sends the requests; nil means a transport with Go's defaults.
	Base http.RoundTripper
}

// Client asks a NuGet V3 feed. It is safe for concurrent use. Each method is
// one request; it waits for the budget but repeats nothing. Its errors say by
// their durable.Remedy what helps.
type Client struct {
	index string
	share *budget.Share
	agent string
	http  *http.Client

	failures atomic.Int32 // in a row
	limited  atomic.Int64 // when a limit ends that is too long to wait for, in Unix seconds
}

// NewClient returns a client. It sends nothing yet.
func NewClient(o Options) *Client {
	if o.URL == "" {
		o.URL = DefaultURL
	}
	if o.Base == nil {
		o.Base = http.DefaultTransport.(*http.Transport).Clone()
	}
	return &Client{index: o.URL, share: o.Share, agent: o.UserAgent, http: &http.Client{Transport: o.Base, CheckRedirect: checkRedirect}}
}

// checkRedirect follows a few redirects, which the protocol allows, but never
// from https to less.
func checkRedirect(req *http.Request, via []*http.Request) error {
	if len(via) >= 5 {
		return errors.New("more than five redirects")
	}
	if via[0].URL.Scheme == "https" && req.URL.Scheme != "https" {
		return fmt.Errorf("it redirects from https to %s", req.URL.Scheme)
	}
	return nil
}

// read reads the JSON at an address into v.
func (c *Client) read(ctx context.Context, address string, v any) error {
	a, err := c.get(ctx, address, "")
	if err != nil {
		return err
	}
	return a.decode(v)
}

// get reads one address, conditionally when an ETag is given.
func (c *Client) get(ctx context.Context, address, etag string) (a answer, err error) {
	err = c.share.Do(ctx, budget.Ask{Kind: "feed"}, func(ctx context.Context) error {
		if n := c.failures.Load(); n >= outage {
			return outageError(fmt.Errorf("%d requests in a row failed", n))
		}
		if wait := time.Until(time.Unix(c.limited.Load(), 0)); wait > 0 {
			return limitError("it said so before", wait.Round(time.Second))
		}
		var err error
		a, err = c.send(ctx, address, etag)
		return c.learn(err)
	})
	return a, err
}

// learn takes from an answer what the next requests have to know. It returns
// the answer's error, or the outage that it was the last sign of.
func (c *Client) learn(err error) error {
	switch remedy := durable.RemedyOf(err); remedy.Cause {
	case CauseServer, CauseNetwork:
		if c.failures.Add(1) >= outage {
			return outageError(err)
		}
		return err
	case CauseLimit:
		if remedy.Course == durable.Fail {
			c.limited.Store(time.Now().Add(remedy.After).Unix())
		} else {
			c.share.Budget().PauseFor(remedy.After, "the NuGet server asked to slow down")
		}
	}
	c.failures.Store(0)
	return err
}

func (c *Client) send(ctx context.Context, address, etag string) (answer, error) {
	slow, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	req, err := http.NewRequestWithContext(slow, http.MethodGet, address, nil)
	if err != nil {
		return answer{}, answerError(c.index, "it names an address that is none: "+address)
	}
	req.Header.Set("User-Agent", c.agent)
	req.Header.Set("Accept-Encoding", "gzip")
	if etag != "" {
		req.Header.Set("If-None-Match", etag)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return answer{}, noAnswer(ctx, address, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNotModified {
		return answer{etag: etag, unchanged: true}, nil
	}
	body, err := unpacked(resp)
	switch {
	case errors.Is(err, errTooLarge):
		return answer{}, answerError(address, err.Error())
	case err != nil:
		return answer{}, noAnswer(ctx, address, err)
	}
	return answer{address, body, resp.Header.Get("ETag"), false}, refusal(resp, address, body)
}

func noAnswer(ctx context.Context, address string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err() // the run is stopping, which says nothing about the server
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err // without the address once more
	}
	return feedError(durable.Retry, CauseNetwork, "no answer from %s: %w; check --nuget-url and the network", address, err)
}
