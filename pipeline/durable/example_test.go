package durable_test

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// A run that was stopped goes on where nothing is on disk yet.
func Example() {
	ctx, cancel := context.WithCancel(context.Background())
	list := func(_ context.Context, owner string) ([]string, error) {
		fmt.Println("list", owner)
		return []string{"octo/cat", "octo/dog"}, nil
	}
	fetch := func(_ context.Context, name string) (string, error) {
		fmt.Println("fetch", name)
		cancel() // somebody presses Ctrl-C
		return "last commit of " + name, nil
	}
	survey := func(o *durable.Orchestration, owner string) ([]string, error) {
		names, err := durable.Call(o, durable.Key{Step: "list", Item: owner, Revision: "1"}, list, owner)
		if err != nil {
			return nil, err
		}
		var tasks []*durable.Task[string]
		for _, name := range names {
			tasks = append(tasks, durable.Go(o, durable.Key{Step: "fetch", Item: name, Revision: "1"}, fetch, name))
		}
		return durable.All(tasks)
	}

	engine := &durable.Engine{Journal: durable.NewMemory(), Workers: 1}
	_, err := durable.Run(ctx, engine, "2026-11-22/octo", survey, "octo")
	fmt.Println(err)
	if _, ok := errors.AsType[*durable.Suspension](err); ok {
		commits, err := durable.Run(context.Background(), engine, "2026-11-22/octo", survey, "octo")
		fmt.Println(strings.Join(commits, ", "), err)
	}
	// Output:
	// list octo
	// fetch octo/cat
	// suspended: interrupted
	// fetch octo/dog
	// last commit of octo/cat, last commit of octo/dog <nil>
}
