package store

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/dgraph-io/badger/v4"
)

// Options are for [Open]; the zero value will do.
type Options struct {
	// Logger gets the messages of Badger and of the checks; nil discards them.
	Logger *slog.Logger
	// Now is the clock for bookkeeping: when a run began or ended, when a store
	// was set aside. Nil means time.Now.
	Now func() time.Time

	minFree   uint64                           // 0 means the usual
	freeSpace func(dir string) (uint64, error) // nil asks the system
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

	// door lets no call begin once the store is closed; Close waits for the calls
	// in progress.
	door   sync.Mutex
	closed bool
	calls  sync.WaitGroup
	lock   *os.File

	// at is called at the named points of a change; tests die there. Nil
	// outside of tests.
	at func(point string)
}

// enter begins a call: it fails once the store is closed or ctx is done.
func (s *Store) enter(ctx context.Context) (leave func(), err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.door.Lock()
	defer s.door.Unlock()
	if s.closed {
		return nil, ErrClosed
	}
	s.calls.Add(1)
	return s.calls.Done, nil
}

// call runs do between Open and Close, and puts what before its error; an empty
// what leaves the error as it is.
func (s *Store) call(ctx context.Context, what string, do func() error) error {
	leave, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer leave()
	if err = do(); err != nil && what != "" {
		err = fmt.Errorf("%s: %w", what, err)
	}
	return err
}

// alone is call while no ledger changes but by do.
func (s *Store) alone(ctx context.Context, what string, do func() error) error {
	return s.call(ctx, what, func() error {
		s.state.Lock()
		defer s.state.Unlock()
		return do()
	})
}

func (s *Store) reach(point string) {
	if s.at != nil {
		s.at(point)
	}
}
