package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
	"github.com/dgraph-io/badger/v4/table"
)

func manifestPath(dir string) string { return filepath.Join(dir, badger.ManifestFilename) }

// checkFiles verifies the files of a closed store before Badger opens them. A
// damaged error is the reason, in words that go on from "the store". It returns
// how many deletions the MANIFEST counts. Cost: every table is read once.
func checkFiles(ctx context.Context, dir string, s seal, opts badger.Options) (deletions int, err error) {
	if s.Manifest == nil {
		if _, err := os.Stat(manifestPath(dir)); errors.Is(err, fs.ErrNotExist) {
			return 0, checkNoTables(dir)
		}
	} else if err := s.Manifest.matches(dir, s.Clean); err != nil {
		return 0, err
	}
	manifest, err := readManifest(dir, opts)
	if err != nil {
		return 0, fmt.Errorf("its MANIFEST cannot be read: %w", err)
	}
	for _, id := range slices.Sorted(maps.Keys(manifest.Tables)) {
		if err := ctx.Err(); err != nil {
			return 0, err
		}
		if err := checkTable(dir, id, manifest.Tables[id].Compression, opts.BlockSize); err != nil {
			return 0, fmt.Errorf("its table %s is damaged: %w", table.IDToFilename(id), err)
		}
	}
	return manifest.Deletions, nil
}

// checkNoTables refuses tables that no MANIFEST describes: Badger would delete
// them.
func checkNoTables(dir string) error {
	tables, err := filepath.Glob(filepath.Join(dir, "*.sst"))
	if err != nil {
		return err
	}
	if len(tables) > 0 {
		return errors.New("its MANIFEST is missing")
	}
	return nil
}

func readManifest(dir string, opts badger.Options) (badger.Manifest, error) {
	f, err := os.Open(manifestPath(dir))
	if err != nil {
		return badger.Manifest{}, err
	}
	defer f.Close()
	manifest, _, err := badger.ReplayManifestFile(f, opts.ExternalMagicVersion, opts)
	return manifest, err
}

// checkTable verifies the checksums of a table's index and of every block. It
// reads the file instead of mapping it, and turns the panics with which package
// table meets cut files into errors.
func checkTable(dir string, id uint64, compression options.CompressionType, blockSize int) (err error) {
	data, err := os.ReadFile(table.NewFilename(id, dir))
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("it is missing")
	}
	if err != nil {
		return err
	}
	defer func() {
		if p := recover(); p != nil {
			err = errors.New("it is cut or its index makes no sense")
		}
	}()
	t, err := table.OpenInMemoryTable(data, id, &table.Options{
		BlockSize:   blockSize,
		Compression: compression,
		ChkMode:     options.NoVerification, // VerifyChecksum below does it once
	})
	if err != nil {
		return firstLine(err)
	}
	return firstLine(t.VerifyChecksum())
}

// firstLine keeps stack traces and dumps of Badger's errors out of ours.
func firstLine(err error) error {
	if err == nil {
		return nil
	}
	line, _, _ := strings.Cut(strings.TrimSpace(err.Error()), "\n")
	return errors.New(line)
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

// checkValues verifies every value but those of journals, whose records count
// as none when they cannot be read, and that every generation in force has all
// of its blocks. Cost: everything but the journals is read once.
func (s *Store) checkValues(ctx context.Context, sealed uint64) error {
	changes, err := s.changes()
	if err != nil {
		return err
	}
	if changes < sealed {
		return fmt.Errorf("it has lost data: %d of %d changes are there", changes, sealed)
	}
	blocks := make(map[string]uint32) // by prefix of generation and part
	err = s.eachValue(ctx, nil, true, func(k, v []byte) error {
		if k[0] == kindJournal || len(k) > 1 && k[0] == kindSegments && k[1] == kindJournal {
			return nil
		}
		if _, err := parse(k, v); err != nil {
			return fmt.Errorf("its value of key %q is damaged: %w", k, err)
		}
		if k[0] == kindBlock {
			blocks[string(k[:len(k)-4])]++
		}
		return nil
	})
	if err != nil {
		return err
	}
	return s.checkGenerations(ctx, blocks)
}

// checkGenerations compares the blocks that are there, by generation and part,
// with what the generations in force should have.
func (s *Store) checkGenerations(ctx context.Context, blocks map[string]uint32) error {
	scopes, err := s.scopes(ctx)
	if err != nil {
		return err
	}
	for scope, p := range scopes {
		for _, gen := range p.inForce() {
			m, err := s.generationMeta(scope, gen)
			if err != nil {
				return err
			}
			for _, part := range generationParts {
				have := blocks[string(append(generationPrefix(scope, gen), part))]
				if want := m.Parts[string(part)].Blocks; have != want {
					return fmt.Errorf("its snapshot of %s has %d of %d blocks", scope, have, want)
				}
			}
		}
	}
	return nil
}
