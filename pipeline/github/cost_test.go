package github_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
	"github.com/stalewatch/stalewatch/pipeline"
)

// TestWhatDoesNotCountCostsLittle: finding campaigns takes at most a twentieth
// more of GitHub's time than a survey that lets them count, and so do merges of
// bots' branches, campaigns and notices together.
func TestWhatDoesNotCountCostsLittle(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes too long for a short run")
	}
	t.Parallel()
	took := func(count pipeline.Count) (total time.Duration, requests, found int) {
		synctest.Test(t, func(t *testing.T) {
			h := newHub(t, githubsim.Generate("contoso", 500, 7, day), inGitHubsTime())
			h.rules.Count = count
			out, err := h.survey(t.Context(), day)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range out.Findings {
				found += len(f.NotCountedCommits)
			}
			s := h.server.Stats()
			total, requests = s.TotalTime(), s.Requests
		})
		return total, requests, found
	}
	all, requests, found := took(pipeline.Count{})
	for what, count := range map[string]pipeline.Count{"campaigns": {Campaigns: true}, "all that does not count": {BotMerges: true, Campaigns: true, Notices: true}} {
		without, fewer, less := took(count)
		t.Logf("%s: %d found for %d requests and %s more than %s", what, found-less, requests-fewer, all-without, without)
		if all > without*21/20 || found == less {
			t.Errorf("%s: %s instead of %s for %d found", what, all, without, found-less)
		}
	}
}
