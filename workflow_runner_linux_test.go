package main

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// hosted is GitHub Actions, as far as our workflows use it. It executes whole
// workflow files: conditions and needs of jobs, matrices, permissions, secrets as
// a called workflow gets them, each script by bash with the runner's files, each
// action by what it is documented to do. What it keeps between runs are caches,
// artifacts and the published page. A file in files stands for the one on disk.
type hosted struct {
	t         testing.TB
	dir       string
	graphql   string // the GraphQL endpoint
	pages     string // the address of the page; empty when Pages is not enabled
	private   bool   // whether the repository is
	server    string // the address of GitHub
	event     string
	branch    string
	asOf      time.Time // what the clock says
	committed time.Time // when the repository was last committed to
	vars      map[string]string
	secrets   map[string]string
	inputs    map[string]string // of a dispatch
	config    string            // stalewatch.yml of the repository; empty for none
	call      *call             // the call, when another repository's workflow is called
	installed []string          // owners on which the App is installed; nil for all
	broken    bool              // its tests fail
	chance    string            // not empty: no two builds are alike
	refs      string            // what git ls-remote says of stalewatch/stalewatch
	files     map[string]string
	// cancel, when set, is asked during a script whether the run is cancelled.
	cancel func() bool

	runs, attempt int
	caches        []cacheEntry      // oldest first
	artifacts     map[string]string // of the run, directories by name
	published     string            // the directory of the page that is published; empty for none
}

// call is the calling job in contoso/stale.
type call struct {
	with    map[string]string
	secrets map[string]string // mapped by the caller
	inherit bool              // secrets: inherit, which works within one organization only
	grants  map[string]string // permissions of the calling job
}

// cacheEntry is immutable. It is found by the same path only, on the branch that
// saved it, and from everywhere when that is the default branch.
type cacheEntry struct{ key, path, branch, dir string }

// selfSHA is the commit of stalewatch/stalewatch that a call runs.
const selfSHA = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

// jobToken is GITHUB_TOKEN.
const jobToken = "ghs_0123456789abcdefghijklmnopqrstuvwxyz"

func newHosted(t testing.TB, graphql string) *hosted {
	t.Helper()
	if _, err := exec.LookPath("bash"); err != nil {
		t.Fatalf("the workflows' scripts need bash: %v", err)
	}
	h := &hosted{t: t, dir: t.TempDir(), graphql: graphql, server: "https://github.com", event: "schedule", branch: "main", asOf: day, committed: day,
		vars: map[string]string{}, secrets: map[string]string{}, inputs: map[string]string{}, files: map[string]string{}}
	if m, ok := t.(*mutant); ok {
		h.files = m.files
	}
	pages := httptest.NewServer(http.StripPrefix("/stale/", http.FileServer(http.Dir(h.link()))))
	t.Cleanup(pages.Close)
	h.pages = pages.URL + "/stale/"
	for name, script := range map[string]string{
		// The Go tool builds, as far as this goes, this test's own program.
		"go": `case "$1" in
tool) case "$*" in *" govulncheck ./...") exit ;; esac
  while [ "$1" != -output ]; do shift; done; echo '{"bomFormat":"CycloneDX"}' > "$2"; exit ;;
esac
while [ "$1" != -o ]; do shift; done
cp "$(dirname "$0")/program" "$2"
[ -z "$TEST_CHANCE" ] || echo "# $PPID $2" >> "$2"`,
		"program": `echo "$1 owners=$STALEWATCH_OWNERS deadline=$STALEWATCH_DEADLINE url=$STALEWATCH_SITE_URL token=$GH_TOKEN" >> "$RUNNER_TEMP/seen"
case "$1 $*" in
*--as-of*) ;;
run*) set -- "$@" --as-of "$TEST_NOW" ;;
plan*) set -- "$@" --as-of "${TEST_NOW%T*}T00:00:00Z" ;;
esac
` + asProgram + `=1 exec "` + testBinary(t) + `" "$@"`,
		"date": `exec /bin/date -u -d "$TEST_NOW" "$@"`,
		"git": `case "$*" in
"clone --quiet "*) mkdir -p "$(dirname "$4")" && cp -R "$3" "$4" ;;
"-C "*" log -1 --format=%ct") echo 1700000000 ;;
"log -1 --format=%ct") exec /bin/date -u -d "$TEST_COMMITTED" +%s ;;
"-C "*" rev-parse HEAD") cat "$2/.git/sha" ;;
"-C "*" config --get remote.origin.url") cat "$2/.git/origin" ;;
"ls-remote --tags --heads https://github.com/stalewatch/stalewatch") printf '%s' "$TEST_REFS" ;;
*) echo "git $*: not expected" >&2; exit 9 ;;
esac`,
		"gh": `case "$1 $2" in
"api repos/contoso/stale/pages")
  case " $TEST_PERMISSIONS " in *" pages:"*) ;; *) echo "gh: Resource not accessible by integration (HTTP 403)" >&2; exit 1 ;; esac
  [ "$GH_HOST" = "${GITHUB_SERVER_URL#*://}" ] || { echo "asked $GH_HOST" >&2; exit 1; }
  [ "$TEST_PAGES" != broken ] || { echo "gh: Server Error (HTTP 502)" >&2; exit 1; }
  [ -n "$TEST_PAGES" ] || { echo "gh: Not Found (HTTP 404)" >&2; exit 1; }
  echo "$TEST_PAGES" ;;
"api repos/contoso/stale") echo "$TEST_PRIVATE" ;;
"release create")
  case " $TEST_PERMISSIONS " in *" contents:write "*) ;; *) echo "gh: Resource not accessible by integration (HTTP 403)" >&2; exit 1 ;; esac
  shift 2; echo "$*" > "$(dirname "$0")/../released" ;;
"api --method") [ "$3" = PATCH ] && echo "gh: Reference does not exist (HTTP 422)" >&2 && exit 1; shift 3; echo "$*" >> "$(dirname "$0")/../released" ;;
"release download") cp "$(dirname "$0")"/../releases/"$3"/* . ;;
"attestation verify") [ "$4 $5 $6 $7 $8" = "--repo stalewatch/stalewatch --signer-workflow stalewatch/stalewatch/.github/workflows/release.yml --source-ref" ] &&
  [ "$9" = "refs/tags/$(cat signed)" ] ;;
*) echo "gh $*: not expected" >&2; exit 9 ;;
esac`,
	} {
		file := filepath.Join(h.dir, "tools", name)
		writeFile(t, file, "#!/bin/sh\n"+script+"\n")
		if err := os.Chmod(file, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return h
}

func testBinary(t testing.TB) string {
	self, err := filepath.Abs(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	return self
}

// link is where the published page is served from.
func (h *hosted) link() string { return filepath.Join(h.dir, "pages") }

// text reads a file of the project.
func (h *hosted) text(name string) string {
	h.t.Helper()
	if text, ok := h.files[name]; ok {
		return text
	}
	return readFile(h.t, name)
}

// workflowRun is a run of a workflow.
type workflowRun struct {
	h        *hosted
	workflow workflow
	inputs   map[string]any
	jobs     map[string]*jobResult
	refused  string // why GitHub does not start it
}

// jobResult is a job's, over all legs of its matrix.
type jobResult struct {
	result  string // success, failure, cancelled or skipped
	outputs map[string]any
	legs    []*jobRun
}

// run begins a new run of a workflow and executes it.
func (h *hosted) run(file string) *workflowRun {
	h.t.Helper()
	h.runs++
	h.attempt, h.artifacts = 0, map[string]string{}
	return h.again(file)
}

// again runs all jobs of the run once more.
func (h *hosted) again(file string) *workflowRun {
	h.t.Helper()
	h.attempt++
	w := &workflowRun{h: h, workflow: parseWorkflow(h.t, file, []byte(h.text(file))), jobs: map[string]*jobResult{}}
	if w.workflow.On[h.trigger()] == nil {
		w.refused = "it does not start on " + h.trigger()
		return w
	}
	w.inputs = w.given()
	for len(w.jobs) < len(w.workflow.Jobs) && w.refused == "" {
		ready := slices.DeleteFunc(slices.Sorted(maps.Keys(w.workflow.Jobs)), func(id string) bool {
			return w.jobs[id] != nil || slices.ContainsFunc(w.workflow.Jobs[id].Needs, func(n string) bool { return w.jobs[n] == nil })
		})
		if len(ready) == 0 {
			h.t.Fatalf("%s: the needs of its jobs cannot be met", file)
		}
		w.jobs[ready[0]] = w.job(ready[0]) // any order that the needs allow must do
	}
	return w
}

func (h *hosted) trigger() string {
	if h.call != nil {
		return "workflow_call"
	}
	return h.event
}

// given are the inputs: as declared, which a schedule's are not.
func (w *workflowRun) given() map[string]any {
	declared, _ := w.workflow.On[w.h.trigger()].(map[string]any)
	inputs, _ := declared["inputs"].(map[string]any)
	if inputs == nil {
		return nil
	}
	given := w.h.inputs
	if w.h.call != nil {
		given = w.h.call.with
	}
	out := map[string]any{}
	for name, declaration := range inputs {
		d, _ := declaration.(map[string]any)
		text, ok := given[name]
		switch {
		case !ok:
			out[name] = d["default"]
		case d["type"] == "boolean":
			out[name] = text == "true"
		default:
			out[name] = text
		}
		if out[name] == nil {
			out[name] = ""
		}
	}
	for name := range given {
		if inputs[name] == nil {
			w.refused = "the input " + name + " is not declared"
		}
	}
	return out
}

// visible are the secrets: of a called workflow those that it declares and the
// caller maps, or all of its own organization's.
func (w *workflowRun) visible() map[string]any {
	from := w.h.secrets
	if c := w.h.call; c != nil && !c.inherit {
		from = c.secrets
		on, _ := w.workflow.On["workflow_call"].(map[string]any)
		declared, _ := on["secrets"].(map[string]any)
		for name := range from {
			if declared[name] == nil {
				w.refused = "the secret " + name + " is not declared"
			}
		}
	} else if c != nil {
		from = nil // the caller is of another organization
	}
	return anyMap(from)
}

func anyMap(m map[string]string) map[string]any {
	out := map[string]any{}
	for k, v := range m {
		out[k] = v
	}
	return out
}

// contexts are those of the workflow as a whole.
func (w *workflowRun) contexts() map[string]any {
	h := w.h
	var inputs any
	if w.inputs != nil {
		inputs = w.inputs
	}
	return map[string]any{
		"github": map[string]any{"token": jobToken, "repository": "contoso/stale", "repository_owner": "contoso", "event_name": h.event, "server_url": h.server,
			"run_id": fmt.Sprint(1000 + h.runs), "run_attempt": fmt.Sprint(h.attempt), "workflow_sha": strings.Repeat("b", 40), "ref": "refs/heads/" + h.branch},
		"vars": anyMap(h.vars), "inputs": inputs,
	}
}

// with is contexts and more of them.
func with(contexts map[string]any, more map[string]any) map[string]any {
	out := maps.Clone(contexts)
	maps.Copy(out, more)
	return out
}

// job executes a job, once for each leg of its matrix.
func (w *workflowRun) job(id string) *jobResult {
	w.h.t.Helper()
	j := w.workflow.Jobs[id]
	needs := map[string]any{}
	for _, n := range j.Needs {
		needs[n] = map[string]any{"result": w.jobs[n].result, "outputs": w.jobs[n].outputs}
	}
	before := w.ancestors(id)
	some := func(result string) func() bool {
		return func() bool {
			return slices.ContainsFunc(before, func(n string) bool { return w.jobs[n].result == result })
		}
	}
	status := calls{
		"always":    func() bool { return true },
		"success":   func() bool { return !some("failure")() && !some("cancelled")() && !some("skipped")() },
		"failure":   some("failure"),
		"cancelled": some("cancelled"),
	}
	contexts := with(w.contexts(), map[string]any{"needs": needs})
	wanted, err := condition(j.If, contexts, status)
	if err != nil {
		w.h.t.Fatalf("job %s: %v", id, err)
	}
	result := &jobResult{result: "skipped", outputs: map[string]any{}}
	if !wanted {
		return result
	}
	permissions, refused := w.permissions(id)
	if refused != "" {
		w.refused = refused
		return result
	}
	result.result = "success"
	for _, leg := range w.legs(j, contexts) {
		if result.result == "cancelled" || result.result == "failure" && j.Strategy.FailFast != "false" {
			break // the legs that are left are cancelled
		}
		r := w.leg(id, permissions, with(contexts, map[string]any{"matrix": leg, "secrets": w.visible()}))
		result.legs = append(result.legs, r)
		switch {
		case r.cancelled:
			result.result = "cancelled"
		case r.failed:
			result.result = "failure"
		}
		maps.Copy(result.outputs, r.outputs)
	}
	return result
}

// ancestors are the jobs that a job needs, and those that they need: success()
// is about all of them.
func (w *workflowRun) ancestors(id string) []string {
	var all []string
	for _, n := range w.workflow.Jobs[id].Needs {
		all = append(append(all, n), w.ancestors(n)...)
	}
	return all
}

// legs are the combinations of a job's matrix; one that is empty without one.
func (w *workflowRun) legs(j workflowJob, contexts map[string]any) []map[string]any {
	w.h.t.Helper()
	if len(j.Strategy.Matrix) == 0 {
		return []map[string]any{nil}
	}
	for name, values := range j.Strategy.Matrix {
		list, ok := values.([]any)
		var legs []map[string]any
		for _, v := range list {
			legs = append(legs, map[string]any{name: v})
		}
		if ok && len(j.Strategy.Matrix) == 1 {
			return legs
		}
	}
	text, _ := j.Strategy.Matrix["include"].(string)
	m := inBraces.FindStringSubmatch(text)
	if m == nil {
		w.h.t.Fatalf("the matrix %q is no expression", text)
	}
	v, err := evaluate(m[1], contexts, nil)
	list, ok := v.([]any)
	if err != nil || !ok {
		w.refused = fmt.Sprintf("the matrix is %v: %v", v, err)
	}
	var legs []map[string]any
	for _, leg := range list {
		legs = append(legs, leg.(map[string]any))
	}
	return legs
}

// permissions are those of a job's token: its own, else the workflow's, else to
// read contents. A called job may have no more than the calling one.
func (w *workflowRun) permissions(id string) (map[string]string, string) {
	p := w.workflow.Jobs[id].Permissions
	if p == nil {
		p = w.workflow.Permissions
	}
	if p == nil {
		p = map[string]string{"contents": "read"}
	}
	if c := w.h.call; c != nil {
		for scope, level := range p {
			if granted := c.grants[scope]; granted != level && granted != "write" {
				return nil, fmt.Sprintf("the job %s requests %s: %s, but is only allowed %s: %s", id, scope, level, scope, granted)
			}
		}
	}
	return p, ""
}

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
