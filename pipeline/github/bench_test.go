package github_test

import (
	"fmt"
	"testing"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// BenchmarkDays: what the days after a first survey of 10,000 repositories ask:
// quiet ones, on which nothing changes, and busy ones, on which some are pushed
// to. It fails when a quiet day asks more than twice, or for a tip.
func BenchmarkDays(b *testing.B) {
	h := newHub(b, githubsim.Generate("contoso", 10_000, 7, day), githubsim.WithLimits(githubsim.Limits{}))
	if _, err := h.survey(b.Context(), day); err != nil {
		b.Fatal(err)
	}
	first, names := h.prior, h.world.Names("contoso")
	for _, pushes := range []int{0, 30, 300} {
		b.Run(fmt.Sprintf("%d pushes", pushes), func(b *testing.B) {
			n := 0
			h.server.Reset()
			for b.Loop() {
				n++
				h.prior, h.journal = first, durable.NewMemory()
				for i := range pushes {
					h.world.Push(names[(i*31+n)%len(names)], day.AddDate(0, 0, 1).Add(-1))
				}
				out, err := h.survey(b.Context(), day.AddDate(0, 0, 1))
				if err != nil || out.Run.State != pipeline.Complete {
					b.Fatal(err)
				}
			}
			s := h.server.Stats()
			if pushes == 0 && (s.Requests > 2*n || s.ByKind[githubsim.Tips] > 0) {
				b.Errorf("%d quiet days asked %v", n, s.ByKind)
			}
			b.ReportMetric(float64(s.Requests)/float64(n), "requests")
			b.ReportMetric(float64(s.ByKind[githubsim.Tips])/float64(n), "tip-requests")
			b.ReportMetric(s.TotalTime().Seconds()/float64(n), "s-GitHub")
		})
	}
}
