package graphql

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// answer is what GitHub said to one request, read once.
type answer struct {
	status  int
	header  http.Header
	data    json.RawMessage
	errors  []queryError
	message string // the top-level message of an answer that is no GraphQL
	rest    bool   // an answer of REST's, which holds no data

	limit, remaining int
	reset            time.Time

	took time.Duration // from the sending to the last byte

	// followed is set by who asked when the next request comes at once.
	followed bool
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
	for _, w := range words {
		for _, have := range []string{e.Type, e.Code, e.Extensions.Code, e.Extensions.Type} {
			if strings.EqualFold(have, w) {
				return true
			}
		}
	}
	return false
}

// parseAnswer reads a body that should be GraphQL's. The boolean is false when
// it is no JSON object.
func parseAnswer(status int, header http.Header, body []byte) (*answer, bool) {
	a := &answer{status: status, header: header}
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
	if err := json.Unmarshal(body, &raw); err != nil {
		return a, false
	}
	if !bytes.Equal(raw.Data, []byte("null")) {
		a.data = raw.Data
	}
	a.errors, a.message = raw.Errors, raw.Message
	return a, true
}

// values counts the values in a JSON text, nearly: what opens one and what
// follows a comma, outside of strings.
func values(body []byte) (n int) {
	inside := false
	for i := 0; i < len(body); i++ {
		switch c := body[i]; {
		case c == '"':
			inside = !inside
		case inside && c == '\\':
			i++
		case !inside && (c == ',' || c == '{' || c == '['):
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
	words := []string{}
	if a.message != "" {
		words = append(words, a.message)
	}
	for _, e := range a.errors {
		words = append(words, e.Message)
	}
	return strings.Join(words, "; ")
}

// anyIs returns the first error that carries one of the words.
func (a *answer) anyIs(words ...string) bool {
	for _, e := range a.errors {
		if e.is(words...) {
			return true
		}
	}
	return false
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
