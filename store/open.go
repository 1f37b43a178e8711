package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/dgraph-io/badger/v4"

	"github.com/stalewatch/stalewatch/pipeline"
)

// Open opens the store in dir and makes one where there is none. A store that
// cannot be trusted is set aside and a new one begun; [Store.Incident] then says
// so. Errors: *LockedError, *AccessError, *ForeignError, *SpaceError,
// *VersionError, and the context's. Cost: what is in the store is read once,
// about 30 ms for 10,000 repositories.
func Open(ctx context.Context, dir string, opts Options) (*Store, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, &AccessError{dir, err}
	}
	s := &Store{
		dir: dir, log: cmp.Or(opts.Logger, slog.New(slog.DiscardHandler)), now: opts.Now,
		minFree: cmp.Or(opts.minFree, minFree), freeSpace: opts.freeSpace,
		trouble: trouble{stop: make(chan struct{})},
	}
	if s.now == nil {
		s.now = time.Now
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
	if err := s.refused(); err != nil {
		return err
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
	if slices.ContainsFunc(entries, func(e fs.DirEntry) bool { return e.Name() == sealName }) {
		return nil
	}
	for _, e := range entries {
		// A process that died right after its first step left nothing but this.
		if name := e.Name(); name != lockName && !strings.HasPrefix(name, sealName+".") {
			return &ForeignError{dir, fmt.Sprintf("holds %q but no file %s", name, sealName)}
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
	if err := s.refused(); err != nil {
		return err
	}
	if s.db, err = s.openBadger(opts); err != nil {
		return s.suspect(ctx, fmt.Errorf("it cannot be opened: %w", err))
	}
	c, err := s.checkValues(ctx)
	if err != nil {
		err = s.suspect(ctx, err)
	}
	if err == nil {
		err = s.reserveLogs()
	}
	if err == nil {
		s.incident, err = s.recallIncident()
	}
	if err == nil {
		err = s.sweep(ctx, c)
	}
	if err == nil {
		return nil
	}
	if cerr := s.shut(); cerr != nil {
		s.log.Warn("closing the store again", "error", cerr)
	}
	return err
}

// recallSeal reads the seal. A fresh store gets an empty one.
func (s *Store) recallSeal() (fresh bool, err error) {
	b, err := os.ReadFile(filepath.Join(s.dir, sealName))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		s.seal = seal{Format: format, Saves: make(map[pipeline.Scope]uint64)}
		return true, nil
	case err != nil:
		return false, &AccessError{s.dir, err}
	}
	s.seal, err = parseSeal(s.dir, b)
	if errors.Is(err, errSeal) {
		return false, &damage{err}
	}
	if v, ok := errors.AsType[*VersionError](err); ok && v.Version < format {
		return false, &damage{fmt.Errorf("it has the format %d of an earlier stalewatch", v.Version)}
	}
	return false, err
}

// openBadger turns a panic into an error, and gives up when opening does not end
// because a table cannot be written.
func (s *Store) openBadger(opts badger.Options) (db *badger.DB, err error) {
	opened := make(chan struct{})
	go func() {
		defer close(opened)
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("%v", p)
			}
		}()
		db, err = badger.Open(opts)
	}()
	select {
	case <-opened:
		return db, err
	case <-s.trouble.stop:
		return nil, s.cannotWrite()
	}
}

// suspect turns the error of a check into *damage, unless ctx or the system is
// its cause.
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
	return &damage{errors.New(firstLine(err.Error()))}
}
