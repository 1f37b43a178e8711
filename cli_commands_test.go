package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
)

// TestDemo: no token, no network, every status, and it says that it is made up.
func TestDemo(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, nil)
	clear(w.env)
	r := w.ok("demo", "--as-of", day.Format(time.RFC3339))
	if !strings.Contains(r.stdout, "index.html") || !strings.Contains(r.stdout, "stalewatch serve") {
		t.Errorf("it does not say where the report is and how to look at it:\n%s", r.stdout)
	}
	s := w.summary()
	for status, n := range s.Counts {
		if n == 0 {
			t.Errorf("no repository is %s", status)
		}
	}
	if s.Total < 290 || s.ChangesSince == nil || len(w.events()) == 0 {
		t.Errorf("total %d, compared with %v, %d events", s.Total, s.ChangesSince, len(w.events()))
	}
	if !strings.Contains(w.read("index.html"), "made up") {
		t.Error("the page does not say that it is a demonstration")
	}
	if again := w.ok("demo", "--as-of", day.Format(time.RFC3339)); !strings.Contains(again.stdout, "is already finished") {
		t.Errorf("the second time:\n%s", again.stdout)
	}
}

// TestTheStoreTravels: an export taken into an empty store gives the same
// report, and a damaged one is refused and changes nothing.
func TestTheStoreTravels(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes too long for a short run")
	}
	t.Parallel()
	w := newWorkspace(t, githubsim.Generate("contoso", 60, 2, day))
	asOf := day.Format(time.RFC3339)
	w.ok("run", "contoso", "--as-of", asOf)
	want := w.files()
	export := w.path("state.swexport")
	w.ok("export", export)
	piped := w.ok("export")
	b, err := os.ReadFile(export)
	if err != nil || piped.stdout != string(b) {
		t.Errorf("an export to standard output differs from one to a file (%d and %d bytes): %v", len(piped.stdout), len(b), err)
	}

	w.dir = t.TempDir()
	damaged := bytes.Clone(b)
	damaged[len(damaged)/2] ^= 1
	bad := w.path("damaged.swexport")
	if err := os.WriteFile(bad, damaged, 0o644); err != nil {
		t.Fatal(err)
	}
	if r := w.do("import", bad); r.code != exitFailed || !strings.Contains(r.stderr, "damaged") {
		t.Errorf("a damaged export: exit code %d\n%s", r.code, r.stderr)
	}
	if r := w.do("report"); r.code != exitFailed || !strings.Contains(r.stderr, "no run yet") {
		t.Errorf("a report from nothing: exit code %d\n%s", r.code, r.stderr)
	}
	w.ok("import", export)
	w.ok("import", export)
	w.server.Reset()
	w.ok("report")
	if d := differences(want, w.files()); len(d) > 0 {
		t.Errorf("the report from the import differs in %v", d)
	}
	w.ok("run", "contoso", "--as-of", asOf)
	if n := w.server.Stats().Requests; n != 0 {
		t.Errorf("%d requests for a run that the import says is over", n)
	}
}

// TestStatusOfASuspendedRun: a run that was stopped by its deadline tells what
// is left, shows what is known, and is resumed.
func TestStatusOfASuspendedRun(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes too long for a short run")
	}
	world := githubsim.Generate("contoso", 400, 2, day)
	w := newWorkspace(t, world, githubsim.WithLatency(150*time.Millisecond))
	r := w.do("run", "contoso", "--as-of", day.Format(time.RFC3339), "--deadline", "600ms")
	if r.code != exitSuspended || !strings.Contains(r.stderr, "suspended") {
		t.Fatalf("exit code %d\n%s", r.code, r.stderr)
	}
	if s := w.summary(); s.Run.State != "suspended" || s.Total == 0 {
		t.Errorf("the report of a suspended run: %+v", s)
	}
	var status struct {
		Runs []struct {
			ID, State string
			Counters  struct{ Requests int }
			Progress  struct{ Total, Left int }
		}
	}
	if err := json.Unmarshal([]byte(w.ok("status", "--json").stdout), &status); err != nil {
		t.Fatal(err)
	}
	if run := status.Runs[0]; len(status.Runs) != 1 || run.ID != "2026-11-22/contoso" || run.State != "suspended" || run.Progress.Left == 0 || run.Counters.Requests == 0 {
		t.Errorf("status: %+v", status)
	}
	if text := w.ok("status").stdout; !strings.Contains(text, "suspended") {
		t.Errorf("status:\n%s", text)
	}
	w.ok("run", "contoso", "--as-of", day.Add(2*time.Hour).Format(time.RFC3339))
	if s := w.summary(); s.Run.State != "complete" || s.Counts["unknown"] != 0 {
		t.Errorf("after the next run: %+v", s)
	}
}

// TestOnlyASuspensionIsForgiven: --suspended-ok is about a stop in order, and
// hides nothing else that went wrong.
func TestOnlyASuspensionIsForgiven(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes too long for a short run")
	}
	for name, code := range map[string]int{"a stop alone": exitOK, "and no place for the report": exitFailed} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			world := githubsim.Generate("contoso", 400, 2, day)
			w := newWorkspace(t, world, githubsim.WithLatency(150*time.Millisecond))
			w.env["GITHUB_ACTIONS"], w.env["GITHUB_OUTPUT"] = "true", w.path("output")
			if code != exitOK {
				go func() { // once the run is under way, somebody takes the place of the report
					for w.server.Stats().Requests == 0 {
						time.Sleep(time.Millisecond)
					}
					writeFile(t, w.path("site/thesis.txt"), "precious")
				}()
			}
			r := w.do("run", "contoso", "--as-of", day.Format(time.RFC3339), "--deadline", "600ms", "--suspended-ok")
			if r.code != code || !strings.Contains(r.stderr, "the deadline of 600ms is reached") {
				t.Errorf("exit code %d, want %d\n%s", r.code, code, r.stderr)
			}
			if outputs := readFile(t, w.path("output")); strings.Contains(outputs, "state=suspended\n") != (code == exitOK) {
				t.Errorf("outputs:\n%s", outputs)
			}
		})
	}
}

// TestLimitsThatResetTooLate: rather than sleep past its deadline a run
// suspends at once, and says when to go on.
func TestLimitsThatResetTooLate(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes too long for a short run")
	}
	limits := githubsim.DefaultLimits()
	limits.PointsPerHour = 5
	w := newWorkspace(t, githubsim.Generate("contoso", 500, 2, day), githubsim.WithLimits(limits))
	began := time.Now()
	r := w.do("run", "contoso", "--as-of", day.Format(time.RFC3339), "--deadline", "30m")
	if r.code != exitSuspended || !strings.Contains(r.stderr, "suspended until") {
		t.Errorf("exit code %d\n%s", r.code, r.stderr)
	}
	if took := time.Since(began); took > time.Minute {
		t.Errorf("it slept for %s", took)
	}
	if n := w.server.Stats().Refused["primary limit"]; n > 1 {
		t.Errorf("GitHub had to refuse %d requests", n)
	}
}

func TestCommandsThatPrint(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, nil)
	if out := w.ok("version").stdout; !strings.HasPrefix(out, "stalewatch ") {
		t.Errorf("version: %q", out)
	}
	var schemas map[string]map[string]any
	if err := json.Unmarshal([]byte(w.ok("schema").stdout), &schemas); err != nil || len(schemas) < 5 {
		t.Errorf("schema: %d, %v", len(schemas), err)
	}
	for name, schema := range schemas {
		var one map[string]any
		if err := json.Unmarshal([]byte(w.ok("schema", name).stdout), &one); err != nil || len(one) != len(schema) {
			t.Errorf("schema %s: %v", name, err)
		}
	}
	if r := w.do("schema", "nonsense"); r.code != exitUsage || !strings.Contains(r.stderr, "config") {
		t.Errorf("an unknown schema: %d %s", r.code, r.stderr)
	}
	if out := w.ok("config").stdout; !strings.Contains(out, "tiers.aging") || !strings.Contains(out, "default") {
		t.Errorf("config:\n%s", out)
	}
	for _, args := range [][]string{nil, {"--help"}, {"run", "--help"}} {
		var stdout bytes.Buffer
		p := &program{args: args, env: func(string) string { return "" }, stdout: &stdout, stderr: io.Discard, now: time.Now}
		if code := p.main(t.Context()); code != exitOK || !strings.Contains(stdout.String(), "Usage: stalewatch") {
			t.Errorf("%v: exit code %d\n%s", args, code, stdout.String())
		}
	}
}

func TestServe(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes too long for a short run")
	}
	t.Parallel()
	w := newWorkspace(t, githubsim.Generate("contoso", 2, 1, day))
	if r := w.do("serve", "--site", w.path("site")); r.code != exitFailed || !strings.Contains(r.stderr, "stalewatch demo") {
		t.Errorf("serving nothing: %d %s", r.code, r.stderr)
	}
	if r := w.do("serve", "--site", w.path("site"), "--addr", "0.0.0.0:0"); r.code == exitOK {
		t.Error("it serves to the world")
	}
	w.ok("run", "contoso", "--as-of", day.Format(time.RFC3339))
	address := freeAddress(t)
	cmd := w.start("serve", "--site", filepath.Join(w.dir, "site"), "--addr", address)
	defer cmd.Wait()
	defer cmd.Process.Kill()
	for range 500 {
		resp, err := http.Get("http://" + address + "/")
		if err != nil {
			time.Sleep(10 * time.Millisecond)
			continue
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK || !strings.Contains(resp.Header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s, %v", resp.Status, resp.Header)
		}
		return
	}
	t.Error("it never answered")
}

// TestSiteFollowsTheStore: what the site shows is compared by content. A survey
// made again whose report never came to its place is shown by the next start;
// a start that has nothing new leaves the site untouched.
func TestSiteFollowsTheStore(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes too long for a short run")
	}
	t.Parallel()
	world := githubsim.NewWorld()
	world.AddOrganization("contoso")
	world.Populate("contoso", 60, 1, day)
	w := newWorkspace(t, world)
	at := []string{"contoso", "--as-of", day.Format(time.RFC3339)}
	w.ok("run", at...)
	if err := os.Rename(w.path("site"), w.path("before")); err != nil {
		t.Fatal(err)
	}
	world.Populate("contoso", 3, 2, day)
	w.ok("run", append(at, "--rerun", "completed")...)
	want := w.summary().Total
	if err := os.RemoveAll(w.path("site")); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(w.path("before"), w.path("site")); err != nil { // as if it was killed before the swap
		t.Fatal(err)
	}
	for range 2 {
		w.ok("run", at...)
		if n := len(w.lines()); n != want || n == 60 {
			t.Errorf("the site shows %d repositories, the store has %d", n, want)
		}
	}
	shown, err := os.Stat(w.path("site"))
	if err != nil {
		t.Fatal(err)
	}
	w.ok("run", at...)
	if again, err := os.Stat(w.path("site")); err != nil || !os.SameFile(shown, again) {
		t.Errorf("a start with nothing new replaced the site: %v", err)
	}
}
