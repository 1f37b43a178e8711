package durable

import (
	"context"
	"time"
)

// Attempt returns the number of the attempt that an activity's context belongs
// to, counted over all processes, 1 for the first and outside an activity. An
// activity may choose by it to fail for good.
func Attempt(ctx context.Context) int {
	if a, ok := ctx.Value(attemptKey{}).(attempt); ok {
		return a.number
	}
	return 1
}

// Stopping returns a context that ends as soon as the run that an activity
// belongs to is told to stop, some time before the activity's own context
// ends. An activity that waits for something, rather than for the answer to
// what it already sent, should give up then. Outside an activity it returns
// ctx.
func Stopping(ctx context.Context) context.Context {
	if a, ok := ctx.Value(attemptKey{}).(attempt); ok {
		return a.call.run.soft
	}
	return ctx
}

// Checkpointed calls f once the outcome of the attempt that ctx belongs to is
// on disk, or the attempt came to nothing; outside an activity at once. Work
// that stays in flight until then bounds what a killed run has to do again.
func Checkpointed(ctx context.Context, f func()) {
	if !report(ctx, func(c *call) { c.after = append(c.after, f) }) {
		f()
	}
}

// Took adds to what the journal says an activity took: the other side's time,
// which may be dear, in successes and failures alike. How long an activity
// waited for its turn does not belong to it. Outside an activity it does nothing.
func Took(ctx context.Context, d time.Duration) {
	report(ctx, func(c *call) { c.took += d })
}

// Charge enters in the journal which account an activity's requests are charged
// to; empty means the main one. Outside an activity it does nothing.
func Charge(ctx context.Context, account string) {
	report(ctx, func(c *call) { c.payer = account })
}

// report notes something in the call that ctx belongs to. The boolean is false
// outside an activity.
func report(ctx context.Context, note func(*call)) bool {
	a, ok := ctx.Value(attemptKey{}).(attempt)
	if ok {
		a.call.mu.Lock()
		defer a.call.mu.Unlock()
		note(a.call)
	}
	return ok
}
