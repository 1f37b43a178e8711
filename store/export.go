package store

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"

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
// Keys are those of the key schema without 'm' and 'x': values are whole.
const (
	exportMagic   = "SWEXPORT"
	exportVersion = 2
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
	ledgers, err := s.ledgers(ctx)
	if err != nil {
		return err
	}
	e, err := newExportWriter(w)
	if err != nil {
		return err
	}
	err = s.each(ctx, nil, func(k []byte, read func() ([]byte, error)) error {
		switch k[0] {
		case kindMeta, kindPiece:
			return nil
		case kindBlock:
			scope, gen, _, ok := splitBlockKey(k)
			if l := ledgers[scope]; !ok || l == nil || !slices.Contains(l.inForce(), gen) {
				return nil // what is to be removed
			}
		}
		v, err := read()
		if err != nil {
			if k[0] == kindJournal {
				return nil // it counts as none
			}
			return &DamagedError{fmt.Sprintf("key %q", k), err}
		}
		return e.record(k, v)
	})
	return errors.Join(err, e.finish(err == nil))
}

// exportWriter frames records.
type exportWriter struct {
	zstd  *zstd.Encoder
	out   *bufio.Writer // into zstd and hash
	hash  hash.Hash
	count uint64
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

// ExportError says why a file cannot be imported. Nothing was changed.
type ExportError struct {
	Reason string
}

func (e *ExportError) Error() string {
	return "the export cannot be imported: " + e.Reason + "; the store was not changed"
}

func refuse(format string, args ...any) error {
	return &ExportError{fmt.Sprintf(format, args...)}
}

// readExport verifies an export and calls do with every record on the way; key
// and value may be kept. Only its nil error says that what do saw is true: a
// caller that changes something must read twice. An error is an *ExportError,
// a *VersionError, the context's, or do's.
func readExport(ctx context.Context, r io.Reader, do func(k, v []byte) error) error {
	head := make([]byte, len(exportMagic)+2)
	if n, err := io.ReadFull(r, head); n < len(head) || string(head[:len(exportMagic)]) != exportMagic {
		if err != nil && !ended(err) {
			return fmt.Errorf("reading the export: %w", err)
		}
		if n == 0 {
			return refuse("it is empty")
		}
		return refuse("it is not a stalewatch export")
	}
	if v := int(binary.BigEndian.Uint16(head[len(exportMagic):])); v > exportVersion {
		return &VersionError{What: "the export", Version: v, Understands: exportVersion}
	} else if v < exportVersion {
		return refuse("it has the format %d of an earlier stalewatch", v)
	}
	dec, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(16<<20))
	if err != nil {
		return err
	}
	defer dec.Close()
	e := exportReader{in: bufio.NewReader(dec), hash: sha256.New()}
	e.hash.Write(head)
	return e.records(ctx, do)
}

func ended(err error) bool { return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) }

type exportReader struct {
	in   *bufio.Reader
	hash hash.Hash
}

func (e *exportReader) records(ctx context.Context, do func(k, v []byte) error) error {
	var last []byte
	for count := uint64(0); ; count++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		k, err := e.bytes(maxName * 2)
		if err != nil {
			return err
		}
		if len(k) == 0 {
			return e.trailer(count)
		}
		if bytes.Compare(k, last) <= 0 {
			return refuse("its records are out of order")
		}
		last = k
		v, err := e.bytes(maxValue)
		if err != nil {
			return err
		}
		if err := do(k, v); err != nil {
			return err
		}
	}
}

// bytes reads a length and so many bytes.
func (e *exportReader) bytes(most uint64) ([]byte, error) {
	n, err := binary.ReadUvarint(e.in)
	if err != nil {
		return nil, damagedExport(err)
	}
	if n > most {
		return nil, refuse("it is damaged: a record of %d bytes", n)
	}
	e.hash.Write(binary.AppendUvarint(nil, n))
	// The buffer grows with what comes, so a false length allocates nothing.
	var b bytes.Buffer
	if _, err := io.CopyN(io.MultiWriter(&b, e.hash), e.in, int64(n)); err != nil {
		return nil, damagedExport(err)
	}
	return b.Bytes(), nil
}

// trailer compares what the end says with what was read.
func (e *exportReader) trailer(count uint64) error {
	var end [8 + sha256.Size]byte
	if _, err := io.ReadFull(e.in, end[:]); err != nil {
		return damagedExport(err)
	}
	e.hash.Write(end[:8])
	if want := binary.BigEndian.Uint64(end[:]); want != count {
		return refuse("it is damaged: %d of %d records are there", count, want)
	}
	if !bytes.Equal(e.hash.Sum(nil), end[8:]) {
		return refuse("it is damaged: its SHA-256 is wrong")
	}
	if _, err := e.in.ReadByte(); err != io.EOF {
		return refuse("it is damaged: something follows its end")
	}
	return nil
}

// damagedExport turns the error of a decoder into a sentence.
func damagedExport(err error) error {
	switch {
	case ended(err):
		return refuse("it is cut")
	case errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded):
		return err
	default:
		return refuse("it is damaged: %v", err)
	}
}
