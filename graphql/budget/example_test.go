package budget_test

import (
	"context"
	"fmt"
	"time"

	"github.com/stalewatch/stalewatch/graphql/budget"
)

// Two pipelines share one account: as long as both want some, each gets half of
// GitHub's time.
func Example() {
	account := budget.New(budget.Config{Concurrency: 1})
	repositories, packages := account.Pipeline(), account.Pipeline()

	ctx := context.Background()
	for _, share := range []*budget.Share{repositories, packages} {
		reservation, err := share.Acquire(ctx, budget.Ask{Kind: "list", Size: 100, Time: 300 * time.Millisecond})
		if err != nil {
			fmt.Println(err) // a *durable.Suspension that says when to go on
			return
		}
		// ... send the request, and tell what the server said.
		reservation.Settle(budget.Usage{Cost: 1, Took: 280 * time.Millisecond, Limit: 5000, Remaining: 4999})
	}

	account.PauseFor(0, "GitHub asked to slow down") // holds both
	fmt.Println(account.State().PauseReason)
	// Output: GitHub asked to slow down
}
