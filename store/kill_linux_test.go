package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/store"
)

// childLinux does the tasks that only Linux knows.
func childLinux(ctx context.Context, task, dir, arg string) (handled bool, err error) {
	switch task {
	case "refused":
		return true, childRefused(ctx, dir, arg)
	case "work":
		return true, childWork(ctx, dir, arg)
	case "operate":
		return true, operate(ctx, dir, arg)
	case "kill":
		n, task, _ := strings.Cut(arg, " ")
		return true, killBefore(n, task, dir)
	}
	return false, nil
}

// operate does what a command does with a store, from opening to closing.
func operate(ctx context.Context, dir, operation string) (err error) {
	s, err := store.Open(ctx, dir, options())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	switch operation {
	case "run":
		b, err := s.Begin(ctx, store.Wanted{Owners: []string{"o"}, AsOf: day.AddDate(0, 0, 1), Fingerprint: "f1"})
		if err != nil || b.Over {
			return err
		}
		for i := range 3 {
			if err := s.Save(ctx, pipeline.JournalID(b.Run), fmt.Sprintf("%08d", i), numbered(i)); err != nil {
				return err
			}
		}
		if err := s.SaveNote(ctx, "github.com", []byte("note")); err != nil {
			return err
		}
		return s.SaveSnapshot(ctx, snapshot(b.Run, pipeline.Complete, 300))
	case "import":
		f, err := os.Open(filepath.Join(filepath.Dir(dir), "import"))
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = s.Import(ctx, f)
		return err
	case "export":
		return s.ExportFile(ctx, filepath.Join(filepath.Dir(dir), "export"))
	}
	return nil // opening and closing is all
}

// killBefore runs a task in a child and kills it before its n-th call that
// changes a file, and says whether it came to that.
func killBefore(n, task, dir string) error {
	before, err := strconv.Atoi(n)
	if err != nil {
		return err
	}
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	runtime.LockOSThread() // the tracer is a thread
	cmd := exec.Command(exe)
	cmd.Env = append(os.Environ(), childTask+"=operate "+task, childDir+"="+dir)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	if err := cmd.Start(); err != nil {
		return err
	}
	pid := cmd.Process.Pid
	if _, err := unix.Wait4(pid, nil, unix.WALL, nil); err != nil {
		return err
	}
	const options = unix.PTRACE_O_TRACESYSGOOD | unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_EXITKILL
	if err := errors.Join(unix.PtraceSetOptions(pid, options), unix.PtraceSyscall(pid, 0)); err != nil {
		return err
	}
	for calls := 0; ; {
		var status unix.WaitStatus
		thread, err := unix.Wait4(-1, &status, unix.WALL, nil)
		if err != nil {
			return err
		}
		if !status.Stopped() {
			if thread == pid {
				fmt.Println("ended", calls)
				return nil
			}
			continue
		}
		deliver := 0
		switch signal := status.StopSignal(); {
		case signal == unix.SIGTRAP|0x80:
			if changesFile(thread, filepath.Dir(dir)) {
				if calls++; calls == before {
					return errors.Join(unix.Kill(pid, unix.SIGKILL), waitFor(pid))
				}
			}
		case signal != unix.SIGTRAP && signal != unix.SIGSTOP:
			deliver = int(signal)
		}
		if err := unix.PtraceSyscall(thread, deliver); err != nil && err != unix.ESRCH {
			return err
		}
	}
}

func waitFor(pid int) error {
	for {
		thread, err := unix.Wait4(-1, nil, unix.WALL, nil)
		if err != nil || thread == pid {
			fmt.Println("killed")
			return err
		}
	}
}

// changesFile reports whether a thread is about to make a call that changes a
// file under dir, or waits until it is on disk.
func changesFile(thread int, dir string) bool {
	var info struct { // struct ptrace_syscall_info
		op       uint8
		_        [3]uint8
		_        uint32
		_, _     uint64
		number   uint64
		argument [6]uint64
		_        [3]uint64
	}
	const getSyscallInfo, entry = 0x420e, 1
	_, _, errno := unix.RawSyscall6(unix.SYS_PTRACE, getSyscallInfo, uintptr(thread), unsafe.Sizeof(info), uintptr(unsafe.Pointer(&info)), 0, 0)
	if errno != 0 || info.op != entry {
		return false
	}
	switch info.number {
	case unix.SYS_OPENAT:
		return info.argument[2]&unix.O_CREAT != 0
	case unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2, unix.SYS_UNLINKAT, unix.SYS_MKDIRAT, unix.SYS_MSYNC:
		return true
	case unix.SYS_WRITE, unix.SYS_PWRITE64, unix.SYS_FTRUNCATE, unix.SYS_FALLOCATE, unix.SYS_FSYNC, unix.SYS_FDATASYNC:
		path, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", thread, info.argument[0]))
		return err == nil && strings.HasPrefix(path, dir)
	}
	return false
}

// TestKillAtEveryCall kills an operation before each of its calls that change a
// file: a sample of them, or all with -all. Whatever was killed, the store opens,
// has what it had or what it was to get, and in the end holds what the one does
// that was never disturbed.
func TestKillAtEveryCall(t *testing.T) {
	t.Parallel()
	closed, killed, broken := filepath.Join(t.TempDir(), "closed"), filepath.Join(t.TempDir(), "killed"), filepath.Join(t.TempDir(), "broken")
	closedStore(t, closed)
	closedStore(t, killed)
	if err := command(t, "save sealed", killed).Run(); err == nil {
		t.Fatal("the child ended")
	}
	closedStore(t, broken)
	flip(t, files(t, broken, ".sst")[0], 100)
	for _, tt := range []struct{ operation, from string }{
		{"run", closed}, {"run", ""}, {"open", closed}, {"open", killed}, {"open", broken}, {"run", broken}, {"import", ""}, {"export", closed},
	} {
		if testing.Short() && (tt.from != broken || tt.operation != "run") {
			continue
		}
		t.Run(tt.operation+" "+filepath.Base(tt.from), func(t *testing.T) {
			t.Parallel()
			want, calls := undisturbed(t, tt.operation, tt.from)
			step := 1
			if !*all {
				step = calls/5 + 1
			}
			tried := 0
			for n := 1 + calls%step; n <= calls; n += step {
				dir := prepared(t, tt.from)
				said := killOne(t, n, tt.operation, dir)
				if said != "killed\n" && !strings.HasPrefix(said, "ended ") {
					t.Fatalf("before call %d: the tracer says %q", n, said)
				}
				survive(t, fmt.Sprintf("killed before call %d of %d", n, calls), tt.operation, dir, tt.from == broken, want)
				if err := os.RemoveAll(filepath.Dir(dir)); err != nil {
					t.Fatal(err)
				}
				tried++
			}
			t.Logf("survived %d of %d kills", tried, calls)
		})
	}
}

func killOne(t *testing.T, n int, operation, dir string) string {
	t.Helper()
	out, _ := command(t, fmt.Sprintf("kill %d %s", n, operation), dir).Output() // no child ends well
	return string(out)
}

// prepared returns the path of a copy of a store, or of none, with an export
// beside it to import.
func prepared(t *testing.T, from string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "store")
	if from != "" {
		dir = copyOf(t, from)
	}
	s := open(t, filepath.Join(t.TempDir(), "other"))
	finish(t, s, begin(t, s, 0, store.RerunNone, "o").Run, pipeline.Complete, 200)
	write(t, filepath.Join(filepath.Dir(dir), "import"), string(export(t, s)))
	write(t, filepath.Join(filepath.Dir(dir), "export"), "an older export")
	closeStore(t, s)
	return dir
}

// content is what a store tells about the owner o.
type content struct {
	runs     []pipeline.Run
	snapshot *pipeline.Snapshot
	note     []byte
	exported []byte // what lies beside it
}

func contentOf(t *testing.T, s *store.Store, dir string) (c content) {
	t.Helper()
	c.runs = mustRuns(t, s)
	var err1, err2, err3 error
	c.snapshot, _, err1 = s.Snapshot(t.Context(), "o")
	c.note, _, err2 = s.Note(t.Context(), "github.com")
	c.exported, err3 = os.ReadFile(filepath.Join(filepath.Dir(dir), "export"))
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	return c
}

// undisturbed returns the content of a store after an operation on it, and how
// many calls that took.
func undisturbed(t *testing.T, operation, from string) (want content, calls int) {
	t.Helper()
	dir := prepared(t, from)
	if _, err := fmt.Sscanf(killOne(t, 1_000_000, operation, dir), "ended %d", &calls); err != nil || calls < 20 {
		t.Fatalf("%d calls, %v", calls, err)
	}
	s := open(t, dir)
	defer closeStore(t, s)
	return contentOf(t, s, dir), calls
}

// survive holds what must be true of a store in which an operation was killed,
// and repeats the operation.
func survive(t *testing.T, what, operation, dir string, broken bool, want content) {
	t.Helper()
	if b, err := os.ReadFile(filepath.Join(filepath.Dir(dir), "export")); err != nil || string(b) != "an older export" && !bytes.Equal(b, want.exported) {
		t.Errorf("%s: the export has %d bytes, %v", what, len(b), err)
	}
	s := open(t, dir)
	aside, err := filepath.Glob(dir + ".damaged-*")
	over := len(mustRuns(t, s)) > 0 && mustRuns(t, s)[0].State.Over()
	switch {
	case err != nil || len(aside) > 1 || broken != (len(aside) == 1):
		t.Errorf("%s: set aside are %q, %v", what, aside, err)
	case broken && !over && !strings.Contains(s.Incident(), filepath.Base(aside[0])):
		t.Errorf("%s: the incident is %q", what, s.Incident())
	case !broken && s.Incident() != "":
		t.Errorf("%s: %s", what, s.Incident())
	}
	closeStore(t, s)
	if err := operate(t.Context(), dir, operation); err != nil {
		t.Fatalf("%s and repeated: %v", what, err)
	}
	s = open(t, dir)
	if got := contentOf(t, s, dir); !reflect.DeepEqual(got, want) {
		t.Errorf("%s and repeated: the store tells %.800v, the undisturbed one %.800v", what, got, want)
	}
	if operation == "run" {
		checkNoLeftovers(t, s, true)
	}
	closeStore(t, s)
}
