package main

import (
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/store"
	"github.com/stalewatch/stalewatch/store/killtest"
)

// TestAYear surveys an owner every morning while repositories come, go and
// change, and the program is killed now and then: the days around a year's end
// and a 29 February, or 400 days with STALEWATCH_TESTS=all. Nobody who was never
// disturbed has another report, and what is kept does not grow for ever.
func TestAYear(t *testing.T) {
	if testing.Short() {
		t.Skip("a year takes too long for a short run")
	}
	t.Parallel()
	first := time.Date(2027, 9, 15, 7, 0, 0, 0, time.UTC)
	days, skipped := 400, func(int) bool { return false }
	if !everything() {
		days, skipped = 170, func(d int) bool { return d < 105 || d > 109 && d < 165 }
	}
	world := githubsim.Generate("contoso", 30, 7, first)
	unlimited := githubsim.WithLimits(githubsim.Limits{}) // a year in minutes is more than an hour's points
	w, quiet := newWorkspace(t, world, unlimited), newWorkspace(t, world, unlimited)
	random := rand.New(rand.NewPCG(1, 9))
	killed, at := 0, make(map[int]size)
	var spent time.Duration // of the processor, by a morning
	for d := range days {
		now := first.AddDate(0, 0, d)
		changeForADay(world, random, d, now)
		if skipped(d) {
			continue
		}
		w.now = func() time.Time { return now }
		quiet.now = w.now
		if random.IntN(10) == 0 || !everything() && random.IntN(2) == 0 {
			w.env[asOfTime] = now.Format(time.RFC3339)
			cmd := w.command("run", "contoso")
			if end, err := killtest.Run(cmd, w.dir, 1+random.IntN(250)); err != nil {
				t.Fatal(err)
			} else if end.Killed {
				killed++
			}
		}
		began := processorTime(t)
		w.ok("run", "contoso")
		spent = processorTime(t) - began
		quiet.ok("run", "contoso")
		if diff := differences(quiet.files(), w.files()); len(diff) > 0 {
			t.Fatalf("%s: the site differs in %v", now.Format(time.DateOnly), diff)
		}
		if s := w.summary(); s.Run.State != "complete" || s.Total != len(w.lines()) || s.Counts["unknown"] > 0 || s.Run.ID != now.Format(time.DateOnly)+"/contoso" {
			t.Fatalf("%s: %+v", now.Format(time.DateOnly), s)
		}
		if d%50 == 49 || d == days-31 || !everything() && d%8 == 0 {
			at[d+1] = w.size(spent)
			t.Logf("%s, day %d: %v", now.Format(time.DateOnly), d+1, at[d+1])
		}
	}
	t.Logf("%d kills", killed)
	if killed == 0 {
		t.Error("nothing was killed")
	}
	if !everything() {
		return
	}
	// What is gone is told for a year, and changes of status for two.
	if a, b := at[days-30], at[days]; b.tombstones > a.tombstones+4 || b.store > a.store*11/10 || b.site > a.site*21/20 || b.export > a.export*21/20 || b.heap > a.heap*5/4 {
		t.Errorf("it goes on growing:\n%v\n%v", a, b)
	}
}

// changeForADay is what happens in a world within a day.
func changeForADay(world *githubsim.World, random *rand.Rand, d int, now time.Time) {
	name := func() string {
		names := world.Names("contoso")
		return names[random.IntN(len(names))]
	}
	at := func() time.Time { return now.Add(-time.Duration(1+random.IntN(1400)) * time.Minute) }
	for range 1 + random.IntN(3) {
		world.Push(name(), at())
	}
	world.BotPush(name(), at())
	switch d % 4 {
	case 0:
		world.Create(githubsim.Repository{Name: fmt.Sprintf("contoso/made-%d", d), CreatedAt: at(), Language: "Go"})
	case 1:
		world.Delete(name())
	case 2:
		world.Rename(name(), fmt.Sprintf("renamed-%d", d), at())
	case 3:
		if n := name(); d%20 == 3 {
			world.Archive(n, at())
		}
	}
}

// size is how much there is of everything that could grow.
type size struct {
	store, export, site, heap int64
	files, tombstones, runs   int
	spent                     time.Duration
}

func (s size) String() string {
	return fmt.Sprintf("store %d kB, export %d kB, site %d kB in %d files, %d tombstones, %d runs, heap %d kB, %v of the processor",
		s.store>>10, s.export>>10, s.site>>10, s.files, s.tombstones, s.runs, s.heap>>10, s.spent.Round(time.Millisecond))
}

// processorTime is what this process has used of it.
func processorTime(t *testing.T) time.Duration {
	t.Helper()
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		t.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func (w *workspace) size(spent time.Duration) size {
	w.t.Helper()
	s := size{spent: spent}
	of := func(dir string) (bytes int64, files int) {
		err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			info, err := d.Info()
			if err == nil {
				bytes, files = bytes+info.Size(), files+1
			}
			return err
		})
		if err != nil {
			w.t.Fatal(err)
		}
		return bytes, files
	}
	s.store, _ = of(w.path("store"))
	s.site, s.files = of(w.path("site"))
	w.ok("export", w.path("state.swexport"))
	info, err := os.Stat(w.path("state.swexport"))
	if err != nil {
		w.t.Fatal(err)
	}
	s.export = info.Size()
	db, err := store.Open(w.t.Context(), w.path("store"), store.Options{Now: w.now})
	if err != nil {
		w.t.Fatal(err)
	}
	defer db.Close()
	snap, ok, err := db.Snapshot(w.t.Context(), pipeline.Scope("contoso"))
	if err != nil || !ok {
		w.t.Fatal(ok, err)
	}
	runs, err := db.Runs(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	s.tombstones, s.runs = len(snap.Tombstones), len(runs)
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	s.heap = int64(m.HeapAlloc)
	return s
}
