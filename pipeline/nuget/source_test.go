package nuget_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/stalewatch/stalewatch/graphql"
	"github.com/stalewatch/stalewatch/graphql/budget"
	"github.com/stalewatch/stalewatch/graphql/githubsim"
	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
	"github.com/stalewatch/stalewatch/pipeline/github"
	"github.com/stalewatch/stalewatch/pipeline/nuget"
	"github.com/stalewatch/stalewatch/pipeline/nuget/nugetsim"
	"github.com/stalewatch/stalewatch/pipeline/verdict"
)

var morning = time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)

// twoWorlds is a GitHub and a feed, and what is known of both.
type twoWorlds struct {
	t      *testing.T
	github *githubsim.World
	server *githubsim.Server
	url    string
	feed   *nugetsim.Server
	asOf   time.Time
	prior  *pipeline.Snapshot
	owners []string // on the feed
	// journal is the last run's, and lost the one of a run that never ended.
	journal, lost durable.Journal
	lostRun       string
}

func newWorlds(t *testing.T, world *nugetsim.World) *twoWorlds {
	t.Helper()
	w := &twoWorlds{t: t, github: githubsim.NewWorld(), asOf: morning, owners: []string{"Contoso"}}
	w.github.AddOrganization("contoso")
	w.server = githubsim.New(w.github, githubsim.WithToken("0123456789abcdefghij", githubsim.PublicOnly))
	url, stop, err := w.server.Start()
	if err != nil {
		t.Fatal(err)
	}
	w.url = url
	t.Cleanup(func() { stop() })
	if w.feed, err = nugetsim.Start(world); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.feed.Close() })
	return w
}

func (w *twoWorlds) add(name, language string, files ...githubsim.File) {
	w.github.Create(githubsim.Repository{Name: "contoso/" + name, Language: language, Files: files, Commits: []githubsim.Commit{{CommittedDate: morning.AddDate(0, -1, 0)}}})
}

// survey runs once and remembers the snapshot, except when it failed.
func (w *twoWorlds) survey() (*pipeline.Snapshot, error) {
	w.t.Helper()
	share := budget.New(budget.Config{Concurrency: 8})
	client := graphql.New(graphql.Options{URL: w.url, Tokens: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "0123456789abcdefghij"}), Share: share.Pipeline()})
	policy, err := verdict.NewPolicy(pipeline.DefaultRules())
	if err != nil {
		w.t.Fatal(err)
	}
	repositories := github.New(client, policy, nil)
	if w.prior != nil {
		repositories.Known = github.KnownRepositories(w.prior.Findings)
	}
	packages := &nuget.Source{
		Feed: nuget.NewClient(nuget.Options{URL: w.feed.URL, Share: budget.New(budget.Config{Account: "nuget"}).Pipeline()}), Contents: graphql.Files{Client: client}, Owners: w.owners, Prior: w.prior,
	}
	if w.lost != nil {
		if err := packages.Salvage(w.t.Context(), w.lost, w.lostRun); err != nil {
			w.t.Fatal(err)
		}
	}
	w.journal = durable.NewMemory()
	s := pipeline.Survey{
		Engine:  &durable.Engine{Journal: w.journal, Retries: durable.RetryPolicy{Initial: time.Millisecond, Max: time.Millisecond}},
		Judge:   policy,
		Sources: []pipeline.Source{repositories, packages},
	}
	w.feed.Requests()
	w.server.Reset()
	owners := []string{"contoso"}
	run := pipeline.Run{ID: pipeline.RunID(owners, w.asOf), Scope: "contoso", Owners: owners, AsOf: w.asOf, Attempt: 1}
	w.lostRun = pipeline.JournalID(run)
	out, err := s.Run(w.t.Context(), run, w.prior)
	if err == nil {
		w.prior = out
	}
	w.asOf = w.asOf.AddDate(0, 0, 1)
	return out, err
}

// told is what a snapshot says of packages, as lines.
func told(snap *pipeline.Snapshot) string {
	var b strings.Builder
	for _, p := range snap.Packages {
		latest, downloads := "none", "unknown"
		if v := p.Latest(); v != nil {
			latest = v.Version
		}
		if p.TotalDownloads != nil {
			downloads = fmt.Sprint(*p.TotalDownloads)
		}
		fmt.Fprintf(&b, "%s %s owned %v downloads %s from %q error %q\n", p.ID, latest, p.Owned, downloads, p.RepositoryURL, p.ReadError)
		for _, u := range p.UsedBy {
			behind, _ := json.Marshal([]any{u.VersionsBehind, u.YearsBehind, u.IsDeprecated, u.IsVulnerable})
			fmt.Fprintf(&b, "  %s %s %q %s\n", u.NameWithOwner, u.File, u.Version, behind)
		}
	}
	for _, n := range snap.Notices {
		fmt.Fprintln(&b, "!", n)
	}
	return b.String()
}

func reference(id, version string) string {
	return project(fmt.Sprintf(`<ItemGroup><PackageReference Include=%q Version=%q/></ItemGroup>`, id, version))
}

func day(year int, month time.Month) time.Time {
	return time.Date(year, month, 1, 0, 0, 0, 0, time.UTC)
}

// sampleFeed is a feed with a package of the owner's and some of others.
func sampleFeed() *nugetsim.World {
	return &nugetsim.World{
		Packages: []nugetsim.Package{
			{ID: "Contoso.Client", Owners: []string{"Contoso"}, Downloads: 4200, RepositoryURL: "https://github.com/contoso/client.git", Versions: []nugetsim.Version{
				{Version: "1.0.0", Published: day(2022, 1), Deprecation: &nugetsim.Deprecation{Reasons: []string{"Legacy"}, Alternative: "Fabrikam"}},
				{Version: "1.1.0", Published: day(2023, 1), Unlisted: true}, {Version: "1.2.0", Published: day(2023, 7)},
				{Version: "2.0.0-rc.1", Published: day(2024, 1)}, {Version: "2.0.0", Published: day(2024, 1)}, {Version: "3.0.0-beta", Published: day(2025, 1)}}},
			{ID: "Fabrikam", Owners: []string{"fabrikam"}, ProjectURL: "https://github.com/fabrikam/fabrikam", Versions: versions(130)},
		},
		Advisories: map[string][]nugetsim.Advisory{"fabrikam": {{Severity: 2, URL: "https://github.com/advisories/1", Versions: "(, 1.10.0)"}}},
	}
}

func TestWhatIsUsed(t *testing.T) {
	w := newWorlds(t, sampleFeed())
	w.add("a", "C#", githubsim.File{Path: "src/a/a.csproj", Text: reference("contoso.client", "1.0")}, githubsim.File{Path: "b.csproj", Text: reference("Contoso.Client", "$(V)")}, githubsim.File{Path: "too/deep/to/be/easy/to/see.csproj", Text: reference("contoso.client", "2.0.0")}, githubsim.File{Path: "too/deep/to/be/easy/to/be/seen.csproj", Text: reference("Unseen", "1")})
	w.add("b", "F#", githubsim.File{Path: "packages.config", Text: `<packages><package id="Fabrikam" version="1.9.0"/><package id="Gone" version="1.0.0"/></packages>`}, githubsim.File{Path: "broken.fsproj", Text: "<Project>"})
	w.add("c", "Python", githubsim.File{Path: "c.csproj", Text: reference("Fabrikam", "1")})
	w.add("d", "", githubsim.File{Path: "d.csproj", Text: reference("Fabrikam", "1.*")}, githubsim.File{Path: "e.csproj", Text: reference("Contoso.Client", "[1.1.0]")})
	snap, err := w.survey()
	if err != nil {
		t.Fatal(err)
	}
	want := `Contoso.Client 2.0.0 owned true downloads 4200 from "https://github.com/contoso/client" error ""
  contoso/a b.csproj "$(V)" [null,null,null,null]
  contoso/a src/a/a.csproj "1.0" [2,2,true,false]
  contoso/a too/deep/to/be/easy/to/see.csproj "2.0.0" [0,0,false,false]
  contoso/d e.csproj "[1.1.0]" [2,null,false,false]
Fabrikam 1.129.0 owned false downloads unknown from "https://github.com/fabrikam/fabrikam" error ""
  contoso/b packages.config "1.9.0" [120,0.33,false,true]
  contoso/d d.csproj "1.*" [null,null,null,null]
Gone none owned false downloads unknown from "" error "the feed has no package of this id; it was deleted, or comes from another feed"
  contoso/b packages.config "1.0.0" [null,null,null,null]
`
	if got := told(snap); got != want || snap.Run.State != pipeline.Complete {
		t.Errorf("%s:\n%s\nwant\n%s", snap.Run.State, got, want)
	}
	for _, f := range snap.Findings {
		if f.NameWithOwner == "contoso/b" && (len(f.Dependencies.Problems) != 1 || f.Dependencies.Problems[0].File != "broken.fsproj") {
			t.Errorf("b has the problems %+v", f.Dependencies.Problems)
		}
	}

	t.Run("nothing changes", func(t *testing.T) {
		again, err := w.survey()
		if err != nil {
			t.Fatal(err)
		}
		if got := told(again); got != want {
			t.Errorf("it says\n%s", got)
		}
		for _, r := range w.server.Log() {
			if strings.Contains(r.Query, "isTruncated") {
				t.Errorf("files were asked for: %s", r.Query)
			}
		}
		for _, r := range w.feed.Requests() {
			if strings.HasPrefix(r.Path, "/registration") && (!r.Conditional || r.Status != 304) || strings.HasPrefix(r.Path, "/contents") {
				t.Errorf("asked for %s: %d", r.Path, r.Status)
			}
		}
	})
}

// TestPackagesChange: what happens to packages between two days is told once,
// and what could not be read is no news.
func TestPackagesChange(t *testing.T) {
	feed := func() *nugetsim.World {
		v := func(version string, year int) nugetsim.Version {
			return nugetsim.Version{Version: version, Published: day(year, 1)}
		}
		w := &nugetsim.World{Advisories: map[string][]nugetsim.Advisory{}}
		for _, id := range []string{"Deprecated", "Gone", "Old", "Quiet", "Risky", "Unlisted", "Updated"} {
			w.Packages = append(w.Packages, nugetsim.Package{ID: id, Owners: []string{"fabrikam"}, Versions: []nugetsim.Version{v("1.0.0", 2023), v("2.0.0", 2024)}})
		}
		return w
	}
	w := newWorlds(t, feed())
	var files string
	for _, id := range []string{"Deprecated", "Gone", "Quiet", "Risky", "Unlisted", "Updated"} {
		files += fmt.Sprintf(`<PackageReference Include=%q Version="2.0.0"/>`, id)
	}
	w.add("a", "C#", githubsim.File{Path: "a.csproj", Text: project(`<ItemGroup>` + files + `<PackageReference Include="Old" Version="1.0.0"/></ItemGroup>`)})
	events := func() string {
		t.Helper()
		snap, err := w.survey()
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		for _, e := range snap.Events {
			if e.Package != "" && e.Date.Equal(snap.Run.AsOf) {
				fmt.Fprintf(&b, "%s %s %q %q\n", e.Type, e.Package, e.From, e.To)
			}
		}
		return b.String()
	}
	if got := events(); got != "" {
		t.Errorf("on the first day it says\n%s", got)
	}
	w.feed.Change(func(world *nugetsim.World) {
		*world = *feed()
		p := world.Packages
		p[0].Versions[1].Deprecation = &nugetsim.Deprecation{Reasons: []string{"Legacy"}, Alternative: "Updated"}
		p[2].Versions[0].Deprecation = &nugetsim.Deprecation{Reasons: []string{"Legacy"}} // which is used, and not the newest
		p[5].Versions[1].Unlisted = true
		p[6].Versions = append(p[6].Versions, nugetsim.Version{Version: "3.0.0", Published: day(2026, 11)})
		world.Packages = append(slices.Delete(p, 1, 2), nugetsim.Package{ID: "Fresh", Owners: []string{"Contoso"}, Versions: []nugetsim.Version{{Version: "0.1.0", Published: day(2026, 11)}}})
		world.Advisories["risky"] = []nugetsim.Advisory{{Severity: 2, URL: "https://github.com/advisories/7", Versions: "[2.0.0]"}}
		world.Advisories["quiet"] = []nugetsim.Advisory{{Severity: 2, URL: "https://github.com/advisories/8", Versions: "[1.0.0]"}} // which nobody uses
	})
	if got, want := events(), `package-deprecated Deprecated "" "Updated"
package-deprecated Old "" ""
package-removed Gone "2.0.0" ""
package-unlisted Unlisted "2.0.0" "1.0.0"
package-version Fresh "" "0.1.0"
package-version Updated "2.0.0" "3.0.0"
package-vulnerable Risky "" "https://github.com/advisories/7"
`; got != want {
		t.Errorf("on the second day it says\n%s\nwant\n%s", got, want)
	}
	w.feed.Misbehave(nugetsim.Fault{Status: 200, Body: "<html>"})
	if got := events(); got != "" {
		t.Errorf("on a day without the feed it says\n%s", got)
	}
	w.feed.Misbehave()
	if got := events(); got != "" {
		t.Errorf("on a day without changes it says\n%s", got)
	}
}

// shown is a figure, or a dash for one that cannot be told.
func shown[T any](n *T) string {
	if n == nil {
		return "-"
	}
	return fmt.Sprint(*n)
}

// TestDeepProjects: how far down projects are looked for, what that may cost,
// and that it is said where they are not.
func TestDeepProjects(t *testing.T) {
	w := newWorlds(t, sampleFeed())
	deep := func(name string, folders int) githubsim.File {
		return githubsim.File{Path: strings.Repeat("d/", folders) + name, Text: reference("Fabrikam", "1.9.0")}
	}
	many := func(dir string, n int) (files []githubsim.File) {
		for i := range n {
			files = append(files, githubsim.File{Path: fmt.Sprintf("%s%02d/e/f/g.csproj", dir, i), Text: reference("Fabrikam", "1.9.0")})
		}
		return files
	}
	tests := map[string]struct {
		language string
		files    []githubsim.File
		found    int
		lookups  int // of folders
		says     string
	}{
		"six":      {"C#", []githubsim.File{deep("a.csproj", 6)}, 1, 6, ""},
		"seven":    {"C#", []githubsim.File{deep("a.csproj", 7)}, 0, 6, "deeper folders were not read (1 left): the most are 60 in a repository, and 6 below one another"},
		"wide":     {"F#", many("a", 25), 10, 60, "deeper folders were not read (15 left): the most are 60 in a repository, and 6 below one another"},
		"signless": {"TypeScript", many("a", 9), 2, 20, ""},
		"solution": {"TypeScript", append(many("a", 9), githubsim.File{Path: "a00/e/all.sln"}), 9, 27, ""},
		"narrow":   {"", []githubsim.File{deep("a.csproj", 4)}, 1, 4, ""},
		"python":   {"Python", []githubsim.File{deep("a.csproj", 1)}, 0, 0, ""},
	}
	for name, test := range tests {
		w.add(name, test.language, test.files...)
	}
	snap, err := w.survey()
	if err != nil {
		t.Fatal(err)
	}
	lookups := make(map[string]int)
	for _, r := range w.server.Log() {
		if strings.Contains(r.Query, "o9: object") {
			lookups[r.IDs[0]] += strings.Count(string(r.Variables), "HEAD:") - strings.Count(string(r.Variables), ".csproj")
		}
	}
	for _, f := range snap.Findings {
		test := tests[strings.TrimPrefix(f.NameWithOwner, "contoso/")]
		found, says := 0, ""
		if d := f.Dependencies; d != nil {
			found = len(d.References)
			for _, p := range d.Problems {
				says += p.Problem
			}
		}
		if found != test.found || lookups[f.ID] != test.lookups || says != test.says {
			t.Errorf("%s: %d projects found after %d folders, it says %q; want %d, %d, %q", f.NameWithOwner, found, lookups[f.ID], says, test.found, test.lookups, test.says)
		}
	}
}

// TestFilesOfALostRun: what a run that never ended had read of project files is
// not asked for again, except where the repository changed.
func TestFilesOfALostRun(t *testing.T) {
	w := newWorlds(t, sampleFeed())
	for _, name := range []string{"a", "b", "c"} {
		w.add(name, "C#", githubsim.File{Path: "src/x/a.csproj", Text: reference("Contoso.Client", "1.0")})
	}
	lost, err := w.survey()
	if err != nil {
		t.Fatal(err)
	}
	w.lost, w.prior = w.journal, nil
	w.github.Edit("contoso/b", w.asOf, func(r *githubsim.Repository) {
		r.Files = []githubsim.File{{Path: "src/y/b.csproj", Text: reference("Contoso.Client", "1.2.0")}}
	})
	w.github.Push("contoso/b", w.asOf)
	snap, err := w.survey()
	if err != nil {
		t.Fatal(err)
	}
	asked := make(map[string]int)
	for _, r := range w.server.Log() {
		if strings.Contains(r.Query, "isTruncated") {
			asked[strings.Join(r.IDs, " ")]++
		}
	}
	all := strings.Join([]string{w.github.ID("contoso/a"), w.github.ID("contoso/b"), w.github.ID("contoso/c")}, " ")
	if len(asked) != 2 || asked[all] != 1 || asked[w.github.ID("contoso/b")] != 3 {
		t.Errorf("the roots were asked for, and files of %v; want those of b only", asked)
	}
	told := func(s *pipeline.Snapshot) string {
		return strings.ReplaceAll(strings.ReplaceAll(told(s), `src/x/a.csproj "1.0" [2,2,true,false]`, "*"), `src/y/b.csproj "1.2.0" [1,0.5,false,false]`, "*")
	}
	if got, want := told(snap), told(lost); got != want || strings.Count(got, "*") != 3 {
		t.Errorf("it says\n%s\nwant\n%s", got, want)
	}
	if got, before := snap.Run.Counters.Requests, lost.Run.Counters.Requests; got != before-6 {
		t.Errorf("%d requests are counted, after %d of the run that never ended and 6 that were not repeated", got, before)
	}
}

// TestGitHubInTrouble: what GitHub cannot answer in time is asked for in
// smaller pieces, and a repository that it cannot answer for at all harms no
// other and is read by the next run.
func TestGitHubInTrouble(t *testing.T) {
	w := newWorlds(t, sampleFeed())
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		w.add(name, "C#", githubsim.File{Path: "a.csproj", Text: reference("Contoso.Client", "1.0")})
	}
	poison := w.github.ID("contoso/c")
	files := func(r *githubsim.Request) bool { return strings.Contains(r.Query, "isTruncated") }
	w.server.SetFaults(
		githubsim.Fault{When: []githubsim.Condition{files, githubsim.MoreIDsThan(2)}, Effects: []githubsim.Effect{githubsim.Timeout(502)}},
		githubsim.Fault{When: []githubsim.Condition{files, githubsim.AsksFor(poison)}, Effects: []githubsim.Effect{githubsim.Timeout(502)}},
	)
	snap, err := w.survey()
	if err != nil {
		t.Fatal(err)
	}
	if n := len(snap.Packages[0].UsedBy); n != 4 || snap.Run.State != pipeline.Partial || !strings.Contains(told(snap), "! The project files of 1 repository could not be read this time.") {
		t.Errorf("%s, %d uses:\n%s", snap.Run.State, n, told(snap))
	}
	w.server.SetFaults()
	if snap, err = w.survey(); err != nil {
		t.Fatal(err)
	}
	if n := len(snap.Packages[0].UsedBy); n != 5 || snap.Run.State != pipeline.Complete {
		t.Errorf("the next run is %s and knows %d uses", snap.Run.State, n)
	}
}
