// Package killtest kills a process before its n-th call that changes a file, for
// tests of what survives that. It counts with ptrace, and a filter in the child
// lets only those calls stop, so that a traced process is hardly slower.
package killtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// variable tells the child that it is traced.
const variable = "STALEWATCH_TEST_TRACED"

// calls are those that change a file, or wait until one is on disk.
var calls = []uint32{
	unix.SYS_OPENAT, unix.SYS_WRITE, unix.SYS_PWRITE64, unix.SYS_FTRUNCATE, unix.SYS_FALLOCATE, unix.SYS_FSYNC, unix.SYS_FDATASYNC,
	unix.SYS_MSYNC, unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2, unix.SYS_UNLINKAT, unix.SYS_MKDIRAT, unix.SYS_LINKAT, unix.SYS_FCHMODAT,
	unix.SYS_FCHMOD, unix.SYS_COPY_FILE_RANGE,
}

// Arm is what the child calls first: it makes the calls stop for the tracer. In
// a process that is not traced it does nothing.
func Arm() error {
	if os.Getenv(variable) == "" {
		return nil
	}
	const allow, trace = 0x7fff0000, 0x7ff00000                            // SECCOMP_RET_ALLOW, SECCOMP_RET_TRACE
	load := unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS} // the call's number
	filter := []unix.SockFilter{load}
	for i, number := range calls {
		filter = append(filter, unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: number, Jt: uint8(len(calls) - i)})
	}
	filter = append(filter, unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: allow}, unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: trace})
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	const setModeFilter, everyThread = 1, 1
	if _, _, errno := unix.RawSyscall(unix.SYS_SECCOMP, setModeFilter, everyThread, uintptr(unsafe.Pointer(&program))); errno != 0 {
		return fmt.Errorf("seccomp: %w", errno)
	}
	return nil
}

// End is how a traced process ended.
type End struct {
	Calls  int // that changed a file, or were about to
	Killed bool
	Code   int // its exit code, unless it was killed
}

// Run starts cmd and kills it before its n-th call that changes a file below
// dir; zero lets it come to its own end. It waits in place of [exec.Cmd.Wait], so
// the command's streams have to be files.
func Run(cmd *exec.Cmd, dir string, n int) (End, error) {
	runtime.LockOSThread() // the tracer is a thread
	defer runtime.UnlockOSThread()
	if hasChildren() {
		// Some test that went on elsewhere started a process from this thread and
		// waits for it. It would be taken from it, so another thread is to trace.
		var end End
		var err error
		done := make(chan struct{})
		go func() {
			defer close(done)
			end, err = Run(cmd, dir, n)
		}()
		<-done
		return end, err
	}
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	cmd.Env = append(cmd.Env, variable+"=1")
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	if err := cmd.Start(); err != nil {
		return End{}, err
	}
	pid := cmd.Process.Pid
	if _, err := unix.Wait4(pid, nil, unix.WALL, nil); err != nil {
		return End{}, err
	}
	const options = unix.PTRACE_O_TRACESECCOMP | unix.PTRACE_O_TRACECLONE | unix.PTRACE_O_EXITKILL
	if err := errors.Join(unix.PtraceSetOptions(pid, options), unix.PtraceCont(pid, 0)); err != nil {
		return End{}, err
	}
	for end := (End{}); ; {
		var status unix.WaitStatus
		thread, err := unix.Wait4(-1, &status, unix.WALL|ours, nil)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return end, err
		case !status.Stopped() && thread == pid:
			end.Code = status.ExitStatus()
			return end, nil
		case !status.Stopped() || end.Killed:
			continue
		}
		deliver := 0
		switch signal := status.StopSignal(); {
		case status.TrapCause() == unix.PTRACE_EVENT_SECCOMP:
			if changesFile(thread, dir) {
				if end.Calls++; end.Calls == n {
					end.Killed = true
					if err := unix.Kill(pid, unix.SIGKILL); err != nil {
						return end, err
					}
					continue
				}
			}
		case signal != unix.SIGTRAP && signal != unix.SIGSTOP:
			deliver = int(signal)
		}
		if err := unix.PtraceCont(thread, deliver); err != nil && !errors.Is(err, unix.ESRCH) {
			return end, err
		}
	}
}

// ours is __WNOTHREAD: other threads of this process have children, too.
const ours = 0x20000000

// hasChildren reports whether this thread has a child that was not waited for.
func hasChildren() bool {
	return !errors.Is(unix.Waitid(unix.P_ALL, 0, nil, unix.WEXITED|unix.WSTOPPED|unix.WNOHANG|unix.WNOWAIT|unix.WALL|ours, nil), unix.ECHILD)
}

// changesFile reports whether the call before which a thread stands changes a
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
	const getSyscallInfo, atFilter = 0x420e, 3
	_, _, errno := unix.RawSyscall6(unix.SYS_PTRACE, getSyscallInfo, uintptr(thread), unsafe.Sizeof(info), uintptr(unsafe.Pointer(&info)), 0, 0)
	if errno != 0 || info.op != atFilter {
		return false
	}
	switch info.number {
	case unix.SYS_OPENAT:
		return info.argument[2]&(unix.O_CREAT|unix.O_TRUNC) != 0
	case unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2, unix.SYS_UNLINKAT, unix.SYS_MKDIRAT, unix.SYS_MSYNC, unix.SYS_LINKAT, unix.SYS_FCHMODAT:
		return true
	case unix.SYS_COPY_FILE_RANGE:
		info.argument[0] = info.argument[2]
	}
	path, err := os.Readlink(fmt.Sprintf("/proc/%d/fd/%d", thread, info.argument[0]))
	return err == nil && strings.HasPrefix(path, dir)
}
