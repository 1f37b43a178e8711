package store

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

const (
	// sealName is the file that makes a directory ours.
	sealName = "STALEWATCH"
	// format is the version of the directory: key schema and values.
	format = 1
	// rewritesSoon is the number of deletions in a MANIFEST from which Badger
	// may rewrite it within one session (it does at 10,000), so that its
	// beginning can no longer be relied on after a kill.
	rewritesSoon = 8_000
)

// seal is what the file STALEWATCH says: two lines, JSON and its CRC-32C.
type seal struct {
	Format int `json:"format"`
	// Changes is how many changes of state are on disk at least.
	Changes uint64 `json:"changes"`
	// Clean reports that the store was closed in order, so that the MANIFEST
	// is exactly the one described and not only begins with it.
	Clean bool `json:"clean"`
	// Manifest describes the MANIFEST; nil before there was one.
	Manifest *manifestSeal `json:"manifest,omitempty"`
}

type manifestSeal struct {
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
	// Volatile reports that Badger may have rewritten the file since.
	Volatile bool `json:"volatile,omitempty"`
}

// errSeal is the reason in the error for a seal that does not verify.
var errSeal = errors.New("its seal " + sealName + " is damaged")

// readSeal returns fs.ErrNotExist where there is none, a *VersionError for one
// from the future, and an error that wraps errSeal for a damaged one.
func readSeal(dir string) (seal, error) {
	b, err := os.ReadFile(filepath.Join(dir, sealName))
	if err != nil {
		return seal{}, err
	}
	line, sum, _ := strings.Cut(string(b), "\n")
	if strings.TrimSpace(sum) != lineSum(line) {
		return seal{}, errSeal
	}
	var s seal
	if err := json.Unmarshal([]byte(line), &s); err != nil || s.Format < 1 {
		return seal{}, errSeal
	}
	if s.Format > format {
		return seal{}, &VersionError{What: "store " + dir, Version: s.Format, Understands: format}
	}
	return s, nil
}

// writeSeal replaces the seal as a whole and waits until it is on disk.
func writeSeal(dir string, s seal) error {
	line, err := json.Marshal(s)
	if err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, sealName), func(w io.Writer) error {
		_, err := fmt.Fprintf(w, "%s\n%s\n", line, lineSum(string(line)))
		return err
	})
}

func lineSum(line string) string {
	return fmt.Sprintf("crc32c:%08x", crc32.Checksum([]byte(line), castagnoli))
}

// writeFile writes path, readable by its owner alone, by way of a file beside
// it: afterwards path is the old file or the whole new one.
func writeFile(path string, write func(io.Writer) error) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*.tmp") // CreateTemp makes it 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if err := write(f); err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

// describeManifest returns what a seal says about the MANIFEST as it is now,
// nil when there is none.
func describeManifest(dir string, deletions int) (*manifestSeal, error) {
	f, err := os.Open(manifestPath(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h := sha256.New()
	n, err := io.Copy(h, f)
	if err != nil {
		return nil, err
	}
	return &manifestSeal{Size: n, SHA256: hex.EncodeToString(h.Sum(nil)), Volatile: deletions >= rewritesSoon}, nil
}

// matches returns why the MANIFEST in dir is not the one that s describes.
func (s *manifestSeal) matches(dir string, exactly bool) error {
	f, err := os.Open(manifestPath(dir))
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("its MANIFEST is missing")
	}
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	switch {
	case s.Volatile && !exactly:
		return nil
	case info.Size() < s.Size:
		return fmt.Errorf("its MANIFEST is cut: %d bytes instead of %d", info.Size(), s.Size)
	case exactly && info.Size() > s.Size:
		return fmt.Errorf("its MANIFEST has %d bytes instead of %d", info.Size(), s.Size)
	}
	h := sha256.New()
	if _, err := io.CopyN(h, f, s.Size); err != nil {
		return err
	}
	if hex.EncodeToString(h.Sum(nil)) != s.SHA256 {
		return errors.New("its MANIFEST was changed")
	}
	return nil
}
