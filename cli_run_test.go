package main

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
)

func TestRealRepositories(t *testing.T) {
	t.Parallel()
	world, known := realWorld(t)
	if len(known) != 144 {
		t.Fatalf("loaded %d repositories", len(known))
	}
	w := newWorkspace(t, world)
	w.ok("run", "Azure-Samples", "--as-of", day.Format(time.RFC3339))

	lines := w.lines()
	for name, days := range map[string]int{"Azure-Samples/todo-csharp-sql": 973, "Azure-Samples/iot-edge-watchdog": 173} {
		l := lines[name]
		if between := l.LastCommit.CommittedDate.Sub(l.LastHumanCommit.CommittedDate); int(between.Hours()/24) != days {
			t.Errorf("%s is judged by a commit %s before the bot's, want %d days", name, between, days)
		}
		if since := int(day.Sub(l.LastHumanCommit.CommittedDate).Hours() / 24); l.AgeDays == nil || *l.AgeDays != since {
			t.Errorf("%s: age %v, want the %d days since the last person's commit", name, l.AgeDays, since)
		}
	}
	if len(lines) != 144 {
		t.Errorf("%d lines, want 144", len(lines))
	}
	for _, want := range known {
		got, ok := lines[want.NameWithOwner]
		if !ok || got.LastCommit == nil || got.LastHumanCommit == nil {
			t.Errorf("%s: %+v", want.NameWithOwner, got)
			continue
		}
		if got.LastCommit.OID != want.HeadOID || !got.LastCommit.CommittedDate.Equal(want.CommittedDate) || got.LastCommit.IsBot != want.HeadByBot {
			t.Errorf("%s: last commit %+v, want %+v", want.NameWithOwner, *got.LastCommit, want)
		}
		if got.LastHumanCommit.OID != want.LastHumanOID || !got.LastHumanCommit.CommittedDate.Equal(want.LastHumanDate) {
			t.Errorf("%s: last human commit %+v, want %+v", want.NameWithOwner, *got.LastHumanCommit, want)
		}
	}
}

// TestRequestsOverDays counts what a survey of 240 repositories, or 940 with
// STALEWATCH_TESTS=all, asks on its first day, on a day without changes, and on the
// same day again.
func TestRequestsOverDays(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes too long for a short run")
	}
	t.Parallel()
	repositories := 240
	if everything() {
		repositories = 940
	}
	world := githubsim.Generate("contoso", repositories, 7, day)
	w := newWorkspace(t, world)
	w.ok("run", "contoso", "--as-of", day.Format(time.RFC3339))
	first, pages := w.server.Stats(), (repositories+99)/100
	if n := first.ByKind[githubsim.Listing]; n > pages {
		t.Errorf("%d listing requests on the first day, want at most %d", n, pages)
	}
	if n := first.ByKind[githubsim.Tips]; n > pages {
		t.Errorf("%d requests for tips on the first day, want at most %d", n, pages)
	}
	t.Logf("first day: %v", first.ByKind)

	w.server.Reset()
	w.ok("run", "contoso", "--as-of", day.AddDate(0, 0, 1).Format(time.RFC3339))
	second := w.server.Stats()
	if second.ByKind[githubsim.Listing] != 1 || second.Requests != 1 {
		t.Errorf("a day without changes asked %v, want the ends of the listing at which changes show", second.ByKind)
	}
	if s := w.summary(); s.Run.CarriedOver != s.Total || s.Run.State != "complete" {
		t.Errorf("a day without changes: %+v", s.Run)
	}

	w.server.Reset()
	started := time.Now()
	w.ok("run", "contoso", "--as-of", day.AddDate(0, 0, 1).Add(3*time.Hour).Format(time.RFC3339))
	if n := w.server.Stats().Requests; n != 0 {
		t.Errorf("the same day again asked %d requests, want none", n)
	}
	t.Logf("the same day again took %s", time.Since(started))
}

// TestTheSurveyIsNarrowed: by topic and language; a repository that gets the
// topic later comes in on the day it does.
func TestTheSurveyIsNarrowed(t *testing.T) {
	t.Parallel()
	world := githubsim.NewWorld()
	world.AddOrganization("contoso")
	for name, topics := range map[string][]string{"sample": {"azure"}, "other": {"games"}, "later": nil} {
		world.Create(githubsim.Repository{Name: "contoso/" + name, Language: "C#", Topics: topics, CreatedAt: day.AddDate(-1, 0, 0), Commits: []githubsim.Commit{{CommittedDate: day.AddDate(-1, 0, 0)}}})
	}
	world.Create(githubsim.Repository{Name: "contoso/in-go", Language: "Go", Topics: []string{"azure"}, CreatedAt: day.AddDate(-1, 0, 0), Commits: []githubsim.Commit{{CommittedDate: day.AddDate(-1, 0, 0)}}})
	w := newWorkspace(t, world)
	writeFile(t, w.path("stalewatch.yml"), "include: {topics: [azure], languages: ['c#']}\n")
	for i, want := range []string{"[contoso/sample]", "[contoso/later contoso/sample]"} {
		w.ok("run", "contoso", "--config", w.path("stalewatch.yml"), "--as-of", day.AddDate(0, 0, i).Format(time.RFC3339))
		if got := fmt.Sprint(slices.Sorted(maps.Keys(w.lines()))); got != want {
			t.Errorf("day %d: surveyed %s, want %s", i+1, got, want)
		}
		world.Edit("contoso/later", day.AddDate(0, 0, i).Add(time.Hour), func(r *githubsim.Repository) { r.Topics = []string{"azure"} })
	}
}

// TestAnEnterpriseByItsProperties: its organizations are surveyed under one
// name, as far as custom properties choose, and the day is done when it is done.
func TestAnEnterpriseByItsProperties(t *testing.T) {
	t.Parallel()
	world := githubsim.NewWorld()
	world.AddEnterprise("contoso-inc", "contoso", "fabrikam")
	create := func(name string, r githubsim.Repository) {
		r.Name, r.Commits = name, []githubsim.Commit{{CommittedDate: day.AddDate(-3, 0, 0)}}
		world.Create(r)
	}
	create("contoso/api", githubsim.Repository{Properties: map[string]any{"Lifecycle": "production", "team": "@contoso/web", "cost-center": "4711"}})
	create("fabrikam/api", githubsim.Repository{Internal: true, Properties: map[string]any{"lifecycle": []string{"beta"}, "team": "jane@example.org"}})
	create("contoso/old", githubsim.Repository{Properties: map[string]any{"lifecycle": "retired"}})
	create("fabrikam/none", githubsim.Repository{})
	w := newWorkspace(t, world, githubsim.WithToken(testToken, githubsim.Everything))
	writeFile(t, w.path("stalewatch.yml"), "owners: [enterprises/contoso-inc]\ninclude: {visibility: [public, internal], properties: {lifecycle: [production, beta]}}\nownership: {property: team}\n")
	run := func(days int, more ...string) result {
		return w.do("run", append(more, "--config", w.path("stalewatch.yml"), "--as-of", day.AddDate(0, 0, days).Format(time.RFC3339))...)
	}
	if r := run(0); r.code != exitOK {
		t.Fatal(r.stderr)
	}
	lines := w.lines()
	if got := fmt.Sprint(slices.Sorted(maps.Keys(lines))); got != "[contoso/api fabrikam/api]" {
		t.Errorf("surveyed %s", got)
	}
	data := w.read("data/v1/repositories.ndjson")
	for _, want := range []string{`"visibility":"internal","properties":{"lifecycle":["beta"],"team":["-@-"]}`, `"visibility":"public","properties":{"lifecycle":["production"],"team":["@contoso/web"]}`, `"owners":["@contoso/web"]`} {
		if !strings.Contains(data, want) {
			t.Errorf("the data lack %s:\n%s", want, data)
		}
	}
	for name, text := range w.files() {
		if strings.Contains(text, "4711") || strings.Contains(text, "cost-center") || strings.Contains(text, "jane@") {
			t.Errorf("%s tells a property that nobody named, or an address", name)
		}
	}
	if _, err := os.Stat(w.path("site/badges/contoso.svg")); err != nil {
		t.Error(err)
	}
	w.server.Reset()
	if r := run(0); r.code != exitOK || w.server.Stats().Requests != 0 {
		t.Errorf("the same day again: code %d, %d requests", r.code, w.server.Stats().Requests)
	}
	if r := w.ok("status"); !strings.Contains(r.stdout, "2026-11-22/enterprises/contoso-inc") {
		t.Errorf("status:\n%s", r.stdout)
	}
	w.ok("report", "enterprises/contoso-inc")
	if r := w.ok("plan", "enterprises/contoso-inc"); !strings.Contains(r.stdout, `"name": "enterprises.contoso-inc"`) || !strings.Contains(r.stdout, `"STALEWATCH_TOKEN_ENTERPRISES_CONTOSO_INC"`) {
		t.Errorf("plan:\n%s", r.stdout)
	}

	w.server.SetFaults(githubsim.Fault{When: []githubsim.Condition{githubsim.OfKind(githubsim.Properties)}, Effects: []githubsim.Effect{githubsim.BareMessage(404, "Not Found")}})
	if r := run(1); r.code != exitFailed || !strings.Contains(r.stderr, `needs the organization's permission "Custom properties: read". include.properties chooses by them, so`) {
		t.Errorf("without the permission: code %d\n%s", r.code, r.stderr)
	}
	w.server.SetFaults()
	if r := run(1); r.code != exitOK || len(w.lines()) != 2 {
		t.Errorf("with it again: code %d\n%s", r.code, r.stderr)
	}
}
