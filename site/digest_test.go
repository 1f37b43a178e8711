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
	for _, want := range []string{"[The whole report](<https://contoso.github.io/stale/>)",
		"[contoso/stale-functions](<https://github.com/contoso/stale-functions>): no commit that counts since 21 November 2024, `@contoso/web`, 2.0 years, ★ 1,904, new\n"} {
		if !strings.Contains(report, want) {
			t.Errorf("report.md lacks %q:\n%s", want, report)
		}
	}
	// The groups are those of the overview, in its order and its words.
	page := string(siteOf(t, "sample")["index.html"])
	pattern := regexp.MustCompile(`(?m)^### (.*): (\d+) \((.*)\)\n\n(.*)$`)
	at, groups := 0, pattern.FindAllStringSubmatch(strings.ReplaceAll(report, `\`, ""), -1)
	for _, g := range groups {
		title, number, change, why := g[1], g[2], g[3], g[4]
		i := strings.Index(page[at:], title)
		if i < 0 || !strings.Contains(page[at+i:], why) || !strings.Contains(page[at+i:], number) || !strings.Contains(page[at+i:], change) {
			t.Fatalf("the overview has no such group there: %q", g)
		}
		at += i
	}
	if n := strings.Count(page, `<p class="why">`); len(groups) != n || n < 7 {
		t.Errorf("%d groups, the overview has %d", len(groups), n)
	}
	for _, exempt := range []string{"iot-course", "fresh-app"} {
		if strings.Contains(report, "[contoso/"+exempt+"]") {
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
	if err != nil || !strings.Contains(string(empty["report.md"]), "Nothing asks for anything: ") || len(empty) != 2 {
		t.Errorf("nothing stale: %v %s", err, empty["report.md"])
	}
}
