package store

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"slices"

	"github.com/klauspost/compress/zstd"
)

// An envelope is what every value stands in:
//
//	0    'S'
//	1    version, 1
//	2    flags: 1 the body is zstd, 2 further pieces follow under other keys
//	3-6  CRC-32C over the key, bytes 0 to 2, and everything from byte 7 on
//	7-   payload length, uvarint: what the body holds when all pieces are
//	     joined and decompressed
//	     with flag 2: number of further pieces, uvarint
//	     body
//
// The key is part of the checksum, so a value that turns up under another
// key is as damaged as one with a flipped bit.
const (
	envelopeMark    = 'S'
	envelopeVersion = 1
	flagZstd        = 1
	flagPieces      = 2
	envelopeHeader  = 7

	// compressFrom is the payload size below which zstd cannot win.
	compressFrom = 96
	// maxPayload bounds what a decoder allocates; a whole CODEOWNERS file of
	// GitHub's limit of 3 MB in each of 50 repositories stays below it.
	maxPayload = 256 << 20
	// maxPiece keeps a value below Badger's 1 MiB limit for the LSM tree and
	// two of them below what one transaction holds.
	maxPiece = 512 << 10
)

// errEnvelope is the reason in every error that open returns.
var errEnvelope = errors.New("the value does not verify")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// codec seals and opens envelopes. It is safe for concurrent use.
type codec struct {
	enc *zstd.Encoder
	dec *zstd.Decoder
}

func newCodec() (*codec, error) {
	enc, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedDefault),
		zstd.WithWindowSize(1<<20), zstd.WithLowerEncoderMem(true), zstd.WithEncoderCRC(false))
	if err != nil {
		return nil, err
	}
	dec, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(maxPayload), zstd.WithDecoderConcurrency(0))
	if err != nil {
		return nil, err
	}
	return &codec{enc, dec}, nil
}

func (c *codec) close() {
	c.dec.Close()
}

// piece is one key and value as Badger gets them.
type piece struct {
	key, value []byte
}

// seal returns the pieces to store for a payload under key: one, unless the
// body is larger than maxPiece. The value of key itself comes last, so that it
// is only there when all others are.
func (c *codec) seal(key, payload []byte) ([]piece, error) {
	if len(payload) > maxPayload {
		return nil, fmt.Errorf("a value of %d bytes is too large to keep, %d is the most", len(payload), maxPayload)
	}
	body, flags := payload, byte(0)
	if len(payload) >= compressFrom {
		if z := c.enc.EncodeAll(payload, make([]byte, 0, len(payload)/2)); len(z) < len(payload) {
			body, flags = z, flagZstd
		}
	}
	var pieces []piece
	head := body[:min(len(body), maxPiece)]
	for n, rest := 0, body[len(head):]; len(rest) > 0; n++ {
		part := rest[:min(len(rest), maxPiece)]
		k := segmentKey(key, n)
		pieces = append(pieces, piece{k, wrap(k, 0, len(part), 0, part)})
		rest = rest[len(part):]
	}
	if len(pieces) > 0 {
		flags |= flagPieces
	}
	return append(pieces, piece{key, wrap(key, flags, len(payload), len(pieces), head)}), nil
}

func wrap(key []byte, flags byte, length, pieces int, body []byte) []byte {
	v := make([]byte, envelopeHeader, envelopeHeader+2*binary.MaxVarintLen32+len(body))
	v[0], v[1], v[2] = envelopeMark, envelopeVersion, flags
	v = binary.AppendUvarint(v, uint64(length))
	if flags&flagPieces != 0 {
		v = binary.AppendUvarint(v, uint64(pieces))
	}
	v = append(v, body...)
	binary.BigEndian.PutUint32(v[3:], checksum(key, v))
	return v
}

func checksum(key, value []byte) uint32 {
	sum := crc32.Update(0, castagnoli, key)
	sum = crc32.Update(sum, castagnoli, value[:3])
	return crc32.Update(sum, castagnoli, value[envelopeHeader:])
}

// envelope is a value taken apart, not yet decompressed. body is a part of the
// value that was given.
type envelope struct {
	zstd   bool
	length int
	pieces int
	body   []byte
}

// parse takes the value of key apart and verifies its checksum. It allocates
// nothing. Every error wraps errEnvelope.
func parse(key, value []byte) (envelope, error) {
	if len(value) < envelopeHeader+1 || value[0] != envelopeMark {
		return envelope{}, fmt.Errorf("%w: it is no envelope", errEnvelope)
	}
	if value[1] != envelopeVersion {
		return envelope{}, fmt.Errorf("%w: envelope version %d is unknown", errEnvelope, value[1])
	}
	if binary.BigEndian.Uint32(value[3:]) != checksum(key, value) {
		return envelope{}, fmt.Errorf("%w: its checksum is wrong", errEnvelope)
	}
	flags, rest := value[2], value[envelopeHeader:]
	length, n := binary.Uvarint(rest)
	if n <= 0 || length > maxPayload || flags&^(flagZstd|flagPieces) != 0 {
		return envelope{}, fmt.Errorf("%w: its header makes no sense", errEnvelope)
	}
	rest = rest[n:]
	e := envelope{zstd: flags&flagZstd != 0, length: int(length)}
	if flags&flagPieces != 0 {
		pieces, n := binary.Uvarint(rest)
		if n <= 0 || pieces == 0 || pieces > maxPayload/maxPiece+1 {
			return envelope{}, fmt.Errorf("%w: its header makes no sense", errEnvelope)
		}
		e.pieces, rest = int(pieces), rest[n:]
	}
	e.body = rest
	if !e.zstd && e.pieces == 0 && len(rest) != e.length {
		return envelope{}, fmt.Errorf("%w: %d bytes instead of %d", errEnvelope, len(rest), e.length)
	}
	return e, nil
}

// open returns the payload of key; further returns the value of the n-th
// further piece. The result shares no memory with value.
func (c *codec) open(key, value []byte, further func(key []byte) ([]byte, error)) ([]byte, error) {
	e, err := parse(key, value)
	if err != nil {
		return nil, err
	}
	body := slices.Clip(e.body)
	for n := range e.pieces {
		k := segmentKey(key, n)
		v, err := further(k)
		if err != nil {
			return nil, err
		}
		p, err := parse(k, v)
		if err != nil {
			return nil, err
		}
		if p.zstd || p.pieces > 0 {
			return nil, fmt.Errorf("%w: piece %d is no piece", errEnvelope, n)
		}
		body = append(body, p.body...)
	}
	if !e.zstd {
		return sized(bytes.Clone(body), e.length)
	}
	// The frame names its size too. The two must agree before anything is
	// allocated by the frame's.
	var frame zstd.Header
	if err := frame.Decode(body); err != nil || frame.HasFCS && frame.FrameContentSize != uint64(e.length) {
		return nil, fmt.Errorf("%w: its frame makes no sense", errEnvelope)
	}
	payload, err := c.dec.DecodeAll(body, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", errEnvelope, err)
	}
	return sized(payload, e.length)
}

func sized(payload []byte, length int) ([]byte, error) {
	if len(payload) != length {
		return nil, fmt.Errorf("%w: %d bytes instead of %d", errEnvelope, len(payload), length)
	}
	return payload, nil
}
