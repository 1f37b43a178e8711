package store

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
)

// memTableSize is how much Badger keeps in memory and in one log.
const memTableSize = 8 << 20

// badgerOptions are small: the default ones leave 2.2 GB of apparent size after
// a kill. With CompactL0OnClose sixty daily runs stay as small as one.
func (s *Store) badgerOptions() badger.Options {
	return badger.DefaultOptions(s.dir).
		WithLogger(badgerLog{s}).
		WithMemTableSize(memTableSize).
		WithValueLogFileSize(1 << 20).
		WithValueThreshold(1 << 20). // everything stays in the tables; the value log stays empty
		WithNumMemtables(1).
		WithNumLevelZeroTables(1).
		WithNumLevelZeroTablesStall(1 << 20).
		WithNumCompactors(0). // see shut
		WithCompactL0OnClose(true).
		WithCompression(options.ZSTD).
		WithBlockCacheSize(4 << 20).
		WithMetricsEnabled(false).
		WithDetectConflicts(false). // Store.state serializes what would conflict
		WithBypassLockGuard(true)   // see lockName
}

// badgerLog passes Badger's messages on, its information as detail. The store
// listens too: nothing else says what Badger is doing.
type badgerLog struct{ s *Store }

func (l badgerLog) Errorf(f string, a ...any) {
	l.s.trouble.hear(badgerLine(f, a))
	l.s.log.Error(badgerLine(f, a))
}

func (l badgerLog) Warningf(f string, a ...any) {
	l.s.trouble.hear(badgerLine(f, a))
	l.s.log.Warn(badgerLine(f, a))
}

func (l badgerLog) Infof(f string, a ...any) { l.s.log.Debug(badgerLine(f, a)) }

func (l badgerLog) Debugf(f string, a ...any) {
	if strings.HasPrefix(f, "Flushing memtable") {
		l.s.release()
	}
}

func badgerLine(f string, a []any) string {
	return "badger: " + firstLine(fmt.Sprintf(f, a...))
}

// firstLine cuts off the stack or the dump that follows in Badger's words.
func firstLine(s string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(s), "\n")
	return line
}

// logs names Badger's logs, the oldest first.
func (s *Store) logs() []string {
	names, _ := fs.Glob(os.DirFS(s.dir), "*.mem") // an error would be the pattern's
	return names
}

// syncLogs waits until every log is on disk. Badger's own Sync leaves out a log
// that is full and not yet a table.
func (s *Store) syncLogs() error {
	for _, name := range s.logs() { // one may become a table meanwhile
		if _, err := syncFile(filepath.Join(s.dir, name)); err != nil {
			return err
		}
	}
	return nil
}
