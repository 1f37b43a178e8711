package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"path/filepath"
	"strings"

	"github.com/dgraph-io/badger/v4"

	"github.com/stalewatch/stalewatch/pipeline"
)

const (
	// sealName is the file that makes a directory ours.
	sealName = "STALEWATCH"
	// format is the version of the directory: key schema and values.
	format = 2
	// manifestHead is the length of an empty MANIFEST.
	manifestHead = 8
	// rewritesSoon is how many deletions a MANIFEST has when Badger may rewrite it,
	// and shorter, within one session (it does at 10,000).
	rewritesSoon = 8_000
)

// seal is what the file STALEWATCH says: two lines, JSON and its CRC-32C.
type seal struct {
	Format int `json:"format"`
	// Saves is how often, at least, the ledger of each scope was written.
	Saves map[pipeline.Scope]uint64 `json:"saves"`
	// Manifest is how many bytes of the MANIFEST, at least, must verify.
	Manifest int64 `json:"manifest"`
}

// errSeal is the error for a seal that does not verify.
var errSeal = errors.New("its seal " + sealName + " is damaged")

// parseSeal returns a *VersionError for a seal of another format, and errSeal for
// a damaged one.
func parseSeal(dir string, b []byte) (seal, error) {
	line, sum, _ := strings.Cut(string(b), "\n")
	var known struct{ Format int } // of another format, nothing else can be understood
	if strings.TrimSpace(sum) != lineSum(line) || json.Unmarshal([]byte(line), &known) != nil || known.Format < 1 {
		return seal{}, errSeal
	}
	if known.Format != format {
		return seal{}, &VersionError{What: "store " + dir, Version: known.Format, Understands: format}
	}
	s := seal{Saves: make(map[pipeline.Scope]uint64)}
	if json.Unmarshal([]byte(line), &s) != nil || s.Saves == nil {
		return seal{}, errSeal
	}
	return s, nil
}

// writeSeal replaces the seal as a whole and waits until it is on disk.
func (s *Store) writeSeal() (err error) {
	if s.seal.Manifest, err = syncFile(manifestPath(s.dir)); err != nil {
		return err
	}
	if s.rewrites { // Badger may make the MANIFEST shorter before the seal is written again
		s.seal.Manifest = min(s.seal.Manifest, manifestHead+1)
	}
	line, err := json.Marshal(s.seal)
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(s.dir, sealName), func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s\n%s\n", line, lineSum(string(line)))
		return err
	})
}

func manifestPath(dir string) string { return filepath.Join(dir, badger.ManifestFilename) }

func lineSum(line string) string {
	return fmt.Sprintf("crc32c:%08x", crc32.Checksum([]byte(line), crc32.MakeTable(crc32.Castagnoli)))
}
