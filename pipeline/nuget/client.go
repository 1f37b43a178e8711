package nuget

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/stalewatch/stalewatch/graphql/budget"
	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// DefaultURL is the service index of nuget.org.
const DefaultURL = "https://api.nuget.org/v3/index.json"

const (
	// maxAnswer bounds what is read of one answer, unpacked. A registration page
	// of 64 versions is about 100 kB; some feeds inline hundreds of MB.
	maxAnswer = 32 << 20
	// outage is after how many failures in a row the server is given up.
	outage = 12
	// unnamedPause is how long a limit holds that names no time.
	unnamedPause = time.Minute
	// longest is how long a limit may hold that is waited for.
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
	// Slow is how long to wait for an answer; zero means 30 seconds.
	Slow time.Duration
}

// Client asks a NuGet V3 feed. It is safe for concurrent use. Each method is
// one request; it waits for the budget but repeats nothing.
type Client struct {
	index string
	share *budget.Share
	agent string
	http  *http.Client
	slow  time.Duration

	failures atomic.Int32 // in a row
	limited  atomic.Int64 // until when, in Unix seconds, a limit holds that nobody waits for
}

// NewClient returns a client. It sends nothing yet.
func NewClient(o Options) *Client {
	if o.URL == "" {
		o.URL = DefaultURL
	}
	if o.Base == nil {
		o.Base = http.DefaultTransport.(*http.Transport).Clone()
	}
	if o.Slow == 0 {
		o.Slow = 30 * time.Second
	}
	return &Client{index: o.URL, share: o.Share, agent: o.UserAgent, slow: o.Slow,
		http: &http.Client{Transport: o.Base, CheckRedirect: checkRedirect}}
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

// answer is what came of a GET.
type answer struct {
	body      []byte // nil when unchanged
	etag      string
	unchanged bool
}

// get reads one address, conditionally when an ETag is given.
func (c *Client) get(ctx context.Context, address, etag string) (a answer, err error) {
	err = c.share.Do(ctx, budget.Ask{Kind: "feed"}, func(ctx context.Context) error {
		if n := c.failures.Load(); n >= outage {
			return &OutageError{Err: fmt.Errorf("%d requests in a row failed", n)}
		}
		if wait := time.Until(time.Unix(c.limited.Load(), 0)); wait > 0 {
			return &LimitError{Message: "it said so before", RetryAfter: wait.Round(time.Second)}
		}
		var err error
		a, err = c.send(ctx, address, etag)
		return c.learn(err)
	})
	return a, err
}

// learn takes from an answer what the next requests have to know, and returns
// its error, or the outage that it was the last sign of.
func (c *Client) learn(err error) error {
	limit, limited := errors.AsType[*LimitError](err)
	switch {
	case limited && limit.RetryAfter > longest:
		c.limited.Store(time.Now().Add(limit.RetryAfter).Unix())
	case limited:
		c.share.Budget().PauseFor(limit.RetryAfter, "the NuGet server asked to slow down")
	}
	switch durable.RemedyOf(err).Cause {
	case CauseServer, CauseNetwork:
		if errors.Is(err, context.Canceled) {
			break // the run is stopping, which says nothing about the server
		}
		if c.failures.Add(1) >= outage {
			return &OutageError{Err: err}
		}
	default:
		c.failures.Store(0)
	}
	return err
}

func (c *Client) send(ctx context.Context, address, etag string) (answer, error) {
	slow, cancel := context.WithTimeout(ctx, c.slow)
	defer cancel()
	req, err := http.NewRequestWithContext(slow, http.MethodGet, address, nil)
	if err != nil {
		return answer{}, &AnswerError{URL: c.index, Message: "it names an address that is none: " + address}
	}
	req.Header.Set("User-Agent", c.agent)
	req.Header.Set("Accept-Encoding", "gzip")
	if etag != "" {
		req.Header.Set("If-None-Match", etag)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return answer{}, c.noAnswer(ctx, address, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusNotModified {
		return answer{etag: etag, unchanged: true}, nil
	}
	body, err := read(resp)
	switch {
	case errors.Is(err, errTooLarge):
		return answer{}, &AnswerError{URL: address, Message: err.Error()}
	case err != nil:
		return answer{}, c.noAnswer(ctx, address, err)
	}
	if err := refusal(resp, address, body); err != nil {
		return answer{}, err
	}
	return answer{body: body, etag: resp.Header.Get("ETag")}, nil
}

func (c *Client) noAnswer(ctx context.Context, address string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err // without the address once more
	}
	return &NetworkError{URL: address, Err: err}
}

var errTooLarge = fmt.Errorf("it is over %d MiB", maxAnswer>>20)

// read reads a body, which registrations always and others often are packed.
func read(resp *http.Response) ([]byte, error) {
	body := io.Reader(resp.Body)
	if resp.Header.Get("Content-Encoding") == "gzip" {
		unpacked, err := gzip.NewReader(body)
		if err != nil {
			return nil, err
		}
		body = unpacked
	}
	data, err := io.ReadAll(io.LimitReader(body, maxAnswer+1))
	if len(data) > maxAnswer {
		return nil, errTooLarge
	}
	return data, err
}

// refusal returns the typed error for an answer that is of no use.
func refusal(resp *http.Response, address string, body []byte) error {
	said := message(body)
	switch status := resp.StatusCode; {
	case status == http.StatusOK:
		return nil
	case status == http.StatusNotFound, status == http.StatusGone:
		return &NotFoundError{URL: address}
	case status == http.StatusTooManyRequests, status == http.StatusForbidden && strings.Contains(strings.ToLower(said), "quota"):
		return &LimitError{Message: said, RetryAfter: retryAfter(resp.Header.Get("Retry-After"), said, time.Now())}
	case status >= 500, status == http.StatusRequestTimeout:
		return &ServerError{URL: address, Status: status}
	default:
		return &AnswerError{URL: address, Message: fmt.Sprintf("HTTP %d %s", status, said)}
	}
}

// message is what a refusal says.
func message(body []byte) string {
	var said struct{ Message string }
	if json.Unmarshal(body, &said) != nil || said.Message == "" {
		said.Message = string(body)
	}
	return short(pipeline.MaskEmails(said.Message))
}

// short makes foreign text fit for one line: 300 characters at most.
func short(s string) string {
	r := []rune(strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " "))
	return string(r[:min(len(r), 300)])
}

// inSeconds finds the wait that nuget.org's gateway names in words.
var inSeconds = regexp.MustCompile(`in (\d{1,5}) seconds?`)

func retryAfter(header, said string, now time.Time) time.Duration {
	if n, err := strconv.Atoi(header); err == nil && n >= 0 {
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(header); err == nil {
		return max(0, at.Sub(now))
	}
	if m := inSeconds.FindStringSubmatch(said); m != nil {
		n, _ := strconv.Atoi(m[1])
		return time.Duration(n) * time.Second
	}
	return unnamedPause
}

// decode reads JSON into v.
func decode(address string, body []byte, v any) error {
	if err := json.Unmarshal(body, v); err != nil {
		return &AnswerError{URL: address, Message: err.Error()}
	}
	return nil
}
