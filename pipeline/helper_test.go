package pipeline_test

import (
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/verdict"
)

const morning = "2026-11-22T07:00:00Z"

// asOf is morning for examples, which have no t.
var asOf = time.Date(2026, time.November, 22, 7, 0, 0, 0, time.UTC)

func mustPolicy(t testing.TB, change func(*pipeline.Rules)) *verdict.Policy {
	t.Helper()
	rules := pipeline.DefaultRules()
	if change != nil {
		change(&rules)
	}
	p, err := verdict.NewPolicy(rules)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// sample is an ordinary repository with a person's commit at its tip.
func sample(t testing.TB, committed string, changes ...func(*pipeline.Repository)) pipeline.Repository {
	t.Helper()
	pushed := at(t, "2026-11-20")
	r := pipeline.Repository{
		ID: "R_1", NameWithOwner: "Azure-Samples/todo", URL: "https://github.com/Azure-Samples/todo",
		CreatedAt: at(t, "2019-05-01"), PushedAt: &pushed, DefaultBranch: new("main"),
		Detail: &pipeline.Detail{ReadAt: at(t, morning), Revision: "r1", Tip: commit(t, "c1", committed, "Ada", false)},
	}
	for _, change := range changes {
		change(&r)
	}
	return r
}

func commit(t testing.TB, oid, date, name string, bot bool) *pipeline.Commit {
	t.Helper()
	return &pipeline.Commit{OID: oid, CommittedDate: at(t, date), Author: pipeline.Author{Name: &name}, Bot: bot,
		Size: &pipeline.CommitSize{ChangedFiles: 3, Additions: 100}}
}

// behindBot puts a bot's commit at the tip and a search behind it.
func behindBot(t testing.TB, tip string, s *pipeline.Search) func(*pipeline.Repository) {
	return func(r *pipeline.Repository) {
		r.Detail.Tip = commit(t, "b1", tip, "dependabot[bot]", true)
		r.Detail.Search = s
	}
}

func judge(p *verdict.Policy, r pipeline.Repository, asOf time.Time) pipeline.Finding {
	return p.Judge([]pipeline.Repository{r}, asOf)[0]
}

func at(t testing.TB, s string) time.Time {
	t.Helper()
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if v, err := time.Parse(layout, s); err == nil {
			return v.UTC()
		}
	}
	t.Fatalf("%q is neither a date nor a time", s)
	return time.Time{}
}

func withCodeowners(text string) func(*pipeline.Repository) {
	return func(r *pipeline.Repository) { r.Detail.Codeowners = &text }
}

func withTopics(topics ...string) func(*pipeline.Repository) {
	return func(r *pipeline.Repository) { r.Topics = topics }
}

func withDescription(text string) func(*pipeline.Repository) {
	return func(r *pipeline.Repository) { r.Description = &text }
}

func named(name string) func(*pipeline.Repository) {
	return func(r *pipeline.Repository) { r.NameWithOwner = name }
}
