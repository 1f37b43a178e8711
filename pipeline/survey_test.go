package pipeline_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// listed is a source that listed repositories and was stopped before it read
// their tips.
type listed []pipeline.Repository

func (listed) Name() string { return "github" }

func (l listed) Orchestrate(o *durable.Orchestration, _ pipeline.Moment) (pipeline.Gathered, error) {
	_, err := durable.Call(o, durable.Key{Step: "tips", Revision: "1"}, func(context.Context, string) (string, error) { return "", nil }, "")
	return pipeline.Gathered{Repositories: l}, err
}

// A run that stops shows what it could not read as unread: also what was pushed
// to since it was read last.
func TestSuspendedRunTellsWhatItDidNotRead(t *testing.T) {
	policy := mustPolicy(t, nil)
	asOf := at(t, "2026-11-22")
	rests, moved := repository(t, "1", "a/rests", "2026-11-01"), repository(t, "2", "a/moved", "2026-11-01")
	prior := &pipeline.Snapshot{Run: pipeline.Run{ID: "x", AsOf: at(t, "2026-11-21"), State: pipeline.Complete},
		Findings: policy.Judge([]pipeline.Repository{rests, moved}, at(t, "2026-11-21"))}
	moved.PushedAt = new(at(t, "2026-11-22"))
	fresh := repository(t, "3", "a/new", "2026-11-01")
	fresh.Detail = nil

	survey := pipeline.Survey{Engine: &durable.Engine{Journal: durable.NewMemory()}, Judge: policy, Sources: []pipeline.Source{listed{rests, moved, fresh}}}
	ctx, cancel := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancel()
	out, err := survey.Run(ctx, pipeline.Run{ID: "y", Owners: []string{"a"}, AsOf: asOf}, prior)
	if _, ok := errors.AsType[*durable.Suspension](err); !ok {
		t.Fatalf("not suspended: %v", err)
	}
	for _, f := range out.Findings {
		unread := strings.HasPrefix(f.ReadError, "not read yet")
		if want := f.NameWithOwner != "a/rests"; unread != want || (f.Status == pipeline.Unknown) != want {
			t.Errorf("%s: %s, read error %q", f.NameWithOwner, f.Status, f.ReadError)
		}
	}
}
