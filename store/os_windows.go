package store

import (
	"errors"
	"os"

	"golang.org/x/sys/windows"
)

// tryLock takes the lock on f without waiting and reports whether it got it.
// The locked byte lies far beyond the end, so that others can read the process
// id in the file. The death of the process gives it back, and so does unlock.
func tryLock(f *os.File) (bool, error) {
	beyond := windows.Overlapped{OffsetHigh: 1}
	err := windows.LockFileEx(windows.Handle(f.Fd()),
		windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &beyond)
	if err == windows.ERROR_LOCK_VIOLATION {
		return false, nil
	}
	return err == nil, err
}

// unlock gives the lock back and closes f.
func unlock(f *os.File) error { return f.Close() }

// freeSpace returns how many bytes this user may still write to the volume
// that holds dir.
func freeSpace(dir string) (uint64, error) {
	path, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, err
	}
	var free uint64
	if err := windows.GetDiskFreeSpaceEx(path, &free, nil, nil); err != nil {
		return 0, err
	}
	return free, nil
}

// move renames a directory and gives back the lock that is held in it, which it
// does first: Windows renames no directory with an open file.
func move(dir, to string, lock *os.File) error {
	return errors.Join(unlock(lock), os.Rename(dir, to))
}

// syncDir does nothing: Windows writes names with the files.
func syncDir(string) error { return nil }
