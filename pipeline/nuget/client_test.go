package nuget_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/graphql/budget"
	"github.com/stalewatch/stalewatch/pipeline/durable"
	"github.com/stalewatch/stalewatch/pipeline/nuget"
	"github.com/stalewatch/stalewatch/pipeline/nuget/nugetsim"
)

var released = time.Date(2024, 3, 1, 12, 0, 0, 0, time.UTC)

// versions gives n versions, a day apart.
func versions(n int) []nugetsim.Version {
	var all []nugetsim.Version
	for i := range n {
		all = append(all, nugetsim.Version{Version: fmt.Sprintf("1.%d.0", i), Published: released.AddDate(0, 0, i)})
	}
	return all
}

// feed serves a world and returns a client of it with its addresses.
func feed(t *testing.T, world *nugetsim.World) (*nugetsim.Server, *nuget.Client, nuget.Resources) {
	t.Helper()
	s, err := nugetsim.Start(world)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	c := client(s.URL)
	r, err := c.Resources(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.Requests()
	return s, c, r
}

func client(url string) *nuget.Client {
	return nuget.NewClient(nuget.Options{URL: url, UserAgent: "test", Share: budget.New(budget.Config{}).Pipeline()})
}

func TestRegistrationPages(t *testing.T) {
	for _, tt := range []struct{ versions, inlined, more int }{{1, 1, 0}, {64, 64, 0}, {65, 65, 0}, {127, 127, 0}, {128, 0, 2}, {130, 0, 3}} {
		_, c, at := feed(t, &nugetsim.World{Packages: []nugetsim.Package{{ID: "Contoso.Client", Versions: versions(tt.versions)}}})
		r, err := c.Registration(t.Context(), nuget.RegistrationQuery{Base: at.Registrations, ID: "contoso.CLIENT"})
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Page.Versions) != tt.inlined || len(r.More) != tt.more {
			t.Errorf("%d versions: %d inlined and %d pages, want %d and %d", tt.versions, len(r.Page.Versions), len(r.More), tt.inlined, tt.more)
		}
		all := r.Page
		for _, address := range slices.Backward(r.More) { // in whichever order they come
			p, err := c.Page(t.Context(), address)
			if err != nil {
				t.Fatal(err)
			}
			all = p.With(all)
		}
		last := all.Versions[len(all.Versions)-1]
		if len(all.Versions) != tt.versions || last.Version != fmt.Sprintf("1.%d.0", tt.versions-1) || !last.Published.Equal(released.AddDate(0, 0, tt.versions-1)) || all.ID != "Contoso.Client" {
			t.Errorf("%d versions: %d of %s, the last %+v", tt.versions, len(all.Versions), all.ID, last)
		}
	}
}

func TestRegistrationTells(t *testing.T) {
	_, c, at := feed(t, &nugetsim.World{
		Packages: []nugetsim.Package{{ID: "A", ProjectURL: "https://example.org/a", Versions: []nugetsim.Version{
			{Version: "1.0.0", Published: released, Deprecation: &nugetsim.Deprecation{Reasons: []string{"legacy", "Whatever", "CRITICALBUGS"}, Message: "Use <B>", Alternative: "B"}},
			{Version: "1.1.0", Published: released, Unlisted: true},
			{Version: "2.0.0-rc.1+x", Published: released, Deprecation: &nugetsim.Deprecation{Reasons: []string{"Whatever"}}},
		}}},
		Advisories: map[string][]nugetsim.Advisory{"a": {{Severity: 3, URL: "https://example.org/advisory", Versions: "[1.0.0, 1.1.0)", In: []string{"1.0.0"}}, {Severity: 1, URL: "https://example.org/other", Versions: "(, 2.0.0)"}}},
	})
	r, err := c.Registration(t.Context(), nuget.RegistrationQuery{Base: at.Registrations, ID: "A"})
	if err != nil {
		t.Fatal(err)
	}
	if got := r.Page.ProjectURL; got != "https://example.org/a" {
		t.Errorf("its project is at %s", got)
	}
	v := r.Page.Versions
	if d := v[0].Deprecation; d == nil || !slices.Equal(d.Reasons, []string{"Legacy", "CriticalBugs"}) || d.Message != "Use <B>" || d.Alternative != "B" {
		t.Errorf("the deprecation was read as %+v", d)
	}
	if w := v[0].Vulnerabilities; len(w) != 1 || w[0].Severity != "critical" || w[0].AdvisoryURL != "https://example.org/advisory" {
		t.Errorf("the vulnerabilities were read as %+v", w)
	}
	if v[0].Unlisted || !v[0].Published.Equal(released) {
		t.Errorf("a version without %q is listed: %+v", "listed", v[0])
	}
	if !v[1].Unlisted || v[1].Published != nil {
		t.Errorf("the date of an unlisted version is not known: %+v", v[1])
	}
	if d := v[2].Deprecation; v[2].Version != "2.0.0-rc.1" || !slices.Equal(d.Reasons, []string{"Other"}) {
		t.Errorf("the last version was read as %+v %+v", v[2], d)
	}

	files, err := c.VulnerabilityFiles(t.Context(), at.Vulnerabilities)
	if err != nil || len(files) != 2 {
		t.Fatalf("the vulnerabilities are in %q, %v", files, err)
	}
	var told []string
	for _, f := range files {
		found, err := c.Advisories(t.Context(), nuget.AdvisoryQuery{File: f, IDs: []string{"a", "nobody"}})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range found["a"] {
			told = append(told, a.Severity+" "+a.Versions)
		}
	}
	if want := []string{"critical [1.0.0, 1.1.0)", "moderate (, 2.0.0)"}; !slices.Equal(told, want) {
		t.Errorf("the advisories are %q, want %q", told, want)
	}
}

func TestRegistrationIsConditional(t *testing.T) {
	s, c, at := feed(t, &nugetsim.World{Packages: []nugetsim.Package{{ID: "A", Versions: versions(2)}}})
	first, err := c.Registration(t.Context(), nuget.RegistrationQuery{Base: at.Registrations, ID: "A"})
	if err != nil || first.Unchanged {
		t.Fatal(first, err)
	}
	again, err := c.Registration(t.Context(), nuget.RegistrationQuery{Base: at.Registrations, ID: "A", ETag: first.ETag, Digest: first.Digest})
	if err != nil || !again.Unchanged || again.ETag != first.ETag || again.Digest != first.Digest {
		t.Errorf("nothing changed, but %+v, %v", again, err)
	}
	s.Misbehave(nugetsim.Fault{ForgetsETags: true})
	again, err = c.Registration(t.Context(), nuget.RegistrationQuery{Base: at.Registrations, ID: "A", ETag: first.ETag, Digest: first.Digest})
	if err != nil || !again.Unchanged {
		t.Errorf("the same text came with a 200, and was taken for a change: %+v, %v", again, err)
	}
	s.Misbehave()
	s.Change(func(w *nugetsim.World) { w.Packages[0].Versions = versions(3) })
	again, err = c.Registration(t.Context(), nuget.RegistrationQuery{Base: at.Registrations, ID: "A", ETag: first.ETag, Digest: first.Digest})
	if err != nil || again.Unchanged || len(again.Page.Versions) != 3 {
		t.Errorf("a new version was missed: %+v, %v", again, err)
	}
	var statuses []int
	for _, r := range s.Requests() {
		statuses = append(statuses, r.Status)
	}
	if want := []int{200, 304, 200, 200}; !slices.Equal(statuses, want) {
		t.Errorf("statuses %v, want %v", statuses, want)
	}
}

func TestSearchFindsAllOfAnOwner(t *testing.T) {
	world := &nugetsim.World{}
	for i := range 45 {
		world.Packages = append(world.Packages, nugetsim.Package{ID: fmt.Sprintf("P%d", i), Owners: []string{"Contoso", "other"}[:1+i%2], Downloads: int64(i), Versions: versions(1)})
	}
	world.Packages = append(world.Packages,
		nugetsim.Package{ID: "Foreign", Owners: []string{"fabrikam"}, Versions: versions(1)},
		nugetsim.Package{ID: "Preview", Owners: []string{"contoso"}, Versions: []nugetsim.Version{{Version: "1.0.0-rc.1", Published: released}}},
		nugetsim.Package{ID: "Withdrawn", Owners: []string{"contoso"}, Versions: []nugetsim.Version{{Version: "1.0.0", Published: released, Unlisted: true}}},
	)
	_, c, at := feed(t, world)
	var ids []string
	for skip := 0; ; skip += 30 {
		found, err := c.Search(t.Context(), nuget.SearchQuery{Base: at.Search, Owner: "contoso", Skip: skip, Take: 30})
		if err != nil {
			t.Fatal(err)
		}
		if found.Total != 46 {
			t.Fatalf("%d hits, want 46", found.Total)
		}
		for _, h := range found.Hits {
			ids = append(ids, h.ID)
			if h.ID == "P7" && (h.TotalDownloads == nil || *h.TotalDownloads != 7) {
				t.Errorf("P7 has %v downloads, want 7", h.TotalDownloads)
			}
		}
		if found.Returned == 0 {
			break
		}
	}
	if len(ids) != 46 || !slices.Contains(ids, "Preview") || slices.Contains(ids, "Withdrawn") || slices.Contains(ids, "Foreign") {
		t.Errorf("found %q", ids)
	}
}

func TestRepositoryOfAPackage(t *testing.T) {
	_, c, at := feed(t, &nugetsim.World{Packages: []nugetsim.Package{
		{ID: "A", RepositoryURL: "git+https://user:secret@github.com/contoso/a.git", Versions: versions(1)}, {ID: "B", Versions: versions(1)}, {ID: "C", RepositoryURL: "javascript:alert(1)", Versions: versions(1)},
	}})
	for id, want := range map[string]string{"A": "https://github.com/contoso/a", "B": "", "C": ""} {
		if got, err := c.Repository(t.Context(), nuget.ManifestQuery{Base: at.Contents, ID: id, Version: "1.0.0"}); got != want || err != nil {
			t.Errorf("%s comes from %q, %v; want %q", id, got, err, want)
		}
	}
}

// TestFaults holds what each way to say no is taken for.
func TestFaults(t *testing.T) {
	for _, tt := range []struct {
		name  string
		fault nugetsim.Fault
		want  durable.Remedy
	}{
		{"429 with a time", nugetsim.Fault{Status: 429, RetryAfter: 7}, durable.Remedy{Cause: nuget.CauseLimit, After: 7 * time.Second}},
		{"429 in words", nugetsim.Fault{Status: 429, RetryAfter: -1, Body: `{"statusCode":429,"message":"Rate limit is exceeded. Try again in 56 seconds."}`}, durable.Remedy{Cause: nuget.CauseLimit, After: 56 * time.Second}},
		{"429 without a time", nugetsim.Fault{Status: 429, RetryAfter: -1}, durable.Remedy{Cause: nuget.CauseLimit, After: time.Minute}},
		{"quota", nugetsim.Fault{Status: 403, RetryAfter: -1, Body: `{"statusCode":403,"message":"Quota exceeded."}`}, durable.Remedy{Cause: nuget.CauseLimit, After: time.Minute}},
		{"not there", nugetsim.Fault{Status: 404}, durable.Remedy{Course: durable.Fail, Cause: nuget.CauseNotFound}},
		{"overloaded", nugetsim.Fault{Status: 503}, durable.Remedy{Cause: nuget.CauseServer}},
		{"forbidden", nugetsim.Fault{Status: 403, Body: "no"}, durable.Remedy{Course: durable.Fail, Cause: nuget.CauseAnswer}},
		{"cut off", nugetsim.Fault{CutsOff: true}, durable.Remedy{Cause: nuget.CauseNetwork}},
		{"a page for people", nugetsim.Fault{Status: 200, Body: "<html>"}, durable.Remedy{Course: durable.Fail, Cause: nuget.CauseAnswer}},
		{"redirects without end", nugetsim.Fault{RedirectTo: "/registration-semver2/a/index.json"}, durable.Remedy{Cause: nuget.CauseNetwork}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s, c, at := feed(t, &nugetsim.World{Packages: []nugetsim.Package{{ID: "A", Versions: versions(1)}}})
			s.Misbehave(tt.fault)
			_, err := c.Registration(t.Context(), nuget.RegistrationQuery{Base: at.Registrations, ID: "A"})
			if got := durable.RemedyOf(err); got != tt.want || err == nil {
				t.Errorf("%v has the remedy %+v, want %+v", err, got, tt.want)
			}
		})
	}
	s, c, at := feed(t, &nugetsim.World{Packages: []nugetsim.Package{{ID: "A", Versions: versions(1)}}})
	s.Misbehave(nugetsim.Fault{Path: "/a/", Times: 1, RedirectTo: "/registration-semver2/a/index.json?moved"})
	if r, err := c.Registration(t.Context(), nuget.RegistrationQuery{Base: at.Registrations, ID: "A"}); err != nil || len(r.Page.Versions) != 1 {
		t.Errorf("a redirect is followed: %+v, %v", r, err)
	}
}

func TestOutageIsSeen(t *testing.T) {
	s, c, at := feed(t, &nugetsim.World{})
	s.Misbehave(nugetsim.Fault{Status: 500})
	for range 20 {
		_, err := c.Registration(t.Context(), nuget.RegistrationQuery{Base: at.Registrations, ID: "A"})
		if durable.RemedyOf(err).Cause == nuget.CauseOutage {
			break
		}
	}
	_, err := c.Registration(t.Context(), nuget.RegistrationQuery{Base: at.Registrations, ID: "A"})
	if got := durable.RemedyOf(err); got.Course != durable.Fail || got.Cause != nuget.CauseOutage {
		t.Errorf("after many failures comes %v", err)
	}
	if n := len(s.Requests()); n != 12 {
		t.Errorf("%d requests were sent to a server that is down, want 12", n)
	}
}

func TestOtherFeeds(t *testing.T) {
	var answer func(w http.ResponseWriter, r *http.Request)
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { answer(w, r) }))
	t.Cleanup(s.Close)
	say := func(body string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(body)) }
	}
	for body, want := range map[string]string{
		`{"resources":[]}`: "names no RegistrationsBaseUrl", `{"resources":[{"@id":"javascript:x","@type":"RegistrationsBaseUrl/3.6.0"}]}`: "names no RegistrationsBaseUrl",
		`<html>`: "service index of a NuGet V3 feed",
	} {
		answer = say(body)
		if _, err := client(s.URL).Resources(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s gives %v, want %q", body, err, want)
		}
	}
	answer = say(`{"resources":[{"@id":"r//","@type":["RegistrationsBaseUrl","RegistrationsBaseUrl/3.4.0"]},{"@id":"/old/","@type":"RegistrationsBaseUrl"},{"@id":"` + s.URL + `/q?x=1","@type":"SearchQueryService"}]}`)
	c := client(s.URL)
	at, err := c.Resources(t.Context())
	if err != nil || at.Registrations != s.URL+"/r//" || at.Vulnerabilities != "" {
		t.Fatalf("%+v, %v", at, err)
	}
	answer = func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/q" || r.URL.Query().Get("x") != "1" || r.URL.Query().Get("q") != "owner:a b" {
			http.NotFound(w, r)
			return
		}
		w.Write([]byte(`{"totalHits":3,"data":[{"id":"Mine","owners":"A B"},{"id":"Theirs","owners":["c"]},{"id":"../x"}]}`))
	}
	found, err := c.Search(t.Context(), nuget.SearchQuery{Base: at.Search, Owner: "a b", Take: 10})
	if err != nil || len(found.Hits) != 1 || found.Hits[0].ID != "Mine" || found.Hits[0].TotalDownloads != nil || found.Returned != 3 {
		t.Errorf("%+v, %v", found, err)
	}
	answer = func(w http.ResponseWriter, r *http.Request) { w.Write(make([]byte, 33<<20)) }
	if _, err := c.Registration(t.Context(), nuget.RegistrationQuery{Base: at.Registrations, ID: "A"}); err == nil || !strings.Contains(err.Error(), "over 32 MiB") {
		t.Errorf("an endless answer gives %v", err)
	}
}
