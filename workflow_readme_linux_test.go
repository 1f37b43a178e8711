package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// block returns the fenced block of the README that holds the text.
func block(t testing.TB, language, text string) string {
	t.Helper()
	for part := range strings.SplitSeq(readFile(t, "README.md"), "```"+language+"\n") {
		if b, _, closed := strings.Cut(part, "\n```"); closed && strings.Contains(b, text) {
			return b + "\n"
		}
	}
	t.Fatalf("the README has no block of %s with %q", language, text)
	return ""
}

// readmeCall: the calling workflow, as the README shows it, gives a page.
func readmeCall(t testing.TB) {
	var caller struct {
		On          map[string]any `yaml:"on"`
		Permissions map[string]string
		Jobs        map[string]struct {
			Uses          string
			With, Secrets map[string]string
		}
	}
	if err := yaml.Unmarshal([]byte(block(t, "yaml", "workflows/report.yml@v1")), &caller); err != nil {
		t.Fatal(err)
	}
	job := caller.Jobs["report"]
	if caller.On["schedule"] == nil || !strings.HasPrefix(job.Uses, "stalewatch/stalewatch/"+reportFile+"@") {
		t.Errorf("it calls %q on %v", job.Uses, caller.On)
	}
	h, _, world := hub(t, 5)
	world.AddOrganization("fabrikam")
	h.call = &call{with: job.With, grants: caller.Permissions, secrets: map[string]string{}}
	for name := range job.Secrets {
		h.call.secrets[name] = testToken
	}
	if r := h.report().well("complete"); !r.publishes() || pageSummary(h).Run.ID != "2026-11-22/contoso+fabrikam" || !strings.HasSuffix(r.seen(), "token="+testToken) {
		t.Errorf("published %t, started with %q", r.publishes(), r.seen())
	}
}

// readmeAction: the action, as the README shows it, and the step after it.
func readmeAction(t testing.TB) {
	h, _, _ := hub(t, 30)
	h.files[callerFile] = "defaults: {run: {shell: bash}}\n" + block(t, "yaml", "uses: stalewatch/stalewatch@v1")
	if r := h.caller(); r.failed || !strings.Contains(r.summary, "### ") {
		t.Errorf("failed %t:\n%s%s", r.failed, r.log, r.summary)
	}
	a := parseAction(t, []byte(h.text("action.yml")))
	readme := readFile(t, "README.md")
	for name := range a.Outputs {
		if !strings.Contains(readme, "`"+name+"`") {
			t.Errorf("the README does not tell of the output %s", name)
		}
	}
	for _, name := range []string{"owners", "token", "config", "site", "state", "rerun"} {
		if _, ok := a.Inputs[name]; !ok {
			t.Errorf("the action does not take %s", name)
		}
	}
}

// readmeServer: what the unit of systemd starts leaves a report at the web root.
func readmeServer(t testing.TB) {
	h, _, _ := hub(t, 5)
	unit := block(t, "ini", "ExecStart=")
	_, rest, _ := strings.Cut(unit, "ExecStart=/usr/local/bin/stalewatch ")
	command, _, _ := strings.Cut(rest, "\n")
	w := &workspace{t: t, dir: h.dir, url: h.graphql, env: map[string]string{"GH_TOKEN": testToken}}
	args := strings.Fields(strings.ReplaceAll(command, "/var/www/stale", h.dir))
	at := slices.Index(args, "--site-url") + 1
	args[at] = h.pages // which exists here
	w.ok(args[0], args[1:]...)
	if _, err := os.Stat(filepath.Join(h.dir, "site", "index.html")); err != nil {
		t.Error(err)
	}
	if !strings.Contains(unit, "SuccessExitStatus=3") {
		t.Error("a stop in order would be a failed unit")
	}
}
