package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// DefaultMinFree is the free space below which the store stops: room for one
// memtable's log, its table and a compaction, several times over.
const DefaultMinFree = 64 << 20

// Options are what Open needs besides the directory; the zero value will do.
type Options struct {
	// Logger gets what Badger and the checks have to say; nil discards it.
	Logger *slog.Logger
	// Now is the clock for bookkeeping: when a run began or ended, when a store
	// was set aside. Nil means time.Now.
	Now func() time.Time
	// MinFree is how many bytes of the disk must stay free; 0 means
	// DefaultMinFree.
	MinFree uint64
	// FreeSpace returns the free bytes of the file system that holds dir; nil
	// asks the system.
	FreeSpace func(dir string) (uint64, error)
}

// Store is an open store. Its methods are safe for concurrent use.
type Store struct {
	dir       string
	db        *badger.DB
	log       *slog.Logger
	now       func() time.Time
	minFree   uint64
	freeSpace func(string) (uint64, error)
	incident  string

	// state serializes what reads ledgers and then writes them: begin, update,
	// save, import. Journal writes do not take it.
	state sync.Mutex
	seal  seal // guarded by state after Open
	// rewrites reports that Badger may rewrite the MANIFEST in this session.
	rewrites bool

	writing sync.Mutex // held by the transaction under way; see update
	trouble trouble
	nextLog string      // the reserved one; guarded by writing
	ballast atomic.Bool // whether there is some

	use  inUse
	lock *os.File

	// at is called at the named points of a change; tests die there. Nil
	// outside of tests.
	at func(point string)
}

// Open opens the store in dir and makes one where there is none. A store that
// cannot be trusted is set aside and a new one begun, which [Store.Incident]
// then tells. Errors: *LockedError, *AccessError, *ForeignError, *SpaceError,
// *VersionError, and the context's. Cost: what is in the store is read once,
// about 30 ms for 10,000 repositories.
func Open(ctx context.Context, dir string, opts Options) (*Store, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, &AccessError{dir, err}
	}
	s := &Store{dir: dir, log: opts.Logger, now: opts.Now, minFree: opts.MinFree, freeSpace: opts.FreeSpace, trouble: trouble{stop: make(chan struct{})}}
	if s.log == nil {
		s.log = slog.New(slog.DiscardHandler)
	}
	if s.now == nil {
		s.now = time.Now
	}
	if s.minFree == 0 {
		s.minFree = DefaultMinFree
	}
	if s.freeSpace == nil {
		s.freeSpace = freeSpace
	}
	if err := s.open(ctx); err != nil {
		if s.lock != nil {
			unlock(s.lock)
		}
		return nil, err
	}
	return s, nil
}

func (s *Store) open(ctx context.Context) error {
	if err := s.claim(); err != nil {
		return err
	}
	err := s.openTrusted(ctx)
	reason, damaged := errors.AsType[*damage](err)
	if !damaged {
		return err
	}
	if refused := refusal(s.dir, false); refused != nil {
		return &AccessError{s.dir, refused}
	}
	if err := s.setAside(reason.err); err != nil {
		return err
	}
	if err := s.claim(); err != nil {
		return err
	}
	return s.openTrusted(ctx)
}

// damage marks an error that says why a store cannot be trusted.
type damage struct{ err error }

func (d *damage) Error() string { return "the store is damaged: " + d.err.Error() }

// claim makes the directory where there is none and takes its lock. It touches
// nothing in a directory that is not ours.
func (s *Store) claim() error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return &AccessError{s.dir, err}
	}
	if err := recognize(s.dir); err != nil {
		return err
	}
	lock, err := lockDir(s.dir)
	if err != nil {
		return err
	}
	s.lock = lock
	return s.needSpace()
}

// recognize returns a *ForeignError for a directory that holds something but
// no seal of ours.
func recognize(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return &AccessError{dir, err}
	}
	for _, e := range entries {
		if e.Name() == sealName {
			return nil
		}
	}
	for _, e := range entries {
		// A process that died right after its first step left nothing but this.
		if name := e.Name(); name != lockName && !strings.HasPrefix(name, sealName+".") {
			return &ForeignError{dir, fmt.Sprintf("holds %s but no file %s", name, sealName)}
		}
	}
	return nil
}

// openTrusted checks, opens and checks again. It returns *damage when the
// store must be set aside.
func (s *Store) openTrusted(ctx context.Context) error {
	fresh, err := s.recallSeal()
	if err != nil {
		return err
	}
	if err := removeRemains(s.dir); err != nil {
		return &AccessError{s.dir, err}
	}
	opts := s.badgerOptions()
	if s.rewrites, err = checkFiles(ctx, s.dir, s.seal, opts); err != nil {
		return s.suspect(ctx, err)
	}
	if fresh || s.rewrites { // otherwise what the seal says stays true
		if err := s.writeSeal(); err != nil {
			return &AccessError{s.dir, err}
		}
	}
	if refused := refusal(s.dir, false); refused != nil {
		return &AccessError{s.dir, refused}
	}
	if s.db, err = s.openBadger(opts); err != nil {
		return s.suspect(ctx, fmt.Errorf("it cannot be opened: %w", err))
	}
	c, err := s.checkValues(ctx)
	if err != nil {
		err = s.suspect(ctx, err)
	} else if err = s.reserveLogs(); err != nil {
		// no space to work with
	} else if err = s.settle(ctx, c); err == nil {
		return nil
	}
	if cerr := s.shut(); cerr != nil {
		s.log.Warn("closing the store again", "error", cerr)
	}
	return err
}

// recallSeal reads the seal. A fresh store gets an empty one.
func (s *Store) recallSeal() (fresh bool, err error) {
	s.seal, err = readSeal(s.dir)
	version, other := errors.AsType[*VersionError](err)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		s.seal = seal{Format: format, Saves: make(map[string]uint64)}
		return true, nil
	case errors.Is(err, errSeal):
		return false, &damage{err}
	case other && version.Version < format:
		return false, &damage{fmt.Errorf("it has the format %d of an earlier stalewatch", version.Version)}
	case other || err == nil:
		return false, err
	}
	return false, &AccessError{s.dir, err}
}

// settle recalls an incident and removes what a crash left behind.
func (s *Store) settle(ctx context.Context, c *census) (err error) {
	if s.incident, err = s.recallIncident(); err != nil {
		return err
	}
	return s.sweep(ctx, c)
}

// suspect turns the outcome of a check into *damage, unless the check was told
// to stop or the system says why it failed.
func (s *Store) suspect(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if access, ok := errors.AsType[*AccessError](err); ok {
		return access
	}
	if _, system := errors.AsType[syscall.Errno](err); system && !errors.Is(err, fs.ErrNotExist) {
		return &AccessError{s.dir, err}
	}
	return &damage{firstLine(err)}
}

// removeRemains removes what a kill leaves: our own temporary files, and log
// files without a byte, which hold nothing but keep Badger from opening.
func removeRemains(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		ext := filepath.Ext(e.Name())
		if ext != ".mem" && ext != ".vlog" && ext != ".tmp" {
			continue
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		if info.Size() == 0 || ext == ".tmp" {
			if err := os.Remove(filepath.Join(dir, e.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// Close waits for the calls in progress, writes everything out and gives the
// directory free. Every call after the first returns nil.
func (s *Store) Close() error {
	if !s.use.end() {
		return nil
	}
	err := s.shut()
	if err == nil {
		err = errors.Join(s.tidy(), unlock(s.lock))
	} // otherwise Badger may still write, and the lock ends with the process
	if err != nil {
		return fmt.Errorf("closing store %s: %w", s.dir, err)
	}
	return nil
}

// shut closes the database and gives back what was reserved. Badger makes the
// last log into a table then, and all tables into few. That is the one moment
// at which it does: where a table of those few cannot be made, Badger drops its
// content without an error. So what it needs is tried first; where the system
// refuses it, everything stays as a kill would leave it.
func (s *Store) shut() error {
	db := s.db
	s.release()
	s.releaseLog()
	s.db = nil
	s.settleLogs()
	if refused := refusal(s.dir, true); refused != nil {
		return fmt.Errorf("its tables cannot be written, so what is new stays in its log, where the next start finds it: %w", refused)
	}
	// What was deleted up to the newest moment that somebody read is dropped.
	if err := db.View(func(*badger.Txn) error { return nil }); err != nil {
		return err
	}
	return s.closeBadger(db)
}

// tidy seals the closed directory. On the way it removes the megabyte in which
// Badger counts garbage in a value log that is never used; Badger makes it anew.
func (s *Store) tidy() error {
	if err := os.Remove(filepath.Join(s.dir, "DISCARD")); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	s.rewrites = false
	return s.writeSeal()
}
