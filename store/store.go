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
	s := &Store{dir: dir, log: opts.Logger, now: opts.Now, minFree: opts.MinFree, freeSpace: opts.FreeSpace}
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
	if err := s.setAside(reason.err); err != nil {
		return err
	}
	if err := s.claim(); err != nil {
		return err
	}
	if err := s.openTrusted(ctx); err != nil {
		return err
	}
	return s.put(incidentKey(), []byte(s.incident))
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
	opts := badgerOptions(s.dir, s.log)
	if s.rewrites, err = checkFiles(ctx, s.dir, s.seal, opts); err != nil {
		return s.suspect(ctx, err)
	}
	if fresh || s.rewrites { // otherwise what the seal says stays true
		if err := s.writeSeal(); err != nil {
			return &AccessError{s.dir, err}
		}
	}
	if s.db, err = openBadger(opts); err != nil {
		return s.suspect(ctx, fmt.Errorf("it cannot be opened: %w", err))
	}
	c, err := s.checkValues(ctx)
	if err != nil {
		err = s.suspect(ctx, err)
	} else if err = s.settle(ctx, c); err == nil {
		return nil
	}
	if cerr := s.db.Close(); cerr != nil {
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
func (s *Store) settle(ctx context.Context, c *census) error {
	incident, ok, err := s.get(incidentKey())
	if err != nil {
		return err
	}
	if ok {
		s.incident = string(incident)
	}
	return s.sweep(ctx, c)
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

func incidentKey() []byte { return key(kindMeta, "incident") }

// suspect turns the outcome of a check into *damage, unless the check itself
// could not be made: a system that runs out of something is no reason to set a
// store aside.
func (s *Store) suspect(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if _, system := errors.AsType[syscall.Errno](err); system && !errors.Is(err, fs.ErrNotExist) {
		return &AccessError{s.dir, err}
	}
	return &damage{firstLine(err)}
}

// setAside renames the directory to DIR.damaged-TIME and remembers why.
func (s *Store) setAside(reason error) error {
	lock := s.lock
	s.lock = nil
	if !lockedFilesMove {
		unlock(lock)
	}
	aside := s.dir + ".damaged-" + s.now().UTC().Format("20060102T150405Z")
	for n := 2; exists(aside); n++ {
		aside = fmt.Sprintf("%s.damaged-%s-%d", s.dir, s.now().UTC().Format("20060102T150405Z"), n)
	}
	err := os.Rename(s.dir, aside)
	if lockedFilesMove {
		unlock(lock)
	}
	if err == nil {
		err = syncDir(filepath.Dir(s.dir))
	}
	if err != nil {
		return &AccessError{s.dir, fmt.Errorf("%w, and it could not be set aside: %w", reason, err)}
	}
	s.incident = fmt.Sprintf("The store %s could not be trusted (%v) and was set aside as %s; this run starts from nothing.",
		filepath.Base(s.dir), reason, filepath.Base(aside))
	s.log.Warn("store set aside", "dir", s.dir, "aside", aside, "reason", reason)
	return nil
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// Incident is a sentence that says why the previous store was set aside and
// where it lies now; empty when nothing of the kind happened. It stays until a
// run is over that began without that store, whichever process ends it. It
// names no directory above the store's own, so a report may print it.
func (s *Store) Incident() string { return s.incident }

// Close waits for the calls in progress, writes everything out and gives the
// directory free. Every call after the first returns nil.
func (s *Store) Close() error {
	if !s.use.end() {
		return nil
	}
	err := s.db.Close()
	if err == nil {
		err = s.tidy()
	}
	if err := errors.Join(err, unlock(s.lock)); err != nil {
		return fmt.Errorf("closing store %s: %w", s.dir, err)
	}
	return nil
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
