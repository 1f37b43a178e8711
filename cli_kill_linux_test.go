package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
	"github.com/stalewatch/stalewatch/store/killtest"
)

// TestKilledAtEveryCall kills commands before each of their calls that change a
// file: one of them, or all with STALEWATCH_TESTS=all. The site is then the one
// before or the new one, and whole; the same command again gives what an
// undisturbed one gives, and nothing lies about.
func TestKilledAtEveryCall(t *testing.T) {
	if testing.Short() {
		t.Skip("a short run kills nobody")
	}
	t.Parallel()
	world := githubsim.Generate("contoso", 4, 11, day)
	made := newWorkspace(t, world, githubsim.WithLimits(githubsim.Limits{})) // the hour's points do not last for thousands of runs
	today, tomorrow := day.Format(time.RFC3339), day.AddDate(0, 0, 1).Format(time.RFC3339)
	made.ok("run", "contoso", "--as-of", today)
	first := copied(t, made.dir)
	push := func() { world.Push(world.Names("contoso")[0], day.Add(time.Hour)) }
	push()
	made.ok("run", "contoso", "--as-of", tomorrow)
	second := copied(t, made.dir)
	push()
	unshown := copied(t, second)
	if err := os.RemoveAll(filepath.Join(unshown, "site")); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name, from string
		args       []string
	}{
		{"a first run, 1 at once", t.TempDir(), []string{"run", "contoso", "--as-of", today, "--concurrency", "1"}},
		{"a first run, 4 at once", t.TempDir(), []string{"run", "contoso", "--as-of", today, "--concurrency", "4"}},
		{"a first run, 16 at once", t.TempDir(), []string{"run", "contoso", "--as-of", today, "--concurrency", "16"}},
		{"the next day", first, []string{"run", "contoso", "--as-of", tomorrow}},
		{"a second attempt", second, []string{"run", "contoso", "--as-of", tomorrow, "--rerun", "completed"}},
		{"a report", unshown, []string{"report"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := &workspace{t: t, dir: tt.from, url: made.url, server: made.server, env: made.env, now: made.now}
			command := func() { t.Helper(); w.ok(tt.args[0], tt.args[1:]...) }
			before := w.siteIfAny()
			kill := func(n int) killtest.End {
				w.dir = copied(t, tt.from)
				end, err := killtest.Run(w.command(tt.args[0], tt.args[1:]...), w.dir, n)
				if err != nil || !end.Killed && end.Code != exitOK {
					t.Fatalf("call %d: %+v, %v", n, end, err)
				}
				return end
			}
			calls := kill(0).Calls
			want, lie := w.files(), namesIn(t, w.dir)
			step, tried := 1, 0
			if !everything() {
				step = calls
			}
			for n := 1 + calls*2/3%step; n <= calls; n, tried = n+step, tried+1 {
				kill(n)
				what := fmt.Sprintf("killed before call %d of %d", n, calls)
				if got := w.siteIfAny(); len(differences(got, before)) > 0 && len(differences(got, want)) > 0 {
					t.Errorf("%s: the site has %d files, and is neither the one before nor the new one", what, len(got))
				}
				command()
				if d := differences(want, w.files()); len(d) > 0 {
					t.Errorf("%s and repeated: the site differs in %v", what, d)
				}
				if got := namesIn(t, w.dir); !slices.Equal(got, lie) {
					t.Errorf("%s and repeated: there lie %q, want %q", what, got, lie)
				}
				if err := os.RemoveAll(w.dir); err != nil {
					t.Fatal(err)
				}
			}
			t.Logf("survived %d of %d kills", tried, calls)
		})
	}
}

// siteIfAny is [workspace.files], and nil where there is no site.
func (w *workspace) siteIfAny() map[string]string {
	if _, err := os.Stat(w.path("site")); err != nil {
		return nil
	}
	return w.files()
}

func copied(t *testing.T, from string) string {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return dir
}

func namesIn(t *testing.T, dir string) (all []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		all = append(all, e.Name())
	}
	return all
}
