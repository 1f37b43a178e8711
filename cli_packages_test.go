package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
	"github.com/stalewatch/stalewatch/pipeline/config"
	"github.com/stalewatch/stalewatch/pipeline/nuget/nugetsim"
	"github.com/stalewatch/stalewatch/site"
)

// packaged is a workspace with a NuGet feed and a configuration that surveys it.
func packaged(t *testing.T, world *githubsim.World, feed *nugetsim.World, opts ...githubsim.Option) (*workspace, *nugetsim.Server) {
	t.Helper()
	w := newWorkspace(t, world, opts...)
	s, err := nugetsim.Start(feed)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return w, s
}

// survey runs with the feed on a day of its own.
func (w *workspace) survey(s *nugetsim.Server, day time.Time, more ...string) []string {
	config := w.path("stalewatch.yml")
	if _, err := os.Stat(config); err != nil {
		writeFile(w.t, config, "nuget: {owners: [Contoso], references: true}\n")
	}
	return append([]string{"Azure-Samples", "--config", config, "--nuget-url", s.URL, "--as-of", day.Format(time.RFC3339)}, more...)
}

// packageLine is a line of packages.ndjson, as far as tests look at it.
type packageLine struct {
	ID            string
	LatestVersion *string
	Owned         bool
	UsedBy        []struct {
		NameWithOwner, File string
		Version             *string
		VersionsBehind      *int
		IsDeprecated        *bool
	}
}

// packages reads packages.ndjson by id and holds each line to its schema.
func (w *workspace) packages() map[string]packageLine {
	w.t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	for _, s := range site.Schemas() {
		if s.Name == "package" {
			doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(s.JSON))
			if err != nil {
				w.t.Fatal(err)
			}
			if err := c.AddResource("package.json", doc); err != nil {
				w.t.Fatal(err)
			}
		}
	}
	schema := c.MustCompile("package.json")
	out := make(map[string]packageLine)
	last := ""
	for text := range strings.Lines(w.read("data/v1/packages.ndjson")) {
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
		if err == nil {
			err = schema.Validate(doc)
		}
		var l packageLine
		if err == nil {
			err = json.Unmarshal([]byte(text), &l)
		}
		if err != nil {
			w.t.Fatalf("%s: %v", text, err)
		}
		if id := strings.ToLower(l.ID); id <= last {
			w.t.Errorf("%s comes after %s", id, last)
		} else {
			last = id
		}
		out[l.ID] = l
	}
	return out
}

// filesAsked counts the requests for project files and the trees that show them.
func (w *workspace) filesAsked() int {
	n := 0
	for _, r := range w.server.Log() {
		if strings.Contains(r.Query, "isTruncated") {
			n++
		}
	}
	return n
}

// dotnetWorld has n repositories, two in three with a project, and a feed that
// has what they use.
func dotnetWorld(n int) (*githubsim.World, *nugetsim.World) {
	world := githubsim.NewWorld()
	feed := &nugetsim.World{}
	for i := range n {
		id := fmt.Sprintf("Contoso.Part%d", i%20)
		r := githubsim.Repository{Name: fmt.Sprintf("Azure-Samples/sample-%d", i), Language: "C#", Stars: i, Commits: []githubsim.Commit{{CommittedDate: day.AddDate(0, 0, -i)}}}
		if i%3 != 0 {
			r.Files = append(r.Files, githubsim.File{Path: "src/app.csproj", Text: fmt.Sprintf(`<Project><PropertyGroup><TargetFramework>net6.0</TargetFramework></PropertyGroup><ItemGroup><PackageReference Include=%q Version="1.0.%d"/></ItemGroup></Project>`, id, i%4)})
		}
		world.Create(r)
	}
	for i := range 20 {
		p := nugetsim.Package{ID: fmt.Sprintf("Contoso.Part%d", i), Owners: []string{"Contoso", "other"}[i%2 : i%2+1], Downloads: int64(i)}
		for v := range 4 {
			p.Versions = append(p.Versions, nugetsim.Version{Version: fmt.Sprintf("1.0.%d", v), Published: day.AddDate(-4+v, 0, 0)})
		}
		feed.Packages = append(feed.Packages, p)
	}
	return world, feed
}

// TestRealPackages generates the project files of real repositories and finds
// their references.
func TestRealPackages(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes too long for a short run")
	}
	t.Parallel()
	world, known := realWorld(t)
	want := make(map[string]bool)
	for _, repo := range known {
		texts := make(map[string]string)
		for _, r := range repo.NuGet {
			version, shown := "", ""
			if r.Version != nil {
				version, shown = fmt.Sprintf(" Version=%q", *r.Version), *r.Version
			}
			switch {
			case strings.HasSuffix(r.File, "packages.config"):
				texts[r.File] += fmt.Sprintf("<package id=%q version=%q/>", r.Package, shown)
			case strings.HasSuffix(r.File, ".props"):
				texts[r.File] += fmt.Sprintf("<PackageVersion Include=%q%s/>", r.Package, version)
			default:
				texts[r.File] += fmt.Sprintf("<PackageReference Include=%q%s/>", r.Package, version)
			}
			want[strings.Join([]string{strings.ToLower(r.Package), shown, repo.NameWithOwner, r.File}, " ")] = true
		}
		if len(texts) == 0 {
			continue
		}
		world.Edit(repo.NameWithOwner, time.Time{}, func(r *githubsim.Repository) {
			for file, text := range texts {
				text = "<ItemGroup>" + text + "</ItemGroup>"
				if strings.HasSuffix(file, "packages.config") {
					text = "<packages>" + strings.TrimSuffix(strings.TrimPrefix(text, "<ItemGroup>"), "</ItemGroup>") + "</packages>"
				} else {
					text = "<Project><PropertyGroup><ManagePackageVersionsCentrally>true</ManagePackageVersionsCentrally></PropertyGroup>" + text + "</Project>"
				}
				r.Files = append(r.Files, githubsim.File{Path: file, Text: text})
			}
		})
	}
	w, s := packaged(t, world, &nugetsim.World{})
	w.ok("run", w.survey(s, day)...)
	found := 0
	for id, p := range w.packages() {
		for _, u := range p.UsedBy {
			shown := ""
			if u.Version != nil {
				shown = *u.Version
			}
			key := strings.Join([]string{strings.ToLower(id), shown, u.NameWithOwner, u.File}, " ")
			if !want[key] {
				t.Errorf("%s is told, and not there", key)
			}
			delete(want, key)
			found++
		}
	}
	for key := range want {
		t.Errorf("%s is not told", key)
	}
	var took, most time.Duration
	repos, paths := make(map[string]time.Duration), 0
	for _, r := range w.server.Log() {
		if strings.Contains(r.Query, "isTruncated") {
			took += r.Time
			paths += strings.Count(string(r.Variables), "HEAD:")
			for _, id := range r.IDs {
				repos[id] += r.Time / time.Duration(len(r.IDs))
				most = max(most, repos[id])
			}
		}
	}
	t.Logf("%d references found; the files of %d repositories took %s of GitHub's time in %d requests for %d paths and their roots, one repository %s at most", found, len(repos), took, w.filesAsked(), paths, most)
}

// TestPackagesFromDayToDay: what does not change is not asked for again, and
// what does is noticed.
func TestPackagesFromDayToDay(t *testing.T) {
	t.Parallel()
	world, feed := dotnetWorld(30)
	w, s := packaged(t, world, feed)
	w.ok("run", w.survey(s, day)...)
	first := w.packages()
	if p := first["Contoso.Part1"]; len(p.UsedBy) != 1 || p.UsedBy[0].VersionsBehind == nil || *p.UsedBy[0].VersionsBehind != 2 || p.Owned || *p.LatestVersion != "1.0.3" {
		t.Errorf("Contoso.Part1 is %+v", p)
	}
	if !first["Contoso.Part2"].Owned || len(first["Contoso.Part12"].UsedBy) != 0 || len(first) != 19 {
		t.Errorf("%d packages, Part2 owned %v", len(first), first["Contoso.Part2"].Owned)
	}
	// A connection that breaks, or an answer that takes half a minute, on a
	// machine that is busy otherwise is asked for again, roots in two halves. The
	// run says how often.
	repeated := 0
	for _, n := range w.summary().Run.Retries {
		repeated += n
	}
	if n := w.filesAsked(); n < 2+20+20 || n > 2+20+20+2*repeated {
		t.Errorf("%d requests for trees and files, of which %d were repeated; want 2 for the roots of 30, and 2 for each of 20 with a project", n, repeated)
	}

	// Each account's requests are counted apart.
	var status struct {
		Runs []struct {
			Counters struct {
				Requests int
				Sources  map[string]struct{ Items, Requests int }
			}
		}
	}
	if err := json.Unmarshal([]byte(w.ok("status", "--json").stdout), &status); err != nil {
		t.Fatal(err)
	}
	c, sent := status.Runs[0].Counters, len(s.Requests())
	if c.Requests != w.server.Stats().Requests || c.Sources["nuget"].Requests != sent || c.Sources["nuget"].Items != len(first) {
		t.Errorf("%+v are counted; GitHub was asked %d times, the feed %d times", c, w.server.Stats().Requests, sent)
	}

	w.server.Reset()
	w.ok("run", w.survey(s, day.AddDate(0, 0, 1))...)
	if n := w.filesAsked(); n > 0 {
		t.Errorf("nothing changed, and trees and files were asked for %d times", n)
	}
	for _, r := range s.Requests() {
		if strings.HasPrefix(r.Path, "/registration") && r.Status != 304 {
			t.Errorf("nothing changed, and %s was answered with %d", r.Path, r.Status)
		}
	}

	world.Edit("Azure-Samples/sample-1", day.AddDate(0, 0, 1), func(r *githubsim.Repository) {
		r.Files = []githubsim.File{{Path: "a.csproj", Text: `<Project><ItemGroup><PackageReference Include="Contoso.Part1" Version="1.0.3"/></ItemGroup></Project>`}}
	})
	world.Push("Azure-Samples/sample-1", day.AddDate(0, 0, 1))
	w.server.Reset()
	w.ok("run", w.survey(s, day.AddDate(0, 0, 2))...)
	if u := w.packages()["Contoso.Part1"].UsedBy; len(u) != 1 || u[0].File != "a.csproj" || *u[0].VersionsBehind != 0 {
		t.Errorf("after the push Contoso.Part1 is used by %+v", u)
	}
}

// TestOneSourceFails: the other stays whole, the report says which failed, and
// the next run makes up for it.
func TestOneSourceFails(t *testing.T) {
	t.Parallel()
	world, feed := dotnetWorld(12)
	w, s := packaged(t, world, feed)
	for name, fault := range map[string]nugetsim.Fault{
		"a feed that asks to wait for an hour": {Status: 429, RetryAfter: 3600},
		"a feed that is no feed":               {Status: 200, Body: "<html>"},
	} {
		w.dir = t.TempDir()
		s.Misbehave(fault)
		w.ok("run", w.survey(s, day)...)
		sum := w.summary()
		if sum.Run.State != "partial" || sum.Total != 12 || sum.Counts["unknown"] != 0 {
			t.Errorf("%s: the run is %s, of %d repositories %d unknown", name, sum.Run.State, sum.Total, sum.Counts["unknown"])
		}
		if page := w.read("index.html"); !strings.Contains(page, "The source nuget could not be asked") {
			t.Errorf("%s: the report does not say so", name)
		}
		if w.read("data/v1/packages.ndjson") != "" {
			t.Errorf("%s: packages are known", name)
		}
		s.Misbehave()
		w.server.Reset()
		w.ok("run", w.survey(s, day, "--rerun", "failed")...)
		if sum = w.summary(); sum.Run.State != "complete" || len(w.packages()) == 0 {
			t.Errorf("%s: after the next run it is %s", name, sum.Run.State)
		}
	}
}

// TestFeedIsDownBeforeADeadline: nobody waits for a feed until the deadline
// suspends the whole run.
func TestFeedIsDownBeforeADeadline(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes too long for a short run")
	}
	world, feed := dotnetWorld(3)
	w, s := packaged(t, world, feed)
	s.Misbehave(nugetsim.Fault{Status: 503})
	w.ok("run", w.survey(s, day, "--deadline", "4s")...)
	if sum := w.summary(); sum.Run.State != "partial" || sum.Total != 3 {
		t.Errorf("the run is %s, of %d repositories", sum.Run.State, sum.Total)
	}
}

// TestOnly asks one source and keeps what is known of the other.
func TestOnly(t *testing.T) {
	t.Parallel()
	world, feed := dotnetWorld(9)
	w, s := packaged(t, world, feed)
	w.ok("run", w.survey(s, day, "--only", "github")...)
	if len(s.Requests()) > 0 {
		t.Error("--only github asked the feed")
	}
	w.ok("run", w.survey(s, day.AddDate(0, 0, 1), "--only", "github,nuget")...)
	before := w.read("data/v1/packages.ndjson")
	w.server.Reset()
	w.ok("run", w.survey(s, day.AddDate(0, 0, 2), "--only", "nuget")...)
	if n := w.server.Stats().Requests; n > 0 || w.summary().Total != 9 {
		t.Errorf("--only nuget asked GitHub %d times, and knows %d repositories", n, w.summary().Total)
	}
	s.Requests()
	w.ok("run", w.survey(s, day.AddDate(0, 0, 3), "--only", "github")...)
	if n := len(s.Requests()); n > 0 || len(w.packages()) != 13 || before == "" {
		t.Errorf("--only github asked the feed %d times, and knows %d packages", n, len(w.packages()))
	}
	for _, wrong := range []string{"pypi", "github,x"} {
		if r := w.do("run", w.survey(s, day, "--only", wrong)...); r.code != exitUsage || !strings.Contains(r.stderr, "there are github, nuget") {
			t.Errorf("--only %s: exit code %d, %s", wrong, r.code, r.stderr)
		}
	}
	writeFile(t, w.path("stalewatch.yml"), "concurrency: 2\n")
	if r := w.do("run", w.survey(s, day, "--only", "nuget")...); r.code != exitUsage || !strings.Contains(r.stderr, "set nuget.owners") {
		t.Errorf("--only nuget without its key: exit code %d, %s", r.code, r.stderr)
	}
}

// TestKilledPackagesResume kills a survey while either source is asked: started
// again it ends with the bytes of an undisturbed one, asks again for no more than
// was in flight, and of the source that was done with for nothing at all.
func TestKilledPackagesResume(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes too long for a short run")
	}
	world, feed := dotnetWorld(60)
	w, s := packaged(t, world, feed, githubsim.WithLatency(5*time.Millisecond))
	w.ok("run", w.survey(s, day)...)
	want := w.files()
	github, nuget, files := w.server.Stats().Requests, len(s.Requests()), w.filesAsked()
	random := rand.New(rand.NewPCG(3, 4))
	rounds := 1
	if everything() {
		rounds = 6
	}
	for range rounds {
		ofFeed := 0
		for name, reached := range map[string]func(n int) bool{
			"repositories": func(n int) bool { return w.server.Stats().Requests >= 1+n%(github-files) },
			"files":        func(n int) bool { return w.filesAsked() >= 1+n%files },
			"packages":     func(int) bool { return w.filesAsked() >= files }, // which are read after the files
		} {
			w.dir = t.TempDir()
			w.server.Reset()
			s.Requests()
			ofFeed = 0
			cmd, n := w.start("run", w.survey(s, day)...), random.IntN(1000)
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			for killed := false; !killed; {
				ofFeed += len(s.Requests())
				select {
				case err := <-ended:
					t.Fatalf("%s, %d: the run ended before it was killed: %v", name, n, err)
				case <-time.After(time.Millisecond):
					if killed = reached(n); killed {
						cmd.Process.Kill()
						<-ended
					}
				}
			}
			before := w.server.Stats()
			w.server.Reset()
			if err := w.start("run", w.survey(s, day)...).Wait(); err != nil {
				t.Fatalf("%s, %d: the next run: %v", name, n, err)
			}
			if d := differences(want, w.files()); len(d) > 0 {
				t.Errorf("%s, %d: the site differs in %v", name, n, d)
			}
			after := w.server.Stats()
			if extra := before.Requests + after.Requests - github; extra > config.Default().Concurrency {
				t.Errorf("%s, %d: %d requests to GitHub were sent again", name, n, extra)
			}
			if extra := ofFeed + len(s.Requests()) - nuget; extra > feedConcurrency {
				t.Errorf("%s, %d: %d requests to the feed were sent again", name, n, extra)
			}
			if again := after.Requests - w.filesAsked(); name != "repositories" && again > 0 {
				t.Errorf("%s, %d: the source of repositories was asked %d times again", name, n, again)
			}
		}
	}
}

// TestRefetchedPackages reads everything again.
func TestRefetchedPackages(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes too long for a short run")
	}
	t.Parallel()
	world, feed := dotnetWorld(9)
	w, s := packaged(t, world, feed)
	w.ok("run", w.survey(s, day)...)
	before := w.read("data/v1/packages.ndjson")
	w.server.Reset()
	s.Requests()
	w.ok("run", w.survey(s, day, "--refetch")...)
	conditional := 0
	for _, r := range s.Requests() {
		if r.Conditional {
			conditional++
		}
	}
	if n := w.filesAsked(); n != 1+6+6 || conditional > 0 || w.read("data/v1/packages.ndjson") != before {
		t.Errorf("--refetch asked for trees and files %d times, want 13, and %d times conditionally", n, conditional)
	}
}
