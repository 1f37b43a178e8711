package graphql_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/stalewatch/stalewatch/graphql"
	"github.com/stalewatch/stalewatch/graphql/budget"
	"github.com/stalewatch/stalewatch/graphql/githubsim"
	"github.com/stalewatch/stalewatch/pipeline/durable"
	"github.com/stalewatch/stalewatch/pipeline/github"
)

const token = "ghp_0123456789abcdefghijklmnopqrstuvwxyz"

var now = time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)

// serve starts a simulator and a client of it.
func serve(t *testing.T, world *githubsim.World, faults ...githubsim.Fault) (*graphql.Client, *githubsim.Server) {
	t.Helper()
	server := githubsim.New(world, githubsim.WithToken(token, githubsim.PublicOnly), githubsim.WithFaults(faults...))
	url, stop, err := server.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop() })
	return client(url, nil), server
}

func client(url string, base http.RoundTripper) *graphql.Client {
	b := budget.New(budget.Config{})
	return graphql.New(graphql.Options{
		URL:    url,
		Tokens: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token}),
		Share:  b.Pipeline(),
		Base:   base,
	})
}

// TestRefusals: every way in which GitHub says no has a type that carries its
// remedy, and never the token.
func TestRefusals(t *testing.T) {
	tests := map[string]struct {
		effect githubsim.Effect
		want   error // its type
		course durable.Course
		cause  string
		after  time.Duration // at least; with a second's margin at most
	}{
		"timeout as JSON, 502":        {githubsim.Timeout(502), &graphql.TimeoutError{}, durable.Retry, "timeout", 0},
		"timeout as JSON, 504":        {githubsim.Timeout(504), &graphql.TimeoutError{}, durable.Retry, "timeout", 0},
		"timeout as JSON, 200":        {githubsim.Timeout(200), &graphql.TimeoutError{}, durable.Retry, "timeout", 0},
		"timeout as nginx page":       {githubsim.NginxPage(502), &graphql.TimeoutError{}, durable.Retry, "timeout", 0},
		"timeout as Unicorn page":     {githubsim.UnicornPage(503), &graphql.TimeoutError{}, durable.Retry, "timeout", 0},
		"secondary limit, 200":        {githubsim.SecondaryLimit(200, 90*time.Second), &graphql.SecondaryLimitError{}, durable.Retry, "secondary-limit", 90 * time.Second},
		"secondary limit, 403":        {githubsim.SecondaryLimit(403, 7*time.Second), &graphql.SecondaryLimitError{}, durable.Retry, "secondary-limit", 7 * time.Second},
		"secondary limit, 429":        {githubsim.SecondaryLimit(429, 30*time.Second), &graphql.SecondaryLimitError{}, durable.Retry, "secondary-limit", 30 * time.Second},
		"secondary limit, no time":    {githubsim.SecondaryLimit(403, 0), &graphql.SecondaryLimitError{}, durable.Retry, "secondary-limit", time.Minute},
		"primary limit":               {githubsim.PrimaryLimit("RATE_LIMIT", 0), &graphql.RateLimitError{}, durable.Retry, "rate-limit", time.Second},
		"primary limit, older word":   {githubsim.PrimaryLimit("RATE_LIMITED", 12), &graphql.RateLimitError{}, durable.Retry, "rate-limit", time.Second},
		"resource limits":             {githubsim.ResourceLimits(), &graphql.ResourceLimitError{}, durable.Fail, "resource-limits", 0},
		"null data":                   {githubsim.NullData(), &graphql.EmptyAnswerError{}, durable.Retry, "empty-answer", 0},
		"a bare message":              {githubsim.BareMessage(200, "Something is off"), &graphql.EmptyAnswerError{}, durable.Retry, "empty-answer", 0},
		"a bare message about limits": {githubsim.BareMessage(200, "API rate limit exceeded"), &graphql.RateLimitError{}, durable.Retry, "rate-limit", time.Second},
		"garbage":                     {githubsim.Garbage(), &graphql.EmptyAnswerError{}, durable.Retry, "empty-answer", 0},
		"an empty body":               {githubsim.EmptyBody(), &graphql.EmptyAnswerError{}, durable.Retry, "empty-answer", 0},
		"truncated JSON":              {githubsim.TruncatedJSON(), &graphql.EmptyAnswerError{}, durable.Retry, "empty-answer", 0},
		"a reset connection":          {githubsim.ResetConnection(), &graphql.NetworkError{}, durable.Retry, "network", 0},
		"a body cut off":              {githubsim.CloseMidBody(), &graphql.NetworkError{}, durable.Retry, "network", 0},
		"bad credentials":             {githubsim.Unauthorized(), &graphql.CredentialsError{}, durable.Abort, "credentials", 0},
		"a web page":                  {githubsim.HTMLPage(), &graphql.EndpointError{}, durable.Abort, "endpoint", 0},
		"a redirect":                  {githubsim.Redirect("https://elsewhere.example/"), &graphql.EndpointError{}, durable.Abort, "endpoint", 0},
		"a policy":                    {githubsim.BareMessage(403, "Resource protected by organization SAML enforcement."), &graphql.ForbiddenError{}, durable.Abort, "forbidden", 0},
		"an echo of the token":        {githubsim.BareMessage(403, "no access for Bearer "+token+" of mona@example.com"), &graphql.ForbiddenError{}, durable.Abort, "forbidden", 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c, _ := serve(t, githubsim.Generate("contoso", 3, 1, now), githubsim.Fault{Effects: []githubsim.Effect{test.effect}})
			_, err := c.List(t.Context(), github.ListQuery{Owner: "contoso", Order: "NAME", Size: 100})
			if reflect.TypeOf(err) != reflect.TypeOf(test.want) {
				t.Fatalf("%T: %v, want %T", err, err, test.want)
			}
			r := durable.RemedyOf(err)
			if r.Course != test.course || r.Cause != test.cause {
				t.Errorf("remedy %+v, want course %v and cause %q", r, test.course, test.cause)
			}
			if r.After < test.after-2*time.Second || test.after == 0 && r.After != 0 {
				t.Errorf("wait %s, want %s", r.After, test.after)
			}
			if s := err.Error(); strings.Contains(s, token) || strings.Contains(s, "mona@") {
				t.Errorf("the error tells secrets: %s", s)
			}
		})
	}
}

// TestListingMapsWhatGitHubSays reads a page whole.
func TestListingMapsWhatGitHubSays(t *testing.T) {
	world := githubsim.NewWorld()
	world.Create(githubsim.Repository{
		Name: "contoso/sample", Description: "Ask mona@example.com", Language: "Go", License: "MIT", Topics: []string{"web", "go"},
		CreatedAt: now.AddDate(-3, 0, 0), Stars: 5, Forks: 2, Template: true,
		Commits: []githubsim.Commit{{OID: strings.Repeat("a", 40), CommittedDate: now.AddDate(-1, 0, 0), Author: githubsim.Author{Name: "mona@example.com", Email: "mona@example.com"}}},
		Files:   []githubsim.File{{Path: ".github/CODEOWNERS", Text: "*.go @nobody\n* @contoso/web mona@example.com\n"}, {Path: "README.md", Text: "hello"}},
	})
	world.Create(githubsim.Repository{Name: "contoso/void"})
	c, _ := serve(t, world)
	page, err := c.List(t.Context(), github.ListQuery{Owner: "CONTOSO", Order: "NAME", Size: 100, Branches: true})
	if err != nil {
		t.Fatal(err)
	}
	if page.Owner != "contoso" || page.TotalCount != 2 || page.Next != "" || page.Cost != 1 || len(page.Repositories) != 2 {
		t.Fatalf("page: %+v", page)
	}
	r := page.Repositories[0]
	if r.NameWithOwner != "contoso/sample" || *r.PrimaryLanguage != "Go" || *r.License != "MIT" || !r.IsTemplate ||
		r.StargazerCount != 5 || len(r.Topics) != 2 || *r.DefaultBranch != "main" || strings.Contains(*r.Description, "mona@") {
		t.Errorf("repository: %+v", r)
	}
	if v := page.Repositories[1]; !v.IsEmpty || v.DefaultBranch != nil {
		t.Errorf("an empty repository: %+v", v)
	}

	ids := []string{r.ID, page.Repositories[1].ID}
	tips, err := c.Tips(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	tip := tips.Elements[0].Commit
	if tip == nil || tip.OID != strings.Repeat("a", 40) || *tip.Author.Name != "mona" || tip.Bot || tip.ID == "" || *tips.Elements[0].Branch != "main" {
		t.Errorf("tip: %+v", tips.Elements[0])
	}
	if v := tips.Elements[1]; v.Error != "" || v.Branch != nil || v.Commit != nil || tips.Cost != 1 {
		t.Errorf("an empty repository's tip: %+v", v)
	}
	trees, err := c.Trees(t.Context(), ids)
	if err != nil || !slices.Equal(trees.Elements[0].Paths, []string{"README.md", ".github/CODEOWNERS"}) || trees.Elements[1].Entries != nil {
		t.Errorf("trees: %v %+v", err, trees)
	}
	files, err := c.Files(t.Context(), github.FilesQuery{IDs: ids, Path: ".github/CODEOWNERS"})
	if err != nil || !strings.Contains(*files.Elements[0].Text, "* @contoso/web") || files.Elements[1].Text != nil {
		t.Errorf("files: %v %+v", err, files)
	}
	kept, err := json.Marshal([]any{page, tips, trees, files})
	if err != nil || bytes.Contains(kept, []byte("mona@example.com")) {
		t.Errorf("an e-mail address is kept: %s", kept)
	}
}

// TestElementsOfAChunk: data and errors come together, and only what is spoilt
// counts as such.
func TestElementsOfAChunk(t *testing.T) {
	world := githubsim.Generate("contoso", 12, 4, now)
	names := world.Names("contoso")
	var ids []string
	for _, n := range names[:6] {
		ids = append(ids, world.ID(n))
	}
	deleted := ids[5]
	c, server := serve(t, world)
	world.Delete(names[5])
	server.SetFaults(githubsim.Fault{Effects: []githubsim.Effect{
		githubsim.ForbiddenElement(ids[1]), githubsim.MissingElement(ids[2]), githubsim.BrokenElement(ids[3]),
	}})
	answer, err := c.Tips(t.Context(), ids)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []struct {
		error string
		again bool
	}{{"", false}, {"forbids", false}, {"no longer knows", false}, {"could not read", true}, {"", false}, {"no longer knows", false}} {
		f := answer.Elements[i]
		spoilt := want.error != "" || want.again
		if f.ID != ids[i] || (f.Error != "") != spoilt || (f.Commit == nil) != spoilt || f.Again != want.again || !strings.Contains(f.Error, want.error) {
			t.Errorf("element %d (deleted: %v): %+v, want %+v", i, f.ID == deleted, f, want)
		}
	}
}

// TestPoints: a page of 100 and the tips of 100 cost a point each.
func TestPoints(t *testing.T) {
	world := githubsim.Generate("contoso", 120, 4, now)
	c, server := serve(t, world)
	page, err := c.List(t.Context(), github.ListQuery{Owner: "contoso", Order: "NAME", Size: 100})
	if err != nil || page.Cost != 1 || len(page.Repositories) != 100 {
		t.Fatalf("a page of %d cost %d points: %v", len(page.Repositories), page.Cost, err)
	}
	var ids []string
	for _, r := range page.Repositories {
		ids = append(ids, r.ID)
	}
	tips, err := c.Tips(t.Context(), ids)
	if err != nil || tips.Cost != 1 {
		t.Errorf("tips cost %d points: %v", tips.Cost, err)
	}
	if n := server.Stats().Points; n != 2 {
		t.Errorf("the server counts %d points, want 2", n)
	}
}

func TestUnknownOwners(t *testing.T) {
	c, _ := serve(t, githubsim.NewWorld())
	silent := githubsim.New(githubsim.NewWorld(), githubsim.WithToken(token, githubsim.PublicOnly), githubsim.WithFaults(
		githubsim.Fault{Effects: []githubsim.Effect{githubsim.FieldValue("Query.repositoryOwner", "null")}}))
	url, stop, err := silent.Start()
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	for _, c := range []*graphql.Client{c, client(url, nil)} {
		_, err := c.List(t.Context(), github.ListQuery{Owner: "nobody", Order: "NAME", Size: 100})
		if e, ok := errors.AsType[*graphql.UnknownOwnerError](err); !ok || e.Owner != "nobody" {
			t.Errorf("%T: %v", err, err)
		}
	}
}

// TestRevisionFollowsTheQueries: two clients of one program agree, so that a
// restart resumes.
func TestRevisionFollowsTheQueries(t *testing.T) {
	a, b := client("http://localhost:1", nil), client("http://localhost:2", nil)
	if a.Revision() == "" || a.Revision() != b.Revision() {
		t.Errorf("revisions %q and %q", a.Revision(), b.Revision())
	}
}

type fixed struct {
	status int
	header http.Header
	body   []byte
}

func (f fixed) RoundTrip(r *http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: f.status, Header: f.header, Body: io.NopCloser(bytes.NewReader(f.body)), Request: r}, nil
}

// FuzzAnswers: whatever a server says, the client returns a page or an error
// that knows its remedy, and tells no secrets.
func FuzzAnswers(f *testing.F) {
	f.Add(200, "30", []byte(`{"data":null}`))
	f.Add(200, "", []byte(`{"data":{"__typename":"Query","repositoryOwner":{"login":"c","repositories":{"nodes":[null],"pageInfo":{}}}},"errors":[{"path":["nodes",0]}]}`))
	f.Add(502, "x", []byte("<html><title>502 Bad Gateway</title>"))
	f.Add(403, "Sun, 22 Nov 2026 07:00:00 GMT", []byte(`{"message":"You have exceeded a secondary rate limit `+token+`"}`))
	f.Add(200, "", []byte(`{"errors":[{"type":"RATE_LIMIT","message":1}]}`))
	f.Fuzz(func(t *testing.T, status int, retryAfter string, body []byte) {
		header := http.Header{"Retry-After": {retryAfter}, "X-Ratelimit-Reset": {retryAfter}, "X-Ratelimit-Limit": {"5000"}}
		c := client("http://localhost", fixed{status, header, body})
		_, err := c.List(t.Context(), github.ListQuery{Owner: "contoso", Order: "NAME", Size: 100})
		if err == nil {
			return
		}
		if _, ok := errors.AsType[durable.Remediable](err); !ok {
			t.Errorf("%T has no remedy: %v", err, err)
		}
		if strings.Contains(err.Error(), token) || strings.ContainsAny(err.Error(), "\n\x00") {
			t.Errorf("not fit to be shown: %q", err)
		}
	})
}
