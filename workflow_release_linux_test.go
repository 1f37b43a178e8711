package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const releaseFile = ".github/workflows/release.yml"

// tagged is a hosted Actions on which a tag was pushed.
func tagged(t testing.TB, tag string) *hosted {
	h := newHosted(t, "")
	h.event, h.branch = "push", tag
	return h
}

// released: a tag is tested, built twice, described, attested and released, and
// the major version's tag moves there; a candidate's does not.
func released(t testing.TB) {
	for tag, moves := range map[string]bool{"v1.2.3": true, "v1.3.0-rc.1": false} {
		h := tagged(t, tag)
		w := h.run(releaseFile)
		for _, id := range []string{"test", "build", "describe", "publish"} {
			if j := w.jobs[id]; j.result != "success" {
				t.Fatalf("%s: %s: %v", tag, id, j)
			}
		}
		publish := w.jobs["publish"].legs[0]
		for _, want := range []string{`attested dist/SHA256SUMS with ""`, `attested dist/SHA256SUMS with "sbom/stalewatch.cdx.json"`} {
			if !strings.Contains(publish.log, want) {
				t.Errorf("%s: not %s:\n%s", tag, want, publish.log)
			}
		}
		told := readFile(t, filepath.Join(h.dir, "released"))
		for _, want := range []string{tag + " --verify-tag", "dist/stalewatch_windows_arm64.tar.gz", "dist/stalewatch_linux_amd64.tar.gz", "dist/SHA256SUMS", "dist/THIRD_PARTY_NOTICES", "sbom/stalewatch.cdx.json"} {
			if !strings.Contains(told, want) {
				t.Errorf("%s: the release lacks %s: %s", tag, want, told)
			}
		}
		if moved := strings.Contains(told, "ref=refs/tags/v1 -f sha="+selfSHA); moved != moves || strings.Contains(told, "--prerelease") == moves {
			t.Errorf("%s: v1 moved: %t, want %t; %s", tag, moved, moves, told)
		}
		if !strings.Contains(w.jobs["test"].legs[0].log, "tested") {
			t.Errorf("%s: it was not tested", tag)
		}
	}
}

// releasedUnrepeatable: two builds that differ are no release.
func releasedUnrepeatable(t testing.TB) {
	h := tagged(t, "v1.2.3")
	h.chance = "yes"
	w := h.run(releaseFile)
	if w.jobs["build"].result != "failure" || w.jobs["publish"].result != "skipped" {
		t.Errorf("build %s, publish %s", w.jobs["build"].result, w.jobs["publish"].result)
	}
	if _, err := os.Stat(filepath.Join(h.dir, "released")); err == nil {
		t.Error("it was released all the same")
	}
}

// releasedBroken: a commit whose tests fail is not released.
func releasedBroken(t testing.TB) {
	h := tagged(t, "v1.2.3")
	h.broken = true
	if w := h.run(releaseFile); w.jobs["test"].result != "failure" || w.jobs["publish"].result != "skipped" {
		t.Errorf("test %s, publish %s", w.jobs["test"].result, w.jobs["publish"].result)
	}
}

// changed: what every change has to pass.
func changed(t testing.TB) {
	h := tagged(t, "main")
	for _, file := range []string{".github/workflows/ci.yml", ".github/workflows/security.yml"} {
		w := h.run(file)
		for id, j := range w.jobs {
			if w.refused != "" || j.result != "success" {
				t.Errorf("%s: %s: %s %s", file, id, j.result, w.refused)
			}
		}
	}
	h.event = "schedule"
	if w := h.run(".github/workflows/security.yml"); w.refused != "" {
		t.Errorf("nothing looks for what becomes known later: %s", w.refused)
	}
}
