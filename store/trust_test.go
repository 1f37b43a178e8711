package store_test

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/store"
)

// closedStore makes a store with one complete run that was closed in order.
func closedStore(t *testing.T, dir string) {
	t.Helper()
	s := open(t, dir)
	finish(t, s, begin(t, s, 0, store.RerunNone, "o").Run, pipeline.Complete, 200)
	closeStore(t, s)
}

// killedStore makes a store with one complete run whose second session was
// killed after it had written one table at least.
func killedStore(t *testing.T, dir string) {
	t.Helper()
	closedStore(t, dir)
	if err := command(t, "fill", dir).Run(); err == nil {
		t.Fatal("the child ended")
	}
}

// files returns the paths of the files with this ending that hold something, the
// largest first.
func files(t *testing.T, dir, ext string) []string {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(dir, "*"+ext))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no %s in %s: %v\n%s", ext, dir, err, list(t, dir))
	}
	// A kill may leave a file that was just being made without a byte.
	paths = slices.DeleteFunc(paths, func(p string) bool { return length(t, p) == 0 })
	slices.SortFunc(paths, func(a, b string) int { return int(length(t, b) - length(t, a)) })
	return paths
}

func length(t *testing.T, path string) int64 {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Size()
}

func truncate(t *testing.T, path string, size int64) {
	t.Helper()
	if err := os.Truncate(path, size); err != nil {
		t.Fatal(err)
	}
}

func remove(t *testing.T, path string) {
	t.Helper()
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func flip(t *testing.T, path string, offset int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b := make([]byte, 1)
	if _, err := f.ReadAt(b, offset); err != nil {
		t.Fatal(err)
	}
	b[0] ^= 0x10
	if _, err := f.WriteAt(b, offset); err != nil {
		t.Fatal(err)
	}
}

// TestDamage damages a copy of a store in every way that was seen to fool
// Badger. A store that is set aside is replaced by an empty one that works.
func TestDamage(t *testing.T) {
	long(t)
	t.Parallel()
	closed, killed, saved := filepath.Join(t.TempDir(), "closed"), filepath.Join(t.TempDir(), "killed"), filepath.Join(t.TempDir(), "saved")
	closedStore(t, closed)
	killedStore(t, killed)
	closedStore(t, saved)
	if err := command(t, "save sealed", saved).Run(); err == nil {
		t.Fatal("the child ended")
	}
	in := func(name string) func(string) string {
		return func(dir string) string { return filepath.Join(dir, name) }
	}
	manifest, sealFile := in("MANIFEST"), in("STALEWATCH")
	for _, tt := range []struct {
		name   string
		from   string
		damage func(t *testing.T, dir string)
		why    string // empty: it must be survived
	}{
		{"nothing", closed, func(*testing.T, string) {}, ""},
		{"a kill", killed, func(*testing.T, string) {}, ""},
		{"an empty memtable", killed, func(t *testing.T, d string) { write(t, filepath.Join(d, "00099.mem"), "") }, ""},
		{"an empty memtable after a clean end", closed, func(t *testing.T, d string) { write(t, filepath.Join(d, "00099.mem"), "") }, ""},
		{"an empty value log", killed, func(t *testing.T, d string) { truncate(t, files(t, d, ".vlog")[0], 0) }, ""},
		{"a temporary file of ours", killed, func(t *testing.T, d string) { write(t, filepath.Join(d, "import.1.tmp"), "x") }, ""},
		{"no MANIFEST", closed, func(t *testing.T, d string) { remove(t, manifest(d)) }, "MANIFEST is missing"},
		{"no MANIFEST after a kill", killed, func(t *testing.T, d string) { remove(t, manifest(d)) }, "MANIFEST is missing"},
		{"MANIFEST of 0 bytes", closed, func(t *testing.T, d string) { truncate(t, manifest(d), 0) }, "MANIFEST cannot be read"},
		{"MANIFEST cut to its header", closed, func(t *testing.T, d string) { truncate(t, manifest(d), 8) }, "MANIFEST is cut"},
		{"MANIFEST cut to its header after a kill", killed, func(t *testing.T, d string) { truncate(t, manifest(d), 8) }, "MANIFEST is cut"},
		{"MANIFEST without its last byte", closed, func(t *testing.T, d string) { truncate(t, manifest(d), length(t, manifest(d))-1) }, "MANIFEST is cut"},
		{"a flipped bit in MANIFEST", closed, func(t *testing.T, d string) { flip(t, manifest(d), 20) }, "MANIFEST cannot be read"},
		{"a missing table", closed, func(t *testing.T, d string) { remove(t, files(t, d, ".sst")[0]) }, "it is missing"},
		{"no tables after a kill", killed, func(t *testing.T, d string) { // one alone may be the output of a compaction that did not count yet
			for _, p := range files(t, d, ".sst") {
				remove(t, p)
			}
		}, "it is missing"},
		{"a cut table", closed, func(t *testing.T, d string) { p := files(t, d, ".sst")[0]; truncate(t, p, length(t, p)/2) }, "is damaged"},
		{"a table without its last byte", closed, func(t *testing.T, d string) { p := files(t, d, ".sst")[0]; truncate(t, p, length(t, p)-1) }, "is damaged"},
		{"a table of 0 bytes", closed, func(t *testing.T, d string) { truncate(t, files(t, d, ".sst")[0], 0) }, "is damaged"},
		{"cut tables after a kill", killed, func(t *testing.T, d string) {
			for _, p := range files(t, d, ".sst") {
				truncate(t, p, 100)
			}
		}, "is damaged"},
		{"a damaged key registry", closed, func(t *testing.T, d string) { flip(t, filepath.Join(d, "KEYREGISTRY"), 20) }, "cannot be opened"},
		{"a damaged seal", closed, func(t *testing.T, d string) { flip(t, sealFile(d), 12) }, "seal STALEWATCH is damaged"},
		{"an altered seal", closed, func(t *testing.T, d string) {
			b, err := os.ReadFile(sealFile(d))
			if err != nil {
				t.Fatal(err)
			}
			write(t, sealFile(d), strings.Replace(string(b), `"manifest":`, `"manifest":1`, 1))
		}, "seal STALEWATCH is damaged"},
		{"an empty seal", closed, func(t *testing.T, d string) { truncate(t, sealFile(d), 0) }, "seal STALEWATCH is damaged"},
		{"everything gone but the seal", closed, func(t *testing.T, d string) {
			for _, ext := range []string{".sst", ".vlog", "MANIFEST", "KEYREGISTRY"} {
				for _, p := range files(t, d, ext) {
					remove(t, p)
				}
			}
		}, "MANIFEST is missing"},
		{"the format before this one", closed, func(t *testing.T, d string) {
			write(t, sealFile(d), sealed(`{"format":1,"changes":7,"clean":true,"manifest":{"size":69,"sha256":"e3"}}`))
		}, "it has the format 1 of an earlier stalewatch"},
		{"a lost log", saved, func(t *testing.T, d string) {
			for _, p := range files(t, d, ".mem") {
				truncate(t, p, 0)
			}
		}, "has lost data"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir := copyOf(t, tt.from)
			tt.damage(t, dir)
			s := open(t, dir)
			if tt.why == "" {
				expectTrusted(t, s)
				return
			}
			if !strings.Contains(s.Incident(), tt.why) || strings.Contains(s.Incident(), filepath.Dir(dir)) {
				t.Errorf("the incident is %q, want one that says %q and no path", s.Incident(), tt.why)
			}
			expectSetAside(t, s, dir)
		})
	}
}

// sealed returns what the file STALEWATCH holds when it says line.
func sealed(line string) string {
	return fmt.Sprintf("%s\ncrc32c:%08x\n", line, crc32.Checksum([]byte(line), crc32.MakeTable(crc32.Castagnoli)))
}

func copyOf(t *testing.T, from string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "store")
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	return dir
}

// expectTrusted holds that the store has the one snapshot that was saved.
func expectTrusted(t *testing.T, s *store.Store) {
	t.Helper()
	if s.Incident() != "" {
		t.Fatal(s.Incident())
	}
	runs := mustRuns(t, s)
	equal(t, "the snapshot", mustSnapshot(t, s), snapshot(runs[len(runs)-1], pipeline.Complete, 200))
}

// expectSetAside holds that the damaged directory lies beside the new one and
// that the new one is empty and works.
func expectSetAside(t *testing.T, s *store.Store, dir string) {
	t.Helper()
	aside := dir + ".damaged-20261122T070100Z"
	if _, err := os.Stat(filepath.Join(aside, "STALEWATCH")); err != nil {
		t.Error(err)
	}
	if !strings.Contains(s.Incident(), filepath.Base(aside)) {
		t.Errorf("the incident %q does not say where the store lies", s.Incident())
	}
	if runs := mustRuns(t, s); len(runs) != 0 {
		t.Errorf("the new store knows %d runs", len(runs))
	}
	incident := s.Incident()
	update(t, s, begin(t, s, 0, store.RerunNone, "o").Run, pipeline.Suspended)
	closeStore(t, s)
	s = open(t, dir)
	if s.Incident() != incident {
		t.Errorf("before its run is over, the next process knows the incident as %q", s.Incident())
	}
	want := finish(t, s, begin(t, s, 0, store.RerunNone, "o").Run, pipeline.Complete, 3)
	closeStore(t, s)
	s = open(t, dir)
	if s.Incident() != "" {
		t.Error(s.Incident())
	}
	equal(t, "the new store's snapshot", mustSnapshot(t, s), want)
}

// TestLostBlock holds that a snapshot without one of its blocks is noticed,
// although every value that is left verifies.
func TestLostBlock(t *testing.T) {
	long(t)
	dir := filepath.Join(t.TempDir(), "store")
	closedStore(t, dir)
	s := open(t, dir)
	if err := s.Lose("o"); err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	s = open(t, dir)
	if !strings.Contains(s.Incident(), "blocks") {
		t.Errorf("the incident is %q", s.Incident())
	}
	expectSetAside(t, s, dir)
}

func TestOneAtATime(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	_, err := store.Open(t.Context(), dir, options())
	locked, ok := errors.AsType[*store.LockedError](err)
	if !ok || locked.PID != os.Getpid() {
		t.Fatalf("a second opener gets %v", err)
	}
	if _, err := s.Runs(t.Context()); err != nil {
		t.Errorf("the first opener is disturbed: %v", err)
	}
	closeStore(t, s)
	open(t, dir)
}

// TestRefusedDirectories holds what Open says to a path that it must not use,
// and that it touches nothing there.
func TestRefusedDirectories(t *testing.T) {
	base := t.TempDir()
	path := func(name string) string { return filepath.Join(base, name) }
	for _, dir := range []string{"notes", "badger", "newer", "unlockable", "unlockable/LOCK"} {
		if err := os.Mkdir(path(dir), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	write(t, path("file"), "x")
	write(t, path("notes/todo.txt"), "x")
	write(t, path("badger/MANIFEST"), "Bdgr")
	newer := `{"format":3,"saves":true}`
	write(t, path("newer/STALEWATCH"), sealed(newer))
	for _, tt := range []struct {
		dir  string
		want error
	}{
		{"file", new(store.AccessError)},
		{"file/below", new(store.AccessError)},
		{"unlockable", new(store.AccessError)},
		{"notes", new(store.ForeignError)},
		{"badger", new(store.ForeignError)},
		{"newer", new(store.VersionError)},
	} {
		_, err := store.Open(t.Context(), path(tt.dir), options())
		if fmt.Sprintf("%T", err) != fmt.Sprintf("%T", tt.want) {
			t.Errorf("%s: %T %v, want %T", tt.dir, err, err, tt.want)
		}
	}
	var left []string
	err := filepath.WalkDir(base, func(p string, d fs.DirEntry, err error) error {
		if rel, _ := filepath.Rel(base, p); !d.IsDir() && d.Name() != "LOCK" {
			left = append(left, filepath.ToSlash(rel))
		}
		return err
	})
	if want := []string{"badger/MANIFEST", "file", "newer/STALEWATCH", "notes/todo.txt"}; err != nil || !slices.Equal(left, want) {
		t.Errorf("left are %q, %v", left, err)
	}
	if _, err := os.Stat(path("notes/LOCK")); err == nil {
		t.Error("a lock was left in a directory that is not ours")
	}
}

// TestPathThatLooksLikeAPattern opens a store whose path would match other names:
// its logs are found all the same, and the one after that in use is reserved.
func TestPathThatLooksLikeAPattern(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state[1]")
	s := open(t, dir)
	defer closeStore(t, s)
	logs, err := fs.Glob(os.DirFS(dir), "*.mem")
	if want := []string{"00001.mem", "00002.mem"}; err != nil || !slices.Equal(logs, want) {
		t.Errorf("the logs are %q, %v, want %q", logs, err, want)
	}
}

// TestFullDisk fills the disk, but for what was reserved, as the store is told: before opening, while
// writing, and in the middle of a snapshot.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	var free uint64
	opts := options()
	opts.SetDisk(1000, func(string) (uint64, error) { return free, nil })
	isFull := func(what string, err error) {
		t.Helper()
		if full, ok := errors.AsType[*store.SpaceError](err); !ok || full.Free != free || full.Need != 1000 {
			t.Errorf("%s: %v", what, err)
		}
	}
	_, err := store.Open(t.Context(), dir, opts)
	isFull("opening", err)
	free = 1000
	s, err := store.Open(t.Context(), dir, opts)
	if err != nil {
		t.Fatal(err)
	}
	want := finish(t, s, begin(t, s, 0, store.RerunNone, "o").Run, pipeline.Complete, 300)
	b := begin(t, s, 1, store.RerunNone, "o")
	free = 499
	isFull("saving a record", s.Save(t.Context(), pipeline.JournalID(b.Run), "key", numbered(1)))
	isFull("updating a run", s.UpdateRun(t.Context(), b.Run))
	_, err = s.Begin(t.Context(), store.Wanted{Owners: []string{"o"}, AsOf: day.AddDate(0, 0, 2), Fingerprint: "f1"})
	isFull("beginning a run", err)
	free = 1000
	s.SetPoint(func(point string) {
		if point == "block" {
			free = 499
		}
	})
	isFull("saving a snapshot", s.SaveSnapshot(t.Context(), snapshot(b.Run, pipeline.Complete, 300)))
	s.SetPoint(nil)
	equal(t, "the snapshot after a failed save", mustSnapshot(t, s), want)
	free = 1000
	closeStore(t, s)
	s = open(t, dir)
	equal(t, "the snapshot of the next session", mustSnapshot(t, s), want)
	if b := begin(t, s, 1, store.RerunNone, "o"); !b.Resumed {
		t.Errorf("%+v is not resumed", b)
	}
}
