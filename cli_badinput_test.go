package main

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
)

// TestBadInput: each mistake has its exit code and a sentence that says what
// to do, and loses nothing.
func TestBadInput(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		prepare func(t *testing.T, w *workspace)
		args    []string
		code    int
		says    string // on stderr
	}{
		"no token":            {args: []string{"contoso"}, prepare: func(_ *testing.T, w *workspace) { clear(w.env) }, code: 1, says: "no token: set GH_TOKEN"},
		"refused token":       {args: []string{"contoso"}, prepare: func(_ *testing.T, w *workspace) { w.env["GH_TOKEN"] = "ghp_wrong" }, code: 1, says: "GitHub refused the token"},
		"token with a break":  {args: []string{"contoso"}, prepare: func(_ *testing.T, w *workspace) { w.env["GH_TOKEN"] = "ghp_a b" }, code: 1, says: "the token in GH_TOKEN contains characters"},
		"unknown owner":       {args: []string{"nobody-here"}, code: 1, says: `GitHub knows no organization or user "nobody-here"`},
		"no owner":            {args: nil, code: 2, says: "nobody to survey; name an organization"},
		"unknown flag":        {args: []string{"contoso", "--stroe", "x"}, code: 2, says: "unknown flag --stroe"},
		"bad deadline":        {args: []string{"contoso", "--deadline", "soon"}, code: 2, says: "--deadline"},
		"bad concurrency":     {args: []string{"contoso", "--concurrency", "0"}, code: 2, says: "--concurrency"},
		"bad rerun":           {args: []string{"contoso", "--rerun", "all"}, code: 2, says: "--rerun"},
		"bad as-of":           {args: []string{"contoso", "--as-of", "yesterday"}, code: 2, says: "write it like 2026-11-22T07:00:00Z"},
		"bad log level":       {args: []string{"contoso", "--log-level", "loud"}, code: 2, says: "--log-level"},
		"bad endpoint":        {args: []string{"contoso", "--api-url", "github"}, code: 2, says: `--api-url "github" is not a URL`},
		"endpoint with user":  {args: []string{"contoso", "--api-url", "https://mona:" + testToken + "@github.test/api/graphql"}, code: 2, says: "--api-url holds more than an address"},
		"endpoint with query": {args: []string{"contoso", "--api-url", "https://github.test/api/graphql?access_token=" + testToken}, code: 2, says: "--api-url holds more than an address"},
		"endpoint, odd user":  {args: []string{"contoso", "--api-url", "https://mona:%zz" + testToken + "@github.test/"}, code: 2, says: "--api-url holds more than an address"},
		"bad site URL":        {args: []string{"contoso", "--site-url", "::"}, code: 2, says: "--site-url"},
		"bad owner":           {args: []string{"not/an/owner"}, code: 2, says: "not/an/owner"},
		"no such config":      {args: []string{"contoso", "--config", "missing.yml"}, code: 2, says: "there is no configuration missing.yml"},
		"unreachable":         {args: []string{"contoso", "--api-url", "http://" + freeAddress(t)}, code: 1, says: "cannot reach http://127.0.0.1:"},
		"answers HTML":        {args: []string{"contoso"}, prepare: answers(200, "<!DOCTYPE html><title>Welcome</title>"), code: 1, says: `is not GitHub's GraphQL endpoint: it answers with a web page titled "Welcome"; check --api-url`},
		"not found":           {args: []string{"contoso"}, prepare: answers(404, `{"message":"Not Found"}`), code: 1, says: "is not GitHub's GraphQL endpoint: it answers Not Found"},
		"redirects":           {args: []string{"contoso"}, prepare: redirects, code: 1, says: "it redirects to https://elsewhere.example/"},
		"foreign site":        {args: []string{"contoso"}, prepare: foreign("site/thesis.txt"), code: 1, says: "is not a site made by stalewatch"},
		"foreign store":       {args: []string{"contoso"}, prepare: foreign("store/thesis.txt"), code: 1, says: "thesis.txt"},
		"store is a file":     {args: []string{"contoso"}, prepare: foreign("store"), code: 1, says: "store"},
		"a forbidden listing": {args: []string{"contoso"}, prepare: answers(403, `{"message":"Resource protected by organization SAML enforcement."}`), code: 1, says: "SAML"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, githubsim.Generate("contoso", 20, 1, day))
			if test.prepare != nil {
				test.prepare(t, w)
			}
			r := w.do("run", test.args...)
			if r.code != test.code || !strings.Contains(r.stderr, test.says) {
				t.Errorf("exit code %d, want %d, and %q in:\n%s", r.code, test.code, test.says, r.stderr)
			}
			if strings.Contains(r.stdout+r.stderr, testToken) {
				t.Error("the token was printed")
			}
			if _, err := os.Stat(filepath.Join(w.path("site"), "index.html")); err == nil {
				t.Error("a report was written")
			}
			for _, kept := range []string{"site/thesis.txt", "store/thesis.txt", "store"} {
				if b, err := os.ReadFile(w.path(kept)); err == nil && string(b) != "precious" {
					t.Errorf("%s was changed", kept)
				}
			}
		})
	}
}

func freeAddress(t *testing.T) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// answers makes GitHub answer everything alike.
func answers(status int, body string) func(*testing.T, *workspace) {
	return func(t *testing.T, w *workspace) {
		s := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
			rw.WriteHeader(status)
			fmt.Fprint(rw, body)
		}))
		t.Cleanup(s.Close)
		w.url = s.URL
	}
}

func redirects(t *testing.T, w *workspace) {
	s := httptest.NewServer(http.RedirectHandler("https://elsewhere.example/", http.StatusMovedPermanently))
	t.Cleanup(s.Close)
	w.url = s.URL
}

// foreign puts something of somebody else's into the way.
func foreign(name string) func(*testing.T, *workspace) {
	return func(t *testing.T, w *workspace) {
		if err := os.MkdirAll(filepath.Dir(w.path(name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(w.path(name), []byte("precious"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestSeveralConfigMistakesAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, githubsim.Generate("contoso", 5, 1, day))
	file := w.path("stalewatch.yml")
	mistakes := "ownerz: [x]\ntiers: {fresh: 2y, active: 1y}\nexempt:\n  - {match: '[', reason: ''}\nallow-unread: lots\n"
	if err := os.WriteFile(file, []byte(mistakes), 0o644); err != nil {
		t.Fatal(err)
	}
	r := w.do("run", "contoso", "--config", file)
	if r.code != exitUsage {
		t.Fatalf("exit code %d, want 2\n%s", r.code, r.stderr)
	}
	for _, place := range []string{":1:1:", ":2:", ":4:", ":5:"} {
		if !strings.Contains(r.stderr, "stalewatch.yml"+place) {
			t.Errorf("no mistake at %s in:\n%s", place, r.stderr)
		}
	}
	if w.server.Stats().Requests != 0 {
		t.Error("GitHub was asked all the same")
	}
	if _, err := os.Stat(w.path("store")); err == nil {
		t.Error("a store was made all the same")
	}
}

// TestErrorsNameTheThing: what lies in the way, or is not there, has its name in
// the sentence, and the sentence says what to do.
func TestErrorsNameTheThing(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		args []string // FILE is a file, NONE is nothing
		says string
	}{
		"importing nothing":         {[]string{"import", "NONE"}, "import NONE: no such file"},
		"importing a folder":        {[]string{"import", "."}, "import .: "},
		"exporting over a folder":   {[]string{"export", "."}, "export to .: "},
		"exporting below a file":    {[]string{"export", "FILE/x"}, "export to FILE/x: "},
		"a site below a file":       {[]string{"demo", "--site", "FILE/x"}, "FILE: not a directory; give another place with --site"},
		"a store below a file":      {[]string{"demo", "--store", "FILE/x"}, "store FILE/x cannot be used"},
		"a config that is a folder": {[]string{"run", "contoso", "--config", "."}, "read .: is a directory"},
		"a config below a file":     {[]string{"run", "contoso", "--config", "FILE/x"}, "open FILE/x: not a directory"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorkspace(t, nil)
			writeFile(t, w.path("file"), "")
			places := strings.NewReplacer("FILE", w.path("file"), "NONE", w.path("none"))
			for i := range test.args {
				test.args[i] = places.Replace(test.args[i])
			}
			r := w.do(test.args[0], test.args[1:]...)
			if r.code == exitOK || !strings.Contains(r.stderr, places.Replace(test.says)) {
				t.Errorf("exit code %d, want %q in:\n%s", r.code, places.Replace(test.says), r.stderr)
			}
		})
	}
}

// TestMistakesEverywhereAtOnce: the file's, then the environment's, then the
// command line's, each time in the same order.
func TestMistakesEverywhereAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, nil)
	writeFile(t, w.path("stalewatch.yml"), "ownerz: [x]\n")
	w.env["STALEWATCH_OWNERS"], w.env["STALEWATCH_SITE_URL"] = "-", "::"
	w.env["STALEWATCH_DEADLINE"], w.env["STALEWATCH_CONCURRENCY"] = "soon", "0"
	r := w.do("run", "a/b", "--config", w.path("stalewatch.yml"), "--site-url", "ftp://x", "--deadline", "later")
	if r.code != exitUsage {
		t.Errorf("exit code %d, want 2", r.code)
	}
	rest := r.stderr
	for _, place := range []string{"stalewatch.yml:1:1", "$STALEWATCH_OWNERS", "$STALEWATCH_SITE_URL", "$STALEWATCH_DEADLINE", "$STALEWATCH_CONCURRENCY", "the command line: ", "--site-url", "--deadline"} {
		_, after, ok := strings.Cut(rest, place)
		if !ok {
			t.Fatalf("%s is not told in its place:\n%s", place, r.stderr)
		}
		rest = after
	}
}

func TestAUserInsteadOfAnOrganization(t *testing.T) {
	t.Parallel()
	world := githubsim.NewWorld()
	world.AddUser("mona")
	world.Create(githubsim.Repository{Name: "mona/dotfiles", Commits: []githubsim.Commit{{CommittedDate: day.AddDate(-1, 0, 0)}}})
	world.Create(githubsim.Repository{Name: "contoso/shared", Collaborators: []string{"mona"}, Commits: []githubsim.Commit{{CommittedDate: day}}})
	w := newWorkspace(t, world)
	w.ok("run", "mona", "--as-of", day.Format(time.RFC3339))
	if lines := w.lines(); len(lines) != 1 || lines["mona/dotfiles"].Status != "aging" {
		t.Errorf("lines: %v", lines)
	}
}

func TestAnOwnerWithoutRepositories(t *testing.T) {
	t.Parallel()
	world := githubsim.NewWorld()
	world.AddOrganization("contoso")
	w := newWorkspace(t, world)
	r := w.ok("run", "contoso", "--as-of", day.Format(time.RFC3339))
	if s := w.summary(); s.Total != 0 || !strings.Contains(r.stderr, "has no repositories that this token can see") {
		t.Errorf("%+v\n%s", s, r.stderr)
	}
}

func TestALockedStore(t *testing.T) {
	w := newWorkspace(t, githubsim.Generate("contoso", 200, 1, day), githubsim.WithLatency(300*time.Millisecond))
	cmd := w.start("run", "contoso", "--as-of", day.Format(time.RFC3339))
	defer cmd.Wait()
	defer cmd.Process.Kill()
	for w.server.Stats().Requests == 0 {
		time.Sleep(5 * time.Millisecond)
	}
	r := w.do("run", "contoso", "--as-of", day.Format(time.RFC3339))
	if r.code != exitFailed || !strings.Contains(r.stderr, "another") {
		t.Errorf("exit code %d\n%s", r.code, r.stderr)
	}
}

func TestTheTokenSeesTooLittle(t *testing.T) {
	t.Parallel()
	world := githubsim.Generate("contoso", 60, 1, day)
	w := newWorkspace(t, world)
	var ids []string
	for _, name := range world.Names("contoso")[:10] {
		ids = append(ids, world.ID(name))
	}
	w.server.SetFaults(githubsim.Fault{Effects: []githubsim.Effect{githubsim.ForbiddenElement(ids...)}})
	r := w.do("run", "contoso", "--as-of", day.Format(time.RFC3339))
	if r.code != exitFailed || !strings.Contains(r.stderr, "could not be read") {
		t.Errorf("exit code %d\n%s", r.code, r.stderr)
	}
}
