package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"time"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/config"
	"github.com/stalewatch/stalewatch/pipeline/nuget/nugetsim"
	"github.com/stalewatch/stalewatch/store"
)

type demoCmd struct{ jobFlags }

// Help is the text of --help above the flags.
func (demoCmd) Help() string {
	return `About 300 made-up repositories of two organizations show every status. On a new store the demo
first lives through the week before, so that the report has changes and a trend to show.`
}

// demoToken is what the made-up GitHub accepts.
const demoToken = "demo-token"

// Run is the command.
func (c *demoCmd) Run(ctx context.Context, p *program) error {
	j, err := p.newJob(c.jobFlags, c.overrides([]string{githubsim.DemoSamples, githubsim.DemoLabs}))
	if err != nil {
		return err
	}
	world := githubsim.Demo(j.asOf)
	server := githubsim.New(world,
		githubsim.WithToken(demoToken, githubsim.PublicOnly))
	endpoint, stop, err := server.Start()
	if err != nil {
		return fmt.Errorf("start the made-up GitHub on loopback: %w", err)
	}
	defer stop()
	if j.endpoint, err = url.Parse(endpoint); err != nil {
		return err
	}
	feed, err := nugetsim.Start(nugetsim.Demo(j.asOf))
	if err != nil {
		return err
	}
	defer feed.Close()
	withProjects(world)
	j.cfg.NuGet = config.NuGet{Owners: []string{nugetsim.DemoOwner}, References: true, URL: feed.URL}
	j.token, j.demo = demoToken, true
	j.rehearse = func(ctx context.Context, db *store.Store) error {
		defer server.SetFaults(githubsim.DemoFaults(world)...)
		defer feed.Change(nugetsim.DemoToday)
		return j.lastWeek(ctx, db, world)
	}
	return j.run(ctx)
}

// withProjects gives the repositories in C# a project file each.
func withProjects(world *githubsim.World) {
	n := 0
	for _, name := range slices.Concat(world.Names(githubsim.DemoSamples), world.Names(githubsim.DemoLabs)) {
		world.Edit(name, time.Time{}, func(r *githubsim.Repository) {
			if r.Language == "C#" {
				r.Files = append(r.Files, githubsim.File{Path: "src/App/App.csproj", Text: nugetsim.DemoProject(n)})
				n++
			}
		})
	}
}

// lastWeek lets a week of made-up days pass, with a run on each that the store
// does not know of yet, unless it knows of a later one.
func (j *job) lastWeek(ctx context.Context, db *store.Store, world *githubsim.World) error {
	newest, err := newestRun(ctx, db, pipeline.ScopeOf(j.cfg.Owners...))
	if err != nil {
		return err
	}
	days := demoDays()
	for i, change := range days {
		day := *j
		day.past = true
		day.asOf = j.asOf.AddDate(0, 0, i-len(days))
		day.log, day.actions = slog.New(slog.DiscardHandler), &actions{}
		day.progress = newProgress(nil)
		day.progress.log = day.log
		if !day.asOf.Before(newest) {
			if err := day.begin(ctx, db); err != nil {
				return err
			}
		}
		change(world, day.asOf.Add(8*time.Hour))
	}
	return nil
}

// newestRun returns the asOf of the newest run of the scope that is over; the
// zero time when there is none.
func newestRun(ctx context.Context, db *store.Store, scope pipeline.Scope) (time.Time, error) {
	runs, err := db.Runs(ctx)
	for _, r := range runs {
		if r.Scope == scope && r.State.Over() {
			return r.AsOf, err
		}
	}
	return time.Time{}, err
}

// demoDays is what happens in the made-up world on each day of the week past.
func demoDays() []func(w *githubsim.World, at time.Time) {
	samples := func(name string) string { return githubsim.DemoSamples + "/" + name }
	return []func(w *githubsim.World, at time.Time){
		func(w *githubsim.World, at time.Time) { w.BotPush(samples("edge-watchdog"), at) },
		func(w *githubsim.World, at time.Time) { w.Push(samples("orders-service"), at) },
		func(w *githubsim.World, at time.Time) { w.Archive(samples("rest-client-v1"), at) },
		func(w *githubsim.World, at time.Time) {
			w.Rename(samples("bot-framework-demo"), "question-bot", at)
		},
		func(w *githubsim.World, at time.Time) { w.BotPush(samples("todo-csharp-postgres"), at) },
		func(w *githubsim.World, at time.Time) {
			w.Edit(samples("learning-path"), at, func(r *githubsim.Repository) { r.Stars += 3152 })
		},
		func(w *githubsim.World, at time.Time) {
			w.Push(samples("mobile-offline-sync"), at)
			w.Create(githubsim.Repository{Name: samples("vector-search-quickstart"), Description: "Searching by meaning, in a hundred lines.",
				Language: "Python", License: "MIT", CreatedAt: at, Stars: 12, Commits: []githubsim.Commit{{CommittedDate: at}}})
			// What was pushed to these cannot be read, see DemoFaults.
			w.Push(samples("partner-onboarding-portal"), at)
			w.Push(githubsim.DemoLabs+"/embargoed-firmware", at)
		},
	}
}
