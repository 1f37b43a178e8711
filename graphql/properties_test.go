package graphql_test

import (
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stalewatch/stalewatch/graphql"
	"github.com/stalewatch/stalewatch/graphql/githubsim"
	"github.com/stalewatch/stalewatch/pipeline/durable"
	"github.com/stalewatch/stalewatch/pipeline/github"
)

// caught answers every request and keeps the last.
type caught struct {
	answer  func() *http.Response
	request *http.Request
}

func (c *caught) RoundTrip(r *http.Request) (*http.Response, error) {
	c.request = r
	resp := c.answer()
	resp.Request = r
	return resp, nil
}

// TestPropertiesLiveBesideGraphQL: the address follows that of GraphQL, and the
// next page is asked for there whatever address the answer names.
func TestPropertiesLiveBesideGraphQL(t *testing.T) {
	for endpoint, want := range map[string]string{
		"https://api.github.com/graphql":          "https://api.github.com/orgs/contoso/properties/values?per_page=100",
		"https://api.octocorp.ghe.com/graphql":    "https://api.octocorp.ghe.com/orgs/contoso/properties/values?per_page=100",
		"https://github.example.com/api/graphql":  "https://github.example.com/api/v3/orgs/contoso/properties/values?per_page=100",
		"https://github.example.com/api/graphql/": "https://github.example.com/api/v3/orgs/contoso/properties/values?per_page=100",
		"http://127.0.0.1:8080/":                  "http://127.0.0.1:8080/orgs/contoso/properties/values?per_page=100",
	} {
		s := &caught{answer: func() *http.Response {
			return canned(reply{status: 200, body: `[]`, header: map[string]string{"Link": `<https://elsewhere.example/orgs/x/properties/values?per_page=100&page=2>; rel="next", <https://elsewhere.example/?page=9>; rel="last"`}})
		}}
		c := client(endpoint, s)
		page, err := c.Properties(t.Context(), github.PropertiesQuery{Owner: "contoso"})
		if err != nil || s.request.URL.String() != want || s.request.Header.Get("Authorization") != "Bearer "+token {
			t.Errorf("%s: asked %s, %v", endpoint, s.request.URL, err)
		}
		if _, err = c.Properties(t.Context(), github.PropertiesQuery{Owner: "contoso", Page: page.Next}); err != nil || s.request.URL.String() != want+"&page=2" {
			t.Errorf("%s: then %s, %v", endpoint, s.request.URL, err)
		}
	}
}

// TestPropertiesThatAreAskedFor: no others are returned, under the names of the
// query, without e-mail addresses.
func TestPropertiesThatAreAskedFor(t *testing.T) {
	world := githubsim.NewWorld()
	world.Create(githubsim.Repository{Name: "contoso/a", Properties: map[string]any{"Lifecycle": "production", "cost-center": "4711", "team": []string{"@contoso/web", "mona@example.com"}, "tier": nil}})
	world.Create(githubsim.Repository{Name: "contoso/b", Properties: map[string]any{"cost-center": "4712"}})
	world.AddUser("ada")
	c, _ := serve(t, world)
	page, err := c.Properties(t.Context(), github.PropertiesQuery{Owner: "contoso", Names: []string{"lifecycle", "team", "tier"}})
	want := []github.PropertyValues{{NameWithOwner: "contoso/a", Values: map[string][]string{"lifecycle": {"production"}, "team": {"@contoso/web", "-@-"}}}}
	if err != nil || !reflect.DeepEqual(page.Repositories, want) || page.Next != "" {
		t.Errorf("%+v, %v", page, err)
	}
	_, err = c.Properties(t.Context(), github.PropertiesQuery{Owner: "ada"})
	if e, ok := errors.AsType[*graphql.PropertiesError](err); !ok || e.Owner != "ada" {
		t.Errorf("a user's: %v", err)
	}
}

// TestPropertiesRefused: as for GraphQL, every no has its remedy, and what
// concerns one organization is no end for the others.
func TestPropertiesRefused(t *testing.T) {
	for name, test := range map[string]struct {
		effect githubsim.Effect
		want   error
		course durable.Course
	}{
		"no permission":      {githubsim.BareMessage(403, "Resource not accessible by personal access token"), &graphql.PropertiesError{}, durable.Fail},
		"not found":          {githubsim.BareMessage(404, "Not Found"), &graphql.PropertiesError{}, durable.Fail},
		"renamed":            {githubsim.Redirect("https://elsewhere.example/"), &graphql.PropertiesError{}, durable.Fail},
		"a web page":         {githubsim.HTMLPage(), &graphql.PropertiesError{}, durable.Fail},
		"no JSON":            {githubsim.TruncatedJSON(), &graphql.EmptyAnswerError{}, durable.Retry},
		"no list":            {githubsim.BareMessage(200, "hello"), &graphql.EmptyAnswerError{}, durable.Retry},
		"a secondary limit":  {githubsim.SecondaryLimit(429, 30*time.Second), &graphql.SecondaryLimitError{}, durable.Retry},
		"an outage":          {githubsim.UnicornPage(503), &graphql.TimeoutError{}, durable.Retry},
		"a reset connection": {githubsim.ResetConnection(), &graphql.NetworkError{}, durable.Retry},
		"a revoked token":    {githubsim.Unauthorized(), &graphql.CredentialsError{}, durable.Abort},
	} {
		c, _ := serve(t, githubsim.Generate("contoso", 3, 1, now), githubsim.Fault{Effects: []githubsim.Effect{test.effect}})
		_, err := c.Properties(t.Context(), github.PropertiesQuery{Owner: "contoso"})
		if reflect.TypeOf(err) != reflect.TypeOf(test.want) || durable.RemedyOf(err).Course != test.course {
			t.Errorf("%s: %T: %v", name, err, err)
		} else if strings.Contains(err.Error(), token) {
			t.Errorf("%s: the error tells the token", name)
		}
	}
}

// TestRESTHasItsOwnLimit: requests that REST has no more of are waited for, and
// GraphQL goes on meanwhile.
func TestRESTHasItsOwnLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		world := githubsim.Generate("contoso", 3, 1, now)
		server := githubsim.New(world, githubsim.WithLimits(githubsim.Limits{PointsPerHour: 5000, RequestsPerHour: 1}))
		c := client("http://github.test/graphql", server)
		ask := func() error {
			_, err := c.Properties(t.Context(), github.PropertiesQuery{Owner: "contoso"})
			return err
		}
		if err := ask(); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			limit, ok := errors.AsType[*graphql.RateLimitError](ask())
			if !ok || durable.RemedyOf(limit).After < 59*time.Minute {
				t.Fatalf("%v", limit)
			}
		}
		if n := server.Stats().Requests; n != 1 {
			t.Errorf("%d requests were sent, and only the first had a chance", n)
		}
		// Another process hears it from the server.
		c = client("http://github.test/graphql", server)
		if err := ask(); durable.RemedyOf(err).After < 59*time.Minute {
			t.Fatal(err)
		}
		began := time.Now()
		if _, err := c.List(t.Context(), github.ListQuery{Owner: "contoso", Order: "NAME", Size: 100}); err != nil || time.Since(began) > time.Minute {
			t.Errorf("GraphQL waits too, %s: %v", time.Since(began), err)
		}
		time.Sleep(time.Hour + time.Second)
		if err := ask(); err != nil {
			t.Errorf("an hour later: %v", err)
		}
	})
}

// TestEnterprise lists the organizations of an enterprise.
func TestEnterprise(t *testing.T) {
	world := githubsim.NewWorld()
	world.AddEnterprise("contoso-inc", "contoso", "fabrikam")
	c, _ := serve(t, world)
	page, err := c.Enterprise(t.Context(), github.EnterpriseQuery{Slug: "contoso-inc"})
	if err != nil || !reflect.DeepEqual(page.Logins, []string{"contoso", "fabrikam"}) || page.Next != "" || page.Cost != 1 {
		t.Errorf("%+v, %v", page, err)
	}
	_, err = c.Enterprise(t.Context(), github.EnterpriseQuery{Slug: "nobody"})
	if _, ok := errors.AsType[*graphql.UnknownOwnerError](err); !ok || !strings.Contains(err.Error(), `enterprise "nobody"`) {
		t.Errorf("%v", err)
	}
}
