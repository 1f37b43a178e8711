package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// callerFile is a workflow of another repository that uses the action, as the
// README shows it. It is no file of the project.
const callerFile = "caller.yml"

// uses makes a caller whose only job takes the steps given.
func (h *hosted) uses(steps string) {
	h.files[callerFile] = "on: {schedule: [], workflow_dispatch: {}}\npermissions: {contents: read}\njobs:\n  survey:\n    runs-on: ubuntu-latest\n    steps:\n" +
		"      - uses: actions/checkout@v7\n" + steps
}

// caller runs the caller's job.
func (h *hosted) caller() *jobRun {
	h.t.Helper()
	w := h.run(callerFile)
	if w.refused != "" {
		h.t.Fatal(w.refused)
	}
	return w.jobs["survey"].legs[0]
}

// release makes a release of this test's program and returns its checksums.
func (h *hosted) release(version string) (sums string) {
	t := h.t
	t.Helper()
	dir := filepath.Join(h.dir, "releases", version)
	archive := filepath.Join(dir, "stalewatch_linux_amd64.tar.gz")
	stage := t.TempDir()
	program := filepath.Join(stage, "stalewatch")
	writeFile(t, program, readFile(t, filepath.Join(h.dir, "tools", "program")))
	writeFile(t, filepath.Join(dir, "signed"), version+"\n") // by which tag's run it was attested
	if err := os.Chmod(program, 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("tar", "-czf", archive, "-C", stage, "stalewatch").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	sums = filepath.Join(dir, "SHA256SUMS")
	writeFile(t, sums, fmt.Sprintf("%x  stalewatch_linux_amd64.tar.gz\n%064x  stalewatch_windows_amd64.tar.gz\n", sha256.Sum256([]byte(readFile(t, archive))), 1))
	return sums
}

// actionReleased: whatever names the commit of a release, its program is taken
// once checksum and attestation are right; any other commit is built.
func actionReleased(t testing.TB) {
	h, _, _ := hub(t, 5)
	sums := h.release("v1.2.3")
	other := strings.Repeat("c", 40)
	h.refs = other + "\trefs/heads/main\n" + strings.Repeat("d", 40) + "\trefs/tags/v1.2.3\n" + selfSHA + "\trefs/tags/v1.2.3^{}\n" + selfSHA + "\trefs/tags/v1\n" + other + "\trefs/tags/v1.2.4-rc.1\n"
	for ref, build := range map[string]bool{"v1.2.3": false, "v1": false, selfSHA: false, "main": true, other: true, "no-such-branch": true} {
		h.uses("      - {id: survey, uses: stalewatch/stalewatch@" + ref + "}\n")
		if r := h.caller(); r.failed || slices.Contains(r.did, "actions/setup-go") != build {
			t.Errorf("at %s: failed %t, actions %v, want built %t:\n%s", ref, r.failed, r.did, build, r.log)
		}
	}
	h.call = &call{grants: grants} // a called workflow finds its own release by its commit
	if r := h.report().well("complete"); slices.Contains(r.did, "actions/setup-go") {
		t.Errorf("called at a release it was built all the same: %v", r.did)
	}
	h.call = nil
	h.uses("      - {id: survey, uses: stalewatch/stalewatch@v1.2.3}\n")
	writeFile(t, filepath.Join(filepath.Dir(sums), "signed"), "v1.2.2")
	if r := h.caller(); !r.failed || r.top.done["survey"].(map[string]any)["outcome"] != "failure" {
		t.Error("a program that another tag's run attested went through")
	}
	writeFile(t, filepath.Join(filepath.Dir(sums), "signed"), "v1.2.3")
	writeFile(t, sums, fmt.Sprintf("%064x  stalewatch_linux_amd64.tar.gz\n", 1))
	if r := h.caller(); !r.failed || !strings.Contains(r.log, "FAILED") {
		t.Errorf("a wrong checksum went through:\n%s", r.log)
	}
}

// actionAlone: the action surveys, keeps its state, says where everything is,
// and publishes nothing.
func actionAlone(t testing.TB) {
	h, server, _ := hub(t, 30)
	h.uses("      - {id: s, uses: stalewatch/stalewatch@v1, with: {owners: contoso, site-url: 'https://contoso.example/stale/'}}\n")
	r := h.caller()
	for _, name := range []string{"state", "total", "stale", "dormant", "unread", "changed", "surveyed", "site", "data", "report-md", "digests", "new-stale", "state-file"} {
		if r.stepOutput("s", name) == "" {
			t.Errorf("there is no output %s:\n%s", name, r.log)
		}
	}
	for _, file := range []string{filepath.Join(r.work, r.stepOutput("s", "data"), "repositories.ndjson"), filepath.Join(r.work, r.stepOutput("s", "site"), "index.html"),
		r.stepOutput("s", "report-md"), r.stepOutput("s", "digests") + "/nobody.md", r.stepOutput("s", "new-stale"), filepath.Join(r.work, r.stepOutput("s", "state-file"))} {
		if info, err := os.Stat(file); err != nil || info.Size() == 0 {
			t.Errorf("an output names %s: %v", file, err)
		}
	}
	if h.published != "" || len(h.artifacts) != 0 || !strings.Contains(r.seen(), "url=https://contoso.example/stale/ token="+jobToken) {
		t.Errorf("published %q, artifacts %v, started with %q", h.published, h.artifacts, r.seen())
	}
	server.Reset()
	if r = h.caller(); r.stepOutput("s", "surveyed") != "false" || server.Stats().Requests != 0 {
		t.Errorf("the second start asked %d requests:\n%s", server.Stats().Requests, r.log)
	}
	h.nextDay()
	h.uses("      - {id: s, uses: stalewatch/stalewatch@v1, with: {owners: nobody-here}}\n")
	if r = h.caller(); !r.failed || r.stepOutput("s", "state") != "failed" || r.stepOutput("s", "state-file") == "" || len(h.caches) != 3 {
		t.Errorf("a failure: %v, %d caches:\n%s", r.top.done, len(h.caches), r.log)
	}
}

// actionTwice: two reports of one repository keep their states apart, also when
// one's name begins like the other's, and from another branch.
func actionTwice(t testing.TB) {
	h, server, _ := hub(t, 5)
	step := func(state string) {
		h.uses("      - {id: s, uses: stalewatch/stalewatch@v1, with: {owners: contoso, state: " + state + "}}\n")
	}
	for _, state := range []string{"all-samples", "all"} {
		server.Reset()
		step(state)
		if h.caller(); server.Stats().Requests == 0 {
			t.Errorf("%s was taken for another report's", state)
		}
	}
	server.Reset()
	step("all")
	if h.caller(); server.Stats().Requests != 0 {
		t.Error("its own state was not found")
	}
	server.Reset()
	h.branch = "try"
	if h.caller(); server.Stats().Requests != 0 {
		t.Error("a branch does not see the default branch's state")
	}
	h.branch, h.caches = "main", slices.DeleteFunc(h.caches, func(c cacheEntry) bool { return c.branch == "main" })
	if h.caller(); server.Stats().Requests == 0 {
		t.Error("a branch's state reached the default branch")
	}
}
