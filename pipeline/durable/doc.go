// Package durable lets a plain Go function survive being killed.
//
// The words are those of Azure Durable Functions. An [Orchestrator] says what
// is to be done and in which order; an [Activity] does it, and only it touches
// the world. Calls are remembered: each call of an activity first looks into a
// [Journal]. What is there is returned as it was; what is not is done, written
// down, and returned. To resume an interrupted run, call the orchestrator again:
// it passes over everything that is on disk and goes on where nothing is.
//
//	func survey(o *durable.Orchestration, owner string) ([]Commit, error) {
//		page, err := durable.Call(o, durable.Key{Step: "list", Item: owner}, list, owner)
//		if err != nil {
//			return nil, err
//		}
//		var tasks []*durable.Task[Commit]
//		for _, r := range page.Repositories {
//			tasks = append(tasks, durable.Go(o, durable.Key{Step: "fetch", Item: r.ID}, fetch, r.ID))
//		}
//		return durable.All(tasks)
//	}
//
// # What is promised
//
// After an activity's success is on disk it never runs again in that run. If
// the process dies between the effect and the checkpoint, the activity runs
// again: activities must bear that, as reads do. Nothing here is "exactly
// once".
//
// Outcomes are kept under names, not positions, so the order in which
// goroutines finish changes nothing. A [Key] holds a revision beside the name,
// a hash of what decides the result; a changed step misses its checkpoint and
// runs again, and a rebuilt binary with the same steps resumes.
//
// An orchestrator only sees outcomes that are on disk: a success, decoded from
// the very record that a replay would read, or a permanent [Failure]. A
// transient error is retried with growing pauses; one that outlasts its
// retries suspends the run, whatever the orchestrator makes of the error it
// gets. So do a deadline, a signal and a limit that resets too late: no new
// work begins, what is in flight may commit, and [Run] returns a [Suspension]
// that says when to go on.
//
// Orchestrators must be deterministic: no clock, no random numbers, no go
// statement, no select, no I/O. They get an [*Orchestration] instead of a
// context, so that they cannot start a request by mistake.
package durable
