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

// record adds a record; one of a journal that cannot be read counts as none.
func (e *exportWriter) record(r stored) error {
	v, err := r.value()
	switch {
	case err != nil && r.key[0] == kindJournal:
		return nil
	case err != nil:
		return &DamagedError{fmt.Sprintf("key %q", r.key), err}
	}
	e.count++
	framed := append(binary.AppendUvarint(nil, uint64(len(r.key))), r.key...)
	framed = append(binary.AppendUvarint(framed, uint64(len(v))), v...)
	_, err = e.out.Write(framed)
	return err
}

// finish ends the frame, without which an export counts as cut.
func (e *exportWriter) finish() error {
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
// and value may be kept. They are verified only once it has returned nil, so a
// caller that changes something reads twice. An error is an *ExportError, a
// *VersionError, the context's, or do's.
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
	if ended(err) {
		return refuse("it is cut")
	}
	return refuse("it is damaged: %v", err)
}
