package store_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
	"github.com/stalewatch/stalewatch/store"
)

func export(t testing.TB, s *store.Store) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := s.Export(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func imported(t testing.TB, s *store.Store, from []byte) store.Imported {
	t.Helper()
	got, err := s.Import(t.Context(), bytes.NewReader(from))
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// fill gives a store all there can be: two scopes, partial, interim and
// abandoned runs, journals with a large record, a note.
func fill(t testing.TB, s *store.Store) {
	t.Helper()
	finish(t, s, begin(t, s, 0, store.RerunNone, "o").Run, pipeline.Complete, 150)
	finish(t, s, begin(t, s, 1, store.RerunNone, "o").Run, pipeline.Partial, 140)
	read := begin(t, s, 2, store.RerunNone, "o")
	record(t, s, pipeline.JournalID(read.Run), "list", 1)
	b := begin(t, s, 3, store.RerunNone, "o")
	record(t, s, pipeline.JournalID(b.Run), "chunk", 2)
	large := durable.Record{State: durable.Succeeded, Attempts: 1, Output: []byte(`"` + strings.Repeat(string(numbered(1).Output[1:2000]), 600) + `"`)}
	if err := s.Save(t.Context(), pipeline.JournalID(b.Run), "large", large); err != nil {
		t.Fatal(err)
	}
	finish(t, s, b.Run, pipeline.Suspended, 70)
	finish(t, s, begin(t, s, 0, store.RerunNone, "p", "q").Run, pipeline.Complete, 20)
	if err := s.SaveNote(t.Context(), "github.com/o", []byte("note")); err != nil {
		t.Fatal(err)
	}
}

func record(t testing.TB, s *store.Store, journal, name string, n int) {
	t.Helper()
	if err := s.Save(t.Context(), journal, name, numbered(n)); err != nil {
		t.Fatal(err)
	}
}

func TestExportImport(t *testing.T) {
	s := open(t, t.TempDir())
	fill(t, s)
	file := export(t, s)
	if !bytes.Equal(file, export(t, s)) {
		t.Error("two exports of one store differ")
	}
	dir := t.TempDir()
	other := open(t, dir)
	if got := imported(t, other, file); !slices.Equal(got.Taken, []string{"o", "p+q"}) || got.Kept != nil {
		t.Errorf("imported %+v", got)
	}
	for range 2 {
		if !bytes.Equal(export(t, other), file) {
			t.Fatal("the export of what was imported differs")
		}
		if got := imported(t, other, file); got.Taken != nil || !slices.Equal(got.Kept, []string{"o", "p+q"}) {
			t.Errorf("imported again: %+v", got)
		}
		closeStore(t, other)
		other = open(t, dir)
		if other.Incident() != "" {
			t.Fatal(other.Incident())
		}
	}
	equal(t, "the imported snapshot", mustSnapshot(t, other), mustSnapshot(t, s))
	b := begin(t, other, 3, store.RerunNone, "o")
	if !b.Resumed || len(b.Salvage) != 1 {
		t.Fatalf("the suspended run is not resumed: %+v", b)
	}
	for journal, name := range map[string]string{pipeline.JournalID(b.Run): "chunk", pipeline.JournalID(b.Salvage[0]): "list"} {
		if _, ok, err := other.Load(t.Context(), journal, name); !ok || err != nil {
			t.Errorf("%s of %s: %v, %v", name, journal, ok, err)
		}
	}
	if rec, ok, err := other.Load(t.Context(), pipeline.JournalID(b.Run), "large"); !ok || err != nil || len(rec.Output) < 1<<20 {
		t.Errorf("the large record: %d bytes, %v, %v", len(rec.Output), ok, err)
	}
	if note, ok, err := other.Note(t.Context(), "github.com/o"); !ok || err != nil || string(note) != "note" {
		t.Errorf("the note: %q, %v, %v", note, ok, err)
	}
}

func TestExportFile(t *testing.T) {
	s := open(t, t.TempDir())
	fill(t, s)
	path := filepath.Join(t.TempDir(), "state.swexport")
	write(t, path, "an old export")
	if err := s.ExportFile(t.Context(), path); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, export(t, s)) {
		t.Errorf("the file has %d bytes, %v", len(got), err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.ExportFile(ctx, path); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if now, err := os.ReadFile(path); err != nil || !bytes.Equal(now, got) {
		t.Errorf("a cancelled export left %d bytes, %v", len(now), err)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("left are %v, %v", entries, err)
	}
}

// TestRefusedImports damages an export in every way; the store must stay as it
// was, to the byte.
func TestRefusedImports(t *testing.T) {
	full := open(t, t.TempDir())
	fill(t, full)
	file := export(t, full)
	dir := t.TempDir()
	s := open(t, dir)
	finish(t, s, begin(t, s, 0, store.RerunNone, "o").Run, pipeline.Complete, 150)
	before := export(t, s)
	refused := func(what string, bad []byte, want string) {
		t.Helper()
		_, err := s.Import(t.Context(), bytes.NewReader(bad))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error that says %q", what, err, want)
		}
	}
	refused("nothing", nil, "it is empty")
	refused("another file", []byte("PK\x03\x04 a zip archive, it seems"), "not a stalewatch export")
	refused("its first bytes", file[:5], "not a stalewatch export")
	refused("only its head", file[:10], "it is cut")
	for i := range 40 {
		refused("a cut one", file[:10+(len(file)-11)*i/40], "")
	}
	refused("all but the last byte", file[:len(file)-1], "")
	refused("something behind", append(slices.Clone(file), 'x'), "damaged")
	refused("itself twice", append(slices.Clone(file), file[10:]...), "something follows its end")
	newer := slices.Clone(file)
	newer[9] = 3
	refused("a newer one", newer, "has format 3")
	newer[9] = 1
	refused("an older one", newer, "it has the format 1 of an earlier stalewatch")
	refused("a forged value", reframed(t, file, func(b []byte) { b[bytes.Index(b, []byte("nameWithOwner"))] = 'N' }), "SHA-256 is wrong")
	refused("a forged count", reframed(t, file, func(b []byte) { b[len(b)-33]++ }), "records are there")
	for i := range 80 {
		bad := slices.Clone(file)
		bad[len(bad)*i/200] ^= 4
		refused("a flipped bit", bad, "")
	}
	if !bytes.Equal(export(t, s), before) {
		t.Error("a refused import changed the store")
	}
	if left, err := filepath.Glob(filepath.Join(dir, "*.tmp")); err != nil || left != nil {
		t.Errorf("left are %q, %v", left, err)
	}
}

// reframed changes what an export holds and compresses it again, so that only
// its own checks can notice.
func reframed(t *testing.T, file []byte, change func([]byte)) []byte {
	t.Helper()
	dec, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	inside, err := dec.DecodeAll(file[10:], nil)
	if err != nil {
		t.Fatal(err)
	}
	change(inside)
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	return enc.EncodeAll(inside, slices.Clone(file[:10]))
}

// TestTwoVersions imports into a store that knows the scope already: only the
// same is accepted, whichever of two that differ is the newer one.
func TestTwoVersions(t *testing.T) {
	long(t)
	base := open(t, t.TempDir())
	finish(t, base, begin(t, base, 0, store.RerunNone, "o").Run, pipeline.Complete, 30)
	common := export(t, base)
	nothing := func(*testing.T, *store.Store) {}
	dayTwo := func(t *testing.T, s *store.Store) {
		finish(t, s, begin(t, s, 1, store.RerunNone, "o").Run, pipeline.Complete, 31)
	}
	begun := func(t *testing.T, s *store.Store) {
		record(t, s, pipeline.JournalID(begin(t, s, 1, store.RerunNone, "o").Run), "chunk", 1)
	}
	for name, tt := range map[string]struct {
		ours, theirs func(*testing.T, *store.Store)
		same         bool
	}{
		"both alike":          {nothing, nothing, true},
		"theirs goes on":      {nothing, dayTwo, false},
		"ours goes on":        {dayTwo, nothing, false},
		"theirs has begun":    {nothing, begun, false},
		"ours has begun":      {begun, nothing, false},
		"both went on apart":  {begun, dayTwo, false},
		"both went one way":   {dayTwo, dayTwo, true},
		"both have begun one": {begun, begun, true},
	} {
		t.Run(name, func(t *testing.T) {
			ours, theirs := open(t, t.TempDir()), open(t, t.TempDir())
			imported(t, ours, common)
			imported(t, theirs, common)
			tt.ours(t, ours)
			tt.theirs(t, theirs)
			before := export(t, ours)
			got, err := ours.Import(t.Context(), bytes.NewReader(export(t, theirs)))
			if _, refused := errors.AsType[*store.ExportError](err); refused == tt.same || err != nil && !refused {
				t.Fatalf("the same: %v, but %v", tt.same, err)
			}
			if len(got.Taken) != 0 || tt.same != slices.Equal(got.Kept, []string{"o"}) {
				t.Errorf("imported %+v", got)
			}
			if !bytes.Equal(export(t, ours), before) {
				t.Error("the store was changed")
			}
		})
	}
}

// TestUnionOfScopes merges the exports of three jobs, in any order and twice.
func TestUnionOfScopes(t *testing.T) {
	var shards [][]byte
	for _, owner := range []string{"a", "b", "c"} {
		s := open(t, t.TempDir())
		finish(t, s, begin(t, s, 0, store.RerunNone, owner).Run, pipeline.Complete, 10+len(shards))
		shards = append(shards, export(t, s))
	}
	var want []byte
	for _, order := range [][]int{{0, 1, 2}, {2, 0, 1, 0, 2}} {
		s := open(t, t.TempDir())
		for _, i := range order {
			imported(t, s, shards[i])
		}
		got := export(t, s)
		if want != nil && !bytes.Equal(got, want) {
			t.Error("the order of imports shows")
		}
		want = got
	}
}
