package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Badger maps its files into memory, where a full disk kills the process
// instead of returning an error. So before every write the store looks how much
// is free, and reserves what Badger may need while others fill the disk:
//
//   - the log after the one in use. Its file is there, empty but with all of its
//     blocks, and Badger takes it over;
//   - ballast, for the table that a full log becomes. It is given back when
//     Badger begins with that, and when the store closes.
const (
	// minFree is how many bytes of the disk must stay free: room for one memtable's
	// log, its table and a compaction, several times over.
	minFree = 64 << 20
	// logBlocks is more than a log ever holds: a memtable and a transaction.
	logBlocks = memTableSize + 2<<20
	// plenty is the multiple of minFree that does not fill up within the second in
	// which Badger makes tables.
	plenty = 16
)

func (s *Store) ballastPath() string { return filepath.Join(s.dir, "BALLAST.tmp") }

// needSpace returns a *SpaceError when the disk is too full to write. What is
// reserved counts as free.
func (s *Store) needSpace() error {
	free, err := s.freeSpace(s.dir)
	if err != nil {
		return &AccessError{s.dir, fmt.Errorf("asking for the free space: %w", err)}
	}
	held := uint64(0)
	if s.ballast.Load() {
		held = s.minFree / 2
	}
	if free+held < s.minFree {
		s.release()
		return &SpaceError{Dir: s.dir, Free: free, Need: s.minFree}
	}
	if held == 0 && s.db != nil && free < plenty*s.minFree {
		err := s.reserve(s.ballastPath(), int64(s.minFree/2))
		s.ballast.Store(err == nil)
		return err
	}
	return nil
}

// release gives the ballast back.
func (s *Store) release() {
	if s.ballast.CompareAndSwap(true, false) {
		os.Remove(s.ballastPath())
	}
}

// reserveLogs gives the log in use its blocks, and the one after it.
func (s *Store) reserveLogs() error {
	if err := s.reserve(s.logPath(s.lastLog()), logBlocks); err != nil {
		return err
	}
	return s.reserveLog()
}

// reserveLog sees to it that the log after the one in use has its blocks.
func (s *Store) reserveLog() error {
	if unused(s.nextLog) {
		return nil
	}
	next := s.logPath(s.lastLog() + 1)
	err := s.reserve(next, logBlocks)
	if err == nil {
		s.nextLog = next
	}
	return err
}

// releaseLog gives the reserved log back, unless Badger has taken it over.
func (s *Store) releaseLog() {
	if unused(s.nextLog) {
		os.Remove(s.nextLog)
	}
	s.nextLog = ""
}

// logPath is where Badger has its n-th log.
func (s *Store) logPath(n int) string { return filepath.Join(s.dir, fmt.Sprintf("%05d.mem", n)) }

// lastLog returns the highest number of a log.
func (s *Store) lastLog() (last int) {
	for _, name := range s.logs() {
		if n, err := strconv.Atoi(strings.TrimSuffix(name, ".mem")); err == nil {
			last = max(last, n)
		}
	}
	return last
}

// reserve gives a file its blocks.
func (s *Store) reserve(path string, size int64) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return &AccessError{s.dir, err}
	}
	if err := errors.Join(allocate(f, size), f.Close()); err != nil {
		if unused(path) {
			os.Remove(path)
		}
		free, _ := s.freeSpace(s.dir)
		return &SpaceError{Dir: s.dir, Free: free, Need: s.minFree}
	}
	return nil
}
