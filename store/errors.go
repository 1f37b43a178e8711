package store

import (
	"errors"
	"fmt"

	"github.com/dustin/go-humanize"
)

// ErrClosed is what every method returns once the store was closed.
var ErrClosed = errors.New("the store is closed")

// LockedError says that another process has the store open.
type LockedError struct {
	Dir string
	PID int // of the other process; 0 when it is not known
}

func (e *LockedError) Error() string {
	by := "another process"
	if e.PID != 0 {
		by = fmt.Sprintf("process %d", e.PID)
	}
	return fmt.Sprintf("store %s is in use by %s; wait until it is done, or give this one another directory with --store", e.Dir, by)
}

// AccessError says that the store's directory cannot be made, read, written or
// set aside.
type AccessError struct {
	Dir string
	Err error
}

func (e *AccessError) Error() string {
	return fmt.Sprintf("store %s cannot be used: %v; correct that, or give another directory with --store", e.Dir, e.Err)
}

// Unwrap returns what the system said.
func (e *AccessError) Unwrap() error { return e.Err }

// ForeignError says that the path holds something that is no store of ours.
// Nothing in it was touched.
type ForeignError struct {
	Dir   string
	Found string // what is there instead, in words
}

func (e *ForeignError) Error() string {
	return fmt.Sprintf("%s is not a stalewatch store: it %s; nothing was touched, give an empty or a new directory with --store", e.Dir, e.Found)
}

// SpaceError says that the disk is too full. Badger maps its files into memory,
// where a full disk kills the process instead of returning an error, so the
// store stops before that.
type SpaceError struct {
	Dir        string
	Free, Need uint64 // bytes
}

func (e *SpaceError) Error() string {
	return fmt.Sprintf("store %s: the disk has %s free, %s are needed; free some space and run again, what was checkpointed is kept",
		e.Dir, humanize.IBytes(e.Free), humanize.IBytes(e.Need))
}

// VersionError says that a store or an export was written by a newer
// stalewatch. Nothing was touched.
type VersionError struct {
	What        string // "store DIR" or "export"
	Version     int
	Understands int
}

func (e *VersionError) Error() string {
	return fmt.Sprintf("%s has format %d, this stalewatch understands up to %d; use a newer stalewatch", e.What, e.Version, e.Understands)
}

// DamagedError says that a value could not be read back while the store was
// open. The next [Open] checks everything and sets the store aside.
type DamagedError struct {
	What string // what was to be read, in words
	Err  error
}

func (e *DamagedError) Error() string {
	return fmt.Sprintf("%s cannot be read back from the store: %v; run again, the damaged store is then set aside", e.What, e.Err)
}

// Unwrap returns what is wrong with the value.
func (e *DamagedError) Unwrap() error { return e.Err }
