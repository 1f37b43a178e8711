package killtest

import (
	"os"

	"golang.org/x/sys/unix"
)

// InMemory puts the temporary files of a test's process into memory, unless
// TMPDIR names another place or the system has no 4 GB for files there: stores
// and sites are thousands of small ones, of which a disk makes a minute. End
// removes what was left.
func InMemory() (end func()) {
	const memory, enough = "/dev/shm", 4 << 30
	var room unix.Statfs_t
	if os.Getenv("TMPDIR") != "" || unix.Statfs(memory, &room) != nil || room.Bavail*uint64(room.Bsize) < enough {
		return func() {}
	}
	dir, err := os.MkdirTemp(memory, "stalewatch")
	if err != nil {
		return func() {}
	}
	os.Setenv("TMPDIR", dir)
	return func() { os.RemoveAll(dir) }
}
