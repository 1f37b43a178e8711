package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"

	"github.com/stalewatch/stalewatch/pipeline"
)

// blockSize is about how much JSON one block of a generation holds: enough for
// zstd to find what repositories have in common, and little to decode at a time.
const blockSize = 64 << 10

// contents is everything small about a generation, and how many blocks it has.
type contents struct {
	Snapshot pipeline.Snapshot `json:"snapshot"` // without the parts
	// Items and Blocks count what each part has, by its letter.
	Items  map[string]int    `json:"items"`
	Blocks map[string]uint32 `json:"blocks"`
}

// part is one list of a snapshot, under its letter.
type part struct {
	letter byte
	count  func() int
	item   func(i int) any // a pointer to it
	read   func(ctx context.Context, s *Store, g generation) error
}

func partOf[T any](letter byte, items *[]T) part {
	return part{
		letter: letter,
		count:  func() int { return len(*items) },
		item:   func(i int) any { return &(*items)[i] },
		read: func(ctx context.Context, s *Store, g generation) error {
			return eachItem(ctx, s, g, letter, func(item T) { *items = append(*items, item) })
		},
	}
}

func partsOf(snap *pipeline.Snapshot) []part {
	return []part{
		partOf(partFindings, &snap.Findings),
		partOf(partHistory, &snap.History),
		partOf(partEvents, &snap.Events),
		partOf(partStatusChanges, &snap.StatusChanges),
		partOf(partTombstones, &snap.Tombstones),
		partOf(partPackages, &snap.Packages),
		partOf(partItems, &snap.Items),
	}
}

// writeGeneration writes all blocks of a snapshot, the contents last. Nothing
// points to them yet. What an earlier try left there is removed first.
func (s *Store) writeGeneration(ctx context.Context, g generation, snap *pipeline.Snapshot) error {
	if err := s.remove(ctx, g.prefix()); err != nil {
		return err
	}
	c := contents{Snapshot: *snap, Items: make(map[string]int), Blocks: make(map[string]uint32)}
	for _, p := range partsOf(snap) {
		letter := string(p.letter)
		c.Items[letter] = p.count()
		for block, err := range p.blocks() {
			if err == nil {
				err = ctx.Err()
			}
			if err == nil {
				err = s.put(g.blockKey(p.letter, c.Blocks[letter]), block)
			}
			if err != nil {
				return err
			}
			c.Blocks[letter]++
			s.reach("block")
		}
	}
	v, err := json.Marshal(c)
	if err != nil {
		return err
	}
	return s.put(g.blockKey(partContents, 0), v)
}

// blocks yields the part as JSON arrays of about blockSize, each valid until the
// next.
func (p part) blocks() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		var block []byte // without its end
		for i := range p.count() {
			item, err := json.Marshal(p.item(i))
			sep := byte(',')
			if len(block) == 0 {
				sep = '['
			}
			block = append(append(block, sep), item...)
			if err == nil && len(block) < blockSize && i < p.count()-1 {
				continue
			}
			if !yield(append(block, ']'), err) {
				return
			}
			block = block[:0]
		}
	}
}

// readGeneration is the inverse of writeGeneration.
func (s *Store) readGeneration(ctx context.Context, g generation) (*pipeline.Snapshot, error) {
	var c contents
	ok, err := s.getJSON(g.blockKey(partContents, 0), &c)
	if err == nil && !ok {
		err = &DamagedError{"the snapshot of " + string(g.scope), errors.New("it is missing")}
	}
	if err != nil {
		return nil, err
	}
	for _, p := range partsOf(&c.Snapshot) {
		if err := p.read(ctx, s, g); err != nil {
			return nil, err
		}
		if have, want := p.count(), c.Items[string(p.letter)]; have != want {
			return nil, &DamagedError{"the snapshot of " + string(g.scope), fmt.Errorf("part %c has %d of %d items", p.letter, have, want)}
		}
	}
	return &c.Snapshot, nil
}

// eachItem calls do with the items of a part, decoding one block at a time.
func eachItem[T any](ctx context.Context, s *Store, g generation, part byte, do func(T)) error {
	for e, err := range s.each(ctx, g.partPrefix(part)) {
		var block []T
		if err == nil {
			err = e.decode(&block)
		}
		if err != nil {
			return err
		}
		for _, item := range block {
			do(item)
		}
	}
	return nil
}
