package github_test

import (
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stalewatch/stalewatch/graphql/budget"
	"github.com/stalewatch/stalewatch/graphql/githubsim"
	"github.com/stalewatch/stalewatch/pipeline/durable"
	"github.com/stalewatch/stalewatch/pipeline/github"
)

// inGitHubsTime is a GitHub that answers in its own time, gives a query ten
// seconds and an account sixty a minute.
func inGitHubsTime() githubsim.Option {
	return githubsim.WithTime()
}

// TestGitHubsTime: what a first survey of 940 repositories and the day after it
// take of GitHub's time, by the simulator's price list: in all, until every
// status stands, and in requests that GitHub gave up; also where GitHub gives up
// whatever asks about more than so many repositories.
func TestGitHubsTime(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes too long for a short run")
	}
	t.Parallel()
	for name, ceiling := range map[string]int{"none": 0, "24": 24, "60": 60} {
		t.Run("ceiling "+name, func(t *testing.T) {
			if ceiling > 0 && os.Getenv("STALEWATCH_TESTS") != "all" {
				t.Skip("STALEWATCH_TESTS=all runs it")
			}
			t.Parallel()
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
					if out.Run.Counters.Unread > 0 {
						t.Errorf("day %d: %d unread", want.day, out.Run.Counters.Unread)
					}
				}
			})
		})
	}
}

// TestAgainstAListing: how long a first survey of 940 repositories takes where
// every answer takes 150 ms, whatever is asked: in all, and until every status
// stands, against ten pages of a listing one after the other, as gh repo list
// reads them. Details come after all statuses, by some fifty requests: in all it
// cannot be less than their round trips more.
func TestAgainstAListing(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes too long for a short run")
	}
	t.Parallel()
	for most, want := range map[int]struct{ all, known float64 }{
		8: {all: 1.8, known: 1},
		4: {all: 2.6, known: 1.3}, // the command's default
	} {
		synctest.Test(t, func(t *testing.T) {
			h := newHub(t, githubsim.Generate("contoso", 940, 7, day), githubsim.WithLatency(150*time.Millisecond))
			h.most = most
			began, pages := time.Now(), 0
			client := h.client(budget.New(budget.Config{}))
			for q := (github.ListQuery{Owner: "contoso", Order: "NAME", Size: 100}); ; pages++ {
				page, err := client.List(t.Context(), q)
				if err != nil {
					t.Fatal(err)
				}
				if q.Cursor = page.Next; q.Cursor == "" {
					break
				}
			}
			listing := time.Since(began)
			h.server.Reset()
			began = time.Now()
			known := began
			var mu sync.Mutex
			h.observe = func(ev durable.Event) {
				mu.Lock()
				defer mu.Unlock()
				if ev.Kind == durable.Completed && strings.HasPrefix(ev.Path[1], "owner ") && slices.Contains([]string{"tips", "history", "size"}, ev.Key.Step) {
					known = time.Now()
				}
			}
			if _, err := h.survey(t.Context(), day); err != nil {
				t.Fatal(err)
			}
			all, stand := time.Since(began).Seconds()/listing.Seconds(), known.Sub(began).Seconds()/listing.Seconds()
			t.Logf("%d in flight: %d requests, %.2f times as long as a listing, %.2f until every status stood", most, h.server.Stats().Requests, all, stand)
			if all > want.all || stand > want.known {
				t.Errorf("%d in flight: %.2f times as long as a listing, %.2f until every status stood; want %.2f and %.2f", most, all, stand, want.all, want.known)
			}
		})
	}
}
