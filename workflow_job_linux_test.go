package main

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// jobRun is one leg's execution, and afterwards what came of it.
type jobRun struct {
	w           *workflowRun
	h           *hosted
	id          string
	permissions map[string]string
	work, temp  string
	env         map[string]string
	path        []string
	contexts    map[string]any
	top         *stepList
	failed      bool
	cancelled   bool
	log         string
	summary     string
	did         []string          // the actions that ran
	tokens      map[string]string // GH_TOKEN by step
	outputs     map[string]any
}

// stepList are the steps of a job or of a composite action.
type stepList struct {
	outer       *stepList
	done        map[string]any // the context steps
	failed      bool
	action      string         // the directory of a composite action
	inputs, ids map[string]any // of a composite action: its inputs, and what github says of it
	shell       string         // the default
}

func (w *workflowRun) leg(id string, permissions map[string]string, contexts map[string]any) *jobRun {
	h, j := w.h, w.workflow.Jobs[id]
	h.t.Helper()
	r := &jobRun{w: w, h: h, id: id, permissions: permissions, work: h.t.TempDir(), temp: h.t.TempDir(), contexts: contexts,
		tokens: map[string]string{}, outputs: map[string]any{}, path: []string{filepath.Join(h.dir, "tools"), os.Getenv("PATH")},
		top: &stepList{done: map[string]any{}, shell: w.workflow.Defaults.Run.Shell}}
	repository, sha := "contoso/stale", strings.Repeat("b", 40)
	if h.call != nil {
		repository, sha = "stalewatch/stalewatch", selfSHA
	}
	contexts["job"] = map[string]any{"workflow_repository": repository, "workflow_sha": sha}
	var granted []string
	for scope, level := range permissions {
		granted = append(granted, scope+":"+level)
	}
	r.env = map[string]string{
		"HOME": r.temp, "CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_REPOSITORY": "contoso/stale", "GITHUB_REPOSITORY_OWNER": "contoso",
		"GITHUB_GRAPHQL_URL": h.graphql, "GITHUB_SERVER_URL": h.server, "GITHUB_RUN_ATTEMPT": fmt.Sprint(h.attempt), "GITHUB_REF_NAME": h.branch, "GITHUB_SHA": selfSHA, "TEST_CHANCE": h.chance,
		"GITHUB_WORKSPACE": r.work, "RUNNER_TEMP": r.temp, "RUNNER_ARCH": "X64", "RUNNER_OS": "Linux",
		"TEST_NOW": h.asOf.Format(time.RFC3339), "TEST_COMMITTED": h.committed.Format(time.RFC3339), "TEST_PAGES": h.pages, "TEST_PRIVATE": fmt.Sprint(h.private),
		"TEST_PERMISSIONS": strings.Join(granted, " "), "TEST_REFS": h.refs,
	}
	for _, env := range []map[string]string{w.workflow.Env, j.Env} {
		for k, v := range env {
			r.env[k] = r.expand(r.top, v)
		}
	}
	r.expand(r.top, j.Timeout) // that it can be
	r.steps(r.top, j.Steps)
	r.failed = r.top.failed
	for k, v := range j.Outputs {
		r.outputs[k] = r.expand(r.top, v)
	}
	if j.Environment.URL != "" {
		r.expand(r.top, j.Environment.URL)
	}
	return r
}

// in are the contexts of a list's steps. An action sees neither secrets nor
// variables.
func (r *jobRun) in(list *stepList) map[string]any {
	more := map[string]any{"steps": list.done, "env": anyMap(r.env)}
	if list.action == "" {
		return with(r.contexts, more)
	}
	more["inputs"], more["job"] = list.inputs, r.contexts["job"]
	more["github"] = with(r.contexts["github"].(map[string]any), list.ids)
	return more
}

func (r *jobRun) status(list *stepList) calls {
	return calls{
		"always":    func() bool { return true },
		"success":   func() bool { return !list.failed && !r.cancelled },
		"failure":   func() bool { return list.failed && !r.cancelled },
		"cancelled": func() bool { return r.cancelled },
	}
}

func (r *jobRun) expand(list *stepList, text string) string {
	r.h.t.Helper()
	out, err := expand(text, r.in(list), r.status(list))
	if err != nil {
		r.h.t.Fatalf("job %s: %v", r.id, err)
	}
	return out
}

func (r *jobRun) steps(list *stepList, steps []workflowStep) {
	r.h.t.Helper()
	for _, s := range steps {
		if list.outer != nil && r.cancelled {
			return // a cancelled run lets no further step of an action begin
		}
		outputs := map[string]any{}
		state := map[string]any{"outcome": "skipped", "outputs": outputs}
		if s.ID != "" {
			list.done[s.ID] = state
		}
		wanted, err := condition(s.If, r.in(list), r.status(list))
		if err != nil {
			r.h.t.Fatalf("job %s, step %s: %v", r.id, s.Name, err)
		}
		if !wanted {
			continue
		}
		err = r.step(list, s, outputs)
		state["outcome"] = "success"
		switch {
		case err != nil && r.cancelled:
			state["outcome"] = "cancelled"
		case err != nil:
			state["outcome"], list.failed = "failure", true
			r.log += fmt.Sprintf("%s: %v\n", s.Name, err)
		}
	}
}

func (r *jobRun) step(list *stepList, s workflowStep, outputs map[string]any) error {
	r.h.t.Helper()
	if s.Uses == "" {
		return r.script(list, s, outputs)
	}
	values := map[string]string{}
	for k, v := range s.With {
		values[k] = r.expand(list, v)
	}
	action, ref, _ := strings.Cut(s.Uses, "@")
	r.did = append(r.did, action)
	if strings.HasPrefix(action, "./") || action == "stalewatch/stalewatch" {
		return r.composite(list, action, ref, values, outputs)
	}
	return r.action(action, values, outputs)
}

// script runs a script as the runner does with "shell: bash".
func (r *jobRun) script(list *stepList, s workflowStep, outputs map[string]any) error {
	if shell := firstOf(s.Shell, list.shell); shell != "bash" {
		r.h.t.Fatalf("job %s, step %s: its shell is %q, which has no pipefail", r.id, s.Name, shell)
	}
	files := filepath.Join(r.temp, "files")
	if err := os.RemoveAll(files); err != nil {
		return err
	}
	script := filepath.Join(files, "script.sh")
	writeFile(r.h.t, script, r.expand(list, s.Run))
	cmd := exec.CommandContext(r.h.t.Context(), "bash", "--noprofile", "--norc", "-eo", "pipefail", script)
	cmd.Dir = filepath.Join(r.work, s.Dir)
	env := maps.Clone(r.env)
	env["PATH"] = strings.Join(r.path, ":")
	for k, v := range s.Env {
		env[k] = r.expand(list, v)
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
	err := r.wait(cmd, ended)
	r.log += log.String()
	for line := range strings.Lines(readFile(r.h.t, env["GITHUB_OUTPUT"])) {
		k, v, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
		outputs[k] = v
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

func firstOf(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// wait waits for a script's end and, when the run is cancelled, interrupts the
// one process that the runner knows: the one it started.
func (r *jobRun) wait(cmd *exec.Cmd, ended <-chan error) error {
	if r.h.cancel == nil || r.cancelled {
		return <-ended
	}
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case err := <-ended:
			return err
		case <-tick.C:
			if r.cancelled || !r.h.cancel() {
				continue
			}
			r.cancelled = true
			if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
				return err
			}
			if err := <-ended; err != nil {
				return err
			}
			return fmt.Errorf("cancelled")
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

// out is one of the job's, as text.
func (r *jobRun) out(name string) string { return asText(r.outputs[name]) }

// stepOutput is one of a step's.
func (r *jobRun) stepOutput(id, name string) string {
	return asText(property(property(r.top.done[id], "outputs"), name))
}

// seen is what the program was started with to survey.
func (r *jobRun) seen() (survey string) {
	r.h.t.Helper()
	for line := range strings.Lines(readFile(r.h.t, filepath.Join(r.temp, "seen"))) {
		if strings.HasPrefix(line, "run ") {
			survey = strings.TrimSpace(line)
		}
	}
	return survey
}
