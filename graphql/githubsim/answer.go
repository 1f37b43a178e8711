package githubsim

import (
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"time"
)

// answer is what will be sent, as faults may have changed it.
type answer struct {
	status int
	header http.Header
	body   []byte
	delay  time.Duration // before it is sent
	spent  time.Duration // counted towards the minute's limit
	gaveUp bool          // GitHub's clock ended it
	cut    cut
}

// cut says how the connection breaks.
type cut int

const (
	whole    cut = iota
	midBody      // after half of the body
	noAnswer     // before the first byte
)

func newAnswer(status int, body []byte) *answer {
	a := &answer{status: status, header: http.Header{}, body: body}
	a.header.Set("Content-Type", "application/json; charset=utf-8")
	return a
}

// refused is an answer with a message in place of GraphQL data.
func refused(status int, message string) *answer {
	body, _ := json.Marshal(map[string]string{ // strings always marshal
		"message": message, "documentation_url": "https://docs.github.com/graphql", "status": strconv.Itoa(status)})
	return newAnswer(status, body)
}

// failed is an answer of errors without data.
func failed(errs ...responseError) *answer {
	return newAnswer(http.StatusOK, response(nil, errs))
}

// response puts data and errors together; nil data is left out.
func response(data json.RawMessage, errs []responseError) []byte {
	body, err := json.Marshal(struct {
		Data   json.RawMessage `json:"data,omitempty"`
		Errors []responseError `json:"errors,omitempty"`
	}{data, errs})
	if err != nil {
		panic(err) // cannot be: the data is our own JSON, the errors are plain
	}
	return body
}

func secondaryLimit(status int, retryAfter time.Duration) *answer {
	a := refused(status, "You have exceeded a secondary rate limit. Please wait a few minutes before you try again. "+
		"For more on scraping GitHub and how it may affect your rights, please review our Terms of Service "+
		"(https://docs.github.com/en/site-policy/github-terms/github-terms-of-service)")
	if retryAfter >= 0 {
		a.header.Set("Retry-After", strconv.Itoa(int(math.Ceil(retryAfter.Seconds()))))
	}
	return a
}

func primaryLimit(errorType string) *answer {
	return failed(responseError{Type: errorType, Code: "graphql_rate_limit", Message: "API rate limit already exceeded for user ID 10000001."})
}

// writeTo writes the limit's state into an answer's headers.
func (rate rateLimit) writeTo(a *answer) *answer {
	a.header.Set("X-Ratelimit-Limit", strconv.Itoa(rate.Limit))
	a.header.Set("X-Ratelimit-Remaining", strconv.Itoa(rate.Remaining))
	a.header.Set("X-Ratelimit-Used", strconv.Itoa(rate.Used))
	a.header.Set("X-Ratelimit-Reset", strconv.FormatInt(rate.Reset, 10))
	a.header.Set("X-Ratelimit-Resource", "graphql")
	return a
}
