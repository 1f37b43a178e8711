package graphql

import (
	"context"
	"testing"
	"time"

	"golang.org/x/oauth2"

	"github.com/stalewatch/stalewatch/graphql/budget"
	"github.com/stalewatch/stalewatch/graphql/githubsim"
	"github.com/stalewatch/stalewatch/pipeline/github"
)

// TestPricesAreTheSimulators: what the client expects of each query is what the
// simulator charges for it, so that the two price lists stay one.
func TestPricesAreTheSimulators(t *testing.T) {
	now := time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)
	world := githubsim.NewWorld()
	world.AddOrganization("contoso")
	var ids []string
	for i := range 20 {
		commits := make([]githubsim.Commit, 10)
		for j := range commits {
			commits[j].CommittedDate = now.AddDate(0, j-20, 0)
		}
		name := "contoso/" + string(rune('a'+i))
		ids = append(ids, world.Create(githubsim.Repository{Name: name, Commits: commits, Files: []githubsim.File{{Path: "README.md", Text: "# Words"}}}))
	}
	server := githubsim.New(world)
	c := New(Options{URL: "http://github.test/graphql", Base: server, Share: budget.New(budget.Config{}).Pipeline(),
		Tokens: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: "token"})})
	var commits []string
	begin := ""
	list := github.ListQuery{Owner: "contoso", Order: "NAME", Size: 20}
	listBranches := github.ListQuery{Owner: "contoso", Order: "NAME", Size: 20, Branches: true}
	changes := github.ChangesQuery{Owner: "contoso", Size: 20, Pushed: &begin}
	history := github.HistoryQuery{IDs: ids, First: 10}
	counts := github.CountsQuery{IDs: ids, Issues: true, PullRequests: true}
	for _, tt := range []struct {
		ask  budget.Ask
		call func(context.Context) error
	}{
		{listAsk(list), func(ctx context.Context) error { _, err := c.List(ctx, list); return err }},
		{listAsk(listBranches), func(ctx context.Context) error { _, err := c.List(ctx, listBranches); return err }},
		{changesAsk(changes), func(ctx context.Context) error { _, err := c.Changes(ctx, changes); return err }},
		{tipsAsk(len(ids)), func(ctx context.Context) error {
			tips, err := c.Tips(ctx, ids)
			for _, tip := range tips.Elements {
				commits = append(commits, tip.Commit.ID)
			}
			return err
		}},
		{historyAsk(history), func(ctx context.Context) error { _, err := c.Histories(ctx, history); return err }},
		{sizesAsk(len(ids)), func(ctx context.Context) error { _, err := c.Sizes(ctx, commits); return err }},
		{treesAsk(len(ids)), func(ctx context.Context) error { _, err := c.Trees(ctx, ids); return err }},
		{filesAsk(len(ids)), func(ctx context.Context) error {
			_, err := c.Files(ctx, github.FilesQuery{IDs: ids, Path: "README.md"})
			return err
		}},
		{countsAsk(counts), func(ctx context.Context) error { _, err := c.Counts(ctx, counts); return err }},
	} {
		server.Reset()
		if err := tt.call(t.Context()); err != nil {
			t.Fatalf("%s: %v", tt.ask.Kind, err)
		}
		stats := server.Stats()
		charged := stats.TotalTime()
		if tt.ask.Time != charged {
			t.Errorf("%s: the client expects %v, the simulator charges %v", tt.ask.Kind, tt.ask.Time, charged)
		}
		if tt.ask.Points != stats.Points {
			t.Errorf("%s: the client expects %d points, the simulator charges %d", tt.ask.Kind, tt.ask.Points, stats.Points)
		}
	}
}
