package main

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
)

const reportFile = ".github/workflows/report.yml"

// report runs report.yml as GitHub would: the survey, and the deployment when
// the survey calls for it.
func (h *hosted) report() *jobRun {
	h.t.Helper()
	h.start()
	r := h.job(reportFile, "survey", nil)
	if !r.failed && !r.cancelled && r.outputs["publish"] == "true" {
		h.job(reportFile, "deploy", nil)
	}
	if n := len(r.annotations("error")) + len(r.annotations("warning")) + len(r.annotations("notice")); n > 5 {
		h.t.Errorf("%d annotations, want at most five:\n%s", n, r.log)
	}
	if len(r.summary) > 200_000 {
		h.t.Errorf("the summary has %d bytes", len(r.summary))
	}
	if strings.Contains(r.log+r.summary, testToken) {
		h.t.Error("the token is in the log or the summary")
	}
	return r
}

// well reports how a job ended unless it ended as wanted.
func (r *jobRun) well(state string) *jobRun {
	r.h.t.Helper()
	if r.failed || r.outputs["state"] != state {
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
func hub(t *testing.T, n int, opts ...githubsim.Option) (*hosted, *githubsim.Server, *githubsim.World) {
	t.Helper()
	t.Parallel()
	world := githubsim.Generate("contoso", n, 3, day)
	w := newWorkspace(t, world, opts...)
	h := newHosted(t, w.url)
	h.secrets["STALEWATCH_TOKEN"] = testToken
	return h, w.server, world
}

// TestReportOverTheDay: the first run publishes, later ticks ask nothing and
// publish nothing, and what a person asks for is done.
func TestReportOverTheDay(t *testing.T) {
	h, server, _ := hub(t, 40)
	r := h.report().well("complete")
	if r.outputs["total"] != fmt.Sprint(pageSummary(h).Total) || r.outputs["changed"] != "0" || r.outputs["unread"] != "0" || r.outputs["publish"] != "true" {
		t.Errorf("outputs %v", r.outputs)
	}
	if !strings.Contains(h.page("index.html"), "<h1") || !strings.Contains(r.summary, "[Read the report](<"+h.pages+">)") {
		t.Errorf("the page or the summary is missing:\n%s", r.summary)
	}
	if len(r.annotations("warning"))+len(r.annotations("error")) != 0 || !strings.Contains(r.log, "::group::survey\n") || !strings.Contains(r.log, "::endgroup::\n") {
		t.Errorf("the log:\n%s", r.log)
	}

	server.Reset()
	h.asOf = day.Add(3 * time.Hour)
	if r = h.report().well("complete"); r.outputs["publish"] != "false" || server.Stats().Requests != 0 {
		t.Errorf("a later tick published (%s) or asked %d requests", r.outputs["publish"], server.Stats().Requests)
	}
	h.event = "workflow_dispatch"
	h.inputs["rerun"] = "none"
	if r = h.report().well("complete"); r.outputs["publish"] != "true" || server.Stats().Requests != 0 {
		t.Errorf("a person's start published %s and asked %d requests, want the page again and none", r.outputs["publish"], server.Stats().Requests)
	}
	h.inputs["rerun"] = "failed"
	if h.report().well("complete"); server.Stats().Requests != 0 {
		t.Errorf("asking again for what failed asked %d requests, although nothing did", server.Stats().Requests)
	}
	h.inputs["rerun"] = "completed"
	h.report().well("complete")
	if s := server.Stats(); s.ByKind[githubsim.Listing] == 0 || s.ByKind[githubsim.Details] != 0 {
		t.Errorf("a survey once more asked %v, want the listing only", s.ByKind)
	}
	server.Reset()
	h.inputs["refetch"] = "true"
	h.report().well("complete")
	if s := server.Stats(); s.IDs < 30 {
		t.Errorf("a full refetch asked %v, want all in chunks", s.ByKind)
	}
}

// TestReportIsCancelled: the state is saved although the run was cancelled, the
// page stays, and the next tick resumes.
func TestReportIsCancelled(t *testing.T) {
	h, server, _ := hub(t, 150, githubsim.WithLatency(100*time.Millisecond))
	h.report().well("complete")
	page, whole := h.page("data/v1/summary.json"), server.Stats().Requests

	h.asOf = day.AddDate(0, 0, 1)
	h.event, h.inputs["refetch"] = "workflow_dispatch", "true"
	server.Reset()
	h.cancel = func() bool { return server.Stats().Requests >= 4 }
	r := h.report()
	if !r.cancelled || r.steps["survey"]["state"] != "suspended" || r.outputs["publish"] != "false" || h.page("data/v1/summary.json") != page {
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

// TestReportWithoutItsState: whatever became of the cache, there is a report,
// and the history comes back from the published page.
func TestReportWithoutItsState(t *testing.T) {
	cache := func(h *hosted) string {
		return filepath.Join(h.dir, "caches", h.caches[len(h.caches)-1])
	}
	tests := map[string]struct {
		harm  func(h *hosted)
		warns bool
	}{
		"lost":  {func(h *hosted) { h.caches = nil }, false},
		"cut":   {func(h *hosted) { writeFile(h.t, cache(h), readFile(h.t, cache(h))[:200]) }, true},
		"empty": {func(h *hosted) { writeFile(h.t, cache(h), "") }, true},
		"newer": {func(h *hosted) {
			b := []byte(readFile(h.t, cache(h)))
			b[len("SWEXPORT")] = 99
			writeFile(h.t, cache(h), string(b))
		}, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			h, _, world := hub(t, 40)
			h.report().well("complete")
			world.Archive(world.Names("contoso")[0], day.Add(time.Hour))
			h.asOf = day.AddDate(0, 0, 1)
			h.report().well("complete")

			test.harm(h)
			h.asOf = day.AddDate(0, 0, 2)
			r := h.report().well("complete")
			if totals := h.totals(); len(totals) != 3 {
				t.Errorf("the history has the totals %v, want those of all three days", totals)
			}
			if !strings.Contains(h.page("data/v1/changes.json"), `"archived"`) {
				t.Error("what changed before is forgotten")
			}
			if warned := len(r.annotations("warning")) > 0; warned != test.warns {
				t.Errorf("warnings: %q", r.annotations("warning"))
			}
			if told := strings.Contains(h.page("index.html"), "this run starts from nothing"); told != test.warns {
				t.Errorf("the page says so: %t, want %t", told, test.warns)
			}
		})
	}
}

// TestReportIsSuspended: a limit that resets too late is no failure. The page
// shows what is known with a banner, and the next tick resumes.
func TestReportIsSuspended(t *testing.T) {
	h, server, world := hub(t, 40)
	h.report().well("complete")
	for _, name := range world.Names("contoso")[:20] {
		world.Push(name, day.Add(time.Hour))
	}
	h.asOf = day.AddDate(0, 0, 1)
	server.SetFaults(githubsim.Fault{
		When:    []githubsim.Condition{githubsim.OfKind(githubsim.Details)},
		Effects: []githubsim.Effect{githubsim.SecondaryLimit(403, 3*time.Second)},
	})
	h.vars["STALEWATCH_DEADLINE"] = "2s"
	r := h.report().well("suspended")
	if r.outputs["publish"] != "true" || !strings.Contains(h.page("index.html"), "This run is not over") {
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

// TestReportIsPartial: few unread repositories are a warning; too many fail,
// and the last good page stays. Later ticks ask for them again.
func TestReportIsPartial(t *testing.T) {
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
	if r.outputs["unread"] != "1" || r.outputs["publish"] != "true" || len(r.annotations("warning")) != 1 || len(r.annotations("error")) != 0 {
		t.Errorf("one unread: outputs %v, log:\n%s", r.outputs, r.log)
	}
	page := h.page("data/v1/summary.json")

	h.event, h.inputs["rerun"], h.inputs["refetch"] = "workflow_dispatch", "completed", "true"
	poison(9)
	r = h.report()
	if !r.failed || r.outputs["state"] != "partial" || r.outputs["unread"] != "9" || len(r.annotations("error")) != 1 || h.page("data/v1/summary.json") != page {
		t.Errorf("too many unread: failed %t, outputs %v, log:\n%s", r.failed, r.outputs, r.log)
	}
	kept := filepath.Join(h.dir, "artifacts", fmt.Sprint(h.runs), "unpublished-report", "index.html")
	if !strings.Contains(readFile(t, kept), "9 repositories could not be read") {
		t.Error("the report that is not published does not say what is missing")
	}

	server.SetFaults()
	server.Reset()
	h.event, h.inputs = "schedule", map[string]string{}
	r = h.report().well("complete")
	if s := server.Stats(); s.IDs > 20 || r.outputs["publish"] != "true" {
		t.Errorf("the next tick asked for %d repositories, want the 9 and what goes with them; outputs %v", s.IDs, r.outputs)
	}
}

// TestReportFails: a red run has one annotation that says what to do, and the
// last good page stays.
func TestReportFails(t *testing.T) {
	tests := map[string]struct {
		prepare func(h *hosted)
		says    string
	}{
		"a token that is refused":    {func(h *hosted) { h.secrets["STALEWATCH_TOKEN"] = "ghp_wrong" }, "GitHub refused the token"},
		"an unknown owner":           {func(h *hosted) { h.vars["STALEWATCH_OWNERS"] = "nobody-here" }, "GitHub knows no organization or user"},
		"a mistake in the config":    {func(h *hosted) { h.config = "onwers: [contoso]\n" }, "stalewatch.yml:1:1"},
		"a config that is not there": {func(h *hosted) { h.vars["STALEWATCH_CONFIG"] = "missing.yml" }, "there is no configuration missing.yml"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			h, _, _ := hub(t, 40)
			h.report().well("complete")
			page := h.page("data/v1/summary.json")
			h.asOf = day.AddDate(0, 0, 1)
			test.prepare(h)
			r := h.report()
			if errs := r.annotations("error"); !r.failed || r.outputs["state"] != "failed" || len(errs) != 1 || !strings.Contains(errs[0], test.says) {
				t.Errorf("failed %t, outputs %v, errors %q, log:\n%s", r.failed, r.outputs, errs, r.log)
			}
			if h.page("data/v1/summary.json") != page || slices.Contains(r.did, "actions/upload-pages-artifact") {
				t.Error("the last good page did not stay")
			}
			if len(h.caches) != 2 {
				t.Errorf("the state was not saved: %v", h.caches)
			}
		})
	}
}

// TestReportSettings: where settings come from when nobody gave any, and which
// token is used.
func TestReportSettings(t *testing.T) {
	h, _, _ := hub(t, 40)
	h.pages = ""
	r := h.report().well("complete")
	if w := r.annotations("warning"); len(w) != 1 || !strings.Contains(w[0], "choose GitHub Actions as the source") {
		t.Errorf("without Pages the warnings are %q", w)
	}
	if r.env["STALEWATCH_OWNERS"] != "contoso" || r.env["STALEWATCH_DEADLINE"] != "45m" {
		t.Errorf("owners %q, deadline %q", r.env["STALEWATCH_OWNERS"], r.env["STALEWATCH_DEADLINE"])
	}
	if r.tokens["Survey"] != testToken || !strings.Contains(r.log, "Token: the secret STALEWATCH_TOKEN") {
		t.Errorf("the token was %q", r.tokens["Survey"])
	}

	h.config = "owners: [contoso]\ndeadline: 20m\nsite: {url: \"https://samples.example/\"}\n"
	h.event, h.inputs["rerun"], h.inputs["log-level"] = "workflow_dispatch", "completed", "debug"
	r = h.report().well("complete")
	if r.env["STALEWATCH_OWNERS"]+r.env["STALEWATCH_DEADLINE"]+r.env["STALEWATCH_SITE_URL"] != "" {
		t.Errorf("the environment overrides the configuration: %v", r.env)
	}
	if !strings.Contains(r.summary, "https://samples.example/") || !strings.Contains(r.log, "level=DEBUG") {
		t.Errorf("the configuration was not heeded:\n%s", r.log)
	}

	delete(h.secrets, "STALEWATCH_TOKEN")
	h.asOf = day.AddDate(0, 0, 1)
	if r = h.report(); r.tokens["Survey"] != "the job's own token" || !strings.Contains(r.log, "Token: GITHUB_TOKEN. It sees public") {
		t.Errorf("without a secret the token is %q", r.tokens["Survey"])
	}
	h.vars["STALEWATCH_APP_CLIENT_ID"] = "Iv1"
	if r = h.report(); r.tokens["Survey"] != "app token for contoso" {
		t.Errorf("with an App the token is %q", r.tokens["Survey"])
	}
}

// TestReleasedProgram: called at a released version, the workflow takes that
// release, once its checksum is right, and builds nothing.
func TestReleasedProgram(t *testing.T) {
	h, _, _ := hub(t, 40)
	h.called = "stalewatch/stalewatch/.github/workflows/report.yml@refs/tags/v1.2.3"
	release := filepath.Join(h.dir, "releases", "v1.2.3")
	archive := filepath.Join(release, "stalewatch_linux_amd64.tar.gz")
	stage := t.TempDir()
	if err := copyTree(filepath.Join(h.dir, "tools", "program"), filepath.Join(stage, "stalewatch")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(stage, "stalewatch"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(release, 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("tar", "-czf", archive, "-C", stage, "stalewatch").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	sums := filepath.Join(release, "SHA256SUMS")
	writeFile(t, sums, fmt.Sprintf("%x  stalewatch_linux_amd64.tar.gz\n%064x  stalewatch_windows_amd64.tar.gz\n", sha256.Sum256([]byte(readFile(t, archive))), 1))
	r := h.report().well("complete")
	if slices.Contains(r.did, "actions/setup-go") {
		t.Errorf("it was built all the same: %v", r.did)
	}
	writeFile(t, sums, fmt.Sprintf("%064x  stalewatch_linux_amd64.tar.gz\n", 1))
	h.asOf = day.AddDate(0, 0, 1)
	if r = h.report(); !r.failed || !strings.Contains(r.log, "FAILED") {
		t.Errorf("a wrong checksum went through:\n%s", r.log)
	}
	h.called = "stalewatch/stalewatch/.github/workflows/report.yml@refs/tags/v1"
	if r = h.report().well("complete"); !slices.Contains(r.did, "actions/setup-go") {
		t.Error("a moving tag is no release, and yet nothing was built")
	}
}
