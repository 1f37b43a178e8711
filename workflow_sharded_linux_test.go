package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
)

const shardedFile = ".github/workflows/sharded.yml"

// sharded runs sharded.yml as GitHub would.
func (h *hosted) sharded() (jobs []*jobRun) {
	h.t.Helper()
	h.start()
	plan := h.job(shardedFile, "plan", nil)
	jobs = append(jobs, plan)
	needs := map[string]string{"needs.plan.outputs.as-of": plan.outputs["as-of"], "needs.plan.outputs.owners": plan.outputs["owners"]}
	well := !plan.failed
	for _, shard := range matrix(h.t, plan.outputs["shards"]) {
		contexts := map[string]string{"matrix.owner": shard["owner"], "matrix.name": shard["name"], "matrix.secret": shard["secret"]}
		for k, v := range needs {
			contexts[k] = v
		}
		r := h.job(shardedFile, "survey", contexts)
		jobs = append(jobs, r)
		well = well && !r.failed
	}
	if !well {
		return jobs
	}
	merge := h.job(shardedFile, "merge", needs)
	if !merge.failed && merge.outputs["publish"] == "true" {
		h.job(shardedFile, "deploy", nil)
	}
	return append(jobs, merge)
}

// TestShardedReport: one job for each owner, each with its own token, and one
// page that is the same as that of a single run.
func TestShardedReport(t *testing.T) {
	t.Parallel()
	world, changes := threeOwners()
	w := newWorkspace(t, world, githubsim.WithToken("fabrikam's", githubsim.PublicOnly))
	h := newHosted(t, w.url)
	h.vars["STALEWATCH_OWNERS"] = "contoso, Fabrikam,tailwind"
	h.secrets["STALEWATCH_TOKEN"], h.secrets["STALEWATCH_TOKEN_FABRIKAM"] = testToken, "fabrikam's"
	for i, change := range append([]func(time.Time){func(time.Time) {}}, changes[:1]...) {
		h.asOf = day.AddDate(0, 0, i)
		change(h.asOf.Add(-12 * time.Hour))
		jobs := h.sharded()
		for _, j := range jobs {
			if j.failed {
				t.Fatalf("day %d:\n%s", i+1, j.log)
			}
		}
		if len(jobs) != 5 || jobs[1].tokens["Survey"] != testToken || jobs[2].tokens["Survey"] != "fabrikam's" {
			t.Errorf("%d jobs, tokens %q and %q", len(jobs), jobs[1].tokens["Survey"], jobs[2].tokens["Survey"])
		}
		w.ok("run", "contoso", "Fabrikam", "tailwind", "--as-of", h.asOf.Truncate(24*time.Hour).Format(time.RFC3339), "--site-url", h.pages)
		page := &workspace{t: t, dir: t.TempDir()}
		if err := copyTree(h.published, page.path("site")); err != nil {
			t.Fatal(err)
		}
		want, got := w.files(), page.files()
		for _, name := range slices.Sorted(slices.Values(differences(want, got))) {
			t.Fatalf("day %d: %s differs:\n%s", i+1, name, firstDifference(want[name], got[name]))
		}
	}
	published, server := h.published, w.server
	server.Reset()
	h.asOf = h.asOf.Add(3 * time.Hour)
	if jobs := h.sharded(); jobs[len(jobs)-1].outputs["publish"] != "false" || h.published != published || server.Stats().Requests != 0 {
		t.Error("a later tick published again or asked something")
	}

	// One owner's cache is lost: what the page knows of the days before stays.
	before := h.totals()
	h.caches = slices.DeleteFunc(h.caches, func(key string) bool { return strings.HasPrefix(key, "stalewatch-shard-contoso-") })
	h.asOf = h.asOf.AddDate(0, 0, 1)
	h.sharded()
	if after := h.totals(); len(before) != 2 || len(after) != 3 || !slices.Equal(after[:2], before) || h.published == published {
		t.Errorf("after a cache was lost the history has the totals %v, before %v", after, before)
	}

	published = h.published
	h.asOf = h.asOf.AddDate(0, 0, 1)
	h.secrets["STALEWATCH_TOKEN_FABRIKAM"] = "refused"
	if jobs := h.sharded(); len(jobs) != 4 || !jobs[2].failed || jobs[1].failed || h.published != published {
		t.Errorf("a shard that fails: %d jobs, published %s", len(jobs), h.published)
	}
}
