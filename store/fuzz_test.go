package store

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/stalewatch/stalewatch/pipeline"
)

// framed returns what stands inside an export of one record, its checksum right.
func framed(k, v []byte) []byte {
	var b []byte
	for _, part := range [][]byte{k, v} {
		b = append(binary.AppendUvarint(b, uint64(len(part))), part...)
	}
	b = binary.BigEndian.AppendUint64(append(b, 0), 1)
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

// FuzzExport reads arbitrary bytes as what stands inside an export, as they are
// and framed as one record: a sentence or a census, never a panic. Compression
// is left out: it takes a thousand times as long, and has fuzzers of its own.
func FuzzExport(f *testing.F) {
	l, err := json.Marshal(ledger{Saves: 1, Latest: 1, Runs: []entry{{Run: pipeline.Run{ID: "2026-11-22/o", Scope: "o"}}}})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(framed([]byte("lo"), l), []byte("lo"), l)
	f.Add([]byte{0}, generation{"o", 1}.blockKey(partContents, 0), []byte(`{"blocks":{"f":1}}`))
	f.Add([]byte("\x01l\x02{}"), []byte("j2026-11-22/o#1\x00a"), []byte(`{}`))
	f.Fuzz(func(t *testing.T, inside, k, v []byte) {
		for _, b := range [][]byte{inside, framed(k, v)} {
			c := newCensus()
			e := exportReader{in: bufio.NewReader(bytes.NewReader(b)), hash: sha256.New()}
			err := e.records(context.Background(), func(k, v []byte) error {
				if err := c.add(k, func() ([]byte, error) { return v, nil }); err != nil {
					return refuse("its %v", err)
				}
				return nil
			})
			if _, refused := errors.AsType[*ExportError](err); err != nil && !refused {
				t.Errorf("an error of another kind: %v", err)
			}
			if err == nil {
				c.complete() // must not panic
			}
		}
	})
}

// FuzzSeal reads arbitrary bytes as a seal.
func FuzzSeal(f *testing.F) {
	f.Add([]byte(`{"format":2,"saves":{"o":3},"manifest":69}`), true)
	f.Add([]byte(`{"format":1,"changes":7}`), true)
	f.Add([]byte("{}"), false)
	f.Fuzz(func(t *testing.T, line []byte, sum bool) {
		if sum {
			line = append(line, []byte("\n"+lineSum(string(line))+"\n")...)
		}
		s, err := parseSeal("dir", line)
		if _, other := errors.AsType[*VersionError](err); err != nil && !other && !errors.Is(err, errSeal) {
			t.Errorf("an error of another kind: %v", err)
		}
		if err == nil && (s.Format != format || s.Saves == nil) {
			t.Errorf("it is read as %+v", s)
		}
	})
}

// TestExportBomb holds that lengths which promise too much allocate nothing.
func TestExportBomb(t *testing.T) {
	head := binary.BigEndian.AppendUint16([]byte(exportMagic), exportVersion)
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, inside := range [][]byte{
		binary.AppendUvarint(nil, maxName*2+1),
		append(binary.AppendUvarint([]byte{1, 'l'}, maxValue), 'x'),
		append(binary.AppendUvarint([]byte{1, 'l'}, 1<<62), 'x'),
	} {
		err := readExport(t.Context(), bytes.NewReader(enc.EncodeAll(inside, head)), func(_, _ []byte) error { return nil })
		if _, refused := errors.AsType[*ExportError](err); !refused {
			t.Errorf("%x: %v", inside, err)
		}
	}
}
