package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/stalewatch/stalewatch/pipeline"
)

// blockSize is about how much JSON one block of a generation holds: enough for
// zstd to find what repositories have in common, little enough to decode one
// at a time.
const blockSize = 64 << 10

// contents is everything about a generation that is small, and what its blocks
// should be.
type contents struct {
	Snapshot pipeline.Snapshot `json:"snapshot"` // without the parts
	// Items and Blocks count what each part has, by its letter.
	Items  map[string]int    `json:"items"`
	Blocks map[string]uint32 `json:"blocks"`
}

// writeGeneration writes all blocks of a snapshot, the contents last. Nothing
// points to them yet. What an earlier try left there is removed first.
func (s *Store) writeGeneration(ctx context.Context, scope string, gen uint32, snap *pipeline.Snapshot) error {
	if err := s.remove(ctx, generationPrefix(scope, gen)); err != nil {
		return err
	}
	w := writer{store: s, scope: scope, gen: gen, contents: contents{
		Snapshot: *snap, Items: make(map[string]int), Blocks: make(map[string]uint32),
	}}
	write(ctx, &w, partFindings, snap.Findings)
	write(ctx, &w, partHistory, snap.History)
	write(ctx, &w, partEvents, snap.Events)
	write(ctx, &w, partStatusChanges, snap.StatusChanges)
	write(ctx, &w, partTombstones, snap.Tombstones)
	write(ctx, &w, partPackages, snap.Packages)
	write(ctx, &w, partItems, snap.Items)
	if w.err != nil {
		return w.err
	}
	v, err := json.Marshal(w.contents)
	if err != nil {
		return err
	}
	return s.put(blockKey(scope, gen, partContents, 0), v)
}

// writer writes the parts of a generation until an error.
type writer struct {
	store    *Store
	scope    string
	gen      uint32
	contents contents
	err      error
}

func write[T any](ctx context.Context, w *writer, part byte, items []T) {
	var block []byte // a JSON array without its end
	for i := range items {
		item, err := json.Marshal(&items[i])
		if err != nil {
			w.err = err
			return
		}
		sep := byte(',')
		if len(block) == 0 {
			sep = '['
		}
		block = append(append(block, sep), item...)
		if len(block) >= blockSize || i == len(items)-1 {
			w.flush(ctx, part, append(block, ']'))
			block = block[:0]
		}
	}
	w.contents.Items[string(part)] = len(items)
}

func (w *writer) flush(ctx context.Context, part byte, block []byte) {
	if w.err == nil {
		w.err = ctx.Err()
	}
	if w.err == nil {
		n := w.contents.Blocks[string(part)]
		w.err = w.store.put(blockKey(w.scope, w.gen, part, n), block)
		w.contents.Blocks[string(part)] = n + 1
		w.store.reach("block")
	}
}

// readGeneration is the inverse of writeGeneration.
func (s *Store) readGeneration(ctx context.Context, scope string, gen uint32) (*pipeline.Snapshot, error) {
	r := reader{store: s, scope: scope, gen: gen}
	ok, err := s.getJSON(blockKey(scope, gen, partContents, 0), &r.contents)
	if err != nil || !ok {
		return nil, fmt.Errorf("generation %d: found %t: %w", gen, ok, err)
	}
	snap := &r.contents.Snapshot
	snap.Findings = read[pipeline.Finding](ctx, &r, partFindings)
	snap.History = read[pipeline.HistoryEntry](ctx, &r, partHistory)
	snap.Events = read[pipeline.Event](ctx, &r, partEvents)
	snap.StatusChanges = read[pipeline.StatusChange](ctx, &r, partStatusChanges)
	snap.Tombstones = read[pipeline.Tombstone](ctx, &r, partTombstones)
	snap.Packages = read[pipeline.Package](ctx, &r, partPackages)
	snap.Items = read[pipeline.Item](ctx, &r, partItems)
	return snap, r.err
}

// reader reads the parts of a generation until an error.
type reader struct {
	store    *Store
	scope    string
	gen      uint32
	contents contents
	err      error
}

// read returns the items of a part, nil for none.
func read[T any](ctx context.Context, r *reader, part byte) (items []T) {
	n := r.contents.Items[string(part)]
	if r.err != nil || n == 0 {
		return nil
	}
	items = make([]T, 0, n)
	r.err = eachItem(ctx, r.store, r.scope, r.gen, part, func(item T) { items = append(items, item) })
	if r.err == nil && len(items) != n {
		r.err = &DamagedError{"the snapshot of " + r.scope, fmt.Errorf("part %c has %d of %d items", part, len(items), n)}
	}
	return items
}

// eachItem decodes the items of a part one block at a time.
func eachItem[T any](ctx context.Context, s *Store, scope string, gen uint32, part byte, do func(T)) error {
	return s.each(ctx, partPrefix(scope, gen, part), func(k []byte, read func() ([]byte, error)) error {
		var block []T
		v, err := read()
		if err == nil {
			err = json.Unmarshal(v, &block)
		}
		if err != nil {
			return &DamagedError{fmt.Sprintf("key %q", k), err}
		}
		for _, item := range block {
			do(item)
		}
		return nil
	})
}
