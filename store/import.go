package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"

	"github.com/dgraph-io/badger/v4"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// Imported says what an import did, by scope, sorted.
type Imported struct {
	Taken []string // whose snapshots and history came from the export
	Kept  []string // whose snapshots and history this store has at least as new
}

// Import takes an export into the store. The whole export is verified before
// anything changes; one that is damaged, cut, foreign (*ExportError) or newer
// (*VersionError) is refused.
//
// The outcome is a union by scope. Where both know a scope, the one whose
// history goes on from the other's wins; two that went apart are a conflict
// and refuse the whole export. Runs, the journals of unfinished ones and
// changes of status are united. Importing the same again changes nothing, and
// an import that died is mended by doing it again.
func (s *Store) Import(ctx context.Context, r io.Reader) (Imported, error) {
	done, err := s.enter(ctx)
	if err != nil {
		return Imported{}, err
	}
	defer done()
	s.state.Lock()
	defer s.state.Unlock()
	if err := s.needSpace(); err != nil {
		return Imported{}, err
	}
	spool, err := os.CreateTemp(s.dir, "import.*.tmp")
	if err != nil {
		return Imported{}, &AccessError{s.dir, err}
	}
	defer os.Remove(spool.Name())
	defer spool.Close()
	im := importing{store: s, spool: spool, theirs: newExported(), verdicts: make(map[string]verdict), base: make(map[string]pointers)}
	if err := im.verify(ctx, r); err != nil {
		return Imported{}, err
	}
	out, err := im.decide(ctx)
	if err == nil {
		err = im.apply(ctx)
	}
	if err != nil {
		return Imported{}, err
	}
	return out, nil
}

// importing is one import in progress.
type importing struct {
	store    *Store
	spool    *os.File // the export as it came
	theirs   *exported
	writes   map[string][]runRecord // by scope
	verdicts map[string]verdict
	base     map[string]pointers // this store's own
}

// verify reads the export once, keeping it for the second time.
func (im *importing) verify(ctx context.Context, r io.Reader) error {
	in := io.TeeReader(contextReader{ctx, r}, im.spool)
	if err := readExport(ctx, in, im.theirs.add); err != nil {
		return err
	}
	return im.theirs.complete()
}

// contextReader stops reading when its context is done.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// decide compares every scope of the export with this store's.
func (im *importing) decide(ctx context.Context) (out Imported, err error) {
	im.writes = make(map[string][]runRecord)
	for _, scope := range slices.Sorted(maps.Keys(im.theirs.sides)) {
		theirs := im.theirs.sides[scope]
		ours, err := im.store.side(ctx, scope)
		if err != nil {
			return Imported{}, err
		}
		v, err := judge(scope, ours, *theirs)
		if err != nil {
			return Imported{}, err
		}
		im.verdicts[scope], im.base[scope] = v, ours.pointers
		im.writes[scope] = mergeRuns(ours.runs, theirs.runs)
		if v == takeTheirs || len(ours.runs) == 0 {
			out.Taken = append(out.Taken, scope)
		} else {
			out.Kept = append(out.Kept, scope)
		}
	}
	return out, nil
}

// side returns what this store has of a scope; zero when it has nothing.
func (s *Store) side(ctx context.Context, scope string) (side, error) {
	own := side{runs: make(map[string]runRecord), metas: make(map[uint32]generationMeta)}
	var err error
	if own.pointers, err = s.pointers(scope); err != nil {
		return side{}, err
	}
	records, err := s.runRecords(ctx, prefix(kindRun, scope))
	if err != nil {
		return side{}, err
	}
	for _, r := range records {
		k, err := keyOf(r.Run)
		if err != nil {
			return side{}, err
		}
		own.runs[string(k)] = r
	}
	for _, gen := range own.pointers.inForce() {
		if own.metas[gen], err = s.generationMeta(scope, gen); err != nil {
			return side{}, err
		}
	}
	if gen := own.pointers.Over; gen != 0 {
		own.history, err = readItems[pipeline.HistoryEntry](ctx, s, scope, gen, partHistory,
			own.metas[gen].Parts[string(partHistory)].Items)
	}
	return own, err
}

// apply writes blocks, changes and journals, which nothing points to yet, then
// brings one scope after the other into force.
func (im *importing) apply(ctx context.Context) error {
	for scope, v := range im.verdicts {
		if v == takeTheirs {
			if err := im.clear(ctx, scope); err != nil {
				return err
			}
		}
	}
	if _, err := im.spool.Seek(0, io.SeekStart); err != nil {
		return err
	}
	if err := readExport(ctx, im.spool, im.write); err != nil {
		return err
	}
	for _, scope := range slices.Sorted(maps.Keys(im.verdicts)) {
		if err := im.enforce(ctx, scope); err != nil {
			return fmt.Errorf("importing %s: %w", scope, err)
		}
	}
	return im.store.sweepJournals(ctx)
}

// shift returns the number that a generation of theirs gets here.
func (im *importing) shift(scope string, gen uint32) uint32 {
	if gen == 0 {
		return 0
	}
	p := im.base[scope]
	return max(p.Latest, p.Over) + gen
}

// clear removes what an import that died may have left where blocks will go.
func (im *importing) clear(ctx context.Context, scope string) error {
	for _, gen := range im.theirs.sides[scope].pointers.inForce() {
		if err := im.store.remove(ctx, generationPrefix(scope, im.shift(scope, gen))); err != nil {
			return err
		}
	}
	return nil
}

// write stores one record of the export, if it is wanted.
func (im *importing) write(k, v []byte) error {
	s := im.store
	switch k[0] {
	case kindBlock:
		scope, gen, part, block, _ := splitBlockKey(k)
		if im.verdicts[scope] != takeTheirs {
			return nil
		}
		return s.put(blockKey(scope, im.shift(scope, gen), part, block), v)
	case kindChanges:
		scope, _, _ := bytes.Cut(k[1:], []byte{0})
		if im.verdicts[string(scope)] != takeTheirs {
			return nil
		}
		return s.put(k, v)
	case kindJournal:
		return im.putUnless(k, v, func(ours []byte) bool {
			var a, b durable.Record
			return json.Unmarshal(ours, &a) == nil && json.Unmarshal(v, &b) == nil && !betterRecord(a, b)
		})
	case kindBudget:
		return im.putUnless(k, v, func(ours []byte) bool { return !laterBudget(ours, v) })
	}
	return nil // runs and pointers: see enforce
}

// putUnless writes v under k, unless there is a readable value that keep wants
// to keep.
func (im *importing) putUnless(k, v []byte, keep func(ours []byte) bool) error {
	s := im.store
	var ours []byte
	var ok bool
	err := s.db.View(func(txn *badger.Txn) (err error) {
		ours, ok, err = s.get(txn, k)
		return err
	})
	if err != nil && !errors.Is(err, errEnvelope) {
		return err
	}
	if ok && keep(ours) {
		return nil
	}
	return s.put(k, v)
}

// enforce makes what was written of a scope the truth, in one step.
func (im *importing) enforce(ctx context.Context, scope string) error {
	s, old := im.store, im.base[scope]
	var c change
	for _, r := range im.writes[scope] {
		if err := c.setRun(r); err != nil {
			return err
		}
	}
	now := old
	if im.verdicts[scope] == takeTheirs {
		their := im.theirs.sides[scope].pointers
		now = pointers{Latest: im.shift(scope, their.Latest), Over: im.shift(scope, their.Over)}
	}
	if now != old {
		if err := c.setJSON(key(kindScope, scope), now); err != nil {
			return err
		}
	}
	if len(c.sets) == 0 {
		return nil
	}
	if err := s.commit(&c); err != nil {
		return err
	}
	s.discard(ctx, scope, old, now, nil)
	return nil
}
