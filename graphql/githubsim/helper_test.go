package githubsim_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
)

// day is the n-th day of a made-up calendar.
func day(n int) time.Time { return time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC).AddDate(0, 0, n) }

// client sends queries to a served world.
type client struct {
	t      *testing.T
	url    string
	header http.Header
	http   http.Client
	server *githubsim.Server
}

// plain is an HTTP client that follows no redirect.
func plain(transport http.RoundTripper) http.Client {
	return http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

func newHeader() http.Header {
	return http.Header{"Authorization": {"bearer t"}, "User-Agent": {"test"}, "X-Github-Next-Global-Id": {"1"}}
}

// inProcess is a client without a socket.
func inProcess(t *testing.T, s *githubsim.Server) *client {
	return &client{t: t, url: "https://api.github.com", server: s, http: plain(s), header: newHeader()}
}

func serve(t *testing.T, w *githubsim.World, opts ...githubsim.Option) *client {
	t.Helper()
	s := githubsim.New(w, opts...)
	ts := httptest.NewServer(s)
	t.Cleanup(ts.Close)
	return &client{t: t, url: ts.URL, server: s, http: plain(nil), header: newHeader()}
}

// answer is a response, decoded.
type answer struct {
	Status int
	Header http.Header
	Raw    string
	Data   map[string]any
	Errors []struct {
		Type, Code, Message string
		Path                []any
		Locations           []struct{ Line, Column int }
		Extensions          map[string]any
	}
}

// types are the errors' types, joined.
func (a answer) types() string {
	var types []string
	for _, e := range a.Errors {
		types = append(types, e.Type)
	}
	return strings.Join(types, " ")
}

// post sends a body as it is; err is the transport's.
func (c *client) post(body string) (answer, error) {
	c.t.Helper()
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, c.url+"/graphql", strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header = c.header
	resp, err := c.http.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	a := answer{Status: resp.StatusCode, Header: resp.Header, Raw: string(raw)}
	if err == nil {
		json.Unmarshal(raw, &a) // not every answer is JSON
	}
	return a, err
}

// ask sends a query with variables.
func (c *client) ask(query string, vars map[string]any) answer {
	c.t.Helper()
	body, err := json.Marshal(map[string]any{"query": query, "variables": vars})
	if err != nil {
		c.t.Fatal(err)
	}
	a, err := c.post(string(body))
	if err != nil {
		c.t.Fatal(err)
	}
	return a
}

// data is the data of a query that must succeed, as compact JSON.
func (c *client) data(query string, vars map[string]any) string {
	c.t.Helper()
	a := c.ask(query, vars)
	if a.Status != http.StatusOK || len(a.Errors) > 0 {
		c.t.Fatalf("status %d: %s", a.Status, a.Raw)
	}
	var full struct{ Data json.RawMessage }
	var out bytes.Buffer
	if err := json.Unmarshal([]byte(a.Raw), &full); err != nil {
		c.t.Fatal(err)
	}
	if err := json.Compact(&out, full.Data); err != nil {
		c.t.Fatal(err)
	}
	return out.String()
}

// dig follows keys and indexes into decoded JSON.
func dig(t *testing.T, v any, path ...any) any {
	t.Helper()
	for _, p := range path {
		switch p := p.(type) {
		case string:
			m, ok := v.(map[string]any)
			if !ok {
				t.Fatalf("no object at %v of %v: %v", p, path, v)
			}
			v = m[p]
		case int:
			l, ok := v.([]any)
			if !ok || p >= len(l) {
				t.Fatalf("no element %v of %v: %v", p, path, v)
			}
			v = l[p]
		}
	}
	return v
}

// compact is v as JSON with sorted keys.
func compact(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// repo is what selections of one repository come to, as compact JSON.
func (c *client) repo(id, selections string) string {
	c.t.Helper()
	out := c.data(`query($ids: [ID!]!) { nodes(ids: $ids) { ... on Repository { `+selections+` } } }`, map[string]any{"ids": []string{id}})
	return strings.TrimSuffix(strings.TrimPrefix(out, `{"nodes":[`), `]}`)
}
