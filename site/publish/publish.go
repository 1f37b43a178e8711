// Package publish is the site's I/O: it writes a rendered site beside the old
// one and swaps it in, serves a preview, and reads back what a published site
// knows when the store that made it was lost. Rendering is [site.Render].
package publish

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/gofrs/flock"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/site"
)

// A ForeignDirError says that a directory holds something that is not a site
// of ours. Nothing in it was touched.
type ForeignDirError struct {
	Dir  string
	Find string // the name of one thing in it
}

func (e *ForeignDirError) Error() string {
	return fmt.Sprintf("%s is not a site made by stalewatch (it holds %q) and is left alone; give another --site directory, or empty this one", e.Dir, e.Find)
}

// Report renders a snapshot into dir, see [Into], with the marker that [Digest]
// reads.
func Report(ctx context.Context, dir string, snap *pipeline.Snapshot, o site.Options) (stats site.Stats, err error) {
	marker, err := site.MarkerOf(snap, o)
	if err != nil {
		return stats, err
	}
	err = Into(ctx, dir, marker, func(sink site.Sink) error {
		stats, err = site.Render(ctx, snap, o, sink)
		return err
	})
	return stats, err
}

// Into replaces dir as a whole by what write puts into the sink, or leaves
// it as it is. The files are written into a directory beside it, flushed, and
// swapped in; on Linux the swap is one exchange, elsewhere two renames, and
// what a crash between them leaves is put right by the next call.
//
// A dir that exists must be empty or a site of ours, whole or not, else the error
// is a [*ForeignDirError]. If dir is a symbolic link, the directory it leads to
// is replaced and the link stays. The parent must be writable and on the same
// file system, so dir cannot be a mount point or the working directory.
//
// Processes that publish to the same dir take turns: a lock beside it, which the
// death of its holder gives back, is waited for until ctx ends. The marker is
// the first file that is written, and is completed as the last.
func Into(ctx context.Context, dir string, marker site.MarkerContent, write func(site.Sink) error) error {
	place, err := locate(dir)
	if err != nil {
		return err
	}
	unlock, err := place.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if err := place.recover(); err != nil {
		return fmt.Errorf("put %s right after an interrupted run: %w", dir, err)
	}
	if err := mayReplace(place.live); err != nil {
		return err
	}
	if err := place.fill(marker, write); err != nil {
		return errors.Join(err, os.RemoveAll(place.next))
	}
	if err := place.swap(); err != nil {
		return errors.Join(fmt.Errorf("put the new site in the place of %s: %w", dir, err), os.RemoveAll(place.next))
	}
	return nil
}

// place is where a site lives and the names beside it that a swap uses.
type place struct {
	live  string // the site
	next  string // the site being written
	past  string // the site being replaced
	turns string // the file whose lock says whose turn it is
}

// Recover ends what a crash while publishing to dir interrupted: it removes
// what was half written beside it, and brings back a site that had been moved
// away. While another process publishes there it does nothing.
func Recover(dir string) error {
	place, err := locate(dir)
	if err != nil {
		return err
	}
	now, cancel := context.WithCancel(context.Background())
	cancel()
	unlock, err := place.lock(now)
	if errors.Is(err, context.Canceled) {
		return nil
	}
	if err != nil {
		return err
	}
	defer unlock()
	return place.recover()
}

// lock waits for this process's turn until ctx ends, and asks at least once. The
// file goes with the lock, so one that was opened before it went is not the one
// to hold.
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

// makeFolder is [os.MkdirAll], but names what lies in the way.
func makeFolder(dir string) error {
	err := os.MkdirAll(dir, 0o755)
	if info, statErr := os.Stat(dir); err != nil && statErr == nil && !info.IsDir() {
		return &fs.PathError{Op: "mkdir", Path: dir, Err: syscall.ENOTDIR}
	}
	return err
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

func within(path, dir string) bool {
	rel, err := filepath.Rel(dir, path)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}

// recover ends what a crash interrupted: a site that was moved away while the
// new one was not yet in place comes back, and half-written ones go.
func (p place) recover() error {
	if _, err := os.Lstat(p.live); errors.Is(err, fs.ErrNotExist) {
		if err := os.Rename(p.past, p.live); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return errors.Join(os.RemoveAll(p.past), os.RemoveAll(p.next))
}

// mayReplace reports whether dir is missing, empty or a site of ours.
func mayReplace(dir string) error {
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a directory; give another --site", dir)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if len(entries) == 0 || isSite(dir) {
		return nil
	}
	return &ForeignDirError{dir, entries[0].Name()}
}

// isSite recognizes a site by its marker or, where an artifact left that
// behind, by what its summary says made it.
func isSite(dir string) bool {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return false
	}
	defer root.Close()
	if _, err := readMarker(root); err == nil {
		return true
	}
	f, err := root.Open("data/v1/summary.json")
	if err != nil {
		return false
	}
	defer f.Close()
	var s struct{ Tool struct{ Name string } }
	return json.NewDecoder(io.LimitReader(f, 1<<20)).Decode(&s) == nil && s.Tool.Name == site.ToolName
}

func readMarker(root *os.Root) (site.MarkerContent, error) {
	f, err := root.Open(site.Marker)
	if err != nil {
		return site.MarkerContent{}, err
	}
	defer f.Close()
	var m site.MarkerContent
	if err := json.NewDecoder(io.LimitReader(f, 1<<16)).Decode(&m); err != nil {
		return site.MarkerContent{}, fmt.Errorf("%s: %w", site.Marker, err)
	}
	if m.Tool != site.ToolName {
		return site.MarkerContent{}, fmt.Errorf("%s: made by %q", site.Marker, m.Tool)
	}
	return m, nil
}

// fill writes the new site beside the old one.
func (p place) fill(marker site.MarkerContent, write func(site.Sink) error) error {
	if err := os.Mkdir(p.next, 0o755); err != nil {
		return err
	}
	if err := os.Chmod(p.next, 0o755); err != nil { // whatever the umask
		return err
	}
	root, err := os.OpenRoot(p.next)
	if err != nil {
		return err
	}
	defer root.Close()
	whole := marker.Digest
	marker.Digest = ""
	if err := writeMarker(root, marker); err != nil {
		return err
	}
	both, err := os.OpenRoot(filepath.Dir(p.live))
	if err != nil {
		return err
	}
	defer both.Close()
	if err := write(newFolder(both, filepath.Base(p.next), filepath.Base(p.live))); err != nil {
		return err
	}
	marker.Digest = whole
	return errors.Join(writeMarker(root, marker), flush(p.next))
}

func writeMarker(root *os.Root, m site.MarkerContent) error {
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if err := root.WriteFile(site.Marker, append(b, '\n'), 0o644); err != nil {
		return err
	}
	return root.Chmod(site.Marker, 0o644) // whatever the umask
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
