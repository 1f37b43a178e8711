package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
	"github.com/stalewatch/stalewatch/store/killtest"
)

// asProgram makes the test binary behave as the program, so that tests can
// start, signal and kill it as a process; asOfTime is the time that its clock tells.
const (
	asProgram = "STALEWATCH_TEST_AS_PROGRAM"
	asOfTime  = "STALEWATCH_TEST_NOW"
)

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) == "" {
		debug.SetGCPercent(400) // tests have more memory than time
		end := killtest.InMemory()
		code := m.Run()
		end()
		os.Exit(code)
	}
	if err := killtest.Arm(); err != nil {
		panic(err)
	}
	now, err := time.Parse(time.RFC3339, os.Getenv(asOfTime))
	if err != nil {
		main()
		return
	}
	p := &program{args: os.Args[1:], env: os.Getenv, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, now: func() time.Time { return now }, piped: true}
	os.Exit(p.main(context.Background()))
}

// everything says whether to try every case and not a sample. It is asked within tests,
// where go test notices that it decides, and keeps the results apart.
func everything() bool { return os.Getenv("STALEWATCH_TESTS") == "all" }

// day is the morning of most tests.
var day = time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)

const testToken = "ghp_0123456789abcdefghijklmnopqrstuvwxyz"

// workspace is a directory with a store and a site, and a GitHub.
type workspace struct {
	t      testing.TB
	dir    string
	url    string
	server *githubsim.Server
	env    map[string]string
	now    func() time.Time
}

// newWorkspace serves the world on loopback; nil serves nothing.
func newWorkspace(t testing.TB, world *githubsim.World, opts ...githubsim.Option) *workspace {
	t.Helper()
	w := &workspace{t: t, dir: t.TempDir(), env: map[string]string{"GH_TOKEN": testToken}, now: time.Now}
	if world == nil {
		return w
	}
	w.server = githubsim.New(world, append([]githubsim.Option{githubsim.WithToken(testToken, githubsim.PublicOnly)}, opts...)...)
	url, stop, err := w.server.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stop() })
	w.url = url
	return w
}

func (w *workspace) path(name string) string { return filepath.Join(w.dir, name) }

// args are those of a command, with the workspace's store, site and endpoint
// where the command has them.
func (w *workspace) args(command string, more ...string) []string {
	args := []string{command}
	if !slices.Contains([]string{"schema", "version", "config", "serve", "plan"}, command) {
		args = append(args, "--store", w.path("store"))
	}
	if command == "run" || command == "demo" || command == "report" {
		args = append(args, "--site", w.path("site"))
	}
	if command == "run" && w.url != "" && !slices.Contains(more, "--api-url") {
		args = append(args, "--api-url", w.url)
	}
	return append(args, more...) // of a flag given twice the later one holds
}

// result is how a command ended.
type result struct {
	code           int
	stdout, stderr string
}

// do runs a command in-process.
func (w *workspace) do(command string, more ...string) result {
	w.t.Helper()
	var stdout, stderr bytes.Buffer
	p := &program{
		args:   w.args(command, more...),
		env:    func(name string) string { return w.env[name] },
		stdin:  strings.NewReader(""),
		stdout: &stdout,
		stderr: &stderr,
		now:    w.now,
		piped:  true,
	}
	code := p.main(w.t.Context())
	return result{code, stdout.String(), stderr.String()}
}

// ok runs a command in-process that must succeed.
func (w *workspace) ok(command string, more ...string) result {
	w.t.Helper()
	r := w.do(command, more...)
	if r.code != exitOK {
		w.t.Fatalf("%s %v: exit code %d\n%s%s", command, more, r.code, r.stdout, r.stderr)
	}
	return r
}

// command is a command as a process of its own.
func (w *workspace) command(command string, more ...string) *exec.Cmd {
	cmd := exec.CommandContext(context.WithoutCancel(w.t.Context()), os.Args[0], w.args(command, more...)...)
	cmd.Env = append(os.Environ(), asProgram+"=1")
	for k, v := range w.env {
		cmd.Env = append(cmd.Env, k+"="+v)
	}
	cmd.Dir = w.dir
	return cmd
}

// start starts a command as a process of its own.
func (w *workspace) start(command string, more ...string) *exec.Cmd {
	w.t.Helper()
	cmd := w.command(command, more...)
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	return cmd
}

// line is a line of repositories.ndjson, as far as tests look at it.
type line struct {
	ID, NameWithOwner, Status string
	LastCommit                *struct {
		OID           string
		CommittedDate time.Time
		IsBot         bool
	}
	LastHumanCommit *struct {
		OID           string
		CommittedDate time.Time
	}
	AgeDays   *int
	ReadAt    time.Time
	ReadError *string
}

// lines reads repositories.ndjson by name.
func (w *workspace) lines() map[string]line {
	w.t.Helper()
	out := make(map[string]line)
	for text := range strings.Lines(w.read("data/v1/repositories.ndjson")) {
		var l line
		if err := json.Unmarshal([]byte(text), &l); err != nil {
			w.t.Fatal(err)
		}
		out[l.NameWithOwner] = l
	}
	return out
}

// summary is summary.json, as far as tests look at it.
type summary struct {
	Total  int
	Counts map[string]int
	Run    struct {
		ID, State                                            string
		Requests, Points, ResumedChunks, CarriedOver, Unread int
		Retries                                              map[string]int
	}
	ChangesSince *struct{ ID string }
}

func (w *workspace) summary() summary {
	w.t.Helper()
	var s summary
	if err := json.Unmarshal([]byte(w.read("data/v1/summary.json")), &s); err != nil {
		w.t.Fatal(err)
	}
	return s
}

// event is one of changes.json.
type event struct{ Type, NameWithOwner, From, To string }

func (w *workspace) events() []event {
	w.t.Helper()
	var f struct{ Events []event }
	if err := json.Unmarshal([]byte(w.read("data/v1/changes.json")), &f); err != nil {
		w.t.Fatal(err)
	}
	return f.Events
}

func (w *workspace) read(name string) string {
	w.t.Helper()
	b, err := os.ReadFile(filepath.Join(w.path("site"), name))
	if err != nil {
		w.t.Fatal(err)
	}
	return string(b)
}

// volatile are the files that tell about the run itself, and so differ between
// a disturbed run and an undisturbed one.
var volatile = map[string]bool{"data/v1/summary.json": true, "data/v1/history.json": true, "run/index.html": true}

// files reads the whole site but for what tells about the run.
func (w *workspace) files() map[string]string {
	w.t.Helper()
	out := make(map[string]string)
	root := os.DirFS(w.path("site"))
	err := fs.WalkDir(root, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || volatile[name] || strings.HasPrefix(name, ".") { // Pages drops dot paths
			return err
		}
		b, err := fs.ReadFile(root, name)
		out[name] = string(b)
		return err
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out
}

// differences names the files in which two sites differ.
func differences(a, b map[string]string) []string {
	var out []string
	for name := range maps.Keys(a) {
		if a[name] != b[name] {
			out = append(out, name)
		}
	}
	for name := range maps.Keys(b) {
		if _, ok := a[name]; !ok {
			out = append(out, name+" (only in one)")
		}
	}
	return out
}

func readFile(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func writeFile(t testing.TB, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
