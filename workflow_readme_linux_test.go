package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

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

// readmeCopy: a copy of the repository with the line that the README tells to
// write gives a page, and takes updates by the command that it shows.
func readmeCopy(t testing.TB) {
	readme := readFile(t, "README.md")
	span := func(begins string) string {
		t.Helper()
		_, rest, found := strings.Cut(readme, "`"+begins)
		text, _, closed := strings.Cut(rest, "`")
		if !found || !closed {
			t.Fatalf("the README has no code that begins with %q", begins)
		}
		return begins + text
	}
	h, _, _ := hub(t, 5)
	h.config = strings.Replace(span("owners: [your-"), "your-organization", "contoso", 1) + "\n"
	h.event = "workflow_dispatch"
	if r := h.report().well("complete"); !r.publishes() || !strings.HasPrefix(r.seen(), "run owners= ") {
		t.Errorf("published %t, started with %q", r.publishes(), r.seen())
	}

	git, err := exec.LookPath("git")
	if err != nil {
		t.Fatalf("a copy is made by git: %v", err)
	}
	upstream, clone := filepath.Join(h.dir, "upstream"), filepath.Join(h.dir, "clone")
	run := func(dir, command string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "sh", "-ec", command)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "PATH="+filepath.Dir(git)+":/usr/bin:/bin", "HOME="+h.dir, "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_COUNT=5",
			"GIT_CONFIG_KEY_0=url."+upstream+".insteadOf", "GIT_CONFIG_VALUE_0=https://github.com/stalewatch/stalewatch",
			"GIT_CONFIG_KEY_1=user.name", "GIT_CONFIG_VALUE_1=Mona", "GIT_CONFIG_KEY_2=user.email", "GIT_CONFIG_VALUE_2=mona@example.com",
			"GIT_CONFIG_KEY_3=init.defaultBranch", "GIT_CONFIG_VALUE_3=main", "GIT_CONFIG_KEY_4=pull.rebase", "GIT_CONFIG_VALUE_4=false")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", command, err, out)
		}
	}
	run(h.dir, "git init -q upstream && cd upstream && echo 1 > main.go && git add . && git commit -qm one && cd .. && git clone -q upstream clone")
	writeFile(t, filepath.Join(clone, "stalewatch.yml"), h.config)
	run(clone, "git add . && git commit -qm ours")
	run(upstream, "echo 2 > main.go && git commit -qam two")
	run(clone, span("git pull "))
	if readFile(t, filepath.Join(clone, "main.go")) != "2\n" || readFile(t, filepath.Join(clone, "stalewatch.yml")) != h.config {
		t.Error("the update did not arrive, or took the copy's own configuration away")
	}
}

// readmeServer: the commands that install the program, the unit of systemd and
// the line of cron, as the README shows them, leave a report at the web root.
// Only what belongs to root, a user account and the network stands for itself.
func readmeServer(t testing.TB) {
	h, server, _ := hub(t, 5)
	root := filepath.Join(h.dir, "root")
	here := func(text string) string { // the README's own places lie below root
		for _, place := range []string{"/usr/local/bin", "/var/lib/stalewatch", "/var/www", "/etc/"} {
			text = strings.ReplaceAll(text, place, root+place)
		}
		text = strings.ReplaceAll(text, "https://stale.contoso.example/", h.pages) // which exists here
		return strings.ReplaceAll(text, "GH_TOKEN=…", "GH_TOKEN="+testToken)
	}
	shell := func(script string, env ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "sh", "-ec", script)
		cmd.Dir, cmd.Env = h.dir, append(env, "GITHUB_GRAPHQL_URL="+h.graphql, "TEST_NOW="+h.asOf.Format(time.RFC3339), "RUNNER_TEMP="+h.dir)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", script, err, out)
		}
	}
	stand := func(name, script string) {
		file := filepath.Join(h.dir, "stand-in", name)
		writeFile(t, file, "#!/bin/sh\n"+script+"\n")
		if err := os.Chmod(file, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	stand("sudo", `exec "$@"`)
	stand("curl", `cd "$(dirname "$0")/.." && cp tools/program stalewatch && tar -cz stalewatch && rm stalewatch`)
	stand("useradd", `while [ $# -gt 1 ]; do [ "$1" != --home-dir ] || exec mkdir -p "$2"; shift; done; exit 1`)
	stand("install", `[ "$1 $2" != "-d -o" ] || { shift 3; set -- -d "$@"; }; exec /usr/bin/install "$@"`)
	for _, dir := range []string{"usr/local/bin", "var", "etc"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	shell(here(block(t, "sh", "/releases/latest/download/")), "PATH="+filepath.Join(h.dir, "stand-in")+":/usr/bin:/bin")

	setting := func(unit, key string) string {
		t.Helper()
		_, rest, found := strings.Cut(unit, "\n"+key+"=")
		value, _, _ := strings.Cut(rest, "\n")
		if !found {
			t.Fatalf("the unit has no %s", key)
		}
		return value
	}
	unit := here(block(t, "ini", "ExecStart="))
	env := strings.Fields(readFile(t, setting(unit, "EnvironmentFile")))
	shell("cd "+setting(unit, "WorkingDirectory")+" && exec "+setting(unit, "ExecStart"), env...)
	page := filepath.Join(root, "var/www/stale/site/index.html")
	if _, err := os.Stat(page); err != nil {
		t.Error(err)
	}
	if setting(unit, "SuccessExitStatus") != "3" {
		t.Error("a stop in order would be a failed unit")
	}
	timer := block(t, "ini", "OnCalendar=")
	if setting(timer, "OnCalendar") != "*-*-* 07,09,13,18:07:00" || setting(timer, "WantedBy") != "timers.target" {
		t.Errorf("the timer:\n%s", timer)
	}

	// Cron gives a job no more than what the table names, and a path of its own.
	var table []string
	for line := range strings.Lines(here(block(t, "crontab", "stalewatch run"))) {
		line = strings.TrimSpace(line)
		if fields := strings.SplitN(line, " ", 6); len(fields) == 6 {
			for _, state := range []string{root + "/var/lib/stalewatch/.stalewatch", filepath.Dir(page)} {
				if err := os.RemoveAll(state); err != nil {
					t.Fatal(err)
				}
			}
			server.Reset()
			shell(fields[5], append(table, "PATH=/usr/bin:/bin")...)
		} else {
			table = append(table, line)
		}
	}
	if _, err := os.Stat(page); err != nil || server.Stats().Requests == 0 {
		t.Errorf("cron's job asked %d requests: %v", server.Stats().Requests, err)
	}
}
