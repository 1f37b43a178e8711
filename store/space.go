package store

import (
	"errors"
	"fmt"
	"io/fs"
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
	// logBlocks is more than a log ever holds: a memtable and a transaction.
	logBlocks = memTableSize + 2<<20
	// plenty is the multiple of MinFree from which nobody fills the disk within
	// the second in which Badger makes tables.
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
		return s.reserve(s.ballastPath(), int64(s.minFree/2), func() { s.ballast.Store(true) })
	}
	return nil
}

// reserveLogs gives the log in use its blocks, and the one after it.
func (s *Store) reserveLogs() error {
	if err := s.reserve(filepath.Join(s.dir, logName(s.lastLog())), logBlocks, func() {}); err != nil {
		return err
	}
	return s.reserveLog()
}

// logName is Badger's name for a log.
func logName(n int) string { return fmt.Sprintf("%05d.mem", n) }

// reserveLog sees to it that the log after the one in use has its blocks.
func (s *Store) reserveLog() error {
	if s.nextLog != "" {
		info, err := os.Stat(s.nextLog)
		if err == nil && info.Size() == 0 {
			return nil
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return &AccessError{s.dir, err}
		}
	}
	next := filepath.Join(s.dir, logName(s.lastLog()+1))
	return s.reserve(next, logBlocks, func() { s.nextLog = next })
}

// lastLog returns the highest number of a log.
func (s *Store) lastLog() (last int) {
	for _, name := range s.logs() {
		if n, err := strconv.Atoi(strings.TrimSuffix(name, ".mem")); err == nil {
			last = max(last, n)
		}
	}
	return last
}

// reserve gives a file its blocks, and calls done when it has them.
func (s *Store) reserve(path string, size int64, done func()) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return &AccessError{s.dir, err}
	}
	info, err := f.Stat()
	if err := errors.Join(err, allocate(f, size), f.Close()); err != nil {
		if info != nil && info.Size() == 0 {
			os.Remove(path)
		}
		free, _ := s.freeSpace(s.dir)
		return &SpaceError{Dir: s.dir, Free: free, Need: s.minFree}
	}
	done()
	return nil
}

// release gives the ballast back.
func (s *Store) release() {
	if s.ballast.CompareAndSwap(true, false) {
		os.Remove(s.ballastPath())
	}
}

// releaseLog gives the reserved log back, unless Badger has taken it over.
func (s *Store) releaseLog() {
	if info, err := os.Stat(s.nextLog); err == nil && info.Size() == 0 {
		os.Remove(s.nextLog)
	}
	s.nextLog = ""
}
