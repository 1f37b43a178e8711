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
	at := day(50)
	const tip = `defaultBranchRef { name target { ... on Commit { committedDate author { name } history { totalCount } } } }`
	dates := func(pushed, updated string) string {
		return fmt.Sprintf(`"pushedAt":"2026-%sT12:00:00Z","updatedAt":"2026-%sT12:00:00Z"`, pushed, updated)
	}
	for _, tc := range []struct {
		name, fields string
		change       func(w *githubsim.World)
		want         string // contained in the answer
	}{
		{"push", tip, func(w *githubsim.World) { w.Push("o/r", at) }, dates("02-20", "02-20")},
		{"push of an old commit", tip, func(w *githubsim.World) { w.Push("o/r", at, githubsim.Commit{CommittedDate: day(-400)}) }, `"committedDate":"2024-11-27`},
		{"bot push", tip, func(w *githubsim.World) { w.BotPush("o/r", at) }, `"author":{"name":"dependabot[bot]"},"history":{"totalCount":2}`},
		{"branch push", "", func(w *githubsim.World) { w.PushBranch("o/r", "dev", at) }, dates("02-20", "02-20")},
		{"branch push leaves the tip", tip, func(w *githubsim.World) { w.PushBranch("o/r", "dev", at) }, `{"name":"main","target":{"committedDate":"2026-01-01`},
		{"new branch", `ref(qualifiedName: "refs/heads/dev") { name }`, func(w *githubsim.World) { w.PushBranch("o/r", "dev", at) }, `"ref":{"name":"dev"}`},
		{"default branch", tip, func(w *githubsim.World) {
			w.PushBranch("o/r", "dev", day(3))
			w.ChangeDefaultBranch("o/r", "dev", at)
		}, dates("01-04", "02-20") + `,"defaultBranchRef":{"name":"dev"`},
		{"archive", "isArchived", func(w *githubsim.World) { w.Archive("o/r", at) }, dates("01-01", "02-20") + `,"isArchived":true`},
		{"rename", "nameWithOwner", func(w *githubsim.World) { w.Rename("o/r", "new", at) }, dates("01-01", "02-20") + `,"nameWithOwner":"o/new"`},
		{"transfer", "nameWithOwner", func(w *githubsim.World) { w.Transfer("o/r", "p", at) }, dates("01-01", "02-20") + `,"nameWithOwner":"p/r"`},
		{"edit", "description stargazerCount issues(states: OPEN) { totalCount } latestRelease { tagName }", func(w *githubsim.World) {
			w.Edit("o/r", at, func(r *githubsim.Repository) {
				r.Description, r.Stars, r.OpenIssues = "d", 5, 2
				r.Releases = []githubsim.Release{{Tag: "v1", PublishedAt: at}, {Tag: "v2-rc", PublishedAt: at, Prerelease: true}}
			})
		}, dates("01-01", "02-20") + `,"description":"d","stargazerCount":5,"issues":{"totalCount":2},"latestRelease":{"tagName":"v1"}`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := githubsim.NewWorld()
			id := w.Create(githubsim.Repository{Name: "o/r", Commits: []githubsim.Commit{{CommittedDate: day(0)}}})
			tc.change(w)
			if got := serve(t, w).repo(id, "pushedAt updatedAt "+tc.fields); !strings.Contains(got, tc.want) {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

func TestMovingAndDeleting(t *testing.T) {
	w := githubsim.NewWorld()
	parent := w.Create(githubsim.Repository{Name: "up/lib", PushedAt: day(1)})
	fork := w.Create(githubsim.Repository{Name: "o/lib", Fork: true, Parent: "up/lib"})
	c := serve(t, w)
	parentOf := func(want string) {
		t.Helper()
		if got := c.repo(fork, `parent { nameWithOwner }`); got != `{"parent":`+want+`}` {
			t.Errorf("the parent is %s, want %s", got, want)
		}
	}
	parentOf(`{"nameWithOwner":"up/lib"}`)
	w.Rename("up/lib", "library", day(2))
	w.Transfer("up/library", "down", day(3))
	parentOf(`{"nameWithOwner":"down/library"}`)
	if got := fmt.Sprint(w.Names("up"), w.Names("Down"), w.Names("nobody"), w.ID("DOWN/Library") == parent); got != "[] [down/library] [] true" {
		t.Errorf("names: %s", got)
	}
	w.Edit("down/library", day(4), func(r *githubsim.Repository) { r.Private = true })
	parentOf(`null`)
	w.Delete("down/library")
	parentOf(`null`)
	if a := c.ask(tipsQuery, map[string]any{"ids": parent}); a.types() != "NOT_FOUND" {
		t.Errorf("a deleted repository is there: %s", a.Raw)
	}
}

func TestWrongNamesPanic(t *testing.T) {
	w, _, _ := small()
	for name, f := range map[string]func(){
		`the world holds no repository "o/none"`: func() { w.Push("o/none", day(1)) },
		`O/One exists already`:                   func() { w.Create(githubsim.Repository{Name: "O/One"}) },
		`"x" is no repository name`:              func() { w.Create(githubsim.Repository{Name: "x"}) },
		`o/two exists already`:                   func() { w.Rename("o/one", "two", day(1)) },
		`o/one has no branch "x"`:                func() { w.ChangeDefaultBranch("o/one", "x", day(1)) },
		`the world holds no owner "x"`:           func() { w.RenameOwner("x", "y") },
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
					w.Edit(names[n], day(n), func(r *githubsim.Repository) { r.Stars++ })
					w.Create(githubsim.Repository{Name: fmt.Sprintf("o/new-%d-%d", i, n)})
				}
			}
		})
	}
	wg.Wait()
}
