package store

import (
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
)

// badgerOptions are small: the default ones leave 2.2 GB of apparent size after
// a kill. With CompactL0OnClose sixty daily runs stay as small as one.
func badgerOptions(dir string, log *slog.Logger) badger.Options {
	return badger.DefaultOptions(dir).
		WithLogger(badgerLog{log}).
		WithMemTableSize(8 << 20).
		WithValueLogFileSize(1 << 20).
		WithValueThreshold(1 << 20). // everything stays in the tables; the value log stays empty
		WithNumMemtables(1).
		WithNumLevelZeroTables(1).
		WithNumLevelZeroTablesStall(2).
		WithNumCompactors(2).
		WithCompactL0OnClose(true).
		WithCompression(options.ZSTD).
		WithBlockCacheSize(4 << 20).
		WithMetricsEnabled(false).
		WithDetectConflicts(false). // Store.state serializes what would conflict
		WithBypassLockGuard(true)   // see lockName
}

// openBadger turns a panic while opening into an error.
func openBadger(opts badger.Options) (db *badger.DB, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%v", p)
		}
	}()
	return badger.Open(opts)
}

// badgerLog hands Badger's messages on; what it thinks worth telling is detail
// to us.
type badgerLog struct{ log *slog.Logger }

func (l badgerLog) Errorf(f string, a ...any)   { l.log.Error(badgerLine(f, a)) }
func (l badgerLog) Warningf(f string, a ...any) { l.log.Warn(badgerLine(f, a)) }
func (l badgerLog) Infof(f string, a ...any)    { l.log.Debug(badgerLine(f, a)) }
func (l badgerLog) Debugf(f string, a ...any)   {}

func badgerLine(f string, a []any) string {
	return "badger: " + strings.TrimSpace(fmt.Sprintf(f, a...))
}

// syncLogs waits until every log is on disk. Badger's own Sync leaves out one
// that is full and not yet turned into a table.
func (s *Store) syncLogs() error {
	logs, err := filepath.Glob(filepath.Join(s.dir, "*.mem"))
	if err != nil {
		return err
	}
	for _, path := range logs {
		f, err := os.OpenFile(path, os.O_RDWR, 0)
		if errors.Is(err, fs.ErrNotExist) {
			continue // it has become a table
		}
		if err != nil {
			return err
		}
		if err := errors.Join(f.Sync(), f.Close()); err != nil {
			return err
		}
	}
	return nil
}
