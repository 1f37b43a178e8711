package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
)

// TestReadOnlyInMidRun: a kernel that finds a disk faulty takes it for read-only
// from one moment to the next. The run ends within seconds, says so and fails;
// once the disk is well, the next start goes on with what was on it.
func TestReadOnlyInMidRun(t *testing.T) {
	if testing.Short() {
		t.Skip("a short run mounts nothing")
	}
	t.Parallel()
	world := githubsim.Generate("contoso", 120, 3, day)
	asOf := day.Format(time.RFC3339)
	undisturbed := newWorkspace(t, world)
	undisturbed.ok("run", "contoso", "--as-of", asOf)
	requests := undisturbed.server.Stats().Requests
	moments := []int{requests / 4}
	if everything() {
		moments = []int{1, 2, requests / 4, requests / 2, requests * 3 / 4, requests - 1}
	}
	for _, moment := range moments {
		w := newWorkspace(t, world, githubsim.WithLatency(20*time.Millisecond))
		disk := faultyDisk(t, w.path("disk"))
		args := []string{"contoso", "--as-of", asOf, "--store", w.path("disk/store")}
		cmd := w.command("run", args...)
		var said strings.Builder
		cmd.Stderr = &said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		tooLong := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
		for w.server.Stats().Requests < moment {
			time.Sleep(time.Millisecond)
		}
		disk.fails(t)
		_ = cmd.Wait()
		if code := cmd.ProcessState.ExitCode(); !tooLong.Stop() || code != exitFailed || !strings.Contains(said.String(), "read-only file system") || strings.Contains(said.String(), "goroutine ") {
			t.Errorf("after %d of %d requests: exit code %d, want %d:\n%.3000s", moment, requests, code, exitFailed, said.String())
		}
		if w.siteIfAny() != nil {
			t.Errorf("after %d of %d requests: a report is there of what is not on disk", moment, requests)
		}
		disk.isMended(t)
		before := w.server.Stats().Requests
		w.ok("run", args...)
		if d := differences(undisturbed.files(), w.files()); len(d) > 0 {
			t.Errorf("after %d of %d requests, the next run's site differs in %v", moment, requests, d)
		}
		t.Logf("the disk failed after %d of %d requests; the next run sent %d", moment, requests, w.server.Stats().Requests-before)
		if beside, _ := filepath.Glob(w.path("disk/store*")); len(beside) != 1 {
			t.Errorf("the store was set aside: %q", beside)
		}
		disk.unmount()
	}
}

// disk is a file system of its own in a file.
type disk struct{ image, dir string }

// faultyDisk puts a disk under dir, which it makes, until the test ends.
func faultyDisk(t *testing.T, dir string) disk {
	t.Helper()
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	d := disk{filepath.Join(t.TempDir(), "disk"), dir}
	if err := os.WriteFile(d.image, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(d.image, 200<<20); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("mkfs.ext4", "-q", "-F", "-m", "0", d.image).CombinedOutput(); err != nil {
		t.Skipf("no disk can be made here: %v: %s", err, out)
	}
	if out, err := d.mount(); err != nil {
		t.Skipf("no disk can be mounted here: %v: %s", err, out)
	}
	t.Cleanup(d.unmount)
	return d
}

func (d disk) mount() ([]byte, error) {
	return exec.Command("mount", "-o", "loop,errors=remount-ro", d.image, d.dir).CombinedOutput()
}

func (d disk) unmount() { _ = exec.Command("umount", "-l", d.dir).Run() }

// fails is what happens when the kernel meets an error on it.
func (d disk) fails(t *testing.T) {
	t.Helper()
	if out, err := exec.Command("mount", "-o", "remount,abort", d.dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

func (d disk) isMended(t *testing.T) {
	t.Helper()
	if out, err := exec.Command("umount", d.dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	_ = exec.Command("e2fsck", "-p", d.image).Run() // it tells by its exit code what it mended
	if out, err := d.mount(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}
