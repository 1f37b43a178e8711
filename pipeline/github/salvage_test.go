package github_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// TestStatusesStandWithoutDetails: a run that stops when every tip was read
// judges by them, and the next day takes over what it had read.
func TestStatusesStandWithoutDetails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t, githubsim.Generate("contoso", 60, 7, day), inGitHubsTime())
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		h.observe = func(ev durable.Event) {
			if ev.Kind == durable.Completed && ev.Key.Step == "tree" {
				stop()
			}
		}
		out, err := h.survey(ctx, day)
		if _, suspended := errors.AsType[*durable.Suspension](err); !suspended || out.Run.State != pipeline.Suspended {
			t.Fatalf("it was not suspended: %v", err)
		}
		if n := out.Counts()[pipeline.Unknown]; n > 0 {
			t.Errorf("%d statuses do not stand", n)
		}
		// The next day, nothing has changed.
		h.observe = nil
		h.salvage = []pipeline.Run{out.Run}
		h.server.Reset()
		next, err := h.survey(t.Context(), day.Add(24*time.Hour))
		if err != nil || next.Run.State != pipeline.Complete {
			t.Fatal(err)
		}
		if s := h.server.Stats(); s.ByKind[githubsim.Tips] > 0 || s.ByKind[githubsim.History] > 0 {
			t.Errorf("what was read the day before was asked again: %v", s.ByKind)
		}
		for _, f := range next.Findings {
			if f.Detail != nil && f.Detail.Tip != nil && (f.Detail.FilesAt.IsZero() || f.Detail.CountsAt.IsZero()) {
				t.Errorf("%s has no details", f.NameWithOwner)
			}
		}
	})
}

// TestWhatChangesWithoutAPush: counts are read again within seven days, spread
// over them, and a new default branch is noticed the next day.
func TestWhatChangesWithoutAPush(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t, githubsim.Generate("contoso", 140, 7, day))
		if _, err := h.survey(t.Context(), day); err != nil {
			t.Fatal(err)
		}
		for _, name := range h.world.Names("contoso") {
			h.world.Edit(name, day.AddDate(-1, 0, 0), func(r *githubsim.Repository) { r.OpenIssues += 1000 })
		}
		fresh, days := 0, 0
		for n := 1; n <= 7; n++ {
			asOf := day.AddDate(0, 0, n)
			out, err := h.survey(t.Context(), asOf)
			if err != nil {
				t.Fatal(err)
			}
			now := 0
			for _, f := range out.Findings {
				if f.Detail.CountsAt.Equal(asOf) {
					now++
				}
				if asOf.Sub(f.Detail.CountsAt) > 7*24*time.Hour {
					t.Errorf("day %d: the counts of %s are of %s", n, f.NameWithOwner, f.Detail.CountsAt)
				}
				if n == 7 && f.Detail.OpenIssueCount < 1000 {
					t.Errorf("%s still has %d issues", f.NameWithOwner, f.Detail.OpenIssueCount)
				}
			}
			if now > 0 {
				days++
			}
			fresh = max(fresh, now)
			t.Logf("day %d: %d counted again", n, now)
		}
		if days < 3 || fresh > 110 {
			t.Errorf("a week's reading falls on %d days, the most of it %d repositories", days, fresh)
		}
	})
}
