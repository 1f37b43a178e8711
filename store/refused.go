package store

import (
	"errors"
	"io"
	"os"
	"path/filepath"
)

const (
	// spareFiles is how many more files Badger opens than there are: two logs,
	// a value log, DISCARD, MANIFEST and its successor, and a table.
	spareFiles = 8
	// largestFile is what a new log claims.
	largestFile = 2 * memTableSize
	// smallTable is less than Badger puts into a table when it makes many.
	smallTable = 1 << 20
)

// refused returns an *AccessError when the system refuses a file of the store.
func (s *Store) refused() error {
	if err := refusal(s.dir, false); err != nil {
		return &AccessError{s.dir, err}
	}
	return nil
}

// refusal does with the files of a directory what Badger does, and returns the
// system's error when it refuses: permissions, descriptors, inodes, sizes.
// Badger's own errors lose it, and a store that cannot be read or written today
// is not damaged. With tables set, it also tries the files and the space that
// making all tables anew takes.
func refusal(dir string, tables bool) (err error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	var open []*os.File
	defer func() {
		for _, f := range open {
			f.Close()
		}
	}()
	files, size := spareFiles, int64(1)
	for _, e := range entries {
		if !e.Type().IsRegular() || e.Name() == lockName {
			continue
		}
		f, err := os.OpenFile(filepath.Join(dir, e.Name()), os.O_RDWR, 0)
		if err != nil {
			return err
		}
		open = append(open, f)
		if tables {
			info, err := f.Stat()
			if err != nil {
				return err
			}
			size += min(info.Size(), logBlocks)
		} else if _, err := io.Copy(io.Discard, f); err != nil {
			return err
		}
	}
	if tables {
		files += int(size / smallTable)
	}
	for n := range files {
		f, err := os.CreateTemp(dir, "probe.*.tmp")
		if err != nil {
			return err
		}
		open = append(open, f)
		defer os.Remove(f.Name())
		if n > 0 {
			continue
		}
		if err := errors.Join(f.Truncate(largestFile), allocate(f, size)); err != nil {
			return &os.PathError{Op: "allocate", Path: f.Name(), Err: err}
		}
		_, err = f.WriteAt([]byte("probe"), largestFile-5)
		if err := errors.Join(err, f.Sync()); err != nil {
			return err
		}
	}
	return nil
}
