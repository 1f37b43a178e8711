package store_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/store"
)

// childRefused limits itself, opens the store as somebody who is not root, and
// says how that went.
func childRefused(ctx context.Context, dir, limits string) error {
	if err := limit(limits); err != nil {
		return err
	}
	if os.Getuid() == 0 {
		if err := errors.Join(syscall.Setgid(nobody), syscall.Setuid(nobody)); err != nil {
			return err
		}
	}
	s, err := store.Open(ctx, dir, options())
	if access, ok := errors.AsType[*store.AccessError](err); ok {
		fmt.Println("refused:", access)
		return nil
	}
	if err != nil {
		return err
	}
	fmt.Println("opened:", s.Incident())
	return s.Close()
}

// limit lowers what this process may do, as in "files=20 size=1000".
func limit(limits string) error {
	for limit := range strings.FieldsSeq(limits) {
		name, value, _ := strings.Cut(limit, "=")
		n, err := strconv.ParseUint(value, 10, 64)
		if err != nil {
			return err
		}
		which := map[string]int{"files": unix.RLIMIT_NOFILE, "size": unix.RLIMIT_FSIZE}[name]
		if err := unix.Setrlimit(which, &unix.Rlimit{Cur: n, Max: n}); err != nil {
			return err
		}
	}
	return nil
}

// childWork journals, waits after a record while it is refused something, goes
// on, and says how that and closing went. A store that is blind does not notice
// before Badger makes a table, as one that looked just before.
func childWork(ctx context.Context, dir, arg string) error {
	var at int
	var blind bool
	var limits string
	if _, err := fmt.Sscanf(arg, "%d %t %q", &at, &blind, &limits); err != nil {
		return err
	}
	opts := options()
	if blind {
		opts.SetDisk(0, func(dir string) (uint64, error) {
			if _, err := os.Stat(filepath.Join(dir, "BALLAST.tmp")); err == nil {
				return 512 << 20, nil
			}
			var st unix.Statfs_t
			err := unix.Statfs(dir, &st)
			return st.Bavail * uint64(st.Bsize), err
		})
	}
	s, err := store.Open(ctx, dir, opts)
	if err != nil {
		return err
	}
	b, err := s.Begin(ctx, store.Wanted{Owners: []string{"o"}, AsOf: day.AddDate(0, 0, 1), Fingerprint: "f1"})
	if err != nil {
		return err
	}
	records := 2500 // a log full, and more
	if everything() {
		records = 6000 // three logs full
	}
	for i := range records {
		if i == at {
			if err := limit(limits); err != nil {
				return err
			}
			fmt.Println("ready")
			if _, err := os.Stdin.Read(make([]byte, 1)); err != nil {
				return err
			}
		}
		if err = s.Save(ctx, pipeline.JournalID(b.Run), fmt.Sprintf("%08d", i), numbered(i)); err != nil {
			break
		}
		fmt.Println(i)
	}
	fmt.Printf("saving: %v\n", err)
	fmt.Printf("closing: %v\n", s.Close())
	return nil
}

// TestRefusedInTheMiddle holds that a store which can no longer be written says
// so and closes within seconds: no fault, no dump, no hanging. The next process
// finds everything that was acknowledged.
func TestRefusedInTheMiddle(t *testing.T) {
	long(t)
	t.Parallel()
	noMore := func(*testing.T, string) {}
	type refused struct {
		name, limits, mount string
		refuse              func(t *testing.T, dir string)
		at                  int // the record before which it is refused
		blind               bool
		says                string
	}
	cases := []refused{
		{"nothing", "", "", noMore, 500, false, "saving: <nil>\nclosing: <nil>"},
		{"files cannot grow", "size=4000000", "", noMore, 500, false, "file too large"},
		{"no descriptor", "files=3", "", noMore, 500, false, "too many open files"},
	}
	if mountable(t) {
		full := func(t *testing.T, dir string) { fillDisk(t, dir, 0) }
		cases = append(cases,
			refused{"the disk is nearly full", "", "size=110m", func(t *testing.T, dir string) { fillDisk(t, dir, 5<<20) }, 500, false, "free some space"},
			refused{"no inode", "", "size=400m,nr_inodes=60", fillInodes, 500, false, "no space left"})
		// A log is full after 1,963 records; tables are made then.
		places := []int{1950}
		if everything() {
			places = []int{500, 1950, 3900, 5880}
		}
		for _, at := range places {
			for _, blind := range []bool{false, true} {
				cases = append(cases, refused{fmt.Sprintf("the disk is full before record %d, blind %t", at, blind), "", "size=110m", full, at, blind, "free some space"})
			}
		}
	}
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "store")
			if err := os.Mkdir(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			if tt.mount != "" {
				mounted(t, dir, tt.mount)
			}
			closedStore(t, dir)
			cmd := command(t, fmt.Sprintf("work %d %t %q", tt.at, tt.blind, tt.limits), dir)
			var stderr strings.Builder
			cmd.Stderr = &stderr
			in, err1 := cmd.StdinPipe()
			out, err2 := cmd.StdoutPipe()
			if err := errors.Join(err1, err2, cmd.Start()); err != nil {
				t.Fatal(err)
			}
			last, said := -1, ""
			for lines := bufio.NewScanner(out); lines.Scan(); {
				line := lines.Text()
				if n, err := strconv.Atoi(line); err == nil {
					last = n
				} else if line == "ready" {
					tt.refuse(t, dir)
					if _, err := in.Write([]byte("\n")); err != nil {
						t.Fatal(err)
					}
				} else {
					said += line + "\n"
				}
			}
			if err := cmd.Wait(); cmd.ProcessState.ExitCode() != 1 || !strings.Contains(said, "saving: ") || !strings.Contains(said, "closing: ") {
				t.Fatalf("the child ended with %v after %d records: %s\n%.2000s", err, last+1, said, stderr.String())
			}
			if !strings.Contains(said, tt.says) {
				t.Errorf("after %d records it says %q, want %q", last+1, said, tt.says)
			}
			fillers, err := filepath.Glob(filepath.Join(dir, "filler*"))
			if err != nil {
				t.Fatal(err)
			}
			for _, path := range fillers {
				remove(t, path)
			}
			s := open(t, dir)
			expectTrusted(t, s)
			b := begin(t, s, 1, store.RerunNone, "o")
			for i := range last + 1 {
				if rec, ok, err := s.Load(t.Context(), pipeline.JournalID(b.Run), fmt.Sprintf("%08d", i)); !ok || err != nil || rec.Attempts != i+1 {
					t.Fatalf("record %d of %d was acknowledged: found %v, %v", i, last+1, ok, err)
				}
			}
			closeStore(t, s)
		})
	}
}

// fillDisk leaves so many bytes, or fewer when somebody else takes some.
func fillDisk(t *testing.T, dir string, left int64) {
	t.Helper()
	f, err := os.Create(filepath.Join(dir, "filler"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size, step := int64(0), int64(16<<20); step >= 4096; {
		var st unix.Statfs_t
		if err := unix.Statfs(dir, &st); err != nil {
			t.Fatal(err)
		}
		if int64(st.Bavail)*st.Bsize-step < left || unix.Fallocate(int(f.Fd()), 0, size, step) != nil {
			step /= 2
			continue
		}
		size += step
	}
}

// fillInodes leaves none.
func fillInodes(t *testing.T, dir string) {
	t.Helper()
	for i := 0; ; i++ {
		f, err := os.Create(filepath.Join(dir, fmt.Sprintf("filler-%d", i)))
		if err != nil {
			break
		}
		f.Close()
	}
}

// nobody is the user as whom root's tests are refused something.
const nobody = 65534

// giveAway lets nobody own dir and what it holds, where root runs the test.
func giveAway(t *testing.T, dir string) {
	t.Helper()
	if os.Getuid() != 0 {
		return
	}
	err := filepath.WalkDir(filepath.Dir(dir), func(path string, _ os.DirEntry, err error) error {
		return errors.Join(err, os.Chown(path, nobody, nobody))
	})
	if err != nil {
		t.Fatal(err)
	}
	for up := filepath.Dir(dir); len(up) > len(os.TempDir()); up = filepath.Dir(up) {
		if err := os.Chmod(up, 0o755); err != nil { // on the way there
			t.Fatal(err)
		}
	}
}

// TestRefusedFiles holds that a sound store stays where it is when the system
// refuses a file, whichever it is and however, and opens again afterwards.
func TestRefusedFiles(t *testing.T) {
	long(t)
	closed, killed := filepath.Join(t.TempDir(), "closed"), filepath.Join(t.TempDir(), "killed")
	closedStore(t, closed)
	killedStore(t, killed)
	chmod := func(pattern string, mode os.FileMode) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			for _, path := range files(t, dir, pattern) {
				if err := os.Chmod(path, mode); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	type refused struct {
		name   string
		from   string
		limits string
		refuse func(t *testing.T, dir string)
	}
	var cases []refused
	for _, from := range []string{closed, killed} {
		for _, pattern := range []string{".sst", ".vlog", ".mem", "MANIFEST", "KEYREGISTRY", "STALEWATCH", "LOCK"} {
			if pattern == ".mem" && from == closed {
				continue
			}
			for _, mode := range []os.FileMode{0, 0o400} {
				if mode != 0 && pattern == "STALEWATCH" {
					continue // it is read and replaced, never written
				}
				cases = append(cases, refused{fmt.Sprintf("%s of %s has mode %o", pattern, filepath.Base(from), mode), from, "", chmod(pattern, mode)})
			}
		}
		for _, limit := range []string{"files=5", "files=9", "files=13", "files=17", "files=20", "files=23", "files=26", "size=0", "size=1000", "size=100000", "size=5000000"} {
			cases = append(cases, refused{limit + " for " + filepath.Base(from), from, limit, func(*testing.T, string) {}})
		}
		cases = append(cases, refused{filepath.Base(from) + " is a directory nobody may write", from, "", func(t *testing.T, dir string) {
			if err := os.Chmod(dir, 0o500); err != nil {
				t.Fatal(err)
			}
		}})
	}
	if mountable(t) {
		cases = append(cases,
			refused{"no inode is left", killed, "", func(t *testing.T, dir string) { remount(t, dir, killed, "size=120m,nr_inodes=60") }},
			refused{"the file system is read-only", killed, "", func(t *testing.T, dir string) { remount(t, dir, killed, "remount,ro") }})
	}
	for i, tt := range cases {
		if !everything() && i%4 != 0 && !strings.Contains(tt.name, "no") {
			continue
		}
		t.Run(tt.name, func(t *testing.T) {
			dir := copyOf(t, tt.from)
			giveAway(t, dir)
			tt.refuse(t, dir)
			out, _ := command(t, "refused "+tt.limits, dir).Output() // no child ends well
			if !strings.HasPrefix(string(out), "refused: ") && string(out) != "opened: \n" {
				t.Errorf("the child says %q", out)
			}
			if aside, err := filepath.Glob(dir + ".damaged-*"); err != nil || aside != nil {
				t.Errorf("set aside: %q, %v", aside, err)
			}
			if tt.limits == "" && strings.Contains(tt.name, "mode") && !strings.Contains(string(out), "permission denied") {
				t.Errorf("it does not say why: %s", out)
			}
			if strings.Contains(tt.name, "file system") || strings.Contains(tt.name, "inode") {
				return
			}
			if err := os.Chmod(dir, 0o700); err != nil {
				t.Fatal(err)
			}
			for _, path := range files(t, dir, "") {
				if err := os.Chmod(path, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			s := open(t, dir)
			expectTrusted(t, s)
			closeStore(t, s)
		})
	}
}

// mountable reports whether this process may mount file systems.
func mountable(t *testing.T) bool {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Logf("no file system can be mounted here (%v): the cases of small and read-only ones are left out", err)
		return false
	}
	if err := unix.Unmount(dir, 0); err != nil {
		t.Fatal(err)
	}
	return true
}

// remount puts a file system of its own under dir, with a copy of a store on it.
func remount(t *testing.T, dir, from, how string) {
	t.Helper()
	readOnly := strings.Contains(how, "ro")
	if readOnly {
		how = "size=120m"
	}
	mounted(t, dir, how)
	if err := os.CopyFS(dir, os.DirFS(from)); err != nil {
		t.Fatal(err)
	}
	giveAway(t, filepath.Join(dir, "x"))
	if readOnly {
		if err := unix.Mount("tmpfs", dir, "tmpfs", unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
			t.Fatal(err)
		}
		return
	}
	fillInodes(t, dir)
}

// mounted puts a file system of its own under dir until the test ends.
func mounted(t *testing.T, dir, how string) {
	t.Helper()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, how); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
}
