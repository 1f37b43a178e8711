package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
)

// arrival is a start of a workflow, and afterwards what became of it.
type arrival struct {
	file, event string
	inputs      map[string]string

	run      *workflowRun // nil when it never began
	replaced bool         // by one that came later, while it waited
	at       string       // "at once" when nothing kept it from running beside another
}

// group is a concurrency group: who runs in it, and who waits.
type group struct {
	running   *arrival
	waiting   []*arrival
	cancelled bool // who runs is
}

// most is how many runs may wait in a group with queue: max
// (github.blog/changelog/2026-05-07-github-actions-concurrency-groups-now-allow-larger-queues).
const most = 100

// arrive enters a run into its group, as GitHub documents it
// (docs.github.com/actions/how-tos/write-workflows/choose-when-workflows-run/control-workflow-concurrency):
// one runs and one waits, and a later one takes the place of the one that waits;
// or many wait; or the later one ends the one that runs besides.
func (g *group) arrive(a *arrival, cancelInProgress, queueAll bool) {
	switch {
	case g.running == nil:
		g.running = a
		return
	case queueAll && len(g.waiting) < most:
		g.waiting = append(g.waiting, a)
		return
	}
	g.cancelled = g.cancelled || cancelInProgress
	for _, w := range g.waiting {
		w.replaced = true
	}
	g.waiting = []*arrival{a}
}

// concurrency reads a workflow's group and what holds in it. Names of groups
// ignore case.
func (h *hosted) concurrency(a *arrival) (name string, cancelInProgress, queueAll bool) {
	h.t.Helper()
	w := &workflowRun{h: h, workflow: parseWorkflow(h.t, a.file, []byte(h.text(a.file)))}
	w.inputs = w.given()
	of := func(key string) string {
		out, err := expand(fmt.Sprint(w.workflow.Concurrency[key]), w.contexts(), nil)
		if err != nil {
			h.t.Fatalf("%s: concurrency: %s: %v", a.file, key, err)
		}
		return out
	}
	if w.workflow.Concurrency == nil {
		return "", false, false
	}
	cancelInProgress, queueAll = of("cancel-in-progress") == "true", of("queue") == "max"
	if cancelInProgress && queueAll {
		h.t.Fatalf("%s: queue: max and cancel-in-progress exclude each other", a.file)
	}
	return strings.ToLower(of("group")), cancelInProgress, queueAll
}

// inTurn executes the first run, and when its survey is under way lets the others
// arrive; those that wait then follow one after the other.
func (h *hosted) inTurn(surveying func() bool, first *arrival, others ...*arrival) {
	h.t.Helper()
	own, cancelInProgress, queueAll := h.concurrency(first)
	g := &group{}
	g.arrive(first, cancelInProgress, queueAll)
	arrived := false
	h.cancel = func() bool {
		if !arrived && surveying() {
			arrived = true
			for _, a := range others {
				if name, cancels, queues := h.concurrency(a); name != own || name == "" {
					a.at = "at once"
				} else {
					g.arrive(a, cancels, queues)
				}
			}
		}
		return g.cancelled
	}
	for {
		h.event, h.inputs = g.running.event, g.running.inputs
		g.running.run = h.run(g.running.file)
		h.cancel = nil // the others arrived while the first ran
		if len(g.waiting) == 0 {
			break
		}
		g.running, g.waiting = g.waiting[0], g.waiting[1:]
	}
	if !arrived {
		h.t.Error("the first run was over before another arrived")
	}
}

// reportsThatWait: a run that waits is not replaced by a later tick, nor is the
// one that runs cancelled by it; and both reports wait for each other.
func reportsThatWait(t testing.TB) {
	h, server, _ := hub(t, 20, githubsim.WithLatency(50*time.Millisecond))
	first := &arrival{file: reportFile, event: "schedule"}
	person := &arrival{file: reportFile, event: "workflow_dispatch", inputs: map[string]string{"rerun": "completed", "owners": "contoso"}}
	shards := &arrival{file: shardedFile, event: "workflow_dispatch", inputs: map[string]string{"owners": "contoso"}}
	tick := &arrival{file: reportFile, event: "schedule"}
	all := []*arrival{first, person, shards, tick}
	h.inTurn(func() bool { return server.Stats().Requests > 0 }, first, all[1:]...)
	for i, a := range all {
		if a.run == nil || a.replaced || a.at != "" {
			t.Fatalf("run %d, of %s by %s: began %t, replaced %t %s", i+1, a.file, a.event, a.run != nil, a.replaced, a.at)
		}
		if a == shards {
			if results(a.run.jobs) != allWell {
				t.Errorf("shards after another's report: %s\n%s", results(a.run.jobs), logs(a.run.jobs))
			}
			continue
		}
		if r := h.checked(a.run).well("complete"); r.publishes() != (a == first || a == person) {
			t.Errorf("run %d published: %t", i+1, r.publishes())
		}
	}
}

// TestConcurrencyGroups: what becomes of a run during which three others arrive.
func TestConcurrencyGroups(t *testing.T) {
	for name, test := range map[string]struct {
		cancelInProgress, queueAll bool
		want                       string
	}{
		"by default":         {false, false, "runs, replaced, replaced, waits"},
		"all that wait":      {false, true, "runs, waits, waits, waits"},
		"cancel in progress": {true, false, "cancelled, replaced, replaced, waits"},
	} {
		g, all := &group{}, make([]*arrival, 4)
		for i := range all {
			all[i] = &arrival{}
			g.arrive(all[i], test.cancelInProgress, test.queueAll)
		}
		var got []string
		for _, a := range all {
			switch {
			case a == g.running && g.cancelled:
				got = append(got, "cancelled")
			case a == g.running:
				got = append(got, "runs")
			case a.replaced:
				got = append(got, "replaced")
			case slices.Contains(g.waiting, a):
				got = append(got, "waits")
			}
		}
		if s := strings.Join(got, ", "); s != test.want {
			t.Errorf("%s: %s, want %s", name, s, test.want)
		}
	}
	g := &group{}
	for range 1 + most + 1 {
		g.arrive(&arrival{}, false, true)
	}
	if len(g.waiting) != 1 {
		t.Errorf("%d wait where %d may", len(g.waiting), most)
	}
}
