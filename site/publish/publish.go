// Package publish is the site's I/O: it writes a rendered site beside the old
// one and swaps it in, serves a preview, and reads back what a published site
// knows when the store that made it was lost. Rendering is [site.Render].
package publish

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/site"
)

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
// Processes that publish to the same dir take turns: each waits, until ctx ends,
// for a lock beside dir, which is free again when its holder dies. The marker is
// written first and completed last.
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

// Recover cleans up after a crash while publishing to dir: it removes what was
// half written beside it, and brings back a site that had been moved away. It
// does nothing while another process publishes there.
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

// fill writes the new site beside the old one.
func (p place) fill(marker site.MarkerContent, write func(site.Sink) error) error {
	root, err := os.OpenRoot(filepath.Dir(p.live))
	if err != nil {
		return err
	}
	defer root.Close()
	next := &folder{root: root, next: filepath.Base(p.next), last: filepath.Base(p.live), made: map[string]bool{}}
	whole := marker.Digest
	marker.Digest = ""
	if err := next.mark(marker); err != nil {
		return err
	}
	if err := write(next); err != nil {
		return err
	}
	marker.Digest = whole
	return errors.Join(next.mark(marker), flush(p.next))
}
