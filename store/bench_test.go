package store_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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
			if err := s.Save(t.Context(), b.Journal, fmt.Sprintf("list/%03d", i), rec); err != nil {
				t.Fatal(err)
			}
		}
		finish(t, s, b.Run, pipeline.Complete, repos)
		closeStore(t, s)
	}
}

// TestSizeOnDisk holds the promise of less than 1 kB a repository after
// closing, on the first day and after sixty.
func TestSizeOnDisk(t *testing.T) {
	const repos = 10_000
	dir := t.TempDir()
	daily(t, dir, 1, repos)
	if got := size(t, dir) / repos; got >= 1000 {
		t.Errorf("%d bytes a repository after one day:\n%s", got, list(t, dir))
	}
	t.Logf("one day\n%s", list(t, dir))
	daily(t, dir, 60, repos)
	if got := size(t, dir) / repos; got >= 1000 {
		t.Errorf("%d bytes a repository after 60 days:\n%s", got, list(t, dir))
	}
	t.Logf("60 days\n%s", list(t, dir))
}
