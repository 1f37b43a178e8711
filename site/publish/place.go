package publish

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/gofrs/flock"
)

// place is where a site lives and the names beside it that a swap uses.
type place struct {
	live  string // the site
	next  string // the site being written
	past  string // the site being replaced
	turns string // the file whose lock says whose turn it is
}

func locate(dir string) (place, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return place{}, err
	}
	if info, err := os.Lstat(abs); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		if abs, err = filepath.EvalSymlinks(abs); err != nil {
			return place{}, fmt.Errorf("follow the symbolic link %s: %w", dir, err)
		}
	}
	if wd, err := os.Getwd(); err == nil && within(wd, abs) {
		return place{}, fmt.Errorf("%s is the working directory or holds it and cannot be replaced; give a directory below it, such as _site", dir)
	}
	parent, base := filepath.Split(abs)
	if base == "" {
		return place{}, fmt.Errorf("%s cannot be a site; give a directory such as _site", dir)
	}
	if err := makeFolder(filepath.Clean(parent)); err != nil {
		return place{}, fmt.Errorf("make room for the site: %w; give another place with --site", err)
	}
	beside := filepath.Join(parent, "."+base+".stalewatch-")
	return place{live: abs, next: beside + "next", past: beside + "past", turns: beside + "lock"}, nil
}

// makeFolder is [os.MkdirAll], but names what lies in the way.
func makeFolder(dir string) error {
	err := os.MkdirAll(dir, 0o755)
	if info, statErr := os.Stat(dir); err != nil && statErr == nil && !info.IsDir() {
		return &fs.PathError{Op: "mkdir", Path: dir, Err: syscall.ENOTDIR}
	}
	return err
}

func within(path, dir string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// lock waits until ctx ends for this process's turn, and tries at least once.
// Unlocking removes the file, so a lock on a file that is gone does not count.
func (p place) lock(ctx context.Context) (unlock func(), err error) {
	for {
		l := flock.New(p.turns)
		got, err := l.TryLock()
		if err == nil && !got {
			_, err = l.TryLockContext(ctx, 50*time.Millisecond)
		}
		if err != nil {
			if ctx.Err() != nil {
				return nil, context.Cause(ctx)
			}
			return nil, fmt.Errorf("wait for other processes that publish to %s: %w", p.live, err)
		}
		held, err1 := l.Stat()
		there, err2 := os.Stat(p.turns)
		if err1 == nil && err2 == nil && os.SameFile(held, there) {
			return func() { _, _ = os.Remove(p.turns), l.Close() }, nil
		}
		_ = l.Close()
	}
}

// recover brings back a site that was moved away before the new one was in
// place, and removes half-written ones.
func (p place) recover() error {
	if _, err := os.Lstat(p.live); errors.Is(err, fs.ErrNotExist) {
		if err := os.Rename(p.past, p.live); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return errors.Join(os.RemoveAll(p.past), os.RemoveAll(p.next))
}

// swap puts next in the place of live and removes what was there.
func (p place) swap() error {
	err := exchange(p.next, p.live)
	switch {
	case err == nil:
		return os.RemoveAll(p.next)
	case errors.Is(err, fs.ErrNotExist): // nothing to replace
		return os.Rename(p.next, p.live)
	case !errors.Is(err, errors.ErrUnsupported):
		return explainBusy(err)
	}
	if err := os.Rename(p.live, p.past); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return explainBusy(err)
	}
	if err := os.Rename(p.next, p.live); err != nil {
		return errors.Join(err, os.Rename(p.past, p.live))
	}
	return os.RemoveAll(p.past)
}
