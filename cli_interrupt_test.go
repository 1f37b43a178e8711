package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/graphql/budget"
	"github.com/stalewatch/stalewatch/graphql/githubsim"
	"github.com/stalewatch/stalewatch/pipeline/config"
	"github.com/stalewatch/stalewatch/store"
)

// TestKilledRunsResume kills a survey at a random moment and starts it again:
// it ends with the bytes of an undisturbed one, and asks again for no more
// than what was in flight.
func TestKilledRunsResume(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes too long for a short run")
	}
	world := githubsim.Generate("contoso", 120, 11, day)
	asOf := day.Format(time.RFC3339)
	w := newWorkspace(t, world, githubsim.WithLatency(20*time.Millisecond))
	w.ok("run", "contoso", "--as-of", asOf)
	want, undisturbed := w.files(), w.server.Stats().Requests
	began := time.Now()
	w.dir = t.TempDir()
	if err := w.start("run", "contoso", "--as-of", asOf).Wait(); err != nil {
		t.Fatal(err)
	}
	took := time.Since(began)

	random := rand.New(rand.NewPCG(1, 2))
	killed := 0
	rounds := 3
	if everything() {
		rounds = 12
	}
	for i := range rounds {
		w.dir = t.TempDir()
		w.server.Reset()
		cmd := w.start("run", "contoso", "--as-of", asOf)
		moment := time.Duration(random.Int64N(int64(took)))
		time.AfterFunc(moment, func() { cmd.Process.Kill() })
		if err := cmd.Wait(); err != nil {
			killed++
		}
		if err := w.start("run", "contoso", "--as-of", asOf).Wait(); err != nil {
			t.Fatalf("round %d, killed after %s: the next run: %v", i, moment, err)
		}
		if d := differences(want, w.files()); len(d) > 0 {
			t.Errorf("round %d, killed after %s: the site differs in %v", i, moment, d)
		}
		if extra := w.server.Stats().Requests - undisturbed; extra > config.Default().Concurrency {
			t.Errorf("round %d, killed after %s: %d requests were sent again", i, moment, extra)
		}
		if left, _ := filepath.Glob(w.path("store*")); len(left) != 1 {
			t.Errorf("round %d: the store was set aside: %v", i, left)
		}
	}
	t.Logf("%d kills hit a run that takes %s", killed, took)
}

// TestAKilledRunDatesWhatIsKnown: what a run writes down of its account before it
// asks for anything is dated by its own clock, also where an earlier run's was
// ahead. By that the next run tells what a killed one still learnt.
func TestAKilledRunDatesWhatIsKnown(t *testing.T) {
	w := newWorkspace(t, githubsim.Generate("contoso", 3, 5, day), githubsim.WithLatency(time.Hour))
	endpoint, err := url.Parse(w.url)
	if err != nil {
		t.Fatal(err)
	}
	name := account(endpoint, testToken)
	note := func(save []byte) (known budget.State) {
		db, err := store.Open(t.Context(), w.path("store"), store.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if save != nil {
			err = db.SaveNote(t.Context(), name, save)
		} else if save, _, err = db.Note(t.Context(), name); err == nil {
			err = json.Unmarshal(save, &known)
		}
		if err != nil {
			t.Fatal(err)
		}
		return known
	}
	note(fmt.Appendf(nil, `{"saved":%q}`, time.Now().AddDate(1, 0, 0).Format(time.RFC3339)))
	began := time.Now()
	cmd := w.start("run", "contoso")
	for w.server.Stats().Requests < 1 {
		time.Sleep(time.Millisecond)
	}
	cmd.Process.Kill()
	cmd.Wait()
	if saved := note(nil).Saved; saved.Before(began.Truncate(0)) || saved.After(time.Now()) {
		t.Errorf("a run that began at %v left a note of %v", began, saved)
	}
}

// TestSignalsSuspend: told to stop, a survey stops in order and resumes.
func TestSignalsSuspend(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes too long for a short run")
	}
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		t.Run(signal.String(), func(t *testing.T) {
			world := githubsim.Generate("contoso", 200, 5, day)
			w := newWorkspace(t, world, githubsim.WithLatency(100*time.Millisecond))
			cmd := w.start("run", "contoso", "--as-of", day.Format(time.RFC3339))
			for w.server.Stats().Requests < 4 {
				time.Sleep(5 * time.Millisecond)
			}
			told := time.Now()
			if err := cmd.Process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			err := cmd.Wait()
			exit, ok := errors.AsType[*exec.ExitError](err)
			if !ok || exit.ExitCode() != exitSuspended {
				t.Fatalf("the program ended with %v, want exit code 3", err)
			}
			if late := time.Since(told); late > 5*time.Second {
				t.Errorf("it took %s to stop", late)
			}
			w.ok("run", "contoso", "--as-of", day.Add(time.Hour).Format(time.RFC3339))
			s := w.summary()
			if s.Run.State != "complete" || s.Run.Requests > w.server.Stats().Requests {
				t.Errorf("after the resumed run: %+v, the server counts %d", s.Run, w.server.Stats().Requests)
			}
			for name, l := range w.lines() {
				if !l.ReadAt.Equal(day) {
					t.Fatalf("%s was read at %s, want the asOf that the run began with", name, l.ReadAt)
				}
			}
		})
	}
}

// TestASecondSignalEnds: whoever does not want to wait for what is in flight
// says so twice.
func TestASecondSignalEnds(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes too long for a short run")
	}
	world := githubsim.Generate("contoso", 300, 5, day)
	w := newWorkspace(t, world, githubsim.WithLatency(100*time.Millisecond))
	cmd := w.start("run", "contoso", "--as-of", day.Format(time.RFC3339))
	for w.server.Stats().Requests < 4 {
		time.Sleep(5 * time.Millisecond)
	}
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} { // two alike may arrive as one
		if err := cmd.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
	}
	err := cmd.Wait()
	exit, ok := errors.AsType[*exec.ExitError](err)
	if !ok || exit.ExitCode() < exitSignal {
		t.Fatalf("the program ended with %v, want an exit code over %d", err, exitSignal)
	}
	w.ok("run", "contoso", "--as-of", day.Format(time.RFC3339))
}

// TestTheWorkingDirectoryIsGone: a shell can stand in a directory that somebody
// removed.
func TestTheWorkingDirectoryIsGone(t *testing.T) {
	w := newWorkspace(t, nil)
	gone := w.path("gone")
	if err := os.Mkdir(gone, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"status", "demo", "serve"} {
		cmd := exec.CommandContext(t.Context(), "/bin/sh", "-c", `cd "$0" && (rmdir "$0"; exec "$1" "$2")`, gone, os.Args[0], command)
		cmd.Env = append(os.Environ(), asProgram+"=1")
		out, err := cmd.CombinedOutput()
		if err == nil || !strings.Contains(string(out), "the working directory is gone") {
			t.Errorf("%s: %v: %s", command, err, out)
		}
		if err := os.MkdirAll(gone, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}
