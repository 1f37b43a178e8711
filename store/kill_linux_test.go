package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/sourcegraph/conc/pool"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/store"
	"github.com/stalewatch/stalewatch/store/killtest"
)

// childLinux does the tasks that only Linux knows.
func childLinux(ctx context.Context, task, dir, arg string) (handled bool, err error) {
	switch task {
	case "refused":
		return true, childRefused(ctx, dir, arg)
	case "work":
		return true, childWork(ctx, dir, arg)
	case "operate":
		if err := killtest.Arm(); err != nil {
			return true, err
		}
		if err := operate(ctx, dir, arg); err != nil {
			return true, err
		}
		os.Exit(0)
	}
	return false, nil
}

// operate does what a command does with a store, from opening to closing. A run
// saves its records by so many at once.
func operate(ctx context.Context, dir, operation string) (err error) {
	operation, atOnce, _ := strings.Cut(operation, "/")
	s, err := store.Open(ctx, dir, options())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	switch operation {
	case "run":
		b, err := s.Begin(ctx, store.Wanted{Owners: []string{"o"}, AsOf: day.AddDate(0, 0, 1), Fingerprint: "f1"})
		if err != nil || b.Over {
			return err
		}
		limit, err := strconv.Atoi(atOnce)
		if err != nil {
			return err
		}
		saves := pool.New().WithErrors().WithMaxGoroutines(limit)
		for i := range max(3, limit) {
			saves.Go(func() error { return s.Save(ctx, pipeline.JournalID(b.Run), fmt.Sprintf("%08d", i), numbered(i)) })
		}
		if err := saves.Wait(); err != nil {
			return err
		}
		if err := s.SaveNote(ctx, "github.com", []byte("note")); err != nil {
			return err
		}
		return s.SaveSnapshot(ctx, snapshot(b.Run, pipeline.Complete, 300))
	case "import":
		f, err := os.Open(filepath.Join(filepath.Dir(dir), "import"))
		if err != nil {
			return err
		}
		defer f.Close()
		_, err = s.Import(ctx, f)
		return err
	case "export":
		return s.ExportFile(ctx, filepath.Join(filepath.Dir(dir), "export"))
	}
	return nil // opening and closing is all
}

// TestKillAtEveryCall kills an operation before each of its calls that change a
// file: a sample of them, or all with STALEWATCH_TESTS=all. Whatever was killed,
// the store opens, has what it had or what it was to get, and in the end holds
// what the one does that was never disturbed.
func TestKillAtEveryCall(t *testing.T) {
	long(t)
	t.Parallel()
	k := newKilling(t)
	for _, tt := range k.operations() {
		t.Run(tt.name(), func(t *testing.T) {
			t.Parallel()
			want, calls := k.undisturbed(t, tt)
			step, tried := 1, 0
			if !everything() {
				step = calls/2 + 1
			}
			for n := 1 + calls%step; n <= calls; n += step {
				k.survives(t, tt, want, n)
				tried++
			}
			t.Logf("survived %d of %d kills", tried, calls)
		})
	}
}

// TestKillTwice kills an operation, and again the one that comes after it: 4
// pairs, or 500 with STALEWATCH_TESTS=all. A pair is drawn by the seed in its name.
func TestKillTwice(t *testing.T) {
	long(t)
	t.Parallel()
	k := newKilling(t)
	operations, pairs := k.operations(), 4
	if everything() {
		pairs = 500
	}
	wants, calls := make([]content, len(operations)), make([]int, len(operations))
	const batches = 2
	for first := range batches {
		t.Run(fmt.Sprintf("batch %d", first), func(t *testing.T) {
			for seed := first; seed < pairs; seed += batches {
				t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
					random := rand.New(rand.NewPCG(uint64(seed), 5))
					i := random.IntN(len(operations))
					if calls[i] == 0 {
						wants[i], calls[i] = k.undisturbed(t, operations[i])
					}
					k.survives(t, operations[i], wants[i], 1+random.IntN(calls[i]), 1+random.IntN(calls[i]))
				})
			}
		})
	}
}

// killing is what stores look like before they are killed.
type killing struct {
	closed, killed, broken string
	export                 string // of another one, to import
}

func newKilling(t *testing.T) *killing {
	dir := t.TempDir()
	k := &killing{filepath.Join(dir, "closed"), filepath.Join(dir, "killed"), filepath.Join(dir, "broken"), ""}
	closedStore(t, k.closed)
	closedStore(t, k.killed)
	if err := command(t, "save sealed", k.killed).Run(); err == nil {
		t.Fatal("the child ended")
	}
	closedStore(t, k.broken)
	flip(t, files(t, k.broken, ".sst")[0], 100)
	s := open(t, filepath.Join(dir, "other"))
	finish(t, s, begin(t, s, 0, store.RerunNone, "o").Run, pipeline.Complete, 200)
	k.export = string(export(t, s))
	closeStore(t, s)
	return k
}

// operation is one that is killed, and the store it begins with; "" for none.
type operation struct{ what, from string }

func (o operation) name() string {
	return strings.ReplaceAll(o.what, "/", " at once ") + " " + filepath.Base(o.from)
}

func (k *killing) operations() []operation {
	return []operation{
		{"run/1", k.closed}, {"run/4", k.closed}, {"run/16", k.closed}, {"run/4", ""}, {"open", k.closed}, {"open", k.killed}, {"open", k.broken},
		{"run/4", k.broken}, {"import", ""}, {"export", k.closed},
	}
}

// prepared returns the path of a copy of the operation's store, with an export
// beside it to import.
func (k *killing) prepared(t *testing.T, o operation) string {
	t.Helper()
	parent := t.TempDir()
	dir := filepath.Join(parent, "store")
	if o.from != "" {
		if err := os.CopyFS(dir, os.DirFS(o.from)); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(parent, "import"), k.export)
	write(t, filepath.Join(parent, "export"), "an older export")
	return dir
}

// survives kills an operation before its n-th call, and each that is begun again
// before the next, and holds what must be true then. The last may end by itself.
func (k *killing) survives(t *testing.T, o operation, want content, n ...int) {
	t.Helper()
	dir := k.prepared(t, o)
	for _, n := range n {
		if end, err := killtest.Run(command(t, "operate "+o.what, dir), filepath.Dir(dir), n); err != nil || !end.Killed && end.Code != 0 {
			t.Fatalf("%s killed before call %d: %+v, %v", o.name(), n, end, err)
		}
	}
	survive(t, fmt.Sprintf("%s killed before call %d", o.name(), n), o.what, dir, o.from == k.broken, want)
	if err := os.RemoveAll(filepath.Dir(dir)); err != nil {
		t.Fatal(err)
	}
}

// undisturbed returns the content of a store after an operation on it, and how
// many calls that took.
func (k *killing) undisturbed(t *testing.T, o operation) (want content, calls int) {
	t.Helper()
	dir := k.prepared(t, o)
	end, err := killtest.Run(command(t, "operate "+o.what, dir), filepath.Dir(dir), 0)
	if err != nil || end.Code != 0 || end.Calls < 20 {
		t.Fatalf("%s: %+v, %v", o.name(), end, err)
	}
	s := open(t, dir)
	defer closeStore(t, s)
	return contentOf(t, s, dir), end.Calls
}

// content is what a store tells about the owner o.
type content struct {
	runs     []pipeline.Run
	snapshot *pipeline.Snapshot
	note     []byte
	exported []byte // what lies beside it
}

func contentOf(t *testing.T, s *store.Store, dir string) (c content) {
	t.Helper()
	c.runs = mustRuns(t, s)
	var err1, err2, err3 error
	c.snapshot, _, err1 = s.Snapshot(t.Context(), "o")
	c.note, _, err2 = s.Note(t.Context(), "github.com")
	c.exported, err3 = os.ReadFile(filepath.Join(filepath.Dir(dir), "export"))
	if err := errors.Join(err1, err2, err3); err != nil {
		t.Fatal(err)
	}
	return c
}

// survive holds what must be true of a store in which an operation was killed,
// and repeats the operation.
func survive(t *testing.T, what, operation, dir string, broken bool, want content) {
	t.Helper()
	if b, err := os.ReadFile(filepath.Join(filepath.Dir(dir), "export")); err != nil || string(b) != "an older export" && !bytes.Equal(b, want.exported) {
		t.Errorf("%s: the export has %d bytes, %v", what, len(b), err)
	}
	s := open(t, dir)
	aside, err := filepath.Glob(dir + ".damaged-*")
	over := len(mustRuns(t, s)) > 0 && mustRuns(t, s)[0].State.Over()
	switch {
	case err != nil || len(aside) > 1 || broken != (len(aside) == 1):
		t.Errorf("%s: set aside are %q, %v", what, aside, err)
	case broken && !over && !strings.Contains(s.Incident(), filepath.Base(aside[0])):
		t.Errorf("%s: the incident is %q", what, s.Incident())
	case !broken && s.Incident() != "":
		t.Errorf("%s: %s", what, s.Incident())
	}
	closeStore(t, s)
	if err := operate(t.Context(), dir, operation); err != nil {
		t.Fatalf("%s and repeated: %v", what, err)
	}
	s = open(t, dir)
	if got := contentOf(t, s, dir); !reflect.DeepEqual(got, want) {
		t.Errorf("%s and repeated: the store tells %.800v, the undisturbed one %.800v", what, got, want)
	}
	if strings.HasPrefix(operation, "run") {
		checkNoLeftovers(t, s, true)
	}
	closeStore(t, s)
}
