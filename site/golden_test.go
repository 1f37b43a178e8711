package site_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/site"
)

// TestGolden compares a whole site with testdata/sample: every data file, feed
// and badge of interest, and one page of every kind byte by byte, the others by
// their hashes in files.txt, in whatever order goroutines finish. Run it with
// -update to accept a change, and read the difference.
func TestGolden(t *testing.T) {
	opts := options
	opts.Notes = fstest.MapFS{
		"index.md":                  {Data: []byte("# A note\n\nAsk in <b>#samples</b>. [mail](mailto:samples@contoso.test) [bad](javascript:alert(1)) ![pic](https://elsewhere.test/x.png)\n")},
		"contoso/stale-bot-kept.md": {Data: []byte("Kept by *nobody*, see [the plan](https://contoso.test/plan).\n")},
	}
	files := map[string][]byte{}
	for name, b := range render(t, sample(), opts) {
		files[hashes.ReplaceAllString(name, "-HASH.")] = hashes.ReplaceAll(b, []byte("-HASH."))
	}
	want := filepath.Join("testdata", "sample")
	var list strings.Builder
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(&list, "%x %s\n", sha256.Sum256(files[name]), name)
	}
	golden := map[string][]byte{"files.txt": []byte(list.String()), "summary.md": site.SummaryMarkdown(sample(), options)}
	for name, b := range files {
		if strings.HasPrefix(name, "data/v1/") && !strings.Contains(name, "/schema/") || strings.HasPrefix(name, "feeds/") || strings.HasPrefix(name, "owners/contoso-web/") || strings.HasPrefix(name, "steps/retired/") || strings.HasPrefix(name, "badges/") {
			golden[name] = b
		}
	}
	for _, k := range kinds {
		name := k.path + "index.html"
		if k.name == "notfound" {
			name = "404.html"
		}
		golden[name] = files[name]
	}
	if *update {
		if err := os.RemoveAll(want); err != nil {
			t.Fatal(err)
		}
		for name, b := range golden {
			p := filepath.Join(want, filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(p, b, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(golden)) {
		b, err := os.ReadFile(filepath.Join(want, filepath.FromSlash(name)))
		if err != nil {
			t.Errorf("%v; run go test ./site -run Golden -update", err)
		} else if !bytes.Equal(b, golden[name]) {
			t.Errorf("%s differs%s", name, firstDifference(b, golden[name]))
		}
	}
}

// hashes are those in the names of assets, which would make every page differ
// when the stylesheet does.
var hashes = regexp.MustCompile(`-[0-9a-f]{10}\.`)

func firstDifference(want, got []byte) string {
	w, g := strings.Split(string(want), "\n"), strings.Split(string(got), "\n")
	for i := range min(len(w), len(g)) {
		if w[i] != g[i] {
			return fmt.Sprintf(" from line %d:\n  want %s\n  got  %s", i+1, w[i], g[i])
		}
	}
	return fmt.Sprintf(": %d lines instead of %d", len(g), len(w))
}

// TestVolatile changes what a disturbed run may change, and finds it in the
// places that the contract names only.
func TestVolatile(t *testing.T) {
	disturbed := sample()
	disturbed.GeneratedAt = disturbed.GeneratedAt.Add(1e12)
	disturbed.Run.EndedAt = disturbed.GeneratedAt
	disturbed.Run.Counters.Requests += 7
	disturbed.Run.Counters.ResumedChunks++
	disturbed.Run.Counters.Retries["502"]++
	disturbed.Packages[0].ETag, disturbed.Packages[0].Digest = "another edge's", "another address"
	marker, err := site.MarkerOf(disturbed, options)
	if want, _ := site.MarkerOf(sample(), options); err != nil || marker != want {
		t.Errorf("the marker depends on how the run went: %+v, want %+v; %v", marker, want, err)
	}
	disturbed.Packages[0].ReadError = "no answer"
	if other, _ := site.MarkerOf(disturbed, options); other == marker {
		t.Error("the marker is the same for other content")
	}
	disturbed.Packages[0].ReadError = ""
	a, b := siteOf(t, "sample"), render(t, disturbed, options)
	for name := range a {
		allowed := name == "data/v1/summary.json" || name == "data/v1/history.json" || name == "run/index.html"
		if !bytes.Equal(a[name], b[name]) && !allowed {
			t.Errorf("%s depends on how the run went", name)
		}
	}
	if bytes.Equal(a["run/index.html"], b["run/index.html"]) {
		t.Error("the run page does not say how the run went")
	}
}

// TestNames holds the contract's rule for URL paths.
func TestNames(t *testing.T) {
	files := siteOf(t, "sample")
	for name := range files {
		if name == ".stalewatch-site" {
			continue
		}
		if strings.ToLower(name) != name {
			t.Errorf("%s is not lower case", name)
		}
		if path.Clean(name) != name || strings.ContainsAny(name, "\x00\\:*?\"<>| ") {
			t.Errorf("%q is no portable name", name)
		}
		for part := range strings.SplitSeq(name, "/") {
			if strings.HasPrefix(part, ".") {
				t.Errorf("%s: a segment starts with a dot", name)
			}
		}
	}
	for _, want := range []string{
		"r/contoso/_dot-github/index.html", "r/contoso/__dot-github/index.html", "r/contoso/upper.case/index.html",
		"repos/lang/c-sharp/index.html", "repos/lang/c-plus-plus/index.html", "repos/status/unknown/index.html",
		"repos/owner/nobody/index.html", "repos/is/bot-active/index.html", "repos/is/none/index.html", "repos/lang/none/index.html", "badges/contoso.svg",
		"owners/index.html", "owners/nobody/index.html", "owners/contoso-web/feed.atom", "owners/contoso-web/repositories.csv", "owners/contoso-web/badge.svg",
		"steps/retired/index.html", "steps/retired/list.md", "data/v1/status.json", "data/v1/coming.ics",
		"r/contoso/gone-one/index.html", "r/contoso/renamed-old/index.html", "changes/2026-10/index.html", "404.html",
	} {
		if files[want] == nil {
			t.Errorf("there is no %s", want)
		}
	}
}

func TestRenderStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := site.Render(ctx, sample(), options, &site.Memory{}); !errors.Is(err, context.Canceled) {
		t.Errorf("a canceled rendering returned %v", err)
	}
	for _, bad := range []string{"contoso.github.io", "ftp://contoso.github.io", "https://", "https://user:secret@host/", "%"} {
		if _, err := site.Render(t.Context(), firstRun(), site.Options{BaseURL: bad}, &site.Memory{}); err == nil {
			t.Errorf("the address %q was accepted", bad)
		} else if strings.Contains(err.Error(), "secret") {
			t.Errorf("the error shows a password: %v", err)
		}
	}
}

// TestChangesOfSeveralRuns compares with a run of three days ago: what was
// noticed since then stands on the overview, whichever run noticed it, and two
// runs of one day share a heading.
func TestChangesOfSeveralRuns(t *testing.T) {
	snap := sample()
	snap.Since = &snap.History[len(snap.History)-4]
	event := func(at time.Time, name string) pipeline.Event {
		return pipeline.Event{Date: at, Type: pipeline.EventNew, NameWithOwner: "contoso/" + name}
	}
	snap.Events = []pipeline.Event{event(asOf, "fresh-today"), event(asOf.Add(-time.Hour), "fresh-app"), event(daysAgo(2), "active-api"), event(daysAgo(3), "aging-java")}
	files := render(t, snap, options)
	home, changes := string(files["index.html"]), string(files["changes/index.html"])
	if !strings.Contains(home, `#d2026-11-22-new">3 new</a>`) || strings.Contains(home, "nothing changed") {
		t.Error("the overview does not name the three repositories that are new since then")
	}
	for heading, want := range map[string]int{`id="d2026-11-22"`: 1, `id="d2026-11-20"`: 1, `id="d2026-11-22-new"`: 1} {
		if got := strings.Count(changes, heading); got != want {
			t.Errorf("the changes have %s %d times, want %d", heading, got, want)
		}
	}
}
