package store

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// lockName is the file whose lock says who may write. Badger's own lock is left
// out: ours is taken earlier, before anything is checked or set aside.
const lockName = "LOCK"

// lockDir takes the lock of an existing directory. It returns a *LockedError
// when another process has it, an *AccessError when there can be none.
func lockDir(dir string) (*os.File, error) {
	path := filepath.Join(dir, lockName)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, &AccessError{dir, err}
	}
	got, err := tryLock(f)
	if err != nil {
		f.Close()
		return nil, &AccessError{dir, fmt.Errorf("locking: %w", err)}
	}
	if !got {
		pid := lockHolder(f)
		f.Close()
		return nil, &LockedError{dir, pid}
	}
	// Another process may have set the directory aside in between; then this is
	// the lock of what lies there now.
	mine, err1 := f.Stat()
	there, err2 := os.Stat(path)
	if err1 != nil || err2 != nil || !os.SameFile(mine, there) {
		unlock(f)
		return nil, &LockedError{Dir: dir}
	}
	err = errors.Join(f.Truncate(0), writeAt(f, strconv.Itoa(os.Getpid())+"\n"))
	if err != nil {
		unlock(f)
		return nil, &AccessError{dir, err}
	}
	return f, nil
}

func writeAt(f *os.File, s string) error {
	_, err := f.WriteAt([]byte(s), 0)
	return err
}

// lockHolder returns the process id that stands in a lock file, 0 for none.
func lockHolder(f *os.File) int {
	b, err := io.ReadAll(io.LimitReader(f, 32))
	if err != nil {
		return 0
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		return 0
	}
	return pid
}
