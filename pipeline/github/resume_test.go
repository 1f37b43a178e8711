package github_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
	"github.com/stalewatch/stalewatch/pipeline/github"
)

// mortal is a journal that dies after so many records, as a process does.
type mortal struct {
	durable.Journal
	left atomic.Int64
}

var errKilled = errors.New("killed")

func (m *mortal) Save(ctx context.Context, run, key string, rec durable.Record) error {
	if m.left.Add(-1) < 0 {
		return errKilled
	}
	return m.Journal.Save(ctx, run, key, rec)
}

// told lists what a record tells, each piece by a name that does not depend on
// how much was asked for together.
func told(t *testing.T, name string, output json.RawMessage) (pieces []string) {
	t.Helper()
	path, key, ok := durable.ParseKey(name)
	if !ok {
		t.Fatalf("%q is no key", name)
	}
	if !github.Reads(key.Step) {
		if key.Step == "list" {
			pieces = append(pieces, strings.Join(path, "/")) // a page has a path of its own
		}
		return pieces
	}
	var answer struct {
		Elements []struct {
			ID, Path, After, Error string
			Issues                 *int
		}
	}
	if err := json.Unmarshal(output, &answer); err != nil {
		t.Fatal(err)
	}
	for _, e := range answer.Elements {
		if e.Error == "" {
			pieces = append(pieces, fmt.Sprintf("%s %s %s %s", key.Step, e.ID, e.Path, e.After))
		}
	}
	return pieces
}

// TestKilledInEveryRound: a run that is killed anywhere and goes on with other
// sizes comes to the same, and asks for nothing that was on disk. All its records
// are tried with STALEWATCH_TESTS=all, and else a dozen.
func TestKilledInEveryRound(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes too long for a short run")
	}
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		world := func() *githubsim.World { return githubsim.Generate("contoso", 232, 7, day) }
		whole := newHub(t, world())
		const immortal = 1 << 30
		all := &mortal{Journal: whole.journal}
		all.left.Store(immortal)
		whole.journal = all
		out, err := whole.survey(t.Context(), day)
		if err != nil {
			t.Fatal(err)
		}
		saves := immortal - int(all.left.Load())
		step := saves / 12
		if os.Getenv("STALEWATCH_TESTS") == "all" {
			step = 1
		}
		want, err := json.Marshal(out.Findings)
		if err != nil {
			t.Fatal(err)
		}
		sizes := []string{`{}`, `{"list":{"size":40},"tips":{"size":30},"history":{"size":3},"size":{"size":5},"tree":{"size":9},"file":{"size":50},"count":{"size":11}}`,
			`{"list":{"size":100},"tips":{"size":7},"history":{"size":20},"size":{"size":1},"tree":{"size":40},"file":{"size":3},"count":{"size":100}}`}
		rounds := make(map[string]bool) // in which it was killed
		for kill := 1; kill < saves; kill += step {
			h := newHub(t, world())
			h.learnt = json.RawMessage(sizes[kill%3])
			disk := &mortal{Journal: h.journal}
			disk.left.Store(int64(kill))
			h.journal = disk
			if _, err := h.survey(t.Context(), day); err == nil {
				continue // it was over before
			} else if !errors.Is(err, errKilled) {
				t.Fatalf("killed after %d records: %v", kill, err)
			}
			h.journal = disk.Journal
			done := make(map[string]bool)
			for e, err := range h.journal.Records(t.Context(), pipeline.JournalID(out.Run)) {
				if err != nil {
					t.Fatal(err)
				}
				if e.Record.State == durable.Succeeded {
					for _, piece := range told(t, e.Key, e.Record.Output) {
						done[piece] = true
						rounds[strings.Fields(piece)[0]] = true
					}
				}
			}
			h.learnt = json.RawMessage(sizes[(kill+1)%3])
			again := 0
			h.observe = func(ev durable.Event) {
				if ev.Kind != durable.Completed {
					return
				}
				for _, piece := range told(t, strings.Join(append(ev.Path[:len(ev.Path):len(ev.Path)], ev.Key.String()), "/"), ev.Output) {
					if done[piece] {
						again++
						t.Errorf("killed after %d records, and asked again: %s", kill, piece)
					}
				}
			}
			resumed, err := h.survey(t.Context(), day)
			if err != nil {
				t.Fatal(err)
			}
			if got, _ := json.Marshal(resumed.Findings); string(got) != string(want) {
				t.Errorf("killed after %d records, it came to something else", kill)
			}
		}
		if len(rounds) < 7 {
			t.Errorf("it was not killed in every round: %v", rounds)
		}
	})
}
