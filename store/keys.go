package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
)

// The kinds of keys, as the package comment lists them.
const (
	kindMeta     = 'm'
	kindScope    = 's'
	kindBlock    = 'g'
	kindChanges  = 'c'
	kindRun      = 'r'
	kindJournal  = 'j'
	kindBudget   = 'b'
	kindSegments = 'x'
)

// The parts of a generation.
const (
	partMeta       = 'm'
	partFindings   = 'f'
	partHistory    = 'h'
	partEvents     = 'e'
	partTombstones = 't'
)

// maxKey is below Badger's own limit of 65,000 bytes, so that the key of a
// further piece fits too.
const maxKey = 60_000

// key joins a kind and parts; every part but the last is followed by a zero.
func key(kind byte, parts ...string) []byte {
	return append([]byte{kind}, strings.Join(parts, "\x00")...)
}

// prefix is key with a zero after the last part too: what all longer keys of
// these parts begin with.
func prefix(kind byte, parts ...string) []byte {
	return append(key(kind, parts...), 0)
}

func be4(n uint32) string { return string(binary.BigEndian.AppendUint32(nil, n)) }

func generationPrefix(scope string, gen uint32) []byte {
	return append(prefix(kindBlock, scope), be4(gen)...)
}

func blockKey(scope string, gen uint32, part byte, block uint32) []byte {
	k := append(generationPrefix(scope, gen), part)
	return binary.BigEndian.AppendUint32(k, block)
}

// splitBlockKey is the inverse of blockKey.
func splitBlockKey(k []byte) (scope string, gen uint32, part byte, block uint32, ok bool) {
	const tail = 4 + 1 + 4
	if len(k) == 0 || k[0] != kindBlock {
		return "", 0, 0, 0, false
	}
	name, rest, found := bytes.Cut(k[1:], []byte{0})
	if !found || len(rest) != tail {
		return "", 0, 0, 0, false
	}
	return string(name), binary.BigEndian.Uint32(rest), rest[4], binary.BigEndian.Uint32(rest[5:]), true
}

func runKey(scope, date string, attempt int) []byte {
	return append(prefix(kindRun, scope, date), be4(uint32(attempt))...)
}

func segmentKey(of []byte, n int) []byte {
	k := append([]byte{kindSegments}, of...)
	return binary.BigEndian.AppendUint16(append(k, 0), uint16(n))
}

// journalKey refuses names that the schema cannot hold.
func journalKey(run, name string) ([]byte, error) {
	switch {
	case run == "" || name == "":
		return nil, fmt.Errorf("journal: run %q, key %q: neither may be empty", run, name)
	case strings.Contains(run, "\x00") || strings.Contains(name, "\x00"):
		return nil, fmt.Errorf("journal: run %q, key %q: a zero byte cannot be part of a name", run, name)
	case len(run)+len(name) > maxKey:
		return nil, fmt.Errorf("journal: a key of %d bytes is too long, %d is the most: %.80q…", len(run)+len(name), maxKey, name)
	}
	return key(kindJournal, run, name), nil
}

// journalRun returns the run that a journal key belongs to.
func journalRun(k []byte) (run, name string, ok bool) {
	if len(k) == 0 || k[0] != kindJournal {
		return "", "", false
	}
	return strings.Cut(string(k[1:]), "\x00")
}
