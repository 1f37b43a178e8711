package githubsim_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
)

// TestChanges sees what each change does to a repository, and which dates it
// moves: pushedAt follows pushes to any branch and nothing else.
func TestChanges(t *testing.T) {
	const state = `query($id: ID!) { node(id: $id) { ... on Repository { nameWithOwner pushedAt updatedAt isArchived description stargazerCount isPrivate
		issues(states: OPEN) { totalCount } pullRequests(states: MERGED) { totalCount } repositoryTopics(first: 5) { nodes { topic { name } } }
		latestRelease { tagName } refs(refPrefix: "refs/heads/", first: 5) { nodes { name } }
		defaultBranchRef { name target { ... on Commit { committedDate author { name } history { totalCount } } } } } } }`
	at := day(50)
	for _, tc := range []struct {
		name   string
		change func(w *githubsim.World)
		want   map[string]string // path in the answer: value
	}{
		{"push", func(w *githubsim.World) { w.Push("o/r", at) }, map[string]string{
			"pushedAt": "2026-02-20", "updatedAt": "2026-02-20", "defaultBranchRef.target.committedDate": "2026-02-20", "defaultBranchRef.target.history.totalCount": "2"}},
		{"push of an old commit", func(w *githubsim.World) { w.Push("o/r", at, githubsim.Commit{CommittedDate: day(-400)}) }, map[string]string{
			"pushedAt": "2026-02-20", "defaultBranchRef.target.committedDate": "2024-11-27"}},
		{"bot push", func(w *githubsim.World) { w.BotPush("o/r", at) }, map[string]string{
			"pushedAt": "2026-02-20", "defaultBranchRef.target.author.name": "dependabot[bot]"}},
		{"branch push", func(w *githubsim.World) { w.PushBranch("o/r", "dev", at) }, map[string]string{
			"pushedAt": "2026-02-20", "defaultBranchRef.target.committedDate": "2026-01-01", "defaultBranchRef.name": "main", "refs": "dev"}},
		{"file", func(w *githubsim.World) { w.PushFile("o/r", at, githubsim.File{Path: "CODEOWNERS", Text: "* @a"}) }, map[string]string{"pushedAt": "2026-02-20"}},
		{"default branch", func(w *githubsim.World) {
			w.PushBranch("o/r", "dev", day(3))
			w.ChangeDefaultBranch("o/r", "dev", at)
		}, map[string]string{"pushedAt": "2026-01-04", "updatedAt": "2026-02-20", "defaultBranchRef.name": "dev", "defaultBranchRef.target.history.totalCount": "2"}},
		{"archive", func(w *githubsim.World) { w.Archive("o/r", at) }, map[string]string{"isArchived": "true", "pushedAt": "2026-01-01", "updatedAt": "2026-02-20"}},
		{"unarchive", func(w *githubsim.World) { w.Archive("o/r", day(2)); w.Unarchive("o/r", at) }, map[string]string{"isArchived": "false", "pushedAt": "2026-01-01"}},
		{"rename", func(w *githubsim.World) { w.Rename("o/r", "new", at) }, map[string]string{"nameWithOwner": "o/new", "pushedAt": "2026-01-01", "updatedAt": "2026-02-20"}},
		{"transfer", func(w *githubsim.World) { w.Transfer("o/r", "p", at) }, map[string]string{"nameWithOwner": "p/r", "pushedAt": "2026-01-01"}},
		{"describe", func(w *githubsim.World) { w.Describe("o/r", "d", at) }, map[string]string{"description": "d", "pushedAt": "2026-01-01", "updatedAt": "2026-02-20"}},
		{"topics", func(w *githubsim.World) { w.SetTopics("o/r", at, "b", "a") }, map[string]string{"repositoryTopics": "a"}},
		{"private", func(w *githubsim.World) { w.SetPrivate("o/r", true, at) }, map[string]string{"isPrivate": "true"}},
		{"star", func(w *githubsim.World) { w.Star("o/r", 5, at); w.Star("o/r", -2, at) }, map[string]string{"stargazerCount": "3"}},
		{"issues", func(w *githubsim.World) { w.OpenIssues("o/r", 3, at); w.OpenIssues("o/r", -1, at) }, map[string]string{"issues.totalCount": "2"}},
		{"pull requests", func(w *githubsim.World) { w.OpenPulls("o/r", 3, at); w.OpenPulls("o/r", -1, at) }, map[string]string{"pullRequests.totalCount": "1"}},
		{"release", func(w *githubsim.World) {
			w.Publish("o/r", githubsim.Release{Tag: "v1", PublishedAt: at})
			w.Publish("o/r", githubsim.Release{Tag: "v2-rc", PublishedAt: at, Prerelease: true})
		}, map[string]string{"latestRelease.tagName": "v1", "pushedAt": "2026-01-01"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := githubsim.NewWorld()
			id := w.Create(githubsim.Repository{Name: "o/r", Commits: []githubsim.Commit{{CommittedDate: day(0)}}})
			tc.change(w)
			a := serve(t, w, githubsim.WithToken("t", githubsim.Everything)).ask(state, map[string]any{"id": id})
			if len(a.Errors) > 0 {
				t.Fatal(a.Raw)
			}
			for path, want := range tc.want {
				v := dig(t, a.Data, "node")
				for key := range strings.SplitSeq(path, ".") {
					v = dig(t, v, key)
				}
				if got := fmt.Sprint(v); !strings.Contains(got, want) {
					t.Errorf("%s is %s, want %s", path, got, want)
				}
			}
		})
	}
}

func TestNamesAfterMoving(t *testing.T) {
	w := githubsim.NewWorld()
	id := w.Create(githubsim.Repository{Name: "o/r"})
	w.Rename("o/r", "s", day(1))
	w.Transfer("o/s", "p", day(2))
	c := serve(t, w)
	find := func(owner, name string, follow bool) string {
		a := c.ask(`query($o: String!, $n: String!, $f: Boolean!) { repository(owner: $o, name: $n, followRenames: $f) { id } }`,
			map[string]any{"o": owner, "n": name, "f": follow})
		if a.types() != "" {
			return a.types()
		}
		return dig(t, a.Data, "repository", "id").(string)
	}
	for _, name := range []string{"o/r", "o/s", "p/s", "P/S"} {
		owner, short, _ := strings.Cut(name, "/")
		if got := find(owner, short, true); got != id {
			t.Errorf("%s leads to %s", name, got)
		}
	}
	if got := find("o", "r", false); got != "NOT_FOUND" {
		t.Errorf("without following, the old name leads to %s", got)
	}
	other := w.Create(githubsim.Repository{Name: "o/r"})
	if got := find("o", "r", true); got != other {
		t.Errorf("a new repository of the old name is not found: %s", got)
	}
	if got := fmt.Sprint(w.Names("o"), w.Names("P"), w.Names("nobody")); got != "[o/r] [p/s] []" {
		t.Errorf("names: %s", got)
	}
	w.Delete("o/r")
	if got := find("o", "r", true); got != "NOT_FOUND" {
		t.Errorf("a name that was used again leads to %s once that is deleted", got)
	}
	w.Delete("p/s")
	if got := find("o", "s", true); got != "NOT_FOUND" {
		t.Errorf("a deleted repository's former name leads to %s", got)
	}
}

func TestParentIsSeenWhereItIs(t *testing.T) {
	w := githubsim.NewWorld()
	w.Create(githubsim.Repository{Name: "up/lib", Commits: []githubsim.Commit{{CommittedDate: day(1)}}})
	w.Create(githubsim.Repository{Name: "o/lib", Fork: true, Parent: "up/lib"})
	c := serve(t, w)
	parent := func() string {
		return c.data(`{ repository(owner: "o", name: "lib") { parent { nameWithOwner pushedAt } } }`, nil)
	}
	if got := parent(); !strings.Contains(got, `"parent":{"nameWithOwner":"up/lib","pushedAt":"2026-01-02T12:00:00Z"}`) {
		t.Error(got)
	}
	w.Rename("up/lib", "library", day(2))
	if got := parent(); !strings.Contains(got, "up/library") {
		t.Error(got)
	}
	w.SetPrivate("up/library", true, day(3))
	if got := parent(); !strings.Contains(got, `"parent":null`) {
		t.Error(got)
	}
}

func TestWrongNamesPanic(t *testing.T) {
	w := small()
	for name, f := range map[string]func(){
		`the world holds no repository "o/none"`: func() { w.Push("o/none", day(1)) },
		`O/One exists already`:                   func() { w.Create(githubsim.Repository{Name: "O/One"}) },
		`"x" is no repository name`:              func() { w.Create(githubsim.Repository{Name: "x"}) },
		`o/two exists already`:                   func() { w.Rename("o/one", "two", day(1)) },
		`o/one has no branch "x"`:                func() { w.ChangeDefaultBranch("o/one", "x", day(1)) },
		`the world holds no owner "x"`:           func() { w.EnforceSAML("x", true) },
	} {
		func() {
			defer func() {
				if p := fmt.Sprint(recover()); !strings.Contains(p, name) {
					t.Errorf("panic %q, want %q", p, name)
				}
			}()
			f()
		}()
	}
}

// TestChangeWhileServing is for the race detector.
func TestChangeWhileServing(t *testing.T) {
	w := githubsim.Generate("o", 50, 1, day(0))
	c := serve(t, w)
	names := w.Names("o")
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for n := range 20 {
				if i%2 == 0 {
					c.ask(listingQuery, map[string]any{"owner": "o", "first": 100})
				} else {
					w.Push(names[n], day(n))
					w.PushBranch(names[n], "dev", day(n))
					w.Star(names[n], 1, day(n))
					w.Create(githubsim.Repository{Name: fmt.Sprintf("o/new-%d-%d", i, n)})
				}
			}
		})
	}
	wg.Wait()
}
