package graphql

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/graphql/budget"
	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/github"
)

type answerKey struct{}

// answer is what GitHub said to one request, read once. The transport finds it
// in the request's context and fills it past githubv4, which keeps only the
// first error's message.
type answer struct {
	status  int
	header  http.Header
	data    json.RawMessage
	errors  []queryError
	message string // the top-level message of an answer that is no GraphQL
	isJSON  bool   // a JSON object
	rest    bool   // an answer of REST's, which holds no data

	limit, remaining int
	reset            time.Time

	used *budget.Usage // what the request cost
}

// queryError is one element of a GraphQL answer's errors.
type queryError struct {
	Type       string `json:"type"`
	Code       string `json:"code"`
	Message    string `json:"message"`
	Path       []any  `json:"path"`
	Extensions struct {
		Code string `json:"code"`
		Type string `json:"type"`
	} `json:"extensions"`
}

// is reports that the error carries one of the words, wherever GitHub has put
// it: in type, in code, or in extensions.
func (e queryError) is(words ...string) bool {
	return slices.ContainsFunc([]string{e.Type, e.Code, e.Extensions.Code, e.Extensions.Type}, func(have string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.EqualFold(have, w) })
	})
}

// forbidden are the words for what a token may not see.
var forbidden = []string{"FORBIDDEN", "INSUFFICIENT_SCOPES"}

// read takes the answer from what the server sent.
func (a *answer) read(status int, header http.Header, body []byte) {
	a.status, a.header = status, header
	a.limit, _ = strconv.Atoi(header.Get("X-Ratelimit-Limit"))
	a.remaining, _ = strconv.Atoi(header.Get("X-Ratelimit-Remaining"))
	if s, err := strconv.ParseInt(header.Get("X-Ratelimit-Reset"), 10, 64); err == nil {
		a.reset = time.Unix(s, 0).UTC()
	}
	var raw struct {
		Data    json.RawMessage `json:"data"`
		Errors  []queryError    `json:"errors"`
		Message string          `json:"message"`
	}
	if a.isJSON = json.Unmarshal(body, &raw) == nil; !a.isJSON {
		return
	}
	if !bytes.Equal(raw.Data, []byte("null")) {
		a.data = raw.Data
	}
	a.errors, a.message = raw.Errors, raw.Message
}

// spent is what the answer cost, in the survey's words.
func (a *answer) spent() github.Spent { return github.Spent{Cost: a.used.Cost, Took: a.used.Took} }

// values counts the values in a JSON text, nearly: what opens one and what
// follows a comma, outside of strings.
func values(body []byte) (n int) {
	for i := 0; i < len(body); i++ {
		switch body[i] {
		case '"':
			i += stringEnd(body[i:]) - 1
		case ',', '{', '[':
			n++
		}
	}
	return n
}

// retryAfter returns how long the Retry-After header asks to wait, in either of
// its forms; 0 without one.
func retryAfter(header http.Header, now time.Time) time.Duration {
	v := header.Get("Retry-After")
	if s, err := strconv.ParseInt(v, 10, 64); err == nil && s > 0 {
		return time.Duration(min(s, math.MaxInt64/int64(time.Second))) * time.Second
	}
	if t, err := http.ParseTime(v); err == nil {
		if sent, err := http.ParseTime(header.Get("Date")); err == nil {
			now = sent // by the server's own clock
		}
		return max(0, t.Sub(now))
	}
	return 0
}

// text returns everything the answer says in words.
func (a *answer) text() string {
	var words []string
	if a.message != "" {
		words = append(words, a.message)
	}
	for _, e := range a.errors {
		words = append(words, e.Message)
	}
	return strings.Join(words, "; ")
}

// anyIs reports that an error carries one of the words.
func (a *answer) anyIs(words ...string) bool {
	return slices.ContainsFunc(a.errors, func(e queryError) bool { return e.is(words...) })
}

var controlSyntax = regexp.MustCompile(`[[:cntrl:]]+`)

// quote makes what a server said fit for an error message: short, on one line,
// and without e-mail addresses.
func quote(s string) string {
	s = pipeline.MaskEmails(s)
	s = strings.TrimSpace(controlSyntax.ReplaceAllString(s, " "))
	if r := []rune(s); len(r) > 400 {
		s = string(r[:400]) + "…"
	}
	return s
}

// looksLikeHTML reports that a body is a web page.
func looksLikeHTML(header http.Header, body []byte) bool {
	return strings.HasPrefix(header.Get("Content-Type"), "text/html") || bytes.HasPrefix(bytes.TrimSpace(body), []byte("<"))
}

// title returns the title of a web page, or a description of a body that has
// none.
func title(body []byte) string {
	if _, rest, ok := bytes.Cut(body, []byte("<title>")); ok {
		if t, _, ok := bytes.Cut(rest, []byte("</title>")); ok {
			return fmt.Sprintf("a web page titled %q", strings.TrimSpace(string(t)))
		}
	}
	return fmt.Sprintf("%d bytes that are no JSON", len(body))
}
