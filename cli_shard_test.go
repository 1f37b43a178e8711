package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
	"github.com/stalewatch/stalewatch/pipeline/nuget/nugetsim"
)

// threeOwners is a world in which, over five days, everything happens that can
// happen within owners.
func threeOwners() (world *githubsim.World, days []func(at time.Time)) {
	world = githubsim.NewWorld()
	for i, owner := range []string{"contoso", "Fabrikam", "tailwind"} {
		world.AddOrganization(owner)
		world.Populate(owner, 12, uint64(i), day)
		for _, name := range []string{"mover", "sleeper", "vanisher"} {
			at := day.AddDate(0, -6, -1)
			world.Create(githubsim.Repository{
				Name: owner + "/" + name + "-" + strings.ToLower(owner), CreatedAt: at.AddDate(-1, 0, 0), DefaultBranch: "main",
				Commits: []githubsim.Commit{{CommittedDate: at}},
			})
		}
	}
	return world, []func(at time.Time){
		func(at time.Time) {
			world.Archive("tailwind/sleeper-tailwind", at)
			world.Delete("Fabrikam/vanisher-fabrikam")
		},
		func(at time.Time) {
			world.Rename("Fabrikam/mover-fabrikam", "moved", at)
			world.Push("Fabrikam/moved", at)
			world.Edit("tailwind/sleeper-tailwind", at, func(r *githubsim.Repository) { r.ArchivedAt = time.Time{} })
		},
		func(at time.Time) { world.Archive("Fabrikam/moved", at) },
		func(time.Time) {},
	}
}

// TestShardsMerge: owners surveyed apart, each into a store of its own, give
// byte for byte the site that one run over all of them gives, day after day.
func TestShardsMerge(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes too long for a short run")
	}
	t.Parallel()
	world, changes := threeOwners()
	for i, owner := range []string{"contoso", "Fabrikam"} { // on one package, and another each
		world.Edit(fmt.Sprintf("%s/sleeper-%s", owner, strings.ToLower(owner)), time.Time{}, func(r *githubsim.Repository) {
			r.Files = []githubsim.File{{Path: "a.csproj", Text: fmt.Sprintf(`<Project><ItemGroup><PackageReference Include="Shared" Version="1.0.0"/><PackageReference Include="P%d" Version="1.*"/></ItemGroup></Project>`, i)}}
		})
	}
	feed := &nugetsim.World{}
	for _, id := range []string{"Shared", "P0", "P1"} {
		feed.Packages = append(feed.Packages, nugetsim.Package{ID: id, Owners: []string{"Contoso"}, Versions: []nugetsim.Version{{Version: "1.0.0", Published: day.AddDate(-2, 0, 0)}}})
	}
	w, s := packaged(t, world, feed)
	changes[1] = func(happens func(time.Time)) func(time.Time) {
		return func(at time.Time) {
			happens(at)
			s.Change(func(feed *nugetsim.World) {
				feed.Packages[0].Versions[0].Deprecation = &nugetsim.Deprecation{Reasons: []string{"Legacy"}}
				feed.Packages[2].Versions = append(feed.Packages[2].Versions, nugetsim.Version{Version: "1.1.0", Published: at})
			})
		}
	}(changes[1])
	config := w.path("stalewatch.yml")
	writeFile(t, config, "nuget: {owners: [Contoso], references: true, url: "+s.URL+"}\n")
	all := w.child("all")
	var planned plan
	if err := json.Unmarshal([]byte(w.ok("plan", "contoso", "Fabrikam", "tailwind").stdout), &planned); err != nil {
		t.Fatal(err)
	}
	for i := range len(changes) + 1 {
		asOf := day.AddDate(0, 0, i)
		if i > 0 {
			changes[i-1](asOf.Add(-5 * time.Hour))
		}
		at := []string{"--as-of", asOf.Format(time.RFC3339), "--config", config}
		all.ok("run", append(planned.Owners, at...)...)

		joined := w.child(fmt.Sprintf("joined-%d", i))
		var exports []string
		for _, s := range planned.Shards {
			one := w.child("shard-" + s.Name)
			one.ok("run", append([]string{s.Owner}, at...)...)
			one.ok("export", one.path("state.swexport"))
			exports = append(exports, one.path("state.swexport"))
		}
		joined.ok("import", exports...)
		joined.ok("report", append(planned.Owners, "--config", config)...)
		want, got := all.files(), joined.files()
		for _, name := range differences(want, got) {
			t.Errorf("day %d: %s differs:\n%s", i+1, name, firstDifference(want[name], got[name]))
		}
		if a, b := all.read("data/v1/history.json"), joined.read("data/v1/history.json"); a != b {
			t.Errorf("day %d: history.json:\n%s", i+1, firstDifference(a, b))
		}
		a, b := all.summary(), joined.summary()
		a.Run, b.Run = summary{}.Run, summary{}.Run // counters differ, all else must not
		if !reflect.DeepEqual(a, b) {
			t.Errorf("day %d: summary.json: %+v, want %+v", i+1, b, a)
		}
		if t.Failed() {
			return
		}
	}
	if told := all.read("data/v1/changes.json"); !strings.Contains(told, `"package-deprecated"`) || !strings.Contains(told, `"package-version"`) {
		t.Error("nothing is told of the packages")
	}
}

// TestTransferBetweenShards: what left one owner on the day on which another
// found it is told as one transfer, also when it was renamed since, and its
// status goes on from there.
func TestTransferBetweenShards(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes too long for a short run")
	}
	t.Parallel()
	world, _ := threeOwners()
	w := newWorkspace(t, world)
	survey := func(asOf time.Time) *workspace {
		t.Helper()
		joined := w.child("joined-" + asOf.Format(time.DateOnly))
		for _, owner := range []string{"contoso", "Fabrikam"} {
			one := w.child("shard-" + owner)
			one.ok("run", owner, "--as-of", asOf.Format(time.RFC3339))
			one.ok("export", one.path("state.swexport"))
			joined.ok("import", one.path("state.swexport"))
		}
		joined.ok("report", "contoso", "Fabrikam")
		return joined
	}
	survey(day)
	world.Transfer("contoso/mover-contoso", "Fabrikam", day.Add(5*time.Hour))
	next := survey(day.AddDate(0, 0, 1))
	world.Rename("Fabrikam/mover-contoso", "moved", day.AddDate(0, 0, 1).Add(5*time.Hour))
	last := survey(day.AddDate(0, 0, 2))
	for _, joined := range []*workspace{next, last} {
		told := make(map[string]int)
		for _, e := range joined.events() {
			told[e.Type]++
		}
		if told["transferred"] != 1 || told["gone"]+told["new"] != 0 {
			t.Errorf("%s: the events are %v, want one transfer", joined.dir, told)
		}
		if r := joined.read("data/v1/repositories.ndjson"); !strings.Contains(r, `"statusSince":"2026-11-22T07:00:00Z"`) || strings.Contains(r, `"statusSince":"2026-11-23`) {
			t.Errorf("%s: the status does not go on:\n%s", joined.dir, r)
		}
	}
}

// child is a workspace in a folder of w's, with the same GitHub.
func (w *workspace) child(name string) *workspace {
	c := *w
	c.dir = filepath.Join(w.dir, name)
	return &c
}

func firstDifference(a, b string) string {
	i := 0
	for i < min(len(a), len(b)) && a[i] == b[i] {
		i++
	}
	around := func(s string) string { return s[max(0, i-200):min(len(s), i+200)] }
	return fmt.Sprintf("want …%s…\n got …%s…", around(a), around(b))
}

// TestShardsThatDoNotFit: a report on several owners is refused with a sentence
// rather than made of what does not belong together.
func TestShardsThatDoNotFit(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes too long for a short run")
	}
	t.Parallel()
	world := githubsim.NewWorld()
	for _, owner := range []string{"contoso", "fabrikam"} {
		world.AddOrganization(owner)
		world.Populate(owner, 10, 2, day)
	}
	run := func(owner string, at time.Time, more ...string) []string {
		return append([]string{owner, "--as-of", at.Format(time.RFC3339)}, more...)
	}
	tests := map[string]struct {
		runs [][]string
		says string // empty when it must fit
	}{
		"one is missing":      {[][]string{run("contoso", day)}, "the report would lack fabrikam, of which the store holds no run"},
		"another day":         {[][]string{run("contoso", day), run("fabrikam", day.AddDate(0, 0, 1))}, "the last run of contoso is of 2026-11-22, that of fabrikam of 2026-11-23; run both for the same day"},
		"other rules":         {[][]string{run("contoso", day), run("fabrikam", day, "--config", "other.yml")}, "contoso and fabrikam were judged by different rules"},
		"later the same day":  {[][]string{run("contoso", day), run("fabrikam", day.Add(3*time.Hour))}, ""},
		"nobody":              {[][]string{run("tailwind", day)}, "the store holds no run of contoso, fabrikam"},
		"overlapping runs":    {[][]string{{"contoso", "tailwind", "--as-of", day.Format(time.RFC3339)}, {"fabrikam", "tailwind", "--as-of", day.Format(time.RFC3339)}}, "which do not have each of contoso, fabrikam once"},
		"one run over both":   {[][]string{{"contoso", "fabrikam", "--as-of", day.Format(time.RFC3339)}}, ""},
		"that run, then each": {[][]string{{"contoso", "fabrikam", "--as-of", day.Format(time.RFC3339)}, run("contoso", day.AddDate(0, 0, 1)), run("fabrikam", day.AddDate(0, 0, 1))}, ""},
	}
	world.AddOrganization("tailwind")
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, world)
			config := filepath.Join(w.dir, "other.yml")
			writeFile(t, config, "allow-unread: 7\n")
			for _, args := range test.runs {
				for i := range args {
					args[i] = strings.Replace(args[i], "other.yml", config, 1)
				}
				w.ok("run", args...)
			}
			r := w.do("report", "contoso", "fabrikam")
			switch {
			case test.says == "" && r.code != exitOK:
				t.Errorf("exit code %d:\n%s", r.code, r.stderr)
			case test.says != "" && (r.code != exitFailed || !strings.Contains(r.stderr, test.says)):
				t.Errorf("exit code %d, want %q in:\n%s", r.code, test.says, r.stderr)
			case test.says == "" && !strings.Contains(r.stdout, "20 repositories"):
				t.Errorf("not all are there: %s", r.stdout)
			}
		})
	}
}

// TestAShardThatFailed: its owner stands in the report as last seen, and is
// named; so is one that was never surveyed. The next whole day is complete.
func TestAShardThatFailed(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes too long for a short run")
	}
	t.Parallel()
	world := githubsim.NewWorld()
	for i, owner := range []string{"contoso", "fabrikam"} {
		world.AddOrganization(owner)
		world.Populate(owner, 10, uint64(i), day)
	}
	w := newWorkspace(t, world)
	on := func(n int) []string { return []string{"--as-of", day.AddDate(0, 0, n).Format(time.RFC3339)} }
	report := []string{"contoso", "fabrikam", "tailwind", "--incomplete-ok", "--digest", w.path("digests")}
	if r := w.do("report", report...); r.code != exitFailed || !strings.Contains(r.stderr, "the store holds no run of contoso") {
		t.Errorf("nothing at all: exit code %d: %s", r.code, r.stderr)
	}
	w.ok("run", append(on(0), "contoso")...)
	w.ok("run", append(on(0), "fabrikam")...)
	w.ok("run", append(on(1), "contoso")...)
	w.ok("report", report...)
	s := w.summary()
	page := w.read("index.html")
	if s.Run.State != "suspended" || s.Total != 19 || s.Run.ID != "2026-11-23/contoso+fabrikam" {
		t.Errorf("summary %+v", s)
	}
	for _, named := range []string{"fabrikam: today&#39;s survey failed, so this is what the survey of 2026-11-22 saw", "tailwind was never surveyed and is left out"} {
		if !strings.Contains(page, named) {
			t.Errorf("the page does not say %q", named)
		}
	}
	for name, l := range w.lines() {
		if want := day.AddDate(0, 0, 1); strings.HasPrefix(name, "fabrikam/") && !l.ReadAt.Equal(day) || l.Status == "unknown" || l.ReadAt.After(want) {
			t.Errorf("%s: %+v", name, l)
		}
	}
	if !strings.Contains(readFile(t, w.path("digests/report.md")), "### ") {
		t.Error("there is no digest")
	}
	w.ok("run", append(on(1), "fabrikam")...)
	w.ok("report", "contoso", "fabrikam", "--incomplete-ok")
	if s := w.summary(); s.Run.State != "complete" || s.Run.ID != "2026-11-23/contoso+fabrikam" {
		t.Errorf("when all went well: %+v", s)
	}
}

// TestPlan: what a plan prints.
func TestPlan(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, nil)
	var got plan
	r := w.ok("plan", "Azure-Samples", "azure", "--as-of", "2026-11-22T07:00:00Z")
	if err := json.Unmarshal([]byte(r.stdout), &got); err != nil {
		t.Fatal(err)
	}
	want := plan{AsOf: day, Owners: []string{"Azure-Samples", "azure"}, Shards: []shard{
		{"Azure-Samples", "azure-samples", "STALEWATCH_TOKEN_AZURE_SAMPLES"},
		{"azure", "azure", "STALEWATCH_TOKEN_AZURE"},
	}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if err := json.Unmarshal([]byte(w.ok("plan", "azure").stdout), &got); err != nil || !got.AsOf.Equal(got.AsOf.Truncate(24*time.Hour)) {
		t.Errorf("a plan made now is for %s, want the beginning of the day: %v", got.AsOf, err)
	}
	if r := w.do("plan"); r.code != exitUsage || !strings.Contains(r.stderr, "nobody to survey") {
		t.Errorf("a plan for nobody: exit code %d: %s", r.code, r.stderr)
	}
}
