package publish_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/stalewatch/stalewatch/site"
	"github.com/stalewatch/stalewatch/site/publish"
)

// small writes a site of two files.
func small(text string) func(site.Sink) error {
	return func(out site.Sink) error {
		for name, content := range map[string]string{"a/b/index.html": text} {
			w, err := out.Create(name)
			if err != nil {
				return err
			}
			if _, err := io.WriteString(w, content); err != nil {
				return err
			}
			if err := w.Close(); err != nil {
				return err
			}
		}
		return nil
	}
}

// into publishes with a plain marker.
func into(t *testing.T, dir string, write func(site.Sink) error) error {
	t.Helper()
	return publish.Into(t.Context(), dir, site.MarkerContent{Tool: site.ToolName, BasePath: "/", Digest: "d"}, write)
}

// content is what the small site in dir says; "" when there is none.
func content(t *testing.T, dir string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "a/b/index.html"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return string(b)
}

// beside lists what stands beside the site.
func beside(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(filepath.Dir(dir))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if e.Name() != filepath.Base(dir) {
			names = append(names, e.Name())
		}
	}
	return names
}

func TestPublishReplaces(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "_site")
	for _, text := range []string{"first", "second", "third"} {
		if err := into(t, dir, small(text)); err != nil {
			t.Fatal(err)
		}
		if got := content(t, dir); got != text {
			t.Errorf("the site says %q, want %q", got, text)
		}
		if left := beside(t, dir); len(left) > 0 {
			t.Errorf("%v were left behind", left)
		}
	}
}

// TestPublishFails leaves the old site whole when writing the new one fails.
func TestPublishFails(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "_site")
	if err := into(t, dir, small("old")); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("the disk is full")
	err := into(t, dir, func(out site.Sink) error {
		return errors.Join(small("new")(out), broken)
	})
	if !errors.Is(err, broken) {
		t.Errorf("the error is %v", err)
	}
	if got := content(t, dir); got != "old" {
		t.Errorf("the site says %q", got)
	}
	if left := beside(t, dir); len(left) > 0 {
		t.Errorf("%v were left behind", left)
	}
}

// TestPublishPermissions: everyone can read, whatever the umask.
func TestPublishPermissions(t *testing.T) {
	old := syscall.Umask(0o077)
	t.Cleanup(func() { syscall.Umask(old) })
	dir := filepath.Join(t.TempDir(), "_site")
	if err := into(t, dir, small("text")); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		want := fs.FileMode(0o644)
		if d.IsDir() {
			want = 0o755
		}
		if err == nil && info.Mode().Perm() != want {
			t.Errorf("%s has %v", path, info.Mode().Perm())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestPublishRefuses deletes nothing that is not a site of ours.
func TestPublishRefuses(t *testing.T) {
	home := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(home, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("thesis/chapter.txt", "years of work")
	write("other/data/v1/summary.json", `{"tool":{"name":"another"}}`)
	write("broken/.stalewatch-site", "no JSON")
	for _, dir := range []string{"thesis", "other", "broken"} {
		err := into(t, filepath.Join(home, dir), small("new"))
		if foreign, ok := errors.AsType[*publish.ForeignDirError](err); !ok || foreign.Find == "" {
			t.Errorf("%s: %v", dir, err)
		}
	}
	if b, err := os.ReadFile(filepath.Join(home, "thesis/chapter.txt")); err != nil || string(b) != "years of work" {
		t.Errorf("what is not ours was touched: %q, %v", b, err)
	}
	file := write("a-file", "text")
	if err := into(t, file, small("new")); err == nil || !strings.Contains(err.Error(), "not a directory") {
		t.Errorf("a file: %v", err)
	}
	t.Chdir(home)
	for _, dir := range []string{".", "..", "/", home} {
		if err := into(t, dir, small("new")); err == nil || !strings.Contains(err.Error(), "such as _site") {
			t.Errorf("%s: %v", dir, err)
		}
	}
}

// TestPublishAccepts: an empty directory, one that an artifact was unpacked
// into without its dot files, and the target of a symbolic link.
func TestPublishAccepts(t *testing.T) {
	home := t.TempDir()
	empty, unpacked, link := filepath.Join(home, "empty"), filepath.Join(home, "unpacked"), filepath.Join(home, "link")
	if err := os.MkdirAll(empty, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(unpacked, "data/v1"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(unpacked, "data/v1/summary.json"), []byte(`{"tool":{"name":"stalewatch"}}`), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("empty", link); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{empty, unpacked, link} {
		if err := into(t, dir, small(dir)); err != nil {
			t.Error(err)
		} else if got := content(t, dir); got != dir {
			t.Errorf("%s says %q", dir, got)
		}
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Error("the link was replaced instead of what it leads to")
	}
	if err := os.Symlink("nowhere", filepath.Join(home, "dangling")); err != nil {
		t.Fatal(err)
	}
	if err := into(t, filepath.Join(home, "dangling"), small("new")); err == nil || !strings.Contains(err.Error(), "symbolic link") {
		t.Errorf("a link that leads nowhere: %v", err)
	}
}

// TestPublishRecovers sets up what a crash leaves at each point of a swap by
// two renames: the next run finds a whole site or restores one, even when it
// fails itself.
func TestPublishRecovers(t *testing.T) {
	for _, c := range []struct {
		name string
		left map[string]string // name beside the site: what it says
		want string            // after a run that fails
	}{
		{"writing", map[string]string{"_site": "old", "._site.stalewatch-next": "half"}, "old"},
		{"between the renames", map[string]string{"._site.stalewatch-past": "old", "._site.stalewatch-next": "new"}, "old"},
		{"before cleaning up", map[string]string{"_site": "new", "._site.stalewatch-past": "old"}, "new"},
		{"after an exchange", map[string]string{"_site": "new", "._site.stalewatch-next": "old"}, "new"},
		{"the first site", map[string]string{"._site.stalewatch-next": "half"}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			home := t.TempDir()
			for name, text := range c.left {
				if err := into(t, filepath.Join(home, "made"), small(text)); err != nil {
					t.Fatal(err)
				}
				if err := os.Rename(filepath.Join(home, "made"), filepath.Join(home, name)); err != nil {
					t.Fatal(err)
				}
			}
			dir := filepath.Join(home, "_site")
			if err := publish.Recover(dir); err != nil {
				t.Fatal(err)
			}
			if left := beside(t, dir); len(left) > 0 || content(t, dir) != c.want {
				t.Errorf("recovered, the site says %q, and %v were left behind", content(t, dir), left)
			}
			if err := into(t, dir, func(site.Sink) error { return io.ErrUnexpectedEOF }); !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatal(err)
			}
			if got := content(t, dir); got != c.want {
				t.Errorf("the site says %q, want %q", got, c.want)
			}
			if err := into(t, dir, small("newest")); err != nil {
				t.Fatal(err)
			}
			if got := content(t, dir); got != "newest" {
				t.Errorf("the site says %q", got)
			}
			if left := beside(t, dir); len(left) > 0 {
				t.Errorf("%v were left behind", left)
			}
		})
	}
}

// TestPublishUnderReader reads all the time while sites are swapped: a reader
// that looks a path up never finds it missing. Elsewhere than on Linux the
// swap takes two renames, between which it would.
func TestPublishUnderReader(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "_site")
	if err := into(t, dir, small("x")); err != nil {
		t.Fatal(err)
	}
	done := make(chan error)
	stop := make(chan struct{})
	go func() {
		for {
			select {
			case <-stop:
				done <- nil
				return
			default:
				if _, err := os.Stat(filepath.Join(dir, "a/b/index.html")); err != nil {
					done <- err
					return
				}
			}
		}
	}()
	for range 10 {
		if err := into(t, dir, small("x")); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	if err := <-done; err != nil && runtimeIsLinux() {
		t.Errorf("a reader saw no site: %v", err)
	}
}

func runtimeIsLinux() bool {
	_, err := os.Stat("/proc/self")
	return err == nil
}

// TestPublishMount: a mount point cannot be renamed, and the error says so.
func TestPublishMount(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "_site")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "none", dir).CombinedOutput(); err != nil {
		t.Skipf("this machine lets nobody mount: %s", out) // as on the runners of CI
	}
	t.Cleanup(func() { _ = exec.Command("umount", dir).Run() })
	err := into(t, dir, small("new"))
	if err == nil || !strings.Contains(err.Error(), "mount point") {
		t.Errorf("the error is %v", err)
	}
	if left := beside(t, dir); slices.Contains(left, "._site.stalewatch-next") {
		t.Errorf("%v were left behind", left)
	}
}

// TestSinkStaysInside: no name leads out of the directory.
func TestSinkStaysInside(t *testing.T) {
	home := t.TempDir()
	err := into(t, filepath.Join(home, "_site"), func(out site.Sink) error {
		_, err := out.Create("../escaped")
		return err
	})
	if err == nil {
		t.Error("a file was created outside of the site")
	}
	if _, err := os.Stat(filepath.Join(home, "escaped")); err == nil {
		t.Error("the file is there")
	}
}

// TestPublishersTakeTurns: processes that publish to one directory at once leave
// a whole site, the last one's, and nothing beside it.
func TestPublishersTakeTurns(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "_site")
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			text := strings.Repeat(fmt.Sprint(i), 1000)
			err := into(t, dir, func(out site.Sink) error {
				for n := range 20 {
					w, err := out.Create(fmt.Sprintf("%d.txt", n))
					if err != nil {
						return err
					}
					_, err = io.WriteString(w, text)
					if err := errors.Join(err, w.Close()); err != nil {
						return err
					}
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	first, err := os.ReadFile(filepath.Join(dir, "0.txt"))
	for n := range 20 {
		b, err := os.ReadFile(filepath.Join(dir, fmt.Sprintf("%d.txt", n)))
		if err != nil || string(b) != string(first) {
			t.Errorf("file %d is of another site, or missing: %v", n, err)
		}
	}
	if err != nil || publish.Digest(dir) != "d" {
		t.Errorf("the site is not whole: %v", err)
	}
	if left := beside(t, dir); len(left) > 0 {
		t.Errorf("%v were left behind", left)
	}
}

// TestPublishKeepsFiles: a file that is what it was is the same file afterwards;
// one that changed, also without changing its size, is another, and writing it
// leaves the last site as it was.
func TestPublishKeepsFiles(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "_site")
	large := strings.Repeat("x", 100<<10)
	publishAll := func(files map[string]string) {
		t.Helper()
		err := into(t, dir, func(out site.Sink) error {
			for name, text := range files {
				w, err := out.Create(name)
				if err != nil {
					return err
				}
				for piece := range slices.Chunk([]byte(text), 1000) {
					if _, err := w.Write(piece); err != nil {
						return err
					}
				}
				if err := w.Close(); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	before := map[string]string{"same.txt": "same", "a/same.txt": "same", "size.txt": "old", "longer.txt": "x", "large.txt": large, "empty.txt": "", "gone.txt": "x"}
	after := map[string]string{"same.txt": "same", "a/same.txt": "same", "size.txt": "new", "longer.txt": "xx", "large.txt": large, "empty.txt": "", "more.txt": "x"}
	publishAll(before)
	stats := make(map[string]os.FileInfo)
	for name := range before {
		stats[name], _ = os.Stat(filepath.Join(dir, name))
	}
	publishAll(after)
	for name, text := range after {
		b, err := os.ReadFile(filepath.Join(dir, name))
		info, statErr := os.Stat(filepath.Join(dir, name))
		if err != nil || statErr != nil || string(b) != text {
			t.Errorf("%s is %d bytes, want %d: %v, %v", name, len(b), len(text), err, statErr)
			continue
		}
		kept := stats[name] != nil && os.SameFile(stats[name], info)
		if want := text == before[name] && text != large && stats[name] != nil; kept != want {
			t.Errorf("%s is the same file: %t, want %t", name, kept, want)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "gone.txt")); err == nil {
		t.Error("a file of the last site is still there")
	}
}

// TestPublishStops: who waits for a turn gives up when told to.
func TestPublishStops(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "_site")
	ctx, cancel := context.WithCancelCause(t.Context())
	told := errors.New("told to stop")
	err := into(t, dir, func(out site.Sink) error {
		cancel(told)
		if err := publish.Recover(dir); err != nil {
			t.Errorf("recovering while it is written: %v", err)
		}
		if err := publish.Into(ctx, dir, site.MarkerContent{}, small("second")); !errors.Is(err, told) {
			t.Errorf("the second one ended with %v", err)
		}
		return small("first")(out)
	})
	if got := content(t, dir); err != nil || got != "first" {
		t.Errorf("the site says %q: %v", got, err)
	}
}

// TestPublishReplacesHalf: a part of a site of ours, such as a copy that was
// interrupted, is recognized and replaced, and no whole site.
func TestPublishReplacesHalf(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "_site")
	broken := errors.New("cut")
	err := into(t, dir, func(site.Sink) error {
		if err := os.CopyFS(dir, os.DirFS(filepath.Join(filepath.Dir(dir), "._site.stalewatch-next"))); err != nil {
			t.Fatal(err)
		}
		return broken
	})
	if !errors.Is(err, broken) || publish.Digest(dir) != "" {
		t.Fatalf("%v; the digest of half a site is %q", err, publish.Digest(dir))
	}
	if err := into(t, dir, small("whole")); err != nil {
		t.Fatal(err)
	}
	if got := content(t, dir); got != "whole" {
		t.Errorf("the site says %q", got)
	}
}

// TestCheckStore: neither may the store lie in the site nor the site in the
// store, also where a link hides it.
func TestCheckStore(t *testing.T) {
	home := t.TempDir()
	for _, dir := range []string{"site/deep", "kept"} {
		if err := os.MkdirAll(filepath.Join(home, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"link": "site", "keptlink": "kept"} {
		if err := os.Symlink(filepath.Join(home, to), filepath.Join(home, link)); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		site, store string
		ok          bool
	}{
		{"new", "kept", true},
		{"new", "newer", true},
		{"site", "sitestore", true},
		{"site", "site/store", false},
		{"site", "site/deep/er/store", false},
		{"site", "link/store", false},
		{"link", "site/store", false},
		{"site", "site", false},
		{"kept/site", "kept", false},
		{"keptlink/site", "kept", false},
		{"kept/site", "keptlink", false},
		{"none/site", "none", false},
	} {
		err := publish.Check(filepath.Join(home, c.site), filepath.Join(home, c.store))
		if lies := err != nil && strings.Contains(err.Error(), " lies in "); lies == c.ok {
			t.Errorf("site %s, store %s: %v", c.site, c.store, err)
		}
	}
}
