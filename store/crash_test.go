package store_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
	"github.com/stalewatch/stalewatch/store"
	"github.com/stalewatch/stalewatch/store/killtest"
)

// The test binary runs itself as a child that is killed: these variables say
// what the child does and where.
const (
	childTask = "STALEWATCH_STORE_CHILD"
	childDir  = "STALEWATCH_STORE_DIR"
)

// everything says whether to try every case and not a sample. It is asked within tests,
// where go test notices that it decides, and keeps the results apart.
func everything() bool { return os.Getenv("STALEWATCH_TESTS") == "all" }

// long leaves a test out of a short run.
func long(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("a short run leaves out what kills, damages and fills")
	}
}

func TestMain(m *testing.M) {
	task := os.Getenv(childTask)
	if task == "" {
		end := killtest.InMemory()
		code := m.Run()
		end()
		os.Exit(code)
	}
	if err := child(context.Background(), task, os.Getenv(childDir)); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(1) // a child is killed, it never ends well
}

func child(ctx context.Context, task, dir string) error {
	name, arg, _ := strings.Cut(task, " ")
	if handled, err := childLinux(ctx, name, dir, arg); handled {
		return err
	}
	s, err := store.Open(ctx, dir, options())
	if err != nil {
		return err
	}
	if s.Incident() != "" {
		return errors.New(s.Incident())
	}
	switch name {
	case "journal":
		return childJournal(ctx, s, arg)
	case "fill":
		return childFill(ctx, s)
	case "save":
		return childSave(ctx, s, arg)
	}
	return fmt.Errorf("no such task: %s", task)
}

// childJournal saves records from a number on, as several activities at once
// do, and prints the number of each once it is acknowledged.
func childJournal(ctx context.Context, s *store.Store, from string) error {
	b, err := s.Begin(ctx, store.Wanted{Owners: []string{"o"}, AsOf: day, Fingerprint: "f1"})
	if err != nil {
		return err
	}
	first, err := strconv.Atoi(from)
	if err != nil {
		return err
	}
	failed := make(chan error)
	for w := range 4 {
		go func() {
			for i := first + w; ; i += 4 {
				if err := s.Save(ctx, pipeline.JournalID(b.Run), fmt.Sprintf("%08d", i), numbered(i)); err != nil {
					failed <- err
					return
				}
				os.Stdout.WriteString(strconv.Itoa(i) + "\n")
			}
		}()
	}
	return <-failed
}

// childFill journals more than a memtable holds, so that some of it is in a
// table and some in a log, and dies.
func childFill(ctx context.Context, s *store.Store) error {
	b, err := s.Begin(ctx, store.Wanted{Owners: []string{"o"}, AsOf: day.AddDate(0, 0, 1), Fingerprint: "f1"})
	if err != nil {
		return err
	}
	for i := range 3000 {
		if err := s.Save(ctx, pipeline.JournalID(b.Run), fmt.Sprintf("%08d", i), numbered(i)); err != nil {
			return err
		}
	}
	die()
	return nil
}

// numbered returns a record that says i in 4 kB.
func numbered(i int) durable.Record {
	r := rand.New(rand.NewPCG(uint64(i), 1))
	words := make([]string, 300)
	for w := range words {
		words[w] = strconv.FormatUint(r.Uint64(), 36)
	}
	return durable.Record{State: durable.Succeeded, Attempts: i + 1, Output: []byte(`"` + strings.Join(words, " ") + `"`)}
}

// childSave begins the run of the second day and dies at a point of saving its
// snapshot.
func childSave(ctx context.Context, s *store.Store, point string) error {
	b, err := s.Begin(ctx, store.Wanted{Owners: []string{"o"}, AsOf: day.AddDate(0, 0, 1), Fingerprint: "f1"})
	if err != nil {
		return err
	}
	for i := range 3 {
		if err := s.Save(ctx, pipeline.JournalID(b.Run), fmt.Sprintf("%08d", i), numbered(i)); err != nil {
			return err
		}
	}
	s.SetPoint(func(at string) {
		if at == point {
			die()
		}
	})
	return s.SaveSnapshot(ctx, snapshot(b.Run, pipeline.Complete, 300))
}

// die kills the process as kill -9 does.
func die() {
	p, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = p.Kill()
	}
	if err != nil {
		panic(err)
	}
	select {}
}

func command(t *testing.T, task, dir string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), childTask+"="+task, childDir+"="+dir)
	cmd.Stderr = os.Stderr
	return cmd
}

// TestKill kills a child that writes its journal, at another moment each time,
// and holds that every acknowledged record is there for the next process.
func TestKill(t *testing.T) {
	long(t)
	t.Parallel()
	dir := t.TempDir()
	acknowledged := make(map[int]bool)
	next := 0
	rounds := 8
	if everything() {
		rounds = 100
	}
	for round := range rounds {
		cmd := command(t, fmt.Sprintf("journal %d", next), dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for left := 1 + rand.IntN(100); lines.Scan(); left-- {
			n, err := strconv.Atoi(lines.Text())
			if err != nil {
				t.Fatal(err)
			}
			acknowledged[n] = true
			next = max(next, n+1)
			if left == 0 {
				if err := cmd.Process.Kill(); err != nil { // what it had printed by then is read too
					t.Fatal(err)
				}
			}
		}
		if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() == 1 {
			t.Fatalf("round %d: the child was not killed: %v", round, err)
		}
	}
	s := open(t, dir)
	if s.Incident() != "" {
		t.Fatal(s.Incident())
	}
	b := begin(t, s, 0, store.RerunNone, "o")
	if !b.Resumed {
		t.Errorf("the killed run is not resumed: %+v", b)
	}
	for n := range acknowledged {
		rec, ok, err := s.Load(t.Context(), pipeline.JournalID(b.Run), fmt.Sprintf("%08d", n))
		if err != nil || !ok || string(rec.Output) != string(numbered(n).Output) {
			t.Errorf("record %d was acknowledged: found %v, %v", n, ok, err)
		}
	}
	t.Logf("%d records survived %d kills", len(acknowledged), rounds)
}

// TestDeathWhileSaving dies at every point of saving a snapshot.
func TestDeathWhileSaving(t *testing.T) {
	long(t)
	for _, tt := range []struct {
		point string
		saved bool
	}{{"block", false}, {"written", false}, {"saved", true}, {"sealed", true}} {
		t.Run(tt.point, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir)
			old := finish(t, s, begin(t, s, 0, store.RerunNone, "o").Run, pipeline.Complete, 250)
			closeStore(t, s)
			if err := command(t, "save "+tt.point, dir).Run(); err == nil {
				t.Fatal("the child ended")
			}
			s = open(t, dir)
			if s.Incident() != "" {
				t.Fatal(s.Incident())
			}
			got, ok, err := s.Snapshot(t.Context(), "o")
			if err != nil || !ok {
				t.Fatal(ok, err)
			}
			want := old
			if tt.saved {
				want = snapshot(mustRuns(t, s)[0], pipeline.Complete, 300)
			}
			equal(t, "the snapshot", got, want)
			b := begin(t, s, 1, store.RerunNone, "o")
			if b.Over != tt.saved || b.Resumed == tt.saved {
				t.Errorf("over %v, resumed %v", b.Over, b.Resumed)
			}
			if _, ok, _ := s.Load(t.Context(), pipeline.JournalID(b.Run), "00000001"); ok == tt.saved {
				t.Errorf("the journal is kept: %v", ok)
			}
			checkNoLeftovers(t, s, tt.saved)
			if !tt.saved {
				equal(t, "the snapshot saved in the end", finish(t, s, b.Run, pipeline.Complete, 300), mustSnapshot(t, s))
				checkNoLeftovers(t, s, true)
			}
		})
	}
}

func mustSnapshot(t *testing.T, s *store.Store) *pipeline.Snapshot {
	t.Helper()
	snap, ok, err := s.Snapshot(t.Context(), "o")
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	return snap
}

// checkNoLeftovers holds that the store has the blocks of one generation, and
// no journal when its run is over.
func checkNoLeftovers(t *testing.T, s *store.Store, over bool) {
	t.Helper()
	generations, journals, err := s.Leftovers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if generations != 1 || over != (journals == 0) {
		t.Errorf("%d generations, %d journal records, run over: %v", generations, journals, over)
	}
}
