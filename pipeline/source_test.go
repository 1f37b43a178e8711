package pipeline_test

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
	"github.com/stalewatch/stalewatch/pipeline/verdict"
)

// packages is a further source: it lists an owner's packages, asks for them in
// chunks, and says which version each repository publishes.
type packages struct{}

func (packages) Name() string { return "packages" }

func (packages) Orchestrate(o *durable.Orchestration, m pipeline.Moment) (pipeline.Gathered, error) {
	names, err := durable.Call(o, durable.Key{Step: "list", Revision: "1"}, listPackages, m.Owners)
	if err != nil {
		return pipeline.Gathered{}, err
	}
	var tasks []*durable.Task[pipeline.Fact]
	for _, name := range names {
		tasks = append(tasks, durable.Go(o, durable.Key{Step: "version", Item: name, Revision: "1"}, latestVersion, name))
	}
	facts, err := durable.All(tasks)
	g := pipeline.Gathered{Facts: make(map[string][]pipeline.Fact)}
	for i, name := range names {
		g.Facts[strings.ToLower(name)] = append(g.Facts[strings.ToLower(name)], facts[i])
	}
	return g, err
}

func listPackages(_ context.Context, owners []string) ([]string, error) {
	return []string{owners[0] + "/Client", owners[0] + "/Server"}, nil
}

func latestVersion(_ context.Context, name string) (pipeline.Fact, error) {
	return pipeline.Fact{Source: "packages", Label: "Latest package", Value: name + " 1.2.3"}, nil
}

// repositories stands for GitHub, which is the source that lists.
type repositories struct{}

func (repositories) Name() string { return "github" }

func (repositories) Orchestrate(*durable.Orchestration, pipeline.Moment) (pipeline.Gathered, error) {
	tip := &pipeline.Commit{OID: "c0ffee", CommittedDate: time.Date(2024, 11, 21, 0, 0, 0, 0, time.UTC)}
	main := "main"
	var g pipeline.Gathered
	for _, name := range []string{"contoso/Client", "contoso/Server"} {
		g.Repositories = append(g.Repositories, pipeline.Repository{
			ID: name, NameWithOwner: name, DefaultBranch: &main, Detail: &pipeline.Detail{Tip: tip},
		})
	}
	return g, nil
}

// A further data source is a type with two methods and one line in the list of
// sources. Checkpoints, retries and resumption come with the engine.
func ExampleSource() {
	policy, err := verdict.NewPolicy(pipeline.DefaultRules())
	if err != nil {
		fmt.Println(err)
		return
	}
	survey := pipeline.Survey{
		Engine:  &durable.Engine{Journal: durable.NewMemory()},
		Judge:   policy,
		Sources: []pipeline.Source{repositories{}, packages{}},
	}
	asOf := time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)
	owners := []string{"contoso"}
	out, err := survey.Run(context.Background(), pipeline.Run{ID: pipeline.RunID(owners, asOf), Owners: owners, AsOf: asOf}, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, f := range out.Snapshot.Findings {
		fmt.Printf("%s is %s. %s: %s\n", f.NameWithOwner, f.Status, f.Facts[0].Label, f.Facts[0].Value)
	}
	// Output:
	// contoso/Client is stale. Latest package: contoso/Client 1.2.3
	// contoso/Server is stale. Latest package: contoso/Server 1.2.3
}
