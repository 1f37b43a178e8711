package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
)

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
	const properties = "the App's token may read organization-custom-properties\n"
	if r = h.report().well("complete"); !strings.HasSuffix(r.seen(), "token=app-token-for-contoso") || !strings.Contains(r.log, "Token: the GitHub App's") || strings.Contains(r.log, properties) {
		t.Errorf("with an App: %q", r.seen())
	}
	h.vars["STALEWATCH_APP_PROPERTIES"] = "true"
	if r = h.report().well("complete"); !strings.Contains(r.log, properties) {
		t.Errorf("with an App that may read properties:\n%s", r.log)
	}
}

// reportByHand: owners given by hand make the page only when it lacks nobody
// that the schedule's has.
func reportByHand(t testing.TB) {
	world := githubsim.NewWorld()
	for i, owner := range []string{"contoso", "fabrikam"} {
		world.AddOrganization(owner)
		world.Populate(owner, 5, uint64(i), day)
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
	called := h.run(reportFile)
	r := h.checked(called).well("complete")
	called.handsOn()
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
