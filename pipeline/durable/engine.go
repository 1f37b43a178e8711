package durable

import (
	"encoding/json"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// Engine runs orchestrations against a journal. Only Journal is required; an
// Engine can run several orchestrations at once.
type Engine struct {
	Journal Journal
	// Workers is how many fanned-out activities may be under way at once, over
	// all sub-orchestrations; zero means 64. It bounds goroutines and the
	// results in memory. What goes over the wire at once is the activities'
	// own business.
	Workers int
	// Retries says how errors are retried; zero fields are those of [DefaultRetries].
	Retries RetryPolicy
	// Grace is how long activities in flight may go on after the run was told
	// to stop; zero means three seconds.
	Grace time.Duration
	// Observe receives every step. It may be called from many goroutines at once
	// and must not block. Nil drops them.
	Observe func(Event)
}

// RetryPolicy is the pauses between attempts: they start at Initial, double up
// to Max, and vary at random by half to either side. A field that is zero is
// that of [DefaultRetries].
type RetryPolicy struct {
	// Attempts in one execution, the first included. Those after which the
	// other side named the pause do not count: it is waited out.
	Attempts     int
	Initial, Max time.Duration
	// Longest is the longest pause that the engine believes. A longer one that
	// the other side names is cut to it and not kept for the next process; a longer
	// one from an earlier process is ignored. Pauses that add up to more suspend
	// the run.
	Longest time.Duration
}

// DefaultRetries pauses for half a minute in all, on average, before it gives
// up.
func DefaultRetries() RetryPolicy {
	return RetryPolicy{Attempts: 6, Initial: time.Second, Max: time.Minute, Longest: 2 * time.Hour}
}

func (p RetryPolicy) intervals() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval, b.Multiplier = p.Initial, p.Max, 2
	return b
}

// EventKind says what an [Event] tells.
type EventKind int

const (
	Started   EventKind = iota // an attempt begins
	Replayed                   // the outcome came from the journal
	Completed                  // a success is on disk
	Gone                       // a permanent failure is on disk
	Waiting                    // an attempt failed, now or in an earlier process; the next comes after Wait
)

// Event is one step of an activity.
type Event struct {
	Kind    EventKind
	Path    []string // of the orchestration; must not be changed
	Key     Key
	Attempt int           // 1 for the first
	Wait    time.Duration // with Waiting
	Cause   string        // with Waiting and Gone
	Err     error         // with Waiting
	// Output is the result as JSON, with Completed and Replayed; nil for a
	// permanent failure. It must not be changed.
	Output json.RawMessage
}
