package store

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"

	"github.com/dgraph-io/badger/v4"
	"github.com/klauspost/compress/zstd"
)

// An export is
//
//	magic    8 bytes "SWEXPORT"
//	version  2 bytes, big-endian
//	one zstd frame of
//	  records: key length, key, value length, value; lengths are uvarints,
//	           keys ascend strictly and are never empty
//	  0        a key length of zero ends the records
//	  count    8 bytes, big-endian: how many records there were
//	  SHA-256  of magic, version and everything in the frame before it
//
// Keys are those of the key schema without 'm' and 'x': values are payloads
// without their envelopes. The generations in force of each scope are numbered
// from 1, so the same content gives the same bytes.
const (
	exportMagic   = "SWEXPORT"
	exportVersion = 1
)

// Export writes everything the store knows as one portable file: also the
// journals of unfinished runs, so that they can be resumed elsewhere. The same
// content gives the same bytes. Cost: about 0.1 s and 150 bytes a repository
// for 10,000 of them.
func (s *Store) Export(ctx context.Context, w io.Writer) error {
	done, err := s.enter(ctx)
	if err != nil {
		return err
	}
	defer done()
	s.state.Lock()
	defer s.state.Unlock()
	if err := s.export(ctx, w); err != nil {
		return fmt.Errorf("exporting store %s: %w", s.dir, err)
	}
	return nil
}

// ExportFile is Export into a file that only its owner may read. Afterwards
// path is the whole export, or what it was before.
func (s *Store) ExportFile(ctx context.Context, path string) error {
	return writeFile(path, func(w io.Writer) error { return s.Export(ctx, w) })
}

func (s *Store) export(ctx context.Context, w io.Writer) error {
	scopes, err := s.scopes(ctx)
	if err != nil {
		return err
	}
	e, err := newExportWriter(w)
	if err != nil {
		return err
	}
	err = s.eachItem(ctx, nil, true, func(txn *badger.Txn, item *badger.Item) error {
		k := item.Key()
		if k[0] == kindMeta || k[0] == kindSegments {
			return nil
		}
		portable, err := portableKey(k, scopes)
		if err != nil || portable == nil {
			return err
		}
		payload, err := s.payload(txn, item)
		if k[0] == kindJournal && errors.Is(err, errEnvelope) {
			return nil // it counts as none
		}
		if err != nil {
			return &DamagedError{fmt.Sprintf("key %q", k), err}
		}
		if k[0] == kindScope {
			if payload, err = json.Marshal(scopes[string(k[1:])].renumbered()); err != nil {
				return err
			}
		}
		return e.record(portable, payload)
	})
	return errors.Join(err, e.finish(err == nil))
}

// portableKey renumbers the generation in a block's key. It returns nil for a
// block of a generation that is not in force.
func portableKey(k []byte, scopes map[string]pointers) ([]byte, error) {
	if k[0] != kindBlock {
		return k, nil
	}
	scope, gen, part, block, ok := splitBlockKey(k)
	if !ok {
		return nil, fmt.Errorf("key %q is not in the schema", k)
	}
	n := slices.Index(scopes[scope].inForce(), gen)
	if n < 0 {
		return nil, nil
	}
	return blockKey(scope, uint32(n+1), part, block), nil
}

// renumbered returns p with its generations numbered from 1.
func (p pointers) renumbered() pointers {
	number := func(gen uint32) uint32 { return uint32(slices.Index(p.inForce(), gen) + 1) }
	return pointers{Latest: number(p.Latest), Over: number(p.Over)}
}

// exportWriter frames records.
type exportWriter struct {
	zstd  *zstd.Encoder
	out   *bufio.Writer // into zstd and hash
	hash  hash.Hash
	count uint64
	last  []byte
}

func newExportWriter(w io.Writer) (*exportWriter, error) {
	head := binary.BigEndian.AppendUint16([]byte(exportMagic), exportVersion)
	if _, err := w.Write(head); err != nil {
		return nil, err
	}
	enc, err := zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedBetterCompression),
		zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(4<<20))
	if err != nil {
		return nil, err
	}
	h := sha256.New()
	h.Write(head)
	return &exportWriter{zstd: enc, out: bufio.NewWriter(io.MultiWriter(enc, h)), hash: h}, nil
}

func (e *exportWriter) record(k, v []byte) error {
	if bytes.Compare(k, e.last) <= 0 {
		return fmt.Errorf("key %q comes after %q", k, e.last)
	}
	e.last = append(e.last[:0], k...)
	e.count++
	for _, b := range [][]byte{k, v} {
		if _, err := e.out.Write(binary.AppendUvarint(nil, uint64(len(b)))); err != nil {
			return err
		}
		if _, err := e.out.Write(b); err != nil {
			return err
		}
	}
	return nil
}

// finish ends the frame; the export is valid only with whole set.
func (e *exportWriter) finish(whole bool) error {
	if !whole {
		return e.zstd.Close()
	}
	if _, err := e.out.Write(binary.BigEndian.AppendUint64([]byte{0}, e.count)); err != nil {
		return err
	}
	if err := e.out.Flush(); err != nil {
		return err
	}
	if _, err := e.zstd.Write(e.hash.Sum(nil)); err != nil {
		return err
	}
	return e.zstd.Close()
}
