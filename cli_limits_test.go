package main

import (
	"strings"
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
)

// TestRefusalsOnTheWay: what a refusal after a good beginning comes to, and
// that the next start goes on where this one stopped.
func TestRefusalsOnTheWay(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes too long for a short run")
	}
	for name, tt := range map[string]struct {
		effect githubsim.Effect
		says   string
	}{
		"a token that runs out":               {githubsim.Unauthorized(), "installation token lives one hour"},
		"a limit of 31 years":                 {githubsim.SecondaryLimit(403, 1_000_000_000*time.Second), " mean"},
		"a limit that goes past the deadline": {githubsim.SecondaryLimit(429, time.Hour), "suspended until "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, githubsim.Generate("contoso", 230, 1, day))
			asked := 0
			w.server.SetFaults(githubsim.Fault{
				When:    []githubsim.Condition{func(*githubsim.Request) bool { asked++; return asked > 2 }},
				Effects: []githubsim.Effect{tt.effect},
			})
			args := []string{"contoso", "--as-of", day.Format(time.RFC3339), "--deadline", "40m"}
			r := w.do("run", args...)
			if r.code != exitSuspended || !strings.Contains(r.stderr, tt.says) {
				t.Fatalf("exit code %d, want %d and %q in:\n%s", r.code, exitSuspended, tt.says, r.stderr)
			}
			w.server.SetFaults()
			if strings.Contains(name, "past the deadline") {
				return // it is obeyed, by the next start too
			}
			w.ok("run", args...)
			if s := w.summary(); s.Run.State != "complete" || s.Counts["unknown"] != 0 {
				t.Errorf("after the next start: %+v", s)
			}
		})
	}
}
