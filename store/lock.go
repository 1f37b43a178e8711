package store

import (
	"fmt"
	"os"
	"path/filepath"
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
		pid := 0
		fmt.Fscan(f, &pid) // it stays 0 where none is written
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
	if err = f.Truncate(0); err == nil {
		_, err = fmt.Fprintln(f, os.Getpid())
	}
	if err != nil {
		unlock(f)
		return nil, &AccessError{dir, err}
	}
	return f, nil
}
