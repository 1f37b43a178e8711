package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// hosted is GitHub Actions, as far as our workflows use it: it executes the
// steps of a job as a runner does, each script by bash with the runner's files,
// each action by what it is known to do. What it keeps between jobs are caches,
// artifacts and the published page.
type hosted struct {
	t         testing.TB
	dir       string
	graphql   string // the GraphQL endpoint
	pages     string // the address of the page; empty when Pages is not enabled
	event     string
	asOf      time.Time // what the clock says
	vars      map[string]string
	secrets   map[string]string
	inputs    map[string]string
	config    string // stalewatch.yml of the repository; empty for none
	called    string // job.workflow_ref
	runs      int
	caches    []string // keys, oldest first
	published string   // the directory of the page that is published; empty for none
	// cancel, when set, is asked during the survey whether the run is cancelled.
	cancel func() bool
}

// jobRun is one job's execution, and afterwards what came of it.
type jobRun struct {
	h         *hosted
	work      string
	temp      string
	env       map[string]string
	path      []string
	contexts  map[string]string // needs.*, matrix.*
	steps     map[string]map[string]string
	failed    bool
	cancelled bool
	log       string
	summary   string
	did       []string          // the actions that ran
	tokens    map[string]string // GH_TOKEN by step
	outputs   map[string]string
}

func newHosted(t testing.TB, graphql string) *hosted {
	t.Helper()
	if _, err := exec.LookPath("bash"); err != nil {
		t.Fatalf("the workflows' scripts need bash: %v", err)
	}
	h := &hosted{t: t, dir: t.TempDir(), graphql: graphql, event: "schedule", asOf: day,
		vars: map[string]string{}, secrets: map[string]string{}, inputs: map[string]string{}}
	pages := httptest.NewServer(http.StripPrefix("/stale/", http.FileServer(http.Dir(h.link()))))
	t.Cleanup(pages.Close)
	h.pages = pages.URL + "/stale/"
	tools := filepath.Join(h.dir, "tools")
	// The Go tool builds, as far as this goes, this test's own program.
	writeTool(t, filepath.Join(tools, "go"), `while [ "$1" != -o ]; do shift; done; cp "$(dirname "$0")/program" "$2"`)
	self, err := filepath.Abs(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	writeTool(t, filepath.Join(tools, "program"), `case "$1 $*" in
*--as-of*) ;;
run*) set -- "$@" --as-of "$TEST_NOW" ;;
plan*) set -- "$@" --as-of "${TEST_NOW%T*}T00:00:00Z" ;;
esac
`+asProgram+`=1 exec "`+self+`" "$@"`)
	writeTool(t, filepath.Join(tools, "gh"), `case "$1 $2" in
"api repos/contoso/stale/pages") [ -n "$TEST_PAGES" ] && echo "$TEST_PAGES" ;;
"release download") cp "$(dirname "$0")"/../releases/"$3"/* . ;;
"attestation verify") [ "$4 $5 $6 $7" = "--repo stalewatch/stalewatch --signer-workflow stalewatch/stalewatch/.github/workflows/release.yml" ] ;;
*) echo "gh $*: not expected" >&2; exit 9 ;;
esac`)
	return h
}

// link is where the published page is served from.
func (h *hosted) link() string { return filepath.Join(h.dir, "pages") }

func writeTool(t testing.TB, file, script string) {
	t.Helper()
	writeFile(t, file, "#!/bin/sh\n"+script+"\n")
	if err := os.Chmod(file, 0o755); err != nil {
		t.Fatal(err)
	}
}

// start begins a new workflow run: a fresh runner for each of its jobs.
func (h *hosted) start() { h.runs++ }

// job executes one job of a workflow.
func (h *hosted) job(file, id string, contexts map[string]string) *jobRun {
	h.t.Helper()
	w := loadWorkflow(h.t, file)
	j, ok := w.Jobs[id]
	if !ok {
		h.t.Fatalf("%s has no job %s", file, id)
	}
	r := &jobRun{h: h, work: h.t.TempDir(), temp: h.t.TempDir(), contexts: contexts,
		steps: map[string]map[string]string{}, tokens: map[string]string{}, outputs: map[string]string{}}
	r.path = []string{filepath.Join(h.dir, "tools"), os.Getenv("PATH")}
	r.env = map[string]string{
		"HOME": r.temp, "CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "contoso/stale", "GITHUB_REPOSITORY_OWNER": "contoso",
		"GITHUB_GRAPHQL_URL": h.graphql, "GITHUB_WORKSPACE": r.work, "RUNNER_TEMP": r.temp, "RUNNER_ARCH": "X64",
		"TEST_NOW": h.asOf.Format(time.RFC3339), "TEST_PAGES": h.pages,
	}
	for _, env := range []map[string]string{w.Env, j.Env} {
		for k, v := range env {
			r.env[k] = r.expand(v)
		}
	}
	if w.Defaults.Run.Shell != "bash" {
		h.t.Fatalf("%s does not run its scripts with pipefail", file)
	}
	for _, s := range j.Steps {
		r.step(s)
	}
	for k, v := range j.Outputs {
		r.outputs[k] = r.expand(v)
	}
	return r
}

// lookup resolves a context.
func (r *jobRun) lookup(path string) value {
	known := map[string]string{
		"github.token": "the job's own token", "github.repository": "contoso/stale", "github.repository_owner": "contoso",
		"github.event_name": r.h.event, "github.run_id": fmt.Sprint(1000 + r.h.runs), "github.run_attempt": "1",
		"github.workflow_sha": strings.Repeat("b", 40), "job.workflow_sha": strings.Repeat("a", 40),
		"job.workflow_repository": "stalewatch/stalewatch", "job.workflow_ref": r.h.called,
	}
	if v, ok := known[path]; ok {
		return textValue(v)
	}
	head, rest, _ := strings.Cut(path, ".")
	switch head {
	case "vars":
		return textValue(r.h.vars[rest])
	case "secrets":
		return textValue(r.h.secrets[rest])
	case "inputs":
		return value{r.h.inputs[rest], r.h.inputs[rest] != "" && r.h.inputs[rest] != "false"}
	case "needs", "matrix":
		return textValue(r.contexts[path])
	case "steps":
		id, key, _ := strings.Cut(rest, ".")
		return textValue(r.steps[id][strings.TrimPrefix(key, "outputs.")])
	}
	panic("there is no context " + path)
}

func (r *jobRun) calls() map[string]func(value) value {
	return map[string]func(value) value{
		"always":   func(value) value { return truthValue(true) },
		"success":  func(value) value { return truthValue(!r.failed && !r.cancelled) },
		"failure":  func(value) value { return truthValue(r.failed && !r.cancelled) },
		"fromJSON": func(v value) value { return v },
	}
}

func (r *jobRun) expand(text string) string {
	r.h.t.Helper()
	out, err := expand(text, r.lookup, r.calls())
	if err != nil {
		r.h.t.Fatal(err)
	}
	return out
}

// wanted evaluates a step's condition; without a function of state it is
// success() too.
func (r *jobRun) wanted(condition string) bool {
	r.h.t.Helper()
	if !strings.Contains(condition, "always()") && !strings.Contains(condition, "failure()") {
		if r.failed || r.cancelled {
			return false
		}
	}
	if condition == "" {
		return true
	}
	v, err := evaluate(condition, r.lookup, r.calls())
	if err != nil {
		r.h.t.Fatal(err)
	}
	return v.truth
}

func (r *jobRun) step(s workflowStep) {
	r.h.t.Helper()
	state := map[string]string{"outcome": "skipped"}
	if s.ID != "" {
		r.steps[s.ID] = state
	}
	if !r.wanted(s.If) {
		return
	}
	with := make(map[string]string)
	for k, v := range s.With {
		with[k] = r.expand(v)
	}
	var err error
	if s.Uses != "" {
		action, _, _ := strings.Cut(s.Uses, "@")
		r.did = append(r.did, action)
		err = r.action(action, with, state)
	} else {
		err = r.script(s, state)
	}
	state["outcome"] = "success"
	if err != nil {
		state["outcome"], r.failed = "failure", true
		r.log += fmt.Sprintf("%s: %v\n", s.Name, err)
	}
}

// script runs a script as the runner does with "shell: bash".
func (r *jobRun) script(s workflowStep, state map[string]string) error {
	files := filepath.Join(r.temp, "files")
	if err := os.RemoveAll(files); err != nil {
		return err
	}
	script := filepath.Join(files, "script.sh")
	writeFile(r.h.t, script, s.Run)
	cmd := exec.CommandContext(r.h.t.Context(), "bash", "--noprofile", "--norc", "-eo", "pipefail", script)
	cmd.Dir = filepath.Join(r.work, s.Dir)
	env := map[string]string{"PATH": strings.Join(r.path, ":")}
	for k, v := range r.env {
		env[k] = v
	}
	for k, v := range s.Env {
		env[k] = r.expand(v)
	}
	for _, name := range []string{"ENV", "OUTPUT", "PATH", "STEP_SUMMARY"} {
		env["GITHUB_"+name] = filepath.Join(files, name)
		writeFile(r.h.t, env["GITHUB_"+name], "")
	}
	r.tokens[s.Name] = env["GH_TOKEN"]
	for k, v := range env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	err := r.wait(s, cmd, ended)
	r.log += log.String()
	for line := range strings.Lines(readFile(r.h.t, env["GITHUB_OUTPUT"])) {
		k, v, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		state[k] = v
	}
	for line := range strings.Lines(readFile(r.h.t, env["GITHUB_ENV"])) {
		k, v, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		r.env[k] = v
	}
	for line := range strings.Lines(readFile(r.h.t, env["GITHUB_PATH"])) {
		r.path = append([]string{strings.TrimSpace(line)}, r.path...)
	}
	r.summary += readFile(r.h.t, env["GITHUB_STEP_SUMMARY"])
	return err
}

// wait waits for a script's end and, when the run is cancelled, interrupts the
// one process that the runner knows: the one it started.
func (r *jobRun) wait(s workflowStep, cmd *exec.Cmd, ended <-chan error) error {
	if s.ID != "survey" || r.h.cancel == nil {
		return <-ended
	}
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			return err
		case <-tick.C:
			if !r.cancelled && r.h.cancel() {
				r.cancelled = true
				if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
					return err
				}
			}
		}
	}
}

// annotations are those of a level that a job's log holds.
func (r *jobRun) annotations(level string) (found []string) {
	for line := range strings.Lines(r.log) {
		if rest, ok := strings.CutPrefix(line, "::"+level+" title=stalewatch::"); ok {
			found = append(found, strings.TrimSpace(rest))
		}
	}
	return found
}

// matrix reads the shards that a plan job hands on.
func matrix(t testing.TB, text string) []map[string]string {
	t.Helper()
	var list []map[string]string
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		t.Fatalf("the matrix %q: %v", text, err)
	}
	return list
}
