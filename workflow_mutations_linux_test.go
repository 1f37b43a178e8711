package main

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// mutant runs a scenario over changed files and notes whether it noticed.
type mutant struct {
	testing.TB
	files  map[string]string
	failed bool
}

func (m *mutant) Errorf(string, ...any) { m.failed = true }
func (m *mutant) Error(...any)          { m.failed = true }
func (m *mutant) Fatalf(string, ...any) { m.FailNow() }
func (m *mutant) Fatal(...any)          { m.FailNow() }
func (m *mutant) Failed() bool          { return m.failed }
func (m *mutant) FailNow() {
	m.failed = true
	runtime.Goexit()
}

// mutation is a defect that somebody could put into a workflow.
type mutation struct {
	File, What, From, To string
	// Seen is the scenario that notices, or "safety" for what
	// TestWorkflowsAreSafe holds.
	Seen string
}

// TestMutations: every defect in the list is noticed. One that is not is a test
// that is missing. Each runs a whole scenario, so unless STALEWATCH_TESTS is
// "all" it is every twelfth of those whose scenario runs then.
func TestMutations(t *testing.T) {
	if testing.Short() {
		t.Skip("each runs a whole scenario")
	}
	b, err := os.ReadFile("testdata/workflows/mutations.yml")
	if err != nil {
		t.Fatal(err)
	}
	var list []mutation
	if err := yaml.UnmarshalWithOptions(b, &list, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	if len(list) < 25 {
		t.Errorf("%d mutations are too few to trust the tests", len(list))
	}
	seen := 0
	for i, m := range list {
		if leftOut(m.Seen) {
			continue
		}
		if seen++; os.Getenv("STALEWATCH_TESTS") != "all" && seen%12 != 0 {
			continue
		}
		t.Run(fmt.Sprintf("%02d", i+1), func(t *testing.T) {
			t.Parallel()
			source := readFile(t, m.File)
			if n := strings.Count(source, m.From); n != 1 {
				t.Fatalf("%s holds %d times %q, want once", m.File, n, m.From)
			}
			mutated := strings.Replace(source, m.From, m.To, 1)
			if m.Seen == "safety" {
				if len(unsafe(t, m.File, []byte(mutated))) == 0 {
					t.Errorf("%s in %s is not noticed", m.What, m.File)
				}
				return
			}
			scenario, ok := scenarios()[m.Seen]
			if !ok {
				t.Fatalf("there is no scenario %q", m.Seen)
			}
			run := &mutant{TB: t, files: map[string]string{m.File: mutated}}
			done := make(chan struct{})
			go func() {
				defer close(done)
				defer func() {
					if recover() != nil { // of what is not there any more
						run.failed = true
					}
				}()
				scenario(run)
			}()
			if <-done; !run.failed {
				t.Errorf("%s in %s is not noticed by the scenario %q", m.What, m.File, m.Seen)
			}
		})
	}
}
