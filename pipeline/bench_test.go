package pipeline_test

import (
	"fmt"
	"testing"

	"github.com/stalewatch/stalewatch/pipeline"
)

// BenchmarkJudgeAndCompare is a day of 10,000 repositories.
func BenchmarkJudgeAndCompare(b *testing.B) {
	p := mustPolicy(b, func(r *pipeline.Rules) {
		r.Bots = []string{"*-automation"}
		r.Exemptions = []pipeline.ExemptionRule{{Match: "iot-*", Reason: "x"}}
	})
	repos := make([]pipeline.Repository, 10_000)
	for i := range repos {
		repos[i] = sample(b, "2025-01-01")
		repos[i].Detail.Codeowners, repos[i].Description = new("* @ada\n"), new("A sample of how to use Azure services together in one application")
		repos[i].ID, repos[i].NameWithOwner = fmt.Sprint(i), fmt.Sprintf("a/r%05d", i)
	}
	for b.Loop() {
		findings := p.Judge(repos, asOf)
		pipeline.Compare(p, pipeline.Baseline{AsOf: asOf.AddDate(0, 0, -1), RuleVersion: p.Version(), Findings: findings}, findings, asOf)
	}
}
