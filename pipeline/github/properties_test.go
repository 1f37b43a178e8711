package github_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
	"github.com/stalewatch/stalewatch/pipeline/github"
)

// governed is an organization of 130 repositories, of which every tenth is in
// production.
func governed() *githubsim.World {
	w := githubsim.NewWorld()
	for i := range 130 {
		r := githubsim.Repository{Name: fmt.Sprintf("contoso/r%03d", i), Commits: []githubsim.Commit{{CommittedDate: day.AddDate(0, -1, 0)}}}
		if i%10 == 0 {
			r.Properties = map[string]any{"lifecycle": "production", "team": []string{"@contoso/web"}, "cost-center": "4711"}
		}
		w.Create(r)
	}
	return w
}

func names(out *pipeline.Snapshot) (names []string) {
	for _, f := range out.Findings {
		names = append(names, strings.TrimPrefix(f.NameWithOwner, "contoso/"))
	}
	return names
}

// TestScopeByProperties: the survey covers what the properties choose, from day
// to day, and nothing is kept of a property that nobody named.
func TestScopeByProperties(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t, governed())
		h.rules.Include.Properties = map[string][]string{"lifecycle": {"production"}}
		h.rules.OwnerProperty = "team"
		survey := func(days int) *pipeline.Snapshot {
			h.server.Reset()
			out, err := h.survey(t.Context(), day.AddDate(0, 0, days))
			if err != nil {
				t.Fatal(err)
			}
			return out
		}
		out := survey(0)
		f := out.Findings[0]
		if len(out.Findings) != 13 || f.Properties["lifecycle"][0] != "production" || len(f.Properties) != 2 || !slices.Equal(f.Owners, []string{"@contoso/web"}) {
			t.Errorf("%q, %+v", names(out), f.Properties)
		}
		// Two requests a day tell that nothing changed about the properties, one
		// that nothing was pushed.
		out = survey(1)
		if s := h.server.Stats(); s.ByKind[githubsim.Properties] != 2 || s.ByKind[githubsim.Listing] != 1 || len(out.Findings) != 13 {
			t.Errorf("a quiet day: %+v, %q", s.ByKind, names(out))
		}
		// A property dates no change, and is seen all the same.
		h.world.SetProperties("contoso/r000", nil)
		h.world.SetProperties("contoso/r001", map[string]any{"lifecycle": "Production"})
		out = survey(2)
		if got := names(out); len(got) != 13 || got[0] != "r001" {
			t.Errorf("after a change: %q", got)
		}
		// As is another owner.
		h.world.SetProperties("contoso/r010", map[string]any{"lifecycle": "production", "team": "platform"})
		out = survey(3)
		if f := out.Findings[1]; !slices.Equal(f.Owners, []string{"platform"}) {
			t.Errorf("owners of %s: %q", f.NameWithOwner, f.Owners)
		}
	})
}

// TestPropertiesThatCannotBeRead: where they choose, nothing is surveyed and
// what is known is kept; where they only tell, what they told is kept.
func TestPropertiesThatCannotBeRead(t *testing.T) {
	denied := githubsim.Fault{When: []githubsim.Condition{githubsim.OfKind(githubsim.Properties)}, Effects: []githubsim.Effect{githubsim.BareMessage(403, "Resource not accessible by integration")}}
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t, governed())
		h.rules.OwnerProperty = "team"
		if _, err := h.survey(t.Context(), day); err != nil {
			t.Fatal(err)
		}
		h.server.SetFaults(denied)
		out, err := h.survey(t.Context(), day.AddDate(0, 0, 1))
		if err != nil || out.Run.State != pipeline.Complete || !slices.Equal(out.Findings[0].Owners, []string{"@contoso/web"}) ||
			len(out.Notices) != 1 || !strings.Contains(out.Notices[0], `"Custom properties: read". What is known of them is kept.`) {
			t.Errorf("%v, %+v", err, out)
		}
		// Alone, the owner fails the run; beside another it is named as missing.
		h.rules.Include.Properties = map[string][]string{"lifecycle": {"production"}}
		_, err = h.survey(t.Context(), day.AddDate(0, 0, 2))
		if err == nil || !strings.Contains(err.Error(), "Resource not accessible by integration") || !strings.Contains(err.Error(), "include.properties chooses by them") {
			t.Errorf("%v", err)
		}
		h.world.Create(githubsim.Repository{Name: "fabrikam/only", Properties: map[string]any{"lifecycle": "production"}, Commits: []githubsim.Commit{{CommittedDate: day}}})
		h.owners, h.rules.AllowUnread = []string{"contoso", "fabrikam"}, pipeline.Allowance{Percent: 100}
		one := denied
		one.When = append(one.When, func(r *githubsim.Request) bool { return strings.Contains(r.Query, "/contoso/") })
		h.server.SetFaults(one)
		out, err = h.survey(t.Context(), day.AddDate(0, 0, 3))
		if err != nil || out.Run.State != pipeline.Partial || len(out.Findings) != 131 || out.Run.Counters.Unread != 130 {
			t.Errorf("%v, %d of %d unread", err, out.Run.Counters.Unread, len(out.Findings))
		}
	})
}

// TestPropertiesAreAskedForOnce: not at all when nobody names one, and not again
// by a run that goes on.
func TestPropertiesAreAskedForOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t, governed())
		if _, err := h.survey(t.Context(), day); err != nil || h.server.Stats().ByKind[githubsim.Properties] != 0 {
			t.Errorf("unnamed, they were asked for: %v", err)
		}
		h = newHub(t, governed())
		h.rules.Properties = []string{"lifecycle"}
		disk := &mortal{Journal: h.journal}
		disk.left.Store(3) // two pages of properties, and of the listing one
		h.journal = disk
		if _, err := h.survey(t.Context(), day); !errors.Is(err, errKilled) {
			t.Fatalf("it was not killed: %v", err)
		}
		h.journal = disk.Journal
		out, err := h.survey(t.Context(), day)
		if s := h.server.Stats(); err != nil || s.ByKind[githubsim.Properties] != 2 || out.Findings[0].Properties["lifecycle"][0] != "production" {
			t.Errorf("resumed: %v, %+v", err, s.ByKind)
		}
	})
}

// TestPropertiesKeepTheDeadline: REST's hour is waited for only as long as there
// is time.
func TestPropertiesKeepTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t, governed(), githubsim.WithLimits(githubsim.Limits{RequestsPerHour: 1}))
		h.rules.Include.Properties = map[string][]string{"lifecycle": {"production"}}
		ctx, cancel := context.WithTimeout(t.Context(), 40*time.Minute)
		defer cancel()
		began := time.Now()
		out, err := h.survey(ctx, day)
		s, ok := errors.AsType[*durable.Suspension](err)
		if !ok || time.Since(began) > time.Minute || s.ResumeAt.Sub(began) < 59*time.Minute || len(out.Findings) != 0 {
			t.Fatalf("%v after %s", err, time.Since(began))
		}
		time.Sleep(time.Until(s.ResumeAt))
		if out, err = h.survey(t.Context(), day); err != nil || len(out.Findings) != 13 {
			t.Errorf("resumed: %v", err)
		}
	})
}

// TestEnterpriseStandsForItsOrganizations: those it has on the day.
func TestEnterpriseStandsForItsOrganizations(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := governed()
		w.Create(githubsim.Repository{Name: "fabrikam/only", Commits: []githubsim.Commit{{CommittedDate: day}}})
		var more []string
		for i := range 120 {
			more = append(more, fmt.Sprintf("org-%d", i))
		}
		w.Create(githubsim.Repository{Name: "zulu/on-the-second-page", Commits: []githubsim.Commit{{CommittedDate: day}}})
		w.AddEnterprise("contoso-inc", append(more, "contoso", "zulu")...)
		h := newHub(t, w)
		h.owners = []string{"enterprises/contoso-inc", "Contoso"}
		out, err := h.survey(t.Context(), day)
		if err != nil || len(out.Findings) != 131 {
			t.Fatalf("%v, %d repositories", err, len(out.Findings))
		}
		w.AddEnterprise("contoso-inc", "contoso", "fabrikam")
		if out, err = h.survey(t.Context(), day.AddDate(0, 0, 1)); err != nil || len(out.Findings) != 131 {
			t.Errorf("%v, %d repositories", err, len(out.Findings))
		}
		w.AddEnterprise("contoso-inc")
		if _, err = h.survey(t.Context(), day.AddDate(0, 0, 2)); err == nil || !strings.Contains(err.Error(), "shows this token no organizations") {
			t.Errorf("%v", err)
		}
	})
}

// roundabout has pages that lead back to one another.
type roundabout struct{ github.Catalog }

func (roundabout) Properties(_ context.Context, q github.PropertiesQuery) (github.PropertiesPage, error) {
	page := github.PropertiesPage{Next: map[string]string{"": "page=2", "page=2": "page=3", "page=3": "page=2"}[q.Page]}
	page.Repositories = []github.PropertyValues{{NameWithOwner: "contoso/r007", Values: map[string][]string{"lifecycle": {"production"}}}}
	return page, nil
}

func (roundabout) Enterprise(_ context.Context, q github.EnterpriseQuery) (github.EnterprisePage, error) {
	return github.EnterprisePage{Logins: []string{"contoso"}, Next: map[string]string{"": "b", "b": "c", "c": "b"}[q.After]}, nil
}

// TestListsThatNeverEnd are left where they bring nothing new.
func TestListsThatNeverEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t, governed())
		h.wrap = func(c github.Catalog) github.Catalog { return roundabout{c} }
		h.owners = []string{"enterprises/contoso-inc"}
		h.rules.Include.Properties = map[string][]string{"lifecycle": {"production"}}
		out, err := h.survey(t.Context(), day)
		if err != nil || len(out.Findings) != 1 {
			t.Errorf("%v, %q", err, names(out))
		}
	})
}
