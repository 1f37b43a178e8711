package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"

	"github.com/dgraph-io/badger/v4"

	"github.com/stalewatch/stalewatch/pipeline"
)

// blockSize is about how much JSON one block of a generation holds: enough for
// zstd to find what repositories have in common, little enough to decode one
// at a time.
const blockSize = 64 << 10

// generationParts are the parts that come in blocks, in the order of writing.
var generationParts = [...]byte{partFindings, partHistory, partEvents, partTombstones}

// generationMeta is the seal of a generation and everything that is small.
type generationMeta struct {
	Snapshot pipeline.Snapshot   `json:"snapshot"` // without the parts
	Parts    map[string]partSeal `json:"parts"`
}

// partSeal says what a part should be.
type partSeal struct {
	Blocks uint32 `json:"blocks"`
	Items  int    `json:"items"`
	// SHA256 is over the items' JSON, one per line, in order.
	SHA256 string `json:"sha256"`
}

// writeGeneration writes all blocks of a snapshot, the seal last. Nothing
// points to them yet. What an earlier try left there is removed first.
func (s *Store) writeGeneration(ctx context.Context, scope string, gen uint32, snap *pipeline.Snapshot) error {
	if err := s.remove(ctx, generationPrefix(scope, gen)); err != nil {
		return err
	}
	m := generationMeta{Snapshot: *snap, Parts: make(map[string]partSeal, len(generationParts))}
	var err error
	for _, part := range generationParts {
		w := partWriter{store: s, scope: scope, gen: gen, part: part, hash: sha256.New()}
		switch part {
		case partFindings:
			err = writeItems(ctx, &w, snap.Findings)
		case partHistory:
			err = writeItems(ctx, &w, snap.History)
		case partEvents:
			err = writeItems(ctx, &w, snap.Events)
		case partTombstones:
			err = writeItems(ctx, &w, snap.Tombstones)
		}
		if err != nil {
			return err
		}
		m.Parts[string(part)] = w.seal()
	}
	payload, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return s.put(blockKey(scope, gen, partMeta, 0), payload)
}

// partWriter gathers items into blocks.
type partWriter struct {
	store *Store
	scope string
	gen   uint32
	part  byte

	block  []byte // a JSON array without its end
	blocks uint32
	items  int
	hash   hash.Hash
}

func writeItems[T any](ctx context.Context, w *partWriter, items []T) error {
	for i := range items {
		b, err := json.Marshal(&items[i])
		if err != nil {
			return err
		}
		if err := w.add(ctx, b); err != nil {
			return err
		}
	}
	return w.flush(ctx)
}

func (w *partWriter) add(ctx context.Context, item []byte) error {
	sep := byte(',')
	if len(w.block) == 0 {
		sep = '['
	}
	w.block = append(append(w.block, sep), item...)
	w.hash.Write(item)
	w.hash.Write([]byte{'\n'})
	w.items++
	if len(w.block) < blockSize {
		return nil
	}
	return w.flush(ctx)
}

func (w *partWriter) flush(ctx context.Context) error {
	if len(w.block) == 0 {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	err := w.store.put(blockKey(w.scope, w.gen, w.part, w.blocks), append(w.block, ']'))
	w.block = w.block[:0]
	w.blocks++
	w.store.reach("block")
	return err
}

func (w *partWriter) seal() partSeal {
	return partSeal{Blocks: w.blocks, Items: w.items, SHA256: hex.EncodeToString(w.hash.Sum(nil))}
}

func (s *Store) generationMeta(scope string, gen uint32) (m generationMeta, err error) {
	err = s.db.View(func(txn *badger.Txn) error {
		ok, err := s.getJSON(txn, blockKey(scope, gen, partMeta, 0), &m)
		if err == nil && !ok {
			err = &DamagedError{"the snapshot of " + scope, fmt.Errorf("generation %d has no seal", gen)}
		}
		return err
	})
	return m, err
}

// readGeneration is the inverse of writeGeneration.
func (s *Store) readGeneration(ctx context.Context, scope string, gen uint32) (*pipeline.Snapshot, error) {
	m, err := s.generationMeta(scope, gen)
	if err != nil {
		return nil, err
	}
	snap := &m.Snapshot
	for _, part := range generationParts {
		n := m.Parts[string(part)].Items
		switch part {
		case partFindings:
			snap.Findings, err = readItems[pipeline.Finding](ctx, s, scope, gen, part, n)
		case partHistory:
			snap.History, err = readItems[pipeline.HistoryEntry](ctx, s, scope, gen, part, n)
		case partEvents:
			snap.Events, err = readItems[pipeline.Event](ctx, s, scope, gen, part, n)
		case partTombstones:
			snap.Tombstones, err = readItems[pipeline.Tombstone](ctx, s, scope, gen, part, n)
		}
		if err != nil {
			return nil, err
		}
	}
	return snap, nil
}

// readItems returns the n items of a part, nil for none.
func readItems[T any](ctx context.Context, s *Store, scope string, gen uint32, part byte, n int) ([]T, error) {
	if n == 0 {
		return nil, nil
	}
	items := make([]T, 0, n)
	err := eachItemOf(ctx, s, scope, gen, part, func(item T) { items = append(items, item) })
	if err == nil && len(items) != n {
		err = &DamagedError{"the snapshot of " + scope, fmt.Errorf("part %c has %d of %d items", part, len(items), n)}
	}
	return items, err
}

// eachItemOf decodes the items of a part one block at a time.
func eachItemOf[T any](ctx context.Context, s *Store, scope string, gen uint32, part byte, do func(T)) error {
	of := append(generationPrefix(scope, gen), part)
	return s.eachPayload(ctx, of, func(k, payload []byte) error {
		var block []T
		if err := json.Unmarshal(payload, &block); err != nil {
			return &DamagedError{fmt.Sprintf("key %q", k), err}
		}
		for _, item := range block {
			do(item)
		}
		return nil
	})
}
