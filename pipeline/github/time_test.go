package github_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
)

// inGitHubsTime is a GitHub that answers in its own time, gives a query ten
// seconds and an account sixty a minute.
func inGitHubsTime() githubsim.Option {
	return githubsim.WithTime(githubsim.Time{Ceiling: 10 * time.Second, Scale: 1})
}

// TestGitHubsTime: what a first survey of 940 repositories and the day after it
// take of GitHub's time, by the simulator's price list: in all, until every
// status stands, and in requests that GitHub gave up; also where GitHub gives up
// whatever asks about more than so many repositories.
func TestGitHubsTime(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes too long for a short run")
	}
	for name, ceiling := range map[string]int{"none": 0, "24": 24, "60": 60} {
		t.Run("ceiling "+name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHub(t, githubsim.Generate("contoso", 940, 7, day), inGitHubsTime())
				if ceiling > 0 {
					h.server.SetFaults(githubsim.Fault{When: []githubsim.Condition{githubsim.MoreIDsThan(ceiling)}, Effects: []githubsim.Effect{githubsim.Timeout(502)}})
				}
				for _, want := range []struct {
					day, givenUp int
					total, known time.Duration
				}{
					{day: 0, givenUp: 3, total: 500 * time.Second, known: time.Minute},
					{day: 1, givenUp: 0, total: 500 * time.Second, known: time.Minute},
				} {
					h.prior = nil // everything is read once more
					h.server.Reset()
					out, err := h.survey(t.Context(), day.AddDate(0, 0, want.day))
					if err != nil {
						t.Fatal(err)
					}
					given, known := 0, time.Duration(0)
					detailed := false
					for _, r := range h.server.Log() {
						if r.Status != 200 {
							given++
						}
						if detailed = detailed || r.Kind == githubsim.Details; !detailed {
							known += r.Time
						}
					}
					s := h.server.Stats()
					t.Logf("day %d: %d requests, %d given up, %d points, GitHub's time %s (%s until the statuses stood): %v", want.day, s.Requests, given, s.Points, s.TotalTime(), known, s.Time)
					if given > want.givenUp || s.TotalTime() > want.total || known > want.known+time.Duration(given)*10*time.Second || s.Refused["secondary limit"] > 0 {
						t.Errorf("day %d: want at most %d given up, %s in all and %s until the statuses stand, and no secondary limit: %v", want.day, want.givenUp, want.total, want.known, s.Refused)
					}
					if out.Snapshot.Run.Counters.Unread > 0 {
						t.Errorf("day %d: %d unread", want.day, out.Snapshot.Run.Counters.Unread)
					}
				}
			})
		})
	}
}
