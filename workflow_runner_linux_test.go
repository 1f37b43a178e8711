package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// workflowRun is a run of a workflow.
type workflowRun struct {
	h        *hosted
	workflow workflow
	inputs   map[string]any
	jobs     map[string]*jobResult
	refused  string            // why GitHub does not start it
	outputs  map[string]string // of a call
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
	if h.call != nil {
		w.callOutputs()
	}
	return w
}

// callOutputs are what a called workflow hands on, of its jobs that ran.
func (w *workflowRun) callOutputs() {
	w.h.t.Helper()
	jobs := map[string]any{}
	for id, j := range w.jobs {
		jobs[id] = map[string]any{"result": j.result, "outputs": j.outputs}
	}
	w.outputs = map[string]string{}
	on, _ := w.workflow.On["workflow_call"].(map[string]any)
	outputs, _ := on["outputs"].(map[string]any)
	for name, declaration := range outputs {
		d, _ := declaration.(map[string]any)
		value, err := expand(asText(d["value"]), with(w.contexts(), map[string]any{"jobs": jobs}), nil)
		if err != nil {
			w.h.t.Fatalf("the output %s: %v", name, err)
		}
		w.outputs[name] = value
	}
}

// handsOn checks what a call handed on of a report that became the page.
func (w *workflowRun) handsOn() {
	w.h.t.Helper()
	s := pageSummary(w.h)
	want := map[string]string{"state": s.Run.State, "total": fmt.Sprint(s.Total), "stale": fmt.Sprint(s.Counts["stale"]), "dormant": fmt.Sprint(s.Counts["dormant"]),
		"unread": "0", "changed": "0", "page-url": w.h.pages}
	if !maps.Equal(w.outputs, want) {
		w.h.t.Errorf("the call hands on %v, want %v", w.outputs, want)
	}
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
