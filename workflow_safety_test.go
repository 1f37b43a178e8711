package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// pinned is an action at a commit with its version in a comment.
var pinned = regexp.MustCompile(`uses: [\w.-]+/[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$`)

// unsafe are sentences about what a workflow must not do.
func unsafe(t testing.TB, name string, source []byte) (found []string) {
	if name == "action.yml" {
		return unsafeAction(name, source, parseAction(t, source))
	}
	w := parseWorkflow(t, name, source)
	say := func(parts ...string) { found = append(found, name+": "+strings.Join(parts, " ")) }
	found = append(found, unpinned(name, source)...)
	if w.Concurrency == nil {
		say("it has no concurrency group")
	}
	for id, j := range w.Jobs {
		if w.Permissions == nil && j.Permissions == nil || len(w.Permissions) == 0 && j.Permissions == nil {
			say("job", id, "has no permissions of its own, nor has the workflow")
		}
		if j.Timeout == "" {
			say("job", id, "has no timeout-minutes")
		}
		for _, s := range j.Steps {
			if strings.Contains(s.Run, "${{") {
				say("job", id, "expands an expression inside the script of", s.Name+"; hand it in by env")
			}
			if strings.HasPrefix(s.Uses, "actions/checkout@") && s.With["persist-credentials"] != "false" {
				say("job", id, "leaves credentials in the checkout of", s.Name+"; set persist-credentials: false")
			}
		}
	}
	slices.Sort(found)
	return found
}

func unpinned(name string, source []byte) (found []string) {
	for line := range strings.Lines(string(source)) {
		if strings.Contains(line, "uses:") && !strings.Contains(line, "uses: ./") && !pinned.MatchString(strings.TrimRight(line, "\n")) {
			found = append(found, name+": the action is not pinned by commit with its version in a comment: "+strings.TrimSpace(line))
		}
	}
	return found
}

// unsafeAction is unsafe for the action.
func unsafeAction(name string, source []byte, a compositeAction) []string {
	found := unpinned(name, source)
	for _, s := range a.Runs.Steps {
		if strings.Contains(s.Run, "${{") {
			found = append(found, name+": expands an expression inside the script of "+s.Name+"; hand it in by env")
		}
	}
	return found
}

// TestWorkflowsAreSafe holds what every workflow has to heed.
func TestWorkflowsAreSafe(t *testing.T) {
	files, err := filepath.Glob(".github/workflows/*.yml")
	if err != nil || len(files) < 4 {
		t.Fatalf("found %v, %v", files, err)
	}
	for _, file := range append(files, "action.yml") {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, sentence := range unsafe(t, file, source) {
			t.Error(sentence)
		}
	}
}

// TestUnsafeWorkflowsAreSeen shows each rule red.
func TestUnsafeWorkflowsAreSeen(t *testing.T) {
	const source = `on: {push: {}}
jobs:
  one:
    steps:
      - uses: actions/checkout@v7
      - uses: actions/setup-go@b7ad1dad31e06c5925ef5d2fc7ad053ef454303e
      - name: Greet
        run: echo "${{ github.event.issue.title }}"
`
	got := strings.Join(unsafe(t, "w.yml", []byte(source)), "\n")
	for _, want := range []string{"actions/checkout@v7", "actions/setup-go@", "no permissions", "no timeout-minutes", "script of Greet", "persist-credentials", "no concurrency"} {
		if !strings.Contains(got, want) {
			t.Errorf("not seen: %s, in:\n%s", want, got)
		}
	}
}

// TestReportWorkflowPromises holds what the README says about the schedule and
// the jobs.
func TestReportWorkflowPromises(t *testing.T) {
	w := loadWorkflow(t, ".github/workflows/report.yml")
	for _, event := range []string{"schedule", "workflow_dispatch", "workflow_call"} {
		if w.On[event] == nil {
			t.Errorf("it does not start on %s", event)
		}
	}
	if w.Concurrency["cancel-in-progress"] != false {
		t.Error("a newer run would cancel the one that is writing")
	}
	if got := w.Jobs["survey"].Permissions; len(got) != 2 || got["contents"] != "read" || got["pages"] != "read" {
		t.Errorf("survey has the permissions %v, and needs to read contents and pages only", got)
	}
	sharded := loadWorkflow(t, ".github/workflows/sharded.yml")
	if sharded.Concurrency["group"] != w.Concurrency["group"] {
		t.Error("the two reports would write the same page at once")
	}
	for _, s := range slices.Concat(w.Jobs["survey"].Steps, sharded.Jobs["survey"].Steps) {
		if last := lastLine(s.Run); strings.Contains(last, "stalewatch run") && !strings.HasPrefix(last, "exec ") {
			t.Errorf("%s: without exec the program gets no signal", s.Name)
		}
	}
}

func lastLine(script string) string {
	lines := strings.Split(strings.TrimSpace(script), "\n")
	return strings.TrimSpace(lines[len(lines)-1])
}
