package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
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
