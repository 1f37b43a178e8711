package graphql

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/graphql/budget"
)

// maxAnswer bounds what is read of one answer. A page of 100 repositories is
// about 150 kB.
const maxAnswer = 32 << 20

// maxValues bounds what an answer is decoded to: a hundred times its size when it
// consists of nulls or empty objects. The largest answers that are asked for, the
// root directories of many repositories, stay below it.
const maxValues = 300_000

var errSlow = errors.New("no answer within the time a request may take")

// classifier reads each answer once and returns every way in which GitHub says
// no as a typed error. An answer that holds data passes, without its errors,
// which the [answer] in the request's context takes instead.
//
// It neither waits nor repeats: its callers know what else goes on.
type classifier struct {
	base     http.RoundTripper
	endpoint string
	agent    string
}

func (c *classifier) RoundTrip(req *http.Request) (*http.Response, error) {
	req = req.Clone(req.Context())
	req.Header.Set("User-Agent", c.agent)
	// Without this, older nodes answer with ids of the old form.
	req.Header.Set("X-Github-Next-Global-ID", "1")
	secret := strings.TrimSpace(strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer"))

	resp, err := c.base.RoundTrip(req)
	if err != nil {
		return nil, c.noAnswer(req.Context(), err, secret)
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	resp.Body.Close()
	if err != nil {
		if after := retryAfter(resp.Header, time.Now()); after > 0 {
			return nil, &SecondaryLimitError{RetryAfter: after} // its words are lost, its wish is not
		}
		return nil, c.noAnswer(req.Context(), err, secret)
	}
	if len(body) > maxAnswer {
		return nil, &ResourceLimitError{Message: "the answer is over 32 MiB"}
	}
	if values(body) > maxValues {
		return nil, &ResourceLimitError{Message: "the answer holds more than anybody asked for"}
	}
	body = mask(body, secret)
	for _, values := range resp.Header {
		for i, v := range values {
			values[i] = string(mask([]byte(v), secret))
		}
	}
	a := req.Context().Value(answerKey{}).(*answer)
	a.read(resp.StatusCode, resp.Header, body)
	a.rest = req.Method == http.MethodGet
	if err := c.refusal(a, body); err != nil {
		return nil, err
	}
	if len(a.errors) > 0 && !a.rest {
		for i := range a.errors {
			a.errors[i].Message = quote(a.errors[i].Message)
		}
		if body, err = json.Marshal(map[string]json.RawMessage{"data": a.data}); err != nil {
			return nil, &EmptyAnswerError{Message: err.Error()}
		}
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	resp.ContentLength = int64(len(body))
	return resp, nil
}

// noAnswer classifies a request that ended without a whole answer.
func (c *classifier) noAnswer(ctx context.Context, err error, secret string) error {
	if errors.Is(context.Cause(ctx), errSlow) {
		return &TimeoutError{Message: errSlow.Error()}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	// The network's error may hold a piece of an answer.
	return &NetworkError{Endpoint: c.endpoint, Err: errors.New(quote(string(mask([]byte(err.Error()), secret))))}
}

// refusal returns the typed error for an answer that is of no use, nil for one
// that holds data. The order matters: limits come at any status.
func (c *classifier) refusal(a *answer, body []byte) error {
	text := strings.ToLower(a.text())
	said := quote(a.text())
	now, reset := time.Now(), a.reset
	after := retryAfter(a.header, now)
	if at := now.Add(after); after > 0 && (at.After(reset) || reset.After(now.Add(budget.LongestWait))) {
		reset = at // or the reset is by another clock
	}
	switch {
	case a.status == http.StatusUnauthorized:
		return &CredentialsError{Message: said}
	case a.anyIs("RATE_LIMIT", "RATE_LIMITED", "graphql_rate_limit"):
		return &RateLimitError{Message: said, Until: reset}
	case strings.Contains(text, "secondary rate limit") || strings.Contains(text, "abuse detection"),
		after > 0 && (a.data == nil || a.status != http.StatusOK): // whatever else is the matter
		return &SecondaryLimitError{Message: said, RetryAfter: after}
	case (a.status == http.StatusForbidden || a.status == http.StatusTooManyRequests) && a.header.Get("X-Ratelimit-Remaining") == "0":
		return &RateLimitError{Message: said, Until: a.reset}
	case a.status == http.StatusTooManyRequests || a.status == http.StatusForbidden && strings.Contains(text, "rate limit"):
		return &SecondaryLimitError{Message: said}
	case a.status == http.StatusForbidden: // a policy
		return &ForbiddenError{Message: cmp.Or(said, "HTTP 403")}
	case a.status >= 500:
		return &TimeoutError{Status: a.status, Message: cmp.Or(said, quote(title(body)))}
	case a.rest && (a.status != http.StatusOK || looksLikeHTML(a.header, body)):
		return &ForbiddenError{Message: fmt.Sprintf("HTTP %d: %s", a.status, cmp.Or(said, quote(title(body))))}
	case a.rest:
		return nil
	case a.status >= 300 && a.status < 400:
		return &EndpointError{Endpoint: c.endpoint, Message: "it redirects to " + quote(a.header.Get("Location"))}
	case a.status != http.StatusOK:
		return &EndpointError{Endpoint: c.endpoint, Message: "it answers " + http.StatusText(a.status) + " (" + cmp.Or(said, quote(title(body))) + ")"}
	case !a.isJSON && looksLikeHTML(a.header, body):
		return &EndpointError{Endpoint: c.endpoint, Message: "it answers with " + quote(title(body))}
	case !a.isJSON:
		return &EmptyAnswerError{Message: quote(title(body))}
	case a.anyIs("RESOURCE_LIMITS_EXCEEDED"):
		return &ResourceLimitError{Message: said}
	case a.data != nil:
		return nil
	case strings.Contains(text, "rate limit"):
		return &RateLimitError{Message: said, Until: a.reset}
	case timedOut(text):
		return &TimeoutError{Status: a.status, Message: said}
	case a.anyIs(forbidden...):
		return &ForbiddenError{Message: said}
	case len(a.errors) > 0:
		return &QueryError{Message: said}
	default:
		return &EmptyAnswerError{Message: cmp.Or(said, "neither data nor an error in it")}
	}
}

// timedOut reports words by which GitHub says that a query took too long.
func timedOut(said string) bool {
	said = strings.ToLower(said)
	return strings.Contains(said, "something went wrong") || strings.Contains(said, "timeout") || strings.Contains(said, "timed out")
}
