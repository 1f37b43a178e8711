package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
)

const reportFile = ".github/workflows/report.yml"

// scenarios are what happens to the workflows over the days, by name. Each must
// pass with the files as they are, and testdata/workflows/mutations.yml names
// for each mutation the one that fails.
func scenarios() map[string]func(testing.TB) {
	all := map[string]func(testing.TB){
		"the first day":                     func(t testing.TB) { reportFirstDay(t) },
		"later ticks":                       reportTicks,
		"a person asks":                     reportOnDemand,
		"cancelled and resumed":             reportIsCancelled,
		"suspended":                         reportIsSuspended,
		"partial":                           reportIsPartial,
		"settings and tokens":               reportSettings,
		"owners by hand":                    reportByHand,
		"run again":                         reportAgain,
		"the page's address":                reportAddress,
		"quiet for fifty-five days":         reportQuiet,
		"called from another organization":  reportCalled,
		"on an enterprise server":           reportOnServer,
		"taken over by shards":              reportTakenOver,
		"runs that wait":                    reportsThatWait,
		"the released program":              actionReleased,
		"the action alone":                  actionAlone,
		"two reports of one repository":     actionTwice,
		"shards over the days":              shardedOverTheDays,
		"one owner sharded":                 shardedOneOwner,
		"owners whose names begin alike":    shardedPrefix,
		"forty owners, one broken":          shardedBroken,
		"a shard that breaks":               shardedBreaks,
		"an App that is not everywhere":     shardedApp,
		"shards called with secrets":        shardedCalled,
		"shards that failed, run again":     shardedAgain,
		"a change":                          changed,
		"the README's call":                 readmeCall,
		"the README's action":               readmeAction,
		"the README's server":               readmeServer,
		"a release":                         released,
		"a release that cannot be repeated": releasedUnrepeatable,
		"a release whose tests fail":        releasedBroken,
	}
	for what, harm := range harms {
		all["a state that is "+what] = func(t testing.TB) { reportWithoutState(t, what, harm) }
	}
	for what, failure := range failures {
		all["failed: "+what] = func(t testing.TB) { reportFails(t, failure) }
	}
	return all
}

// TestWorkflows runs every scenario.
func TestWorkflows(t *testing.T) {
	for name, scenario := range scenarios() {
		t.Run(name, func(t *testing.T) {
			if testing.Short() && name != "the first day" {
				t.Skip("one scenario is enough for a short run")
			}
			t.Parallel()
			scenario(t)
		})
	}
}

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

// failure is a mistake and what the one annotation says of it.
type failure struct {
	prepare func(h *hosted)
	says    string
}

var failures = map[string]failure{
	"a token that is refused":    {func(h *hosted) { h.secrets["STALEWATCH_TOKEN"] = "ghp_wrong" }, "GitHub refused the token"},
	"an unknown owner":           {func(h *hosted) { h.vars["STALEWATCH_OWNERS"] = "nobody-here" }, "GitHub knows no organization or user"},
	"a mistake in the config":    {func(h *hosted) { h.config = "onwers: [contoso]\n" }, "stalewatch.yml:1:1"},
	"a config that is not there": {func(h *hosted) { h.vars["STALEWATCH_CONFIG"] = "missing.yml" }, "there is no configuration missing.yml"},
}

// reportFails: a red run has one annotation that says what to do, and the last
// good page stays.
func reportFails(t testing.TB, f failure) {
	h, _, _ := hub(t, 10)
	h.report().well("complete")
	page := h.page("data/v1/summary.json")
	h.nextDay()
	f.prepare(h)
	r := h.report()
	if errs := r.annotations("error"); !r.failed || r.out("state") != "failed" || len(errs) != 1 || !strings.Contains(errs[0], f.says) {
		t.Errorf("failed %t, outputs %v, errors %q, log:\n%s", r.failed, r.outputs, errs, r.log)
	}
	if h.page("data/v1/summary.json") != page || slices.Contains(r.did, "actions/upload-pages-artifact") {
		t.Error("the last good page did not stay")
	}
	if len(h.caches) != 2 {
		t.Errorf("the state was not saved: %v", h.caches)
	}
}

// reportSettings: where settings come from when nobody gave any, and which
// token is used.
func reportSettings(t testing.TB) {
	h, _, _ := hub(t, 10)
	r := h.report().well("complete")
	if got, want := r.seen(), "run owners=contoso deadline=45m url="+h.pages+" token="+testToken; got != want {
		t.Errorf("the survey was started with %q, want %q", got, want)
	}
	if !strings.Contains(r.log, "Token: the secret STALEWATCH_TOKEN") {
		t.Errorf("the log:\n%s", r.log)
	}

	h.config = "owners: [contoso]\ndeadline: 20m\nsite: {url: \"https://samples.example/\"}\n"
	h.event, h.inputs["rerun"], h.inputs["log-level"] = "workflow_dispatch", "completed", "debug"
	r = h.report().well("complete")
	if got, want := r.seen(), "run owners= deadline= url= token="+testToken; got != want {
		t.Errorf("the environment overrides the configuration: %q, want %q", got, want)
	}
	if !strings.Contains(r.summary, "https://samples.example/") || !strings.Contains(r.log, "level=DEBUG") {
		t.Errorf("the configuration was not heeded:\n%s", r.log)
	}

	delete(h.secrets, "STALEWATCH_TOKEN")
	h.nextDay()
	if r = h.report().well("complete"); !strings.HasSuffix(r.seen(), "token="+jobToken) || !strings.Contains(r.log, "Token: GITHUB_TOKEN. It sees public") {
		t.Errorf("without a secret: %q", r.seen())
	}
	h.vars["STALEWATCH_APP_CLIENT_ID"], h.secrets["STALEWATCH_APP_KEY"] = "Iv1", "key"
	h.secrets["STALEWATCH_TOKEN"] = testToken
	if r = h.report().well("complete"); !strings.HasSuffix(r.seen(), "token=app-token-for-contoso") || !strings.Contains(r.log, "Token: the GitHub App's") {
		t.Errorf("with an App: %q", r.seen())
	}
}

// reportByHand: owners given by hand make the page only when it lacks nobody
// that the schedule's has.
func reportByHand(t testing.TB) {
	world := githubsim.NewWorld()
	for i, owner := range []string{"contoso", "fabrikam"} {
		world.AddOrganization(owner)
		world.Populate(owner, 5, uint64(i), day, githubsim.Plain)
	}
	h := newHosted(t, newWorkspace(t, world).url)
	h.secrets["STALEWATCH_TOKEN"] = testToken
	h.report().well("complete")
	page := h.published
	h.event = "workflow_dispatch"
	h.inputs["owners"] = "fabrikam"
	if r := h.report().well("complete"); r.publishes() || h.published != page || h.artifacts["unpublished-report"] == "" {
		t.Errorf("another owner's report became the page, or was lost: %v", h.artifacts)
	}
	h.inputs["owners"] = "fabrikam Contoso"
	if r := h.report().well("complete"); !r.publishes() || h.artifacts["unpublished-report"] != "" {
		t.Errorf("a report on more owners did not become the page:\n%s", r.log)
	}
	h.vars["STALEWATCH_OWNERS"] = "contoso fabrikam"
	h.inputs["owners"] = "contoso"
	if r := h.report().well("complete"); r.publishes() {
		t.Error("a report on one of two owners became the page")
	}
}

// reportAgain: all jobs of a run can be run again, and so can the failed ones.
func reportAgain(t testing.TB) {
	h, server, _ := hub(t, 10)
	h.report().well("complete")
	page := h.published
	server.Reset()
	if r := h.checked(h.again(reportFile)).well("complete"); !r.publishes() || h.published == page || server.Stats().Requests != 0 {
		t.Errorf("run again: published %t, %d requests, log:\n%s", r.publishes(), server.Stats().Requests, r.log)
	}
}

// reportAddress: Pages that is not enabled, and a GitHub that does not say.
func reportAddress(t testing.TB) {
	h, _, _ := hub(t, 5)
	pages := h.pages
	for at, says := range map[string]string{"": "choose GitHub Actions as the source", "broken": "GitHub did not say where the page is (gh: Server Error (HTTP 502))"} {
		h.pages = at
		w := h.run(reportFile)
		r := w.jobs["survey"].legs[0].well("complete")
		if warned := r.annotations("warning"); len(warned) != 1 || !strings.Contains(warned[0], says) {
			t.Errorf("the address %q: warnings %q", at, warned)
		}
		h.nextDay()
	}
	h.pages = pages
	h.vars["STALEWATCH_SITE_URL"] = "https://elsewhere.example/"
	if r := h.report().well("complete"); !strings.Contains(r.seen(), " url=https://elsewhere.example/ ") {
		t.Errorf("the variable is not heeded: %q", r.seen())
	}
}

// reportQuiet: GitHub stops the schedule of a quiet repository, so the report
// warns ten days before.
func reportQuiet(t testing.TB) {
	const says = "60 days after the last commit to contoso/stale, which was 55 days ago"
	h, _, _ := hub(t, 5)
	h.committed = day.AddDate(0, 0, -49)
	if r := h.report().well("complete"); len(r.annotations("warning")) != 0 {
		t.Errorf("after 49 days: %q", r.annotations("warning"))
	}
	h.nextDay()
	h.committed = h.asOf.AddDate(0, 0, -55)
	if r := h.report().well("complete"); len(r.annotations("warning")) == 0 || !strings.Contains(r.annotations("warning")[0], says) || !strings.Contains(h.page("index.html"), says) {
		t.Errorf("after 55 days: %q", r.annotations("warning"))
	}
	h.private = true
	h.nextDay()
	h.committed = h.asOf.AddDate(0, 0, -55)
	if r := h.report().well("complete"); len(r.annotations("warning")) != 0 {
		t.Errorf("in a private repository: %q", r.annotations("warning"))
	}
}

// grants are the permissions that the README tells a calling job to give.
var grants = map[string]string{"contents": "read", "pages": "write", "id-token": "write"}

// reportCalled: a caller of another organization gives its secrets by name; by
// inheritance they are empty, without a word from GitHub.
func reportCalled(t testing.TB) {
	h, _, _ := hub(t, 5)
	h.vars["STALEWATCH_SHARDED"] = "true" // which is about this project's own schedule
	h.call = &call{grants: grants, secrets: map[string]string{"STALEWATCH_TOKEN": testToken}, with: map[string]string{"owners": "contoso"}}
	r := h.report().well("complete")
	if !strings.HasSuffix(r.seen(), "token="+testToken) || !r.publishes() {
		t.Errorf("called with its secret: %q, published %t", r.seen(), r.publishes())
	}
	h.call.secrets, h.call.inherit = nil, true
	h.nextDay()
	if r = h.report().well("complete"); !strings.HasSuffix(r.seen(), "token="+jobToken) || !strings.Contains(r.log, "Token: GITHUB_TOKEN") {
		t.Errorf("called with inherited secrets: %q", r.seen())
	}
	h.call = &call{grants: map[string]string{"contents": "read"}}
	if w := h.run(reportFile); !strings.Contains(w.refused, "pages") {
		t.Errorf("called without permissions: %q", w.refused)
	}
}

// reportOnServer: on GitHub Enterprise Server the program is built from the
// checkout, and gh asks the server.
func reportOnServer(t testing.TB) {
	h, _, _ := hub(t, 5)
	h.server, h.refs = "https://github.contoso.example", selfSHA+"\trefs/tags/v1.2.3\n"
	if r := h.report().well("complete"); !slices.Contains(r.did, "actions/setup-go") || len(r.annotations("warning")) != 0 {
		t.Errorf("actions %v, warnings %q", r.did, r.annotations("warning"))
	}
}

// reportTakenOver: where shards survey, the schedule is theirs, and a start by
// hand is not.
func reportTakenOver(t testing.TB) {
	h, _, _ := hub(t, 5)
	h.vars["STALEWATCH_SHARDED"] = "true"
	if w := h.run(reportFile); w.jobs["survey"].result != "skipped" {
		t.Error("the schedule surveyed twice")
	}
	h.event = "workflow_dispatch"
	h.report().well("complete")
	delete(h.vars, "STALEWATCH_SHARDED")
	h.event = "schedule"
	if w := h.run(shardedFile); w.jobs["plan"].result != "skipped" {
		t.Error("shards surveyed without being asked to")
	}
}

// reportsThatWait: a run that waits is not cancelled by a later tick, nor is the
// one that runs; and both reports wait for each other.
func reportsThatWait(t testing.TB) {
	groups := map[string]bool{}
	for _, file := range []string{reportFile, shardedFile} {
		h := newHosted(t, "")
		c := parseWorkflow(t, file, []byte(h.text(file))).Concurrency
		groups[fmt.Sprint(c["group"])] = true
		if c["queue"] != "max" || c["cancel-in-progress"] != false {
			t.Errorf("%s: concurrency %v; a tick would cancel a run", file, c)
		}
	}
	if len(groups) != 1 {
		t.Errorf("the reports are in the groups %v and would write the same page at once", groups)
	}
}
