package store_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
	"github.com/stalewatch/stalewatch/store"
)

// size returns the apparent size of all files under dir, in bytes.
func size(t testing.TB, dir string) (total int64) {
	t.Helper()
	err := filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err == nil {
			total += info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return total
}

// list shows the files of dir with their sizes.
func list(t testing.TB, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	s := ""
	for _, e := range entries {
		if info, err := e.Info(); err == nil {
			s += fmt.Sprintf("%10d %s\n", info.Size(), e.Name())
		}
	}
	return s
}

// daily saves the snapshots of n days, each in a session of its own and with a
// journal behind it as a day with few changes has.
func daily(t testing.TB, dir string, days, repos int) {
	t.Helper()
	for d := range days {
		s, err := store.Open(t.Context(), dir, options())
		if err != nil {
			t.Fatal(err)
		}
		b := begin(t, s, d, store.RerunNone, "Azure-Samples")
		rec := durable.Record{State: durable.Succeeded, Attempts: 1, Output: []byte(`{"ids":["R_1","R_2"]}`)}
		for i := range 100 {
			if err := s.Save(t.Context(), pipeline.JournalID(b.Run), fmt.Sprintf("list/%03d", i), rec); err != nil {
				t.Fatal(err)
			}
		}
		finish(t, s, b.Run, pipeline.Complete, repos)
		closeStore(t, s)
	}
}

// TestSizeOnDisk holds the promise of less than 1 kB a repository after
// closing, on the first day and after a dozen.
func TestSizeOnDisk(t *testing.T) {
	t.Parallel()
	long(t)
	for _, tt := range []struct{ days, repos int }{{1, 300}, {1, 10_000}, {12, 1_000}} {
		dir := t.TempDir()
		daily(t, dir, tt.days, tt.repos)
		each := size(t, dir) / int64(tt.repos)
		if each >= 1000 {
			t.Errorf("%d repositories after %d days: %d bytes each\n%s", tt.repos, tt.days, each, list(t, dir))
		}
		t.Logf("%d repositories after %d days: %d bytes each", tt.repos, tt.days, each)
	}
}

func BenchmarkSaveRecord(b *testing.B) {
	s := open(b, b.TempDir())
	rec := numbered(1)
	b.SetBytes(int64(len(rec.Output)))
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			if err := s.Save(b.Context(), "run", strconv.Itoa(i), rec); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkSaveSnapshot(b *testing.B) {
	dir := b.TempDir()
	s := open(b, dir)
	day := 0
	for b.Loop() {
		b.StopTimer()
		snap := snapshot(begin(b, s, day, store.RerunNone, "o").Run, pipeline.Complete, 10_000)
		day++
		b.StartTimer()
		if err := s.SaveSnapshot(b.Context(), snap); err != nil {
			b.Fatal(err)
		}
	}
	closeStore(b, s)
	b.ReportMetric(float64(size(b, dir))/10_000, "B/repository")
}

func BenchmarkSnapshot(b *testing.B) {
	s := open(b, b.TempDir())
	finish(b, s, begin(b, s, 0, store.RerunNone, "o").Run, pipeline.Complete, 10_000)
	b.ReportAllocs()
	for b.Loop() {
		if _, ok, err := s.Snapshot(b.Context(), "o"); !ok || err != nil {
			b.Fatal(ok, err)
		}
	}
}

// BenchmarkOpen opens and closes a store of 10,000 repositories, as a run that
// finds nothing to do does.
func BenchmarkOpen(b *testing.B) {
	dir := b.TempDir()
	daily(b, dir, 1, 10_000)
	for b.Loop() {
		closeStore(b, open(b, dir))
	}
}
