package main

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
)

// TestSecretsStayOutside: a token and an address that come in by every door
// are in nothing that a run leaves behind, or says.
func TestSecretsStayOutside(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes too long for a short run")
	}
	t.Parallel()
	const address = "secret.person@example.com"
	both := testToken + " " + address
	world := githubsim.Generate("contoso", 30, 1, day)
	commit := func(age int, author githubsim.Author) githubsim.Commit {
		return githubsim.Commit{CommittedDate: day.AddDate(0, -age, 0), Author: author, Message: "thanks to " + both + "\n\nSigned-off-by: <" + address + ">"}
	}
	person := githubsim.Author{Name: both, Email: address}
	bot := githubsim.Author{Name: "renovate[bot]", Email: "1+" + address}
	for i, commits := range [][]githubsim.Commit{
		{commit(30, person)},
		{commit(30, person), commit(1, bot)},
		{commit(60, person), commit(2, person), commit(1, bot)},
	} {
		world.Create(githubsim.Repository{
			Name: fmt.Sprintf("contoso/told-%d", i), Description: "Ask " + both, Topics: []string{"go"}, Language: "Go", Stars: 3, OpenIssues: 2,
			DefaultBranch: "main-" + address, Commits: commits,
			Branches: []githubsim.Branch{{Name: "dev", Commits: []githubsim.Commit{commit(0, person)}}},
			Releases: []githubsim.Release{{Tag: "v1-" + address, PublishedAt: day.AddDate(-1, 0, 0)}},
			Files: []githubsim.File{
				{Path: "README.md", Text: "# Retired\n\nThis repository is no longer maintained; write to " + both + " or see https://elsewhere.example/" + address + "\n"},
				{Path: "CODEOWNERS", Text: "* " + address + " @contoso/web\n"},
				{Path: "contact-" + address, Text: both},
			},
		})
	}
	effects := []githubsim.Effect{
		githubsim.BareMessage(500, "no "+both), githubsim.BareMessage(200, "no "+both),
		githubsim.FieldError("Repository.description", "FORBIDDEN", "not for "+both),
		githubsim.FieldError("Repository.defaultBranchRef", "", "failed for "+both),
		githubsim.FieldError("RepositoryOwner.repositories", "", "failed for "+both),
		githubsim.FieldValue("Repository.createdAt", `"`+both+`"`),
		githubsim.FieldValue("Repository.stargazerCount", `"`+both+`"`),
		githubsim.FieldValue("Repository.url", `":`+both+`"`),
		githubsim.FieldValue("Repository.nameWithOwner", `"`+both+`"`),
		githubsim.FieldValue("Commit.committedDate", `"`+both+`"`),
		githubsim.FieldValue("Commit.messageHeadline", `"`+strings.ReplaceAll(both, "g", `\u0067`)+`"`),
		githubsim.Redirect("https://elsewhere.example/?" + url.QueryEscape(both)),
		githubsim.Header("X-Ratelimit-Reset", both), githubsim.Header("Retry-After", both),
	}
	var faults []githubsim.Fault
	for i, e := range effects {
		faults = append(faults, githubsim.Fault{When: []githubsim.Condition{githubsim.After(1 + i/2)}, Times: 1, Effects: []githubsim.Effect{e}})
	}
	last := githubsim.Fault{When: []githubsim.Condition{githubsim.AsksFor(world.ID("contoso/told-0"))}, Effects: []githubsim.Effect{
		githubsim.FieldError("Query.nodes", "", "failed for "+both, world.ID("contoso/told-0"))}}
	w := newWorkspace(t, world, githubsim.WithFaults(append(faults, last)...))
	for name, value := range map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": w.path("output"), "GITHUB_STEP_SUMMARY": w.path("summary.md")} {
		w.env[name] = value
	}
	var said strings.Builder
	run := func(command string, args ...string) {
		r := w.do(command, args...)
		said.WriteString(r.stdout + r.stderr)
	}
	for i := range 3 { // what fails for good is asked for again
		run("run", "contoso", "--log-level", "debug", "--as-of", day.Add(time.Duration(i)*time.Minute).Format(time.RFC3339), "--deadline", "40s", "--rerun", "failed")
	}
	run("status")
	run("status", "--json")
	run("export", w.path("state.swx"))
	if !strings.Contains(w.read("data/v1/repositories.ndjson"), "contoso/told-1") {
		t.Fatalf("the run came to nothing:\n%s", said.String())
	}

	search(t, "what was said", []byte(said.String()), testToken, address)
	searchFiles(t, w, testToken, address)
}

// searchFiles searches every byte that the commands left behind.
func searchFiles(t *testing.T, w *workspace, secrets ...string) {
	t.Helper()
	err := filepath.WalkDir(w.dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if filepath.Ext(name) == ".swx" {
			b = unpacked(t, b)
		}
		search(t, strings.TrimPrefix(name, w.dir), b, secrets...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestAddressesWithSecrets: an address that holds more than an address is
// refused, by whichever door it comes in, and what it holds is told nowhere.
func TestAddressesWithSecrets(t *testing.T) {
	t.Parallel()
	const secret = "hunter2pass"
	w := newWorkspace(t, githubsim.Generate("contoso", 3, 1, day))
	w.ok("run", "contoso", "--as-of", day.Format(time.RFC3339))
	for name, value := range map[string]string{"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": w.path("output"), "GITHUB_STEP_SUMMARY": w.path("summary.md")} {
		w.env[name] = value
	}
	w.server.Reset()
	config := w.path("stalewatch.yml")
	for _, address := range []string{
		"https://user:hunter2pass@host.example/", "https://hunter2pass@host.example/v3/index.json", "https://host.example/v3/index.json?sig=hunter2pass",
		"https://host.example/#hunter2pass", "user:hunter2pass@host.example", "hunter2pass@host.example:443", "//user:hunter2pass@host.example/",
		"https://user:hunter2pass@ho st.example/", "https://user:hunter2pass@[::1", "https://user:hunter2pass@host.example:port/", "https://user:hunter2pass%zz@host.example/",
		"ftp://user:hunter2pass@host.example/", `https:\\\\user:hunter2pass@host.example`, "https:user:hunter2pass@host.example", "https://host.example?hunter2pass",
	} {
		refused := func(door, command string, args ...string) {
			t.Helper()
			r := w.do(command, args...)
			if r.code != exitUsage || r.stdout+r.stderr == "" {
				t.Errorf("%s %s: exit code %d, want %d: %s", door, address, r.code, exitUsage, r.stderr)
			}
			if strings.Contains(r.stdout+r.stderr, secret) {
				t.Errorf("%s %s is told: %s%s", door, address, r.stdout, r.stderr)
			}
		}
		for _, flag := range []string{"--site-url", "--nuget-url", "--api-url"} {
			refused(flag, "run", "contoso", "--rerun", "completed", flag, address)
		}
		refused("report --site-url", "report", "--site-url", address)
		for _, key := range []string{"site", "nuget"} {
			if err := os.WriteFile(config, fmt.Appendf(nil, "owners: [contoso]\n%s: {url: '%s'}\n", key, address), 0o600); err != nil {
				t.Fatal(err)
			}
			refused(key+".url", "config", "--config", config)
			refused(key+".url", "run", "--config", config)
		}
		api := w.url
		w.url = "" // without --api-url
		for _, variable := range []string{"STALEWATCH_SITE_URL", "GITHUB_GRAPHQL_URL"} {
			w.env[variable] = address
			refused(variable, "run", "contoso", "--rerun", "completed")
			delete(w.env, variable)
		}
		w.url = api
	}
	if n := w.server.Stats().Requests; n > 0 {
		t.Errorf("%d requests were sent", n)
	}
	if err := os.Remove(config); err != nil {
		t.Fatal(err)
	}
	searchFiles(t, w, secret)
}

// TestRedirectsWithSecrets: a private site sends visitors on with a token in
// the address, which is not told either.
func TestRedirectsWithSecrets(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"to nowhere": func(rw http.ResponseWriter, r *http.Request) {
			http.Redirect(rw, r, "http://127.0.0.1:1/?token="+testToken, http.StatusFound)
		},
		"to no address": func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Location", "http://%zz/"+testToken)
			rw.WriteHeader(http.StatusFound)
		},
		"in a status":  func(rw http.ResponseWriter, _ *http.Request) { status(rw, "HTTP/1.1 418 "+testToken) },
		"in no status": func(rw http.ResponseWriter, _ *http.Request) { status(rw, testToken) },
		"in a bad value": func(rw http.ResponseWriter, _ *http.Request) {
			io.WriteString(rw, `{"schemaVersion":"`+testToken+`","runs":"`+testToken+`"}`)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			old := httptest.NewServer(answer)
			defer old.Close()
			w := newWorkspace(t, githubsim.Generate("contoso", 3, 1, day))
			r := w.ok("run", "contoso", "--as-of", day.Format(time.RFC3339), "--site-url", old.URL, "--log-level", "debug")
			if !strings.Contains(r.stderr, "history could not be read") && !strings.Contains(r.stderr, "published site") {
				t.Errorf("it says nothing of the site: %s", r.stderr)
			}
			search(t, "what was said", []byte(r.stdout+r.stderr), testToken)
			searchFiles(t, w, testToken)
		})
	}
}

// status answers with a status line as it is given.
func status(rw http.ResponseWriter, line string) {
	conn, _, err := rw.(http.Hijacker).Hijack()
	if err == nil {
		io.WriteString(conn, line+"\r\nContent-Length: 0\r\n\r\n")
		conn.Close()
	}
}

// unpacked is what an export holds.
func unpacked(t *testing.T, b []byte) []byte {
	t.Helper()
	r, err := zstd.NewReader(bytes.NewReader(b[bytes.Index(b, []byte{0x28, 0xb5, 0x2f, 0xfd}):]))
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	out, err := io.ReadAll(r)
	if err != nil && len(out) < len(b) {
		t.Fatal(err)
	}
	return out
}

// search looks for secrets in the forms in which programs write them.
func search(t *testing.T, where string, b []byte, secrets ...string) {
	t.Helper()
	b = bytes.ToLower(b)
	for _, secret := range secrets {
		for _, form := range []string{secret, url.QueryEscape(secret), strings.ReplaceAll(secret, "@", "&#64;"), strings.ReplaceAll(secret, "@", `\u0040`), hex.EncodeToString([]byte(secret))} {
			if i := bytes.Index(b, []byte(form)); i >= 0 {
				t.Errorf("%s holds %q: …%s…", where, secret, b[max(0, i-80):min(len(b), i+80)])
				break
			}
		}
	}
}
