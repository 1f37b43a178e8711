package store

import (
	"bytes"
	"errors"
	"math/rand/v2"
	"testing"
)

// unpack opens the pieces that seal returned.
func unpack(c *codec, pieces []piece) ([]byte, error) {
	byKey := make(map[string][]byte)
	for _, p := range pieces {
		byKey[string(p.key)] = p.value
	}
	head := pieces[len(pieces)-1]
	return c.open(head.key, head.value, func(k []byte) ([]byte, error) {
		v, ok := byKey[string(k)]
		if !ok {
			return nil, errEnvelope
		}
		return v, nil
	})
}

func testCodec(t testing.TB) *codec {
	t.Helper()
	c, err := newCodec()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.close)
	return c
}

func noise(n int) []byte {
	b := make([]byte, n)
	r := rand.NewChaCha8([32]byte{1})
	r.Read(b)
	return b
}

func TestEnvelope(t *testing.T) {
	c := testCodec(t)
	for name, payload := range map[string][]byte{
		"empty": {}, "one byte": {7}, "short": []byte(`{"a":1}`), "text": bytes.Repeat([]byte("repository "), 5000),
		"noise": noise(100_000), "one piece": noise(maxPiece), "two pieces": noise(maxPiece + 1), "many": noise(3*maxPiece + 17),
		"large text": bytes.Repeat([]byte("repository "), 500_000),
	} {
		pieces, err := c.seal([]byte("key"), payload)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range pieces {
			if len(p.value) > maxPiece+64 {
				t.Errorf("%s: a piece has %d bytes", name, len(p.value))
			}
		}
		got, err := unpack(c, pieces)
		if err != nil || !bytes.Equal(got, payload) {
			t.Errorf("%s: %d of %d bytes, %v", name, len(got), len(payload), err)
		}
	}
}

// TestEnvelopeDamage changes every bit of every piece, and every length.
func TestEnvelopeDamage(t *testing.T) {
	c := testCodec(t)
	for _, payload := range [][]byte{[]byte(`{"a":1}`), bytes.Repeat([]byte("repository "), 50)} {
		pieces, err := c.seal([]byte("key"), payload)
		if err != nil {
			t.Fatal(err)
		}
		whole := pieces[0].value
		try := func(what string, i int, k, v []byte) {
			if _, err := c.open(k, v, nil); !errors.Is(err, errEnvelope) {
				t.Errorf("%s %d: %v", what, i, err)
			}
		}
		for i := range len(whole) * 8 {
			v := bytes.Clone(whole)
			v[i/8] ^= 1 << (i % 8)
			try("bit", i, []byte("key"), v)
		}
		for i := range whole {
			try("length", i, []byte("key"), whole[:i])
		}
		try("longer by", 1, []byte("key"), append(bytes.Clone(whole), 0))
		try("another key", 0, []byte("kez"), whole)
	}
}

func TestEnvelopePieces(t *testing.T) {
	c := testCodec(t)
	pieces, err := c.seal([]byte("key"), noise(3*maxPiece))
	if err != nil {
		t.Fatal(err)
	}
	head := pieces[len(pieces)-1]
	swapped := []piece{{pieces[0].key, pieces[1].value}, {pieces[1].key, pieces[0].value}, head}
	for name, p := range map[string][]piece{"missing": {pieces[1], head}, "swapped": swapped} {
		if _, err := unpack(c, p); !errors.Is(err, errEnvelope) {
			t.Errorf("a piece is %s: %v", name, err)
		}
	}
}

// FuzzEnvelope opens arbitrary bytes: an error or a payload that was sealed,
// never a panic, and never more memory than the input accounts for.
func FuzzEnvelope(f *testing.F) {
	c := testCodec(f)
	for _, payload := range [][]byte{nil, []byte("short"), bytes.Repeat([]byte("repository "), 50)} {
		pieces, err := c.seal([]byte("key"), payload)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(pieces[0].value, true)
		f.Add(pieces[0].value[envelopeHeader:], false)
	}
	f.Add(wrap([]byte("key"), flagZstd|flagPieces, 1<<20, 1<<8, []byte{1, 2, 3}), true)
	f.Fuzz(func(t *testing.T, value []byte, asIs bool) {
		if !asIs { // make the checksum right, so that what lies behind it is reached
			value = wrap([]byte("key"), byte(len(value)%4), len(value), len(value)%3, value)
		}
		payload, err := c.open([]byte("key"), value, func(k []byte) ([]byte, error) {
			return wrap(k, 0, len(value), 0, value), nil
		})
		if err != nil {
			if !errors.Is(err, errEnvelope) {
				t.Errorf("another error: %v", err)
			}
			return
		}
		pieces, err := c.seal([]byte("key"), payload)
		if err != nil {
			t.Fatal(err)
		}
		again, err := unpack(c, pieces)
		if err != nil || !bytes.Equal(again, payload) {
			t.Errorf("sealed again: %v", err)
		}
	})
}
