package verdict_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// An author who does the same everywhere, again and again, is suggested as a
// bot; one who does it on two days, in few repositories or in many words is not.
func TestSuggestBots(t *testing.T) {
	var repos []pipeline.Repository
	commits := func(author string, repositories, days int, headline func(i int) string) {
		for i := range repositories {
			c := commit(t, fmt.Sprint(author, i), "2026-11-01", author, false)
			c.CommittedDate = c.CommittedDate.Add(time.Duration(i%days) * 24 * time.Hour)
			c.Headline = headline(i)
			repos = append(repos, pipeline.Repository{ID: fmt.Sprint(author, i), NameWithOwner: fmt.Sprintf("a/%s-%d", author, i), Detail: &pipeline.Detail{Tip: c}})
		}
	}
	always := func(s string) func(int) string { return func(int) string { return s } }
	commits("azure-sdk", 12, 6, func(i int) string { return fmt.Sprintf("Synchronize repo %d from Repoman", i) })
	commits("odd[name]*", 5, 3, always("Sync"))
	commits("few", 4, 4, always("Sync"))
	commits("two days", 9, 2, always("Sync"))
	commits("editor", 9, 9, always("Update README.md"))
	commits("busy", 9, 9, func(i int) string {
		return fmt.Sprintf("%s the client", []string{"Fix", "Extend", "Split", "Test"}[i%4])
	})
	commits("configured", 9, 9, always("Sync"))
	p := mustPolicy(t, func(r *pipeline.Rules) { r.Bots = []string{"configured"} })
	got := p.SuggestBots(repos)
	want := []pipeline.SuggestedBot{
		{Glob: "azure-sdk", Commits: 12, Repositories: 12, Days: 6, Headline: "Synchronize repo … from Repoman", Percent: 100},
		{Glob: `odd\[name]\*`, Commits: 5, Repositories: 5, Days: 3, Headline: "Sync", Percent: 100},
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("suggested\n%+v\nwant\n%+v", got, want)
	}
	configured := mustPolicy(t, func(r *pipeline.Rules) { r.Bots = []string{got[1].Glob} })
	if odd := "odd[name]*"; !configured.IsBot(pipeline.Commit{Author: pipeline.Author{Name: &odd}}) {
		t.Errorf("the pattern %s does not fit its author", got[1].Glob)
	}
}
