package store_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/store"
)

// damages are what a disk does to a file.
var damages = []struct {
	name string
	do   func(r *rand.Rand, b []byte) []byte
}{
	{"one bit flipped", func(r *rand.Rand, b []byte) []byte {
		b[r.IntN(len(b))] ^= 1 << r.IntN(8)
		return b
	}},
	{"one bit near the end flipped", func(r *rand.Rand, b []byte) []byte {
		b[len(b)-1-r.IntN(min(len(b), 300))] ^= 1 << r.IntN(8)
		return b
	}},
	{"cut", func(r *rand.Rand, b []byte) []byte { return b[:r.IntN(len(b))] }},
	{"a range zeroed", func(r *rand.Rand, b []byte) []byte {
		from := r.IntN(len(b))
		clear(b[from:min(len(b), from+1+r.IntN(4096))])
		return b
	}},
	{"a range of noise", func(r *rand.Rand, b []byte) []byte {
		for i := r.IntN(len(b)); i < len(b) && r.IntN(200) > 0; i++ {
			b[i] = byte(r.Uint32())
		}
		return b
	}},
	{"something behind", func(r *rand.Rand, b []byte) []byte { return append(b, byte(r.Uint32()), byte(r.Uint32()), 'x') }},
	{"missing", func(*rand.Rand, []byte) []byte { return nil }},
}

// damaged returns what one of the damages makes of content. The same seed gives
// the same.
func damaged(seed int, content []byte) (name string, after []byte) {
	r := rand.New(rand.NewPCG(uint64(seed), 7))
	d := damages[seed%len(damages)]
	return d.name, d.do(r, slices.Clone(content))
}

// TestDamagedFiles damages one file of a store in a way drawn by seed: a sample
// of 28 cases, or 1,000 with STALEWATCH_TESTS=all. The store is set aside or whole, never
// anything between, and whatever it answers is true.
func TestDamagedFiles(t *testing.T) {
	long(t)
	t.Parallel()
	closed, killed := filepath.Join(t.TempDir(), "closed"), filepath.Join(t.TempDir(), "killed")
	closedStore(t, closed)
	killedStore(t, killed)
	cases := 28
	if everything() {
		cases = 1000
	}
	aside := make(chan int, cases)
	t.Run("seeds", func(t *testing.T) {
		for i := range cases {
			seed, from := i, []string{closed, killed, closed}[i/len(damages)%3]
			if !everything() {
				seed = i * 29 // spread over damages and files
			}
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				dir := copyOf(t, from)
				candidates := slices.DeleteFunc(files(t, dir, ""), func(p string) bool { return filepath.Base(p) == "LOCK" })
				slices.Sort(candidates)
				path := candidates[seed/len(damages)%len(candidates)]
				content, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				name, after := damaged(seed, content)
				if after == nil {
					remove(t, path)
				} else {
					write(t, path, string(after))
				}
				what := fmt.Sprintf("%s of %s: %s", filepath.Base(path), filepath.Base(from), name)
				s, err := store.Open(t.Context(), dir, options())
				if _, foreign := errors.AsType[*store.ForeignError](err); foreign && filepath.Base(path) == "STALEWATCH" && after == nil {
					return // it is not known as ours any more, and not touched
				}
				if err != nil {
					t.Fatalf("%s: %v", what, err)
				}
				defer closeStore(t, s)
				if s.Incident() != "" {
					aside <- 1
					return
				}
				if bytes.Equal(after, content) {
					return
				}
				expectTrusted(t, s)
				expectTrueRecords(t, what, s)
			})
		}
	})
	t.Logf("%d of %d were set aside, the others are whole", len(aside), cases)
	if len(aside) < cases/3 {
		t.Error("hardly any damage was noticed")
	}
}

// expectTrueRecords holds that the journal has what was put into it, or nothing.
func expectTrueRecords(t *testing.T, what string, s *store.Store) {
	t.Helper()
	run := mustRuns(t, s)[0]
	for e, err := range s.Records(t.Context(), pipeline.JournalID(run)) {
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if want := numbered(e.Record.Attempts - 1); fmt.Sprintf("%08d", e.Record.Attempts-1) != e.Key || string(e.Record.Output) != string(want.Output) {
			t.Fatalf("%s: record %s is not what was saved", what, e.Key)
		}
	}
}

// TestDamagedExports damages an export in 1,000 ways drawn by seed: all are
// refused, and the store stays as it was.
func TestDamagedExports(t *testing.T) {
	full := open(t, t.TempDir())
	fill(t, full)
	file := export(t, full)
	s := open(t, t.TempDir())
	before := export(t, s)
	seeds := 1000
	if testing.Short() {
		seeds = 100
	}
	for seed := range seeds {
		name, after := damaged(seed, file)
		if bytes.Equal(after, file) {
			continue
		}
		if _, err := s.Import(t.Context(), bytes.NewReader(after)); err == nil {
			t.Fatalf("seed %d: an export with %s is accepted", seed, name)
		}
	}
	if !bytes.Equal(export(t, s), before) {
		t.Error("a refused import changed the store")
	}
}
