package githubsim_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
)

// everything is all of an owner's repositories, as the simulator tells them.
func (c *client) everything(owner string) []any {
	c.t.Helper()
	const q = `query($owner: String!, $after: String) { repositoryOwner(login: $owner) { repositories(first: 100, after: $after, orderBy: {field: NAME, direction: ASC}) {
		pageInfo { hasNextPage endCursor } nodes { nameWithOwner description url createdAt pushedAt updatedAt isArchived isFork isTemplate isMirror isEmpty
		isDisabled isLocked isPrivate stargazerCount primaryLanguage { name } licenseInfo { spdxId } repositoryTopics(first: 20) { nodes { topic { name } } }
		parent { pushedAt } latestRelease { tagName publishedAt } issues(states: OPEN) { totalCount }
		root: object(expression: "HEAD:") { ... on Tree { entries { name } } } owners: object(expression: "HEAD:.github/CODEOWNERS") { ... on Blob { text } }
		dev: ref(qualifiedName: "dev") { ...T } next: ref(qualifiedName: "next") { ...T } release: ref(qualifiedName: "release/2.x") { ...T }
		defaultBranchRef { name target { ... on Commit { committedDate author { name user { login } } history(first: 10) { totalCount nodes { author { name } committedDate messageHeadline } } } } } } } } }
		fragment T on Ref { target { ... on Commit { committedDate } } }`
	var all []any
	var after any
	for {
		a := c.ask(q, map[string]any{"owner": owner, "after": after})
		if len(a.Errors) > 0 {
			c.t.Fatalf("%.500s", a.Raw)
		}
		found := dig(c.t, a.Data, "repositoryOwner", "repositories")
		all = append(all, dig(c.t, found, "nodes").([]any)...)
		if dig(c.t, found, "pageInfo", "hasNextPage") != true {
			return all
		}
		after = dig(c.t, found, "pageInfo", "endCursor")
	}
}

// census counts what kinds of repositories there are at asOf, and fails when
// something is dated later.
func census(t *testing.T, all []any, asOf time.Time) map[string]int {
	t.Helper()
	n := map[string]int{}
	for _, r := range all {
		m := r.(map[string]any)
		for _, flag := range []string{"isArchived", "isFork", "isTemplate", "isMirror", "isEmpty", "isDisabled", "isLocked", "isPrivate"} {
			if m[flag] == true {
				n[flag]++
			}
		}
		for _, field := range []string{"description", "primaryLanguage", "licenseInfo", "latestRelease", "parent", "owners"} {
			if m[field] != nil {
				n[field]++
			}
		}
		text := compact(t, m)
		for _, word := range []string{"stalewatch-keep", "stalewatch: keep until", "DEPRECATED", "dependabot[bot]", "Fabrikam Sync Service", "moved to", "/dependabot/", "retire", "Update the link to the licence"} {
			if strings.Contains(text, word) {
				n[word]++
			}
		}
		for _, field := range []string{"createdAt", "pushedAt", "updatedAt"} {
			if s, ok := m[field].(string); ok && s > asOf.Format(time.RFC3339) {
				t.Errorf("%v: %s is %s, after %v", m["nameWithOwner"], field, s, asOf)
			}
		}
		if m["defaultBranchRef"] == nil {
			continue
		}
		tip := dig(t, m, "defaultBranchRef", "target")
		if p, c := m["pushedAt"].(string), dig(t, tip, "committedDate").(string); p < c {
			t.Errorf("%v was pushed at %s, before its tip's %s", m["nameWithOwner"], p, c)
		}
		for _, branch := range []string{"dev", "next", "release"} {
			if m[branch] != nil && dig(t, m, branch, "target", "committedDate").(string) > dig(t, tip, "committedDate").(string) {
				n["active elsewhere"]++
			}
		}
		if len(dig(t, m, "root", "entries").([]any)) == 1 {
			n["readme only"]++
		}
		n[age(t, tip, asOf)]++
	}
	return n
}

// age is the tier of the newest commit by a person among the last ten.
func age(t *testing.T, tip any, asOf time.Time) string {
	for _, c := range dig(t, tip, "history", "nodes").([]any) {
		if name, _ := dig(t, c, "author", "name").(string); strings.HasSuffix(name, "[bot]") {
			continue
		}
		at, err := time.Parse(time.RFC3339, dig(t, c, "committedDate").(string))
		if err != nil {
			t.Fatal(err)
		}
		for _, tier := range []struct {
			name   string
			months int
		}{{"fresh", 6}, {"active", 12}, {"aging", 24}, {"stale", 48}} {
			if at.AddDate(0, tier.months, 0).After(asOf) {
				return tier.name
			}
		}
		return "dormant"
	}
	return "bots only"
}

func wantAll(t *testing.T, n map[string]int, least int, kinds ...string) {
	t.Helper()
	for _, kind := range kinds {
		if n[kind] < least {
			t.Errorf("%d of kind %q, want %d at least: %v", n[kind], kind, least, n)
		}
	}
}

func TestGenerate(t *testing.T) {
	asOf := day(300)
	w := githubsim.Generate("o", 1000, 7, asOf)
	c := serve(t, w, githubsim.WithToken("t", githubsim.Everything))
	all := c.everything("o")
	if len(all) != 1000 {
		t.Fatalf("%d repositories", len(all))
	}
	n := census(t, all, asOf)
	wantAll(t, n, 80, "fresh", "active", "aging", "stale", "dormant", "isArchived", "dependabot[bot]", "latestRelease", "owners")
	wantAll(t, n, 5, "isFork", "isTemplate", "isEmpty", "isPrivate", "readme only", "active elsewhere", "DEPRECATED", "stalewatch-keep", "bots only", "Fabrikam Sync Service", "/dependabot/", "retire", "Update the link to the licence")
	wantAll(t, n, 1, "isMirror", "isDisabled", "isLocked", "parent")
}

func TestGenerateRepeats(t *testing.T) {
	world := func(seed uint64) string {
		return compact(t, serve(t, githubsim.Generate("o", 100, seed, day(0))).everything("o"))
	}
	if first := world(7); first != world(7) {
		t.Error("the same arguments gave another world")
	} else if first == world(8) {
		t.Error("another seed gave the same world")
	}
}

func TestDemo(t *testing.T) {
	for _, asOf := range []time.Time{day(0), time.Date(2028, 2, 29, 23, 59, 59, 0, time.UTC)} {
		w := githubsim.Demo(asOf)
		c := serve(t, w)
		all := append(c.everything(githubsim.DemoSamples), c.everything(githubsim.DemoLabs)...)
		if len(all) < 280 || len(all) > 320 {
			t.Errorf("%d repositories", len(all))
		}
		n := census(t, all, asOf)
		wantAll(t, n, 10, "fresh", "active", "aging", "stale", "dormant", "isArchived", "latestRelease", "owners", "dependabot[bot]")
		wantAll(t, n, 1, "isFork", "isTemplate", "isMirror", "isEmpty", "isDisabled", "isLocked", "parent", "readme only", "bots only", "active elsewhere",
			"/dependabot/", "retire", "Update the link to the licence", "DEPRECATED", "stalewatch-keep", "stalewatch: keep until", "moved to", "Fabrikam Sync Service")
		if u := dig(t, all[0], "url").(string); !strings.HasPrefix(u, "https://github.example/") {
			t.Errorf("links lead to %s", u)
		}

		c.server.SetFaults(githubsim.DemoFaults(w)...)
		hidden := w.ID(githubsim.DemoSamples + "/partner-onboarding-portal")
		if a := c.ask(chunkQuery, map[string]any{"ids": []string{hidden}}); a.types() != "FORBIDDEN" {
			t.Errorf("the unreadable repository: %s", a.Raw)
		}
		if again := c.everything(githubsim.DemoSamples); len(again) == 0 {
			t.Error("the listing is spoilt")
		}
	}
}
