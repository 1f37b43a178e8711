package store

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline"
)

// The kinds of keys, as the package comment lists them.
const (
	kindBlock   = 'g'
	kindJournal = 'j'
	kindLedger  = 'l'
	kindMeta    = 'm'
	kindNote    = 'n'
	kindPiece   = 'x'
)

// The parts of a generation.
const (
	partContents      = 'm'
	partFindings      = 'f'
	partHistory       = 'h'
	partEvents        = 'e'
	partStatusChanges = 's'
	partTombstones    = 't'
	partPackages      = 'p'
	partItems         = 'i'
)

// maxName bounds the parts of a key together. It is below Badger's own limit of
// 65,000 bytes, so that the key of a further piece fits too.
const maxName = 60_000

// key joins a kind and parts; every part but the last is followed by a zero.
func key(kind byte, parts ...string) []byte {
	return append([]byte{kind}, strings.Join(parts, "\x00")...)
}

// prefix is key with a zero after the last part too: what all longer keys of
// these parts begin with.
func prefix(kind byte, parts ...string) []byte {
	return append(key(kind, parts...), 0)
}

// checkName refuses names that the schema cannot hold.
func checkName(what string, parts ...string) error {
	length := 0
	for _, p := range parts {
		if p == "" || strings.Contains(p, "\x00") {
			return fmt.Errorf("%s %.80q: a name must not be empty or hold a zero byte", what, parts)
		}
		length += len(p)
	}
	if length > maxName {
		return fmt.Errorf("%s %.80q…: a name of %d bytes is too long, %d is the most", what, parts, length, maxName)
	}
	return nil
}

// generation is one snapshot of a scope, counted from 1.
type generation struct {
	scope  pipeline.Scope
	number uint32
}

func (g generation) prefix() []byte {
	return binary.BigEndian.AppendUint32(prefix(kindBlock, string(g.scope)), g.number)
}

func (g generation) partPrefix(part byte) []byte { return append(g.prefix(), part) }

func (g generation) blockKey(part byte, block uint32) []byte {
	return binary.BigEndian.AppendUint32(g.partPrefix(part), block)
}

// splitBlockKey tells what a block's key belongs to.
func splitBlockKey(k []byte) (g generation, part byte, ok bool) {
	const tail = 4 + 1 + 4
	scope, rest, found := bytes.Cut(k[1:], []byte{0})
	if !found || len(rest) != tail {
		return generation{}, 0, false
	}
	return generation{pipeline.Scope(scope), binary.BigEndian.Uint32(rest)}, rest[4], true
}

func pieceKey(of []byte, n int) []byte {
	k := append([]byte{kindPiece}, of...)
	return binary.BigEndian.AppendUint16(append(k, 0), uint16(n))
}

// splitJournalKey returns the run that a journal's key belongs to, and the name
// of its record.
func splitJournalKey(k []byte) (run, name string) {
	run, name, _ = strings.Cut(string(k[1:]), "\x00")
	return run, name
}
