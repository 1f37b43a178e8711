package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
)

// report runs report.yml and returns the survey's job.
func (h *hosted) report() *jobRun {
	h.t.Helper()
	return h.checked(h.run(reportFile))
}

// checked is the survey's job of a run of report.yml, with what holds for every
// run.
func (h *hosted) checked(w *workflowRun) *jobRun {
	h.t.Helper()
	if w.refused != "" || w.jobs["survey"].result == "skipped" {
		h.t.Fatalf("the survey did not run: %s", w.refused)
	}
	r := w.jobs["survey"].legs[0]
	if n := len(r.annotations("error")) + len(r.annotations("warning")) + len(r.annotations("notice")); n > 5 {
		h.t.Errorf("%d annotations, want at most five:\n%s", n, r.log)
	}
	if len(r.summary) > 200_000 {
		h.t.Errorf("the summary has %d bytes", len(r.summary))
	}
	if strings.Contains(r.log+r.summary, testToken) || strings.Contains(r.log+r.summary, jobToken) {
		h.t.Error("the token is in the log or the summary")
	}
	if published := w.jobs["deploy"].result; (r.out("artifact") != "") != (published == "success") || published == "failure" {
		h.t.Errorf("the artifact is %q and the deployment %s", r.out("artifact"), published)
	}
	return r
}

// publishes reports whether a job's report became the page.
func (r *jobRun) publishes() bool { return r.out("artifact") != "" }

// well reports how a job ended unless it ended as wanted.
func (r *jobRun) well(state string) *jobRun {
	r.h.t.Helper()
	if r.failed || r.out("state") != state {
		r.h.t.Fatalf("failed: %t, outputs %v, want the state %s; the log:\n%s", r.failed, r.outputs, state, r.log)
	}
	return r
}

// page reads a file of the published page.
func (h *hosted) page(name string) string {
	h.t.Helper()
	return readFile(h.t, filepath.Join(h.published, name))
}

// hub is a hosted Actions and a GitHub with an organization of n repositories.
func hub(t testing.TB, n int, opts ...githubsim.Option) (*hosted, *githubsim.Server, *githubsim.World) {
	t.Helper()
	world := githubsim.Generate("contoso", n, 3, day)
	w := newWorkspace(t, world, append(opts, githubsim.WithToken(jobToken, githubsim.PublicOnly), githubsim.WithToken("app-token-for-contoso", githubsim.PublicOnly))...)
	h := newHosted(t, w.url)
	h.secrets["STALEWATCH_TOKEN"] = testToken
	return h, w.server, world
}

// nextDay lets a day pass.
func (h *hosted) nextDay() { h.asOf = h.asOf.AddDate(0, 0, 1) }

// reportFirstDay: the first run publishes.
func reportFirstDay(t testing.TB) (*hosted, *githubsim.Server) {
	h, server, _ := hub(t, 40)
	r := h.report().well("complete")
	if r.out("total") != fmt.Sprint(pageSummary(h).Total) || r.out("changed") != "0" || r.out("unread") != "0" || !r.publishes() {
		t.Errorf("outputs %v", r.outputs)
	}
	if !strings.Contains(h.page("index.html"), "<h1") || !strings.Contains(r.summary, "[Read the report](<"+h.pages+">)") {
		t.Errorf("the page or the summary is missing:\n%s", r.summary)
	}
	if len(r.annotations("warning"))+len(r.annotations("error")) != 0 || !strings.Contains(r.log, "::group::survey\n") || !strings.Contains(r.log, "::endgroup::\n") {
		t.Errorf("the log:\n%s", r.log)
	}
	return h, server
}

// reportTicks: later ticks of a day that is done ask nothing and publish
// nothing.
func reportTicks(t testing.TB) {
	h, server := reportFirstDay(t)
	server.Reset()
	h.asOf = day.Add(3 * time.Hour)
	if r := h.report().well("complete"); r.publishes() || server.Stats().Requests != 0 || len(h.artifacts) != 0 {
		t.Errorf("a later tick published (%t), kept %v or asked %d requests", r.publishes(), h.artifacts, server.Stats().Requests)
	}
}

// reportOnDemand: what a person asks for is done, and published.
func reportOnDemand(t testing.TB) {
	h, server := reportFirstDay(t)
	server.Reset()
	h.event = "workflow_dispatch"
	h.inputs["rerun"] = "none"
	if r := h.report().well("complete"); !r.publishes() || server.Stats().Requests != 0 {
		t.Errorf("a person's start published %t and asked %d requests, want the page again and none", r.publishes(), server.Stats().Requests)
	}
	h.inputs["rerun"] = "failed"
	if h.report().well("complete"); server.Stats().Requests != 0 {
		t.Errorf("asking again for what failed asked %d requests, although nothing did", server.Stats().Requests)
	}
	h.inputs["rerun"] = "completed"
	h.report().well("complete")
	if s := server.Stats(); s.ByKind[githubsim.Listing] == 0 || s.Requests != s.ByKind[githubsim.Listing] {
		t.Errorf("a survey once more asked %v, want the listing only", s.ByKind)
	}
	server.Reset()
	h.inputs["refetch"] = "true"
	h.report().well("complete")
	if s := server.Stats(); s.IDs < 30 {
		t.Errorf("a full refetch asked %v, want all in chunks", s.ByKind)
	}
}

// reportIsCancelled: the state is saved although the run was cancelled, the
// page stays, and the next tick resumes.
func reportIsCancelled(t testing.TB) {
	h, server, _ := hub(t, 150, githubsim.WithLatency(100*time.Millisecond))
	h.report().well("complete")
	page, whole := h.page("data/v1/summary.json"), server.Stats().Requests

	h.nextDay()
	h.event, h.inputs["refetch"] = "workflow_dispatch", "true"
	server.Reset()
	h.cancel = func() bool { return server.Stats().Requests >= 4 }
	r := h.report()
	if !r.cancelled || r.publishes() || h.page("data/v1/summary.json") != page {
		t.Errorf("after the cancellation: outputs %v, log:\n%s", r.outputs, r.log)
	}
	if len(h.caches) != 2 {
		t.Errorf("the caches are %v; the state of the cancelled run is missing", h.caches)
	}
	h.cancel = nil
	h.report().well("complete")
	if s, most := server.Stats(), whole+server.Stats().MaxConcurrent; s.Requests > most {
		t.Errorf("%d requests over both starts, want at most %d", s.Requests, most)
	}
	if s := pageSummary(h); s.Run.ResumedChunks == 0 {
		t.Errorf("nothing was resumed: %+v", s.Run)
	}
}

// totals are those of the published history.
func (h *hosted) totals() (totals []int) {
	h.t.Helper()
	var history struct{ Runs []struct{ Total int } }
	if err := json.Unmarshal([]byte(h.page("data/v1/history.json")), &history); err != nil {
		h.t.Fatal(err)
	}
	for _, r := range history.Runs {
		totals = append(totals, r.Total)
	}
	return totals
}

func pageSummary(h *hosted) (s summary) {
	h.t.Helper()
	if err := json.Unmarshal([]byte(h.page("data/v1/summary.json")), &s); err != nil {
		h.t.Fatal(err)
	}
	return s
}

// harms are what can become of the cache.
var harms = map[string]func(h *hosted){
	"lost":  func(h *hosted) { h.caches = nil },
	"cut":   func(h *hosted) { writeFile(h.t, h.cache(), readFile(h.t, h.cache())[:200]) },
	"empty": func(h *hosted) { writeFile(h.t, h.cache(), "") },
	"newer": func(h *hosted) {
		b := []byte(readFile(h.t, h.cache()))
		b[len("SWEXPORT")] = 99
		writeFile(h.t, h.cache(), string(b))
	},
}

// cache is the file that was cached last.
func (h *hosted) cache() string { return h.caches[len(h.caches)-1].dir }

// reportWithoutState: whatever became of the cache, there is a report, and the
// history comes back from the published page.
func reportWithoutState(t testing.TB, what string, harm func(h *hosted)) {
	h, _, world := hub(t, 40)
	h.report().well("complete")
	world.Archive(world.Names("contoso")[0], day.Add(time.Hour))
	h.nextDay()
	h.report().well("complete")

	harm(h)
	warns := what != "lost"
	h.nextDay()
	r := h.report().well("complete")
	if totals := h.totals(); len(totals) != 3 {
		t.Errorf("the history has the totals %v, want those of all three days", totals)
	}
	if !strings.Contains(h.page("data/v1/changes.json"), `"archived"`) {
		t.Error("what changed before is forgotten")
	}
	if warned := len(r.annotations("warning")) > 0; warned != warns {
		t.Errorf("warnings: %q", r.annotations("warning"))
	}
	if told := strings.Contains(h.page("index.html"), "this run starts from nothing"); told != warns {
		t.Errorf("the page says so: %t, want %t", told, warns)
	}
}

// reportIsSuspended: a limit that resets too late is no failure. The page
// shows what is known with a banner, and the next tick resumes.
func reportIsSuspended(t testing.TB) {
	h, server, world := hub(t, 40)
	h.report().well("complete")
	for _, name := range world.Names("contoso")[:20] {
		world.Push(name, day.Add(time.Hour))
	}
	h.nextDay()
	server.SetFaults(githubsim.Fault{
		When:    []githubsim.Condition{githubsim.OfKind(githubsim.Details)},
		Effects: []githubsim.Effect{githubsim.SecondaryLimit(403, 3*time.Second)},
	})
	h.vars["STALEWATCH_DEADLINE"] = "2s"
	r := h.report().well("suspended")
	if !r.publishes() || !strings.Contains(h.page("index.html"), "This run is not over") {
		t.Errorf("outputs %v; the page lacks the banner", r.outputs)
	}
	if len(r.annotations("notice")) != 1 || len(r.annotations("error")) != 0 {
		t.Errorf("annotations:\n%s", r.log)
	}
	server.SetFaults()
	h.asOf = day.AddDate(0, 0, 1).Add(3 * time.Hour)
	delete(h.vars, "STALEWATCH_DEADLINE")
	h.report().well("complete")
	if strings.Contains(h.page("index.html"), "This run is not over") || pageSummary(h).Run.ID != "2026-11-23/contoso" {
		t.Error("the page was not brought up to date")
	}
}

// reportIsPartial: few unread repositories are a warning; too many fail,
// and the last good page stays. Later ticks ask for them again.
func reportIsPartial(t testing.TB) {
	h, server, world := hub(t, 40)
	poison := func(n int) {
		var faults []githubsim.Fault
		for _, name := range world.Names("contoso")[:n] {
			faults = append(faults, githubsim.Fault{
				When:    []githubsim.Condition{githubsim.AsksFor(world.ID(name))},
				Effects: []githubsim.Effect{githubsim.ForbiddenElement(world.ID(name))},
			})
		}
		server.SetFaults(faults...)
	}
	poison(1)
	r := h.report().well("partial")
	if r.out("unread") != "1" || !r.publishes() || len(r.annotations("warning")) != 1 || len(r.annotations("error")) != 0 {
		t.Errorf("one unread: outputs %v, log:\n%s", r.outputs, r.log)
	}
	page := h.page("data/v1/summary.json")

	h.event, h.inputs["rerun"], h.inputs["refetch"] = "workflow_dispatch", "completed", "true"
	poison(9)
	r = h.report()
	if !r.failed || r.out("state") != "partial" || r.out("unread") != "9" || len(r.annotations("error")) != 1 || h.page("data/v1/summary.json") != page {
		t.Errorf("too many unread: failed %t, outputs %v, log:\n%s", r.failed, r.outputs, r.log)
	}
	kept := filepath.Join(h.artifacts["unpublished-report"], "index.html")
	if !strings.Contains(readFile(t, kept), "9 repositories could not be read") {
		t.Error("the report that is not published does not say what is missing")
	}

	server.SetFaults()
	server.Reset()
	h.event, h.inputs = "schedule", map[string]string{}
	r = h.report().well("complete")
	if asked := server.Asked(); len(asked) > 20 || !r.publishes() {
		t.Errorf("the next tick asked for %d repositories, want the 9 and what goes with them; outputs %v", len(asked), r.outputs)
	}
}
