package site_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/site"
)

// TestDigests: the worklist for all and for each owner, and what became stale.
func TestDigests(t *testing.T) {
	snap := sample()
	files, err := site.Digests(snap, site.Options{BaseURL: "https://contoso.github.io/stale/"})
	if err != nil {
		t.Fatal(err)
	}
	report := string(files["report.md"])
	for _, want := range []string{"### New since the last report: 1\n", "### Stale: ", "### Dormant: ", "[The whole report](<https://contoso.github.io/stale/>)",
		`[contoso/stale-functions](<https://github.com/contoso/stale-functions>): stale · last commit that counts 2024-11-21 · ` + "`@contoso/web`"} {
		if !strings.Contains(report, want) {
			t.Errorf("report.md lacks %q:\n%s", want, report)
		}
	}
	for _, exempt := range []string{"iot-course", "fresh-app"} {
		if strings.Contains(report, exempt) {
			t.Errorf("report.md tells of %s", exempt)
		}
	}
	if plain := regexp.MustCompile("`[^`]*`|@\u2060").ReplaceAllString(report, ""); strings.Contains(plain, "@") {
		t.Errorf("report.md mentions somebody:\n%s", plain)
	}
	var became struct {
		SchemaVersion int
		Repositories  []struct{ NameWithOwner, Status, PreviousStatus string }
	}
	if err := json.Unmarshal(files["new-stale.json"], &became); err != nil || became.SchemaVersion != 1 {
		t.Fatalf("new-stale.json: %v\n%s", err, files["new-stale.json"])
	}
	if got := fmt.Sprint(became.Repositories); got != "[{contoso/stale-functions stale aging}]" {
		t.Errorf("new-stale.json has %s", got)
	}
	if !strings.Contains(string(files["digest/contoso-web.md"]), "Repositories that `@contoso/web` answers for.") {
		t.Errorf("the owner's digest:\n%s", files["digest/contoso-web.md"])
	}
}

// TestDigestsOfManyRepositories: the body of an issue has a limit.
func TestDigestsOfManyRepositories(t *testing.T) {
	var fs []pipeline.Finding
	for i := range 3000 {
		f := finding(fmt.Sprintf("a-sample-with-a-long-name-%d", i), 800+i)
		if i%2 == 0 {
			f.Owners = nil
		}
		fs = append(fs, f)
	}
	files, err := site.Digests(snapshot(fs), site.Options{})
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for name, text := range files {
		names = append(names, name)
		if n := len([]rune(string(text))); strings.HasSuffix(name, ".md") && (n > 65_000 || n < 50_000 || !strings.Contains(string(text), " more, which the whole report lists.")) {
			t.Errorf("%s has %d characters, or does not say that it is cut", name, n)
		}
	}
	slices.Sort(names)
	if got := strings.Join(names, " "); got != "digest/contoso-web.md digest/nobody.md new-stale.json report.md" {
		t.Errorf("files: %s", got)
	}
	empty, err := site.Digests(nothingStale(), site.Options{})
	if err != nil || !strings.Contains(string(empty["report.md"]), "Nothing is stale.") || len(empty) != 2 {
		t.Errorf("nothing stale: %v %s", err, empty["report.md"])
	}
}
