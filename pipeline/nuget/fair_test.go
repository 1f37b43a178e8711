package nuget_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/stalewatch/stalewatch/graphql"
	"github.com/stalewatch/stalewatch/graphql/budget"
	"github.com/stalewatch/stalewatch/graphql/githubsim"
	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
	"github.com/stalewatch/stalewatch/pipeline/github"
	"github.com/stalewatch/stalewatch/pipeline/nuget"
	"github.com/stalewatch/stalewatch/pipeline/verdict"
)

// listed is a source that has listed its repositories.
type listed []pipeline.Repository

func (listed) Name() string { return "listed" }

func (l listed) Orchestrate(*durable.Orchestration, pipeline.Moment) (pipeline.Gathered, error) {
	return pipeline.Gathered{Repositories: l}, nil
}

// emptyFeed has a service index and no packages.
type emptyFeed struct{}

func (emptyFeed) RoundTrip(r *http.Request) (*http.Response, error) {
	status, body := http.StatusNotFound, "{}"
	if r.URL.Path == "/index.json" {
		status, body = http.StatusOK, `{"resources":[{"@id":"http://feed.test/r","@type":"RegistrationsBaseUrl/3.6.0"}]}`
	}
	return &http.Response{StatusCode: status, Body: io.NopCloser(strings.NewReader(body)), Header: make(http.Header)}, nil
}

// clocked notes when each request was sent, and how long it took.
type clocked struct {
	base http.RoundTripper
	mu   sync.Mutex
	sent []time.Time
	took []time.Duration
}

func (c *clocked) RoundTrip(r *http.Request) (*http.Response, error) {
	sent := time.Now()
	resp, err := c.base.RoundTrip(r)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sent, c.took = append(c.sent, sent), append(c.took, time.Since(sent))
	return resp, err
}

// within is how long GitHub took for the requests that were sent between two
// moments.
func (c *clocked) within(began, end time.Time) (took time.Duration) {
	for i, at := range c.sent {
		if !at.Before(began) && at.Before(end) {
			took += c.took[i]
		}
	}
	return took
}

// mostBetween is the most that GitHub did for another between two requests of
// this one's, until end.
func (c *clocked) mostBetween(other *clocked, began, end time.Time) (most time.Duration) {
	last := began
	for _, at := range c.sent {
		if at.Before(end) {
			most, last = max(most, other.within(last, at)), at
		}
	}
	return max(most, other.within(last, end))
}

// TestFairSharing: the source of repositories and that of packages, which reads
// their files, want the same account's time at once. Neither starves the other.
func TestFairSharing(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes too long for a short run")
	}
	synctest.Test(t, func(t *testing.T) {
		world := githubsim.Generate("contoso", 250, 7, morning)
		var projects listed
		for i := range 90 {
			name, main := fmt.Sprintf("fabrikam/p%d", i), "main"
			world.Create(githubsim.Repository{Name: name, Language: "C#", Commits: []githubsim.Commit{{CommittedDate: morning}}, Files: []githubsim.File{
				{Path: "src/app/app.csproj", Text: reference("A", "1.0.0")}, {Path: "test/test.csproj", Text: reference("B", "1.0.0")}}})
			projects = append(projects, pipeline.Repository{ID: world.ID(name), NameWithOwner: name, DefaultBranch: &main,
				Detail: &pipeline.Detail{ReadAt: morning, Tip: &pipeline.Commit{OID: name, CommittedDate: morning}}})
		}
		server := githubsim.New(world, githubsim.WithTime())
		account := budget.New(budget.Config{Concurrency: 4})
		policy, err := verdict.NewPolicy(pipeline.DefaultRules())
		if err != nil {
			t.Fatal(err)
		}
		client := func(base http.RoundTripper) *graphql.Client {
			return graphql.New(graphql.Options{URL: "http://github.test/graphql", Base: base, Share: account.Pipeline(),
				Tokens: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "0123456789abcdefghij"})})
		}
		ofRepositories, ofFiles := &clocked{base: server}, &clocked{base: server}
		feed := nuget.NewClient(nuget.Options{URL: "http://feed.test/index.json", Base: emptyFeed{}, Share: budget.New(budget.Config{Account: "nuget"}).Pipeline()})
		began := time.Now()
		ends := make(map[string]time.Time)
		var mu sync.Mutex
		var both sync.WaitGroup
		for owner, sources := range map[string][]pipeline.Source{
			"contoso":  {github.New(client(ofRepositories), policy, nil)},
			"fabrikam": {projects, &nuget.Source{Feed: feed, Contents: graphql.Files{Client: client(ofFiles)}}},
		} {
			both.Go(func() {
				s := pipeline.Survey{Engine: &durable.Engine{Journal: durable.NewMemory()}, Judge: policy, Sources: sources}
				out, err := s.Run(context.Background(), pipeline.Run{Owners: []string{owner}, AsOf: morning}, nil)
				if err != nil || out.Run.State != pipeline.Complete {
					t.Errorf("%s: %v, %v", owner, out, err)
				}
				mu.Lock()
				defer mu.Unlock()
				ends[owner] = time.Now()
			})
		}
		both.Wait()
		end := ends["contoso"]
		if ends["fabrikam"].Before(end) {
			end = ends["fabrikam"]
		}
		sides := []*clocked{ofRepositories, ofFiles}
		for i, name := range []string{"repositories", "files"} {
			c, other := sides[i], sides[1-i]
			took, most := c.within(began, end), c.mostBetween(other, began, end)
			t.Logf("%s: %s of GitHub's time in the %s in which both wanted some, and between two requests %s at most for the other", name, took, end.Sub(began), most)
			if theirs := other.within(began, end); took < theirs*2/3 || theirs == 0 {
				t.Errorf("%s got %s of GitHub's time, the other source %s", name, took, theirs)
			}
			if most > 12*time.Second {
				t.Errorf("%s waited while the other source got %s of GitHub's time", name, most)
			}
		}
	})
}
