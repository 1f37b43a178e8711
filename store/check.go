package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"
	"github.com/dgraph-io/badger/v4/table"

	"github.com/stalewatch/stalewatch/pipeline"
)

// checkFiles verifies the files of a closed store before Badger opens them. It
// reports whether Badger may rewrite the MANIFEST soon. Cost: every table is read
// once.
func checkFiles(ctx context.Context, dir string, s seal, opts badger.Options) (rewrites bool, err error) {
	f, err := os.Open(manifestPath(dir))
	switch {
	case errors.Is(err, fs.ErrNotExist) && s.Manifest == 0:
		return false, nil
	case errors.Is(err, fs.ErrNotExist):
		return false, errors.New("its MANIFEST is missing")
	case err != nil:
		return false, err
	}
	defer f.Close()
	manifest, whole, err := badger.ReplayManifestFile(f, opts.ExternalMagicVersion, opts)
	if err != nil {
		return false, fmt.Errorf("its MANIFEST cannot be read: %w", err)
	}
	if whole < s.Manifest {
		return false, fmt.Errorf("its MANIFEST is cut: %d bytes are whole instead of %d", whole, s.Manifest)
	}
	for _, id := range slices.Sorted(maps.Keys(manifest.Tables)) {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		data, err := os.ReadFile(table.NewFilename(id, dir))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			err = errors.New("it is missing")
		case err != nil:
			return false, err
		default:
			err = checkTable(data, id, manifest.Tables[id].Compression, opts.BlockSize)
		}
		if err != nil {
			return false, fmt.Errorf("its table %s is damaged: %w", table.IDToFilename(id), err)
		}
	}
	return manifest.Deletions >= rewritesSoon, nil
}

// checkTable verifies the checksums of a table's index and of every block. The
// panics with which package table meets a cut file become errors.
func checkTable(data []byte, id uint64, compression options.CompressionType, blockSize int) (err error) {
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
		return err
	}
	return t.VerifyChecksum()
}

// census is enough of what a store or an export holds to tell what is missing.
type census struct {
	ledgers     map[pipeline.Scope]*ledger
	generations map[generation]*found
}

// found is what there is of a generation.
type found struct {
	contents *contents         // nil for none
	blocks   map[string]uint32 // how many, by part
}

func newCensus() *census {
	return &census{make(map[pipeline.Scope]*ledger), make(map[generation]*found)}
}

// add counts one key; it reads the values of few. An error goes on from "its".
func (c *census) add(k []byte, value func() ([]byte, error)) error {
	decode := func(into any) error {
		v, err := value()
		if err == nil {
			err = json.Unmarshal(v, into)
		}
		if err != nil {
			return fmt.Errorf("value of key %q makes no sense: %w", k, err)
		}
		return nil
	}
	switch k[0] {
	case kindJournal, kindMeta, kindNote, kindPiece:
		return nil
	case kindLedger:
		l := &ledger{scope: pipeline.Scope(k[1:])}
		c.ledgers[l.scope] = l
		return decode(l)
	case kindBlock:
		g, part, ok := splitBlockKey(k)
		if !ok {
			break
		}
		if c.generations[g] == nil {
			c.generations[g] = &found{blocks: make(map[string]uint32)}
		}
		if part == partContents {
			c.generations[g].contents = new(contents)
			return decode(c.generations[g].contents)
		}
		c.generations[g].blocks[string(part)]++
		return nil
	}
	return fmt.Errorf("key %q is not in the schema", k)
}

// complete reports what is missing. An error goes on from "its".
func (c *census) complete() error {
	for scope, l := range c.ledgers {
		for _, g := range l.inForce() {
			have := c.generations[g]
			if have == nil || have.contents == nil {
				return fmt.Errorf("snapshot of %s is missing", scope)
			}
			for part, want := range have.contents.Blocks {
				if n := have.blocks[part]; n != want {
					return fmt.Errorf("snapshot of %s has %d of %d blocks", scope, n, want)
				}
			}
		}
	}
	return nil
}

// checkValues counts what is in the store and compares it with the seal. Cost:
// every key is read once, and few values.
func (s *Store) checkValues(ctx context.Context) (*census, error) {
	c := newCensus()
	for e, err := range s.each(ctx, nil) {
		if err != nil {
			return nil, err
		}
		if err := c.add(e.key, e.value); err != nil {
			return nil, fmt.Errorf("its %w", err)
		}
	}
	if err := c.complete(); err != nil {
		return nil, fmt.Errorf("its %w", err)
	}
	for scope, saves := range s.seal.Saves {
		l, ok := c.ledgers[scope]
		if !ok || l.Saves < saves {
			return nil, fmt.Errorf("it has lost data: its ledger of %s is older than the seal says", scope)
		}
		s.seal.Saves[scope] = l.Saves
	}
	return c, nil
}
