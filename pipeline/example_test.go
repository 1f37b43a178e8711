package pipeline_test

import (
	"cmp"
	"context"

	"github.com/stalewatch/stalewatch/graphql/budget"
	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// certificates is a made-up source with a server, and so an account, of its own.
type certificates struct{ account *budget.Share }

func (certificates) Name() string { return "certificates" }

func (c certificates) Orchestrate(o *durable.Orchestration, m pipeline.Moment) (pipeline.Gathered, error) {
	hosts, err := durable.Call(o, durable.Key{Step: "hosts", Revision: "1"}, c.hosts, m.Owners)
	var tasks []*durable.Task[pipeline.Item]
	for _, host := range hosts {
		tasks = append(tasks, durable.Go(o, durable.Key{Step: "expiry", Item: host, Revision: "1"}, c.expiry, host))
	}
	items, allErr := durable.All(tasks)
	return pipeline.Gathered{Items: items}, cmp.Or(err, allErr)
}

func (c certificates) hosts(ctx context.Context, owners []string) (hosts []string, err error) {
	err = c.account.Do(ctx, budget.Ask{Kind: "hosts"}, func(context.Context) error { // which would ask the server
		hosts = []string{"www." + owners[0] + ".example", "api." + owners[0] + ".example"}
		return nil
	})
	return hosts, err
}

func (c certificates) expiry(ctx context.Context, host string) (item pipeline.Item, err error) {
	err = c.account.Do(ctx, budget.Ask{Kind: "expiry"}, func(context.Context) error {
		item = pipeline.Item{Name: host, URL: "https://" + host + "/", State: "expires soon"}
		return nil
	})
	return item, err
}

func ExampleSource() {
	account := budget.New(budget.Config{Account: "certificates", Concurrency: 8})
	survey([]pipeline.Source{repositories{}, certificates{account.Pipeline()}}) // as the wiring does
	// Output:
	// page: sources/certificates/index.html
	// account: 3 requests
	// status line: certificates: 2 items, 3 requests
}
