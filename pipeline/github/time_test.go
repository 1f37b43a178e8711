package github_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
)

func TestGitHubsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHub(t, githubsim.Generate("contoso", 940, 7, day), githubsim.WithTime(githubsim.Time{Ceiling: 10 * time.Second, Scale: 1}))
		began := time.Now()
		out, err := h.survey(t.Context(), day)
		if err != nil {
			t.Fatal(err)
		}
		s := h.server.Stats()
		t.Logf("%+v", s)
		t.Logf("elapsed %s; %+v", time.Since(began), out.Snapshot.Run.Counters)
		for _, r := range h.server.Log() {
			t.Logf("%d %s ids=%d %s %d", r.Number, r.Kind, len(r.IDs), r.Time, r.Status)
		}
		t.Log(string(h.learnt), out.Snapshot.Notices)
	})
}
