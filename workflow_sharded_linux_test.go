package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
)

const shardedFile = ".github/workflows/sharded.yml"

// sharded runs sharded.yml and returns its jobs.
func (h *hosted) sharded() map[string]*jobResult {
	h.t.Helper()
	w := h.run(shardedFile)
	if w.refused != "" {
		h.t.Fatal(w.refused)
	}
	return w.jobs
}

// results tells how the jobs ended, in order.
func results(jobs map[string]*jobResult) string {
	var out []string
	for _, id := range []string{"plan", "survey", "merge", "deploy"} {
		out = append(out, jobs[id].result)
	}
	return strings.Join(out, " ")
}

// logs are those of all jobs.
func logs(jobs map[string]*jobResult) string {
	var b strings.Builder
	for id, j := range jobs {
		for _, leg := range j.legs {
			fmt.Fprintf(&b, "== %s\n%s", id, leg.log)
		}
	}
	return b.String()
}

const (
	allWell      = "success success success success"
	oneShardLost = "success failure success success"
)

// shards is a hosted Actions whose schedule is sharded over owners with so many
// repositories each.
func shards(t testing.TB, repositories int, owners ...string) (*hosted, *githubsim.Server) {
	t.Helper()
	world := githubsim.NewWorld()
	for i, owner := range owners {
		world.AddOrganization(owner)
		world.Populate(owner, repositories, uint64(i), day)
	}
	w := newWorkspace(t, world)
	h := newHosted(t, w.url)
	h.vars["STALEWATCH_OWNERS"], h.vars["STALEWATCH_SHARDED"] = strings.Join(owners, ", "), "true"
	h.secrets["STALEWATCH_TOKEN"] = testToken
	return h, w.server
}

// shardedOverTheDays: one job for each owner, each with its own token, and one
// page that is the same as that of a single run.
func shardedOverTheDays(t testing.TB) {
	world, changes := threeOwners()
	w := newWorkspace(t, world, githubsim.WithToken("fabrikam's", githubsim.PublicOnly))
	h := newHosted(t, w.url)
	h.vars["STALEWATCH_OWNERS"], h.vars["STALEWATCH_SHARDED"] = "contoso, Fabrikam,tailwind", "true"
	h.secrets["STALEWATCH_TOKEN"], h.secrets["STALEWATCH_TOKEN_FABRIKAM"] = testToken, "fabrikam's"
	for i, change := range append([]func(time.Time){func(time.Time) {}}, changes[:1]...) {
		h.asOf = day.AddDate(0, 0, i)
		change(h.asOf.Add(-12 * time.Hour))
		jobs := h.sharded()
		if results(jobs) != allWell {
			t.Fatalf("day %d: %s\n%s", i+1, results(jobs), logs(jobs))
		}
		legs := jobs["survey"].legs
		if len(legs) != 3 || !strings.HasSuffix(legs[0].seen(), "token="+testToken) || !strings.HasSuffix(legs[1].seen(), "token=fabrikam's") {
			t.Errorf("%d jobs, started with %q and %q", len(legs), legs[0].seen(), legs[1].seen())
		}
		w.ok("run", "contoso", "Fabrikam", "tailwind", "--as-of", h.asOf.Truncate(24*time.Hour).Format(time.RFC3339), "--site-url", h.pages)
		page := &workspace{t: t, dir: t.TempDir()}
		if err := copyTree(h.published, page.path("site")); err != nil {
			t.Fatal(err)
		}
		want, got := w.files(), page.files()
		delete(want, ".stalewatch-site") // which a page does not have
		for _, name := range slices.Sorted(slices.Values(differences(want, got))) {
			t.Fatalf("day %d: %s differs:\n%s", i+1, name, firstDifference(want[name], got[name]))
		}
	}
	published, server := h.published, w.server
	server.Reset()
	h.asOf = h.asOf.Add(3 * time.Hour)
	if jobs := h.sharded(); results(jobs) != "success success success skipped" || h.published != published || server.Stats().Requests != 0 {
		t.Errorf("a later tick: %s, %d requests", results(jobs), server.Stats().Requests)
	}

	// One owner's cache is lost: what the page knows of the days before stays.
	before := h.totals()
	h.caches = slices.DeleteFunc(h.caches, func(c cacheEntry) bool { return strings.HasPrefix(c.key, "stalewatch-state.shard.contoso.") })
	h.nextDay()
	h.sharded()
	if after := h.totals(); len(before) != 2 || len(after) != 3 || !slices.Equal(after[:2], before) || h.published == published {
		t.Errorf("after a cache was lost the history has the totals %v, before %v", after, before)
	}
}

// shardedOneOwner: one artifact alone is unpacked differently from several, and
// gives a page all the same. Without any owner the repository's own is meant.
func shardedOneOwner(t testing.TB) {
	h, _ := shards(t, 5, "contoso")
	delete(h.vars, "STALEWATCH_OWNERS")
	if jobs := h.sharded(); results(jobs) != allWell || pageSummary(h).Run.ID != "2026-11-22/contoso" {
		t.Errorf("%s:\n%s", results(jobs), logs(jobs))
	}
}

// shardedPrefix: an owner's state is not taken for that of another whose name
// begins with it, and a suspended shard resumes.
func shardedPrefix(t testing.TB) {
	h, server := shards(t, 5, "azure", "azure-samples")
	jobs := h.sharded()
	if results(jobs) != allWell {
		t.Fatal(logs(jobs))
	}
	for range 2 { // whichever of the two was saved last
		server.Reset()
		h.nextDay()
		h.sharded()
		if s := server.Stats(); s.Requests != s.ByKind[githubsim.Listing] {
			t.Errorf("a day without changes asked %v: a state was taken for another's", s.ByKind)
		}
		slices.Reverse(h.caches)
	}
}

// shardedBroken: one owner of forty whose survey fails is named and holds up
// nobody else.
func shardedBroken(t testing.TB) {
	var owners []string
	for i := range 40 {
		owners = append(owners, fmt.Sprintf("owner-%02d", i))
	}
	h, _ := shards(t, 1, owners...)
	h.secrets["STALEWATCH_TOKEN_OWNER_07"] = "refused"
	jobs := h.sharded()
	if results(jobs) != oneShardLost || len(jobs["survey"].legs) != 40 {
		t.Fatalf("%s:\n%s", results(jobs), logs(jobs))
	}
	if s := pageSummary(h); s.Total < 30 || s.Run.State != "suspended" || !strings.Contains(h.page("index.html"), "owner-07 was never surveyed and is left out") {
		t.Errorf("the page does not name the owner whose survey failed: %+v", s)
	}
}

// shardedBreaks: an owner whose survey fails is named and shown as last seen.
func shardedBreaks(t testing.TB) {
	h, _ := shards(t, 4, "contoso", "fabrikam")
	if jobs := h.sharded(); results(jobs) != allWell {
		t.Fatalf("%s:\n%s", results(jobs), logs(jobs))
	}
	total := pageSummary(h).Total
	h.secrets["STALEWATCH_TOKEN_FABRIKAM"] = "refused"
	h.nextDay()
	jobs := h.sharded()
	if s := pageSummary(h); results(jobs) != oneShardLost || s.Total != total || !strings.HasPrefix(s.Run.ID, "2026-11-23/") {
		t.Errorf("%s, %+v:\n%s", results(jobs), s, jobs["merge"].legs[0].log)
	}
	if !strings.Contains(h.page("index.html"), "fabrikam: today&#39;s survey failed, so this is what the survey of 2026-11-22 saw") {
		t.Error("the page does not name the owner whose survey failed")
	}
}

// shardedApp: of an owner with a token of its own the App is not asked for.
func shardedApp(t testing.TB) {
	h, _ := shards(t, 2, "contoso", "fabrikam", "tailwind")
	h.vars["STALEWATCH_APP_CLIENT_ID"], h.secrets["STALEWATCH_APP_KEY"] = "Iv1", "key"
	h.installed = []string{"nobody"}
	h.secrets["STALEWATCH_TOKEN_CONTOSO"] = testToken
	h.secrets["STALEWATCH_TOKENS"] = `{"fabrikam": "` + testToken + `"}`
	jobs := h.sharded()
	legs := jobs["survey"].legs
	if len(legs) != 3 || legs[0].failed || legs[1].failed || !legs[2].failed {
		t.Errorf("%s:\n%s", results(jobs), logs(jobs))
	}
	if !strings.Contains(legs[1].log, "::add-mask::"+testToken) {
		t.Errorf("the token inside of JSON is not hidden:\n%s", legs[1].log)
	}
	h.installed = nil
	h.nextDay()
	for _, properties := range []string{"", "true"} { // which an App may read only if it was given that
		h.vars["STALEWATCH_APP_PROPERTIES"] = properties
		log := h.sharded()["survey"].legs[2].log
		if !strings.Contains(log, "the App's token may read contents\n") || strings.Contains(log, "organization-custom-properties") != (properties != "") {
			t.Errorf("STALEWATCH_APP_PROPERTIES is %q:\n%s", properties, log)
		}
	}
}

// shardedCalled: a caller maps its secrets; the schedule's variable is not its
// concern.
func shardedCalled(t testing.TB) {
	h, _ := shards(t, 2, "contoso", "fabrikam")
	h.vars = map[string]string{}
	h.call = &call{grants: grants, with: map[string]string{"owners": "contoso fabrikam"},
		secrets: map[string]string{"STALEWATCH_TOKENS": `{"contoso": "` + testToken + `"}`, "STALEWATCH_TOKEN": testToken}}
	w := h.run(shardedFile)
	if w.refused != "" || results(w.jobs) != allWell {
		t.Fatalf("%s %s:\n%s", w.refused, results(w.jobs), logs(w.jobs))
	}
	w.handsOn()
}

// shardedAgain: all jobs run again publish again, and owners given by hand make
// no page.
func shardedAgain(t testing.TB) {
	h, server := shards(t, 2, "contoso", "fabrikam")
	h.sharded()
	page := h.published
	server.Reset()
	if w := h.again(shardedFile); results(w.jobs) != allWell || h.published == page || server.Stats().Requests != 0 {
		t.Errorf("run again: %s, %d requests:\n%s", results(w.jobs), server.Stats().Requests, logs(w.jobs))
	}
	page = h.published
	h.event, h.inputs["owners"] = "workflow_dispatch", "contoso"
	if jobs := h.sharded(); results(jobs) != "success success success skipped" || h.published != page || h.artifacts["unpublished-report"] == "" {
		t.Errorf("by hand: %s, artifacts %v", results(jobs), h.artifacts)
	}
}
