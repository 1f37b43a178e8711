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
	} else if v < 1 {
		return refuse("its format %d does not exist", v)
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
		k, err := e.bytes(maxKey * 2)
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
		v, err := e.bytes(maxPayload)
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
