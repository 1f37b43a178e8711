package store

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// side is what two stores are compared by, for one scope.
type side struct {
	pointers pointers
	runs     map[string]runRecord // by key
	metas    map[uint32]generationMeta
	history  []pipeline.HistoryEntry // of the generation that is over
}

// verdict says whose snapshots a scope keeps.
type verdict int

const (
	keepOurs verdict = iota
	takeTheirs
)

// judge compares the histories of two sides. The one that goes on from the
// other is newer. Two that went apart are a conflict, which is the error.
func judge(scope string, ours, theirs side) (verdict, error) {
	a, b := ours.history, theirs.history
	same := 0
	for same < min(len(a), len(b)) && sameEntry(a[same], b[same]) {
		same++
	}
	a, b = a[same:], b[same:]
	switch {
	case len(a) == 0 && len(b) == 0:
		return judgeEqual(scope, ours, theirs)
	case len(a) == 0, rerun(a, b):
		return takeTheirs, nil
	case len(b) == 0, rerun(b, a):
		return keepOurs, nil
	}
	return keepOurs, refuse("its run %s of %s and this store's run %s were made from different states; import into an empty store, or leave one of them out",
		b[0].ID, scope, a[0].ID)
}

// rerun reports whether b goes on from a by having repeated a's only entry.
func rerun(a, b []pipeline.HistoryEntry) bool {
	return len(a) == 1 && len(b) > 0 && a[0].ID == b[0].ID && b[0].AsOf.After(a[0].AsOf)
}

func sameEntry(a, b pipeline.HistoryEntry) bool {
	return a.AsOf.Equal(b.AsOf) && reflect.DeepEqual(
		pipeline.HistoryEntry{ID: a.ID, State: a.State, RuleVersion: a.RuleVersion, Total: a.Total, Counts: a.Counts},
		pipeline.HistoryEntry{ID: b.ID, State: b.State, RuleVersion: b.RuleVersion, Total: b.Total, Counts: b.Counts})
}

// judgeEqual decides between sides with one history: what they found must be
// the same too, and the snapshot that was made later is shown.
func judgeEqual(scope string, ours, theirs side) (verdict, error) {
	a, b := ours.metas[ours.pointers.Over], theirs.metas[theirs.pointers.Over]
	for _, part := range []byte{partFindings, partTombstones} {
		if a.Parts[string(part)] != b.Parts[string(part)] {
			return keepOurs, refuse("run %s of %s found other things there than in this store; import into an empty store, or leave one of them out",
				b.Snapshot.Run.ID, scope)
		}
	}
	mine := ours.metas[ours.pointers.Latest].Snapshot.GeneratedAt
	if theirs.metas[theirs.pointers.Latest].Snapshot.GeneratedAt.After(mine) {
		return takeTheirs, nil
	}
	return keepOurs, nil
}

// mergeRuns returns the records that this store must write to know the runs of
// both. Where both know an attempt, one that is over wins over one that was
// given up, and that over an unfinished one; otherwise this store's stays.
func mergeRuns(ours, theirs map[string]runRecord) []runRecord {
	var write []runRecord
	for k, their := range theirs {
		our, both := ours[k]
		if !both {
			write = append(write, their)
			continue
		}
		merged := our
		if rank(their.Run.State) > rank(our.Run.State) {
			merged = their
		} else if our.unfinished() {
			for _, journal := range their.Salvage {
				if !slices.Contains(merged.Salvage, journal) && len(merged.Salvage) < maxSalvage {
					merged.Salvage = append(slices.Clip(merged.Salvage), journal)
				}
			}
		}
		if !reflect.DeepEqual(merged, our) {
			write = append(write, merged)
		}
	}
	slices.SortFunc(write, func(a, b runRecord) int {
		return strings.Compare(pipeline.JournalID(a.Run), pipeline.JournalID(b.Run))
	})
	return write
}

func rank(s pipeline.RunState) int {
	switch s {
	case pipeline.Complete, pipeline.Partial:
		return 2
	case pipeline.Abandoned:
		return 1
	default:
		return 0
	}
}

// betterRecord reports whether a journal record of theirs should replace ours:
// only a success that we do not have.
func betterRecord(ours, theirs durable.Record) bool {
	return theirs.State == durable.Succeeded && ours.State != durable.Succeeded
}

// exported is what an export holds apart from blocks and journals.
type exported struct {
	sides  map[string]*side
	blocks map[string]uint32 // how many blocks, by prefix of generation and part
	// histories holds the decoded history parts by generation.
	histories map[string]map[uint32][]pipeline.HistoryEntry
}

func newExported() *exported {
	return &exported{
		sides: make(map[string]*side), blocks: make(map[string]uint32),
		histories: make(map[string]map[uint32][]pipeline.HistoryEntry),
	}
}

func (e *exported) side(scope string) *side {
	if e.sides[scope] == nil {
		e.sides[scope] = &side{runs: make(map[string]runRecord), metas: make(map[uint32]generationMeta)}
		e.histories[scope] = make(map[uint32][]pipeline.HistoryEntry)
	}
	return e.sides[scope]
}

// add notes one record. What is not as the key schema has it is refused.
func (e *exported) add(k, v []byte) error {
	bad := func(err error) error { return refuse("its record %q makes no sense: %v", k, err) }
	switch k[0] {
	case kindScope:
		if scope := k[1:]; len(scope) == 0 || bytes.IndexByte(scope, 0) >= 0 {
			return bad(errors.New("it is no scope"))
		}
		if err := json.Unmarshal(v, &e.side(string(k[1:])).pointers); err != nil {
			return bad(err)
		}
	case kindRun:
		var r runRecord
		if err := json.Unmarshal(v, &r); err != nil {
			return bad(err)
		}
		if own, err := keyOf(r.Run); err != nil || string(own) != string(k) {
			return bad(fmt.Errorf("it is run %s, attempt %d", r.Run.ID, r.Run.Attempt))
		}
		e.side(r.Run.Scope).runs[string(k)] = r
	case kindBlock:
		if err := e.addBlock(k, v); err != nil {
			return bad(err)
		}
	case kindJournal:
		run, name, _ := journalRun(k)
		if _, err := journalKey(run, name); err != nil {
			return bad(err)
		}
		var r durable.Record
		if err := json.Unmarshal(v, &r); err != nil {
			return bad(err)
		}
	case kindBudget:
		var r budgetRecord
		if err := json.Unmarshal(v, &r); err != nil {
			return bad(err)
		}
	case kindChanges:
		var changes []pipeline.StatusChange
		if err := json.Unmarshal(v, &changes); err != nil {
			return bad(err)
		}
	default:
		return bad(fmt.Errorf("kind %q is unknown", k[0]))
	}
	return nil
}

func (e *exported) addBlock(k, v []byte) error {
	scope, gen, part, _, ok := splitBlockKey(k)
	if !ok {
		return errors.New("the key is not in the schema")
	}
	if part == partMeta {
		var m generationMeta
		if err := json.Unmarshal(v, &m); err != nil {
			return err
		}
		e.side(scope).metas[gen] = m
		return nil
	}
	e.blocks[string(k[:len(k)-4])]++
	if part != partHistory {
		if !json.Valid(v) {
			return errors.New("it is no JSON")
		}
		return nil
	}
	var entries []pipeline.HistoryEntry
	if err := json.Unmarshal(v, &entries); err != nil {
		return err
	}
	e.side(scope)
	e.histories[scope][gen] = append(e.histories[scope][gen], entries...)
	return nil
}

// complete checks that every generation that a scope points to is there as a
// whole, and nothing else.
func (e *exported) complete() error {
	for scope, side := range e.sides {
		inForce := side.pointers.inForce()
		if len(inForce) != len(side.metas) {
			return refuse("it has %d snapshots of %s where %d are in force", len(side.metas), scope, len(inForce))
		}
		for i, gen := range inForce {
			m, ok := side.metas[gen]
			if !ok || gen != uint32(i+1) || m.Snapshot.Run.Scope != scope {
				return refuse("a snapshot of %s is missing in it", scope)
			}
			for _, part := range generationParts {
				of := string(append(generationPrefix(scope, gen), part))
				if e.blocks[of] != m.Parts[string(part)].Blocks {
					return refuse("its snapshot of %s is not whole", scope)
				}
				delete(e.blocks, of)
			}
		}
		side.history = e.histories[scope][side.pointers.Over]
	}
	if len(e.blocks) > 0 {
		return refuse("it holds blocks that belong to no snapshot")
	}
	return nil
}

// laterBudget reports whether theirs was saved after ours.
func laterBudget(ours, theirs []byte) bool {
	var a, b budgetRecord
	if json.Unmarshal(ours, &a) != nil {
		a.SavedAt = time.Time{}
	}
	return json.Unmarshal(theirs, &b) == nil && b.SavedAt.After(a.SavedAt)
}
