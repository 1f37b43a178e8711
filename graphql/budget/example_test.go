package budget_test

import (
	"context"
	"fmt"

	"github.com/stalewatch/stalewatch/graphql/budget"
)

// Two pipelines share one account: as long as both want points, the first gets
// three for each one of the second.
func Example() {
	account := budget.New(budget.Config{Concurrency: 1})
	repositories, packages := account.Pipeline(3), account.Pipeline(1)

	ctx := context.Background()
	for _, share := range []*budget.Share{repositories, packages} {
		reservation, err := share.Acquire(ctx, budget.Ask{Points: 1})
		if err != nil {
			fmt.Println(err) // a *durable.Suspension that says when to go on
			return
		}
		// ... send the request, and tell what the server said.
		reservation.Settle(budget.Usage{Cost: 1, Limit: 5000, Remaining: 4999})
	}

	account.PauseFor(0, "GitHub asked to slow down") // holds both
	fmt.Println(account.State().PauseReason)
	// Output: GitHub asked to slow down
}
