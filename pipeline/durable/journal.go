package durable

import (
	"context"
	"encoding/json"
	"iter"
	"time"
)

// Journal keeps the outcome of every activity of every run. Implementations
// are safe for concurrent use; the suite in package journaltest says what they
// must do.
type Journal interface {
	// Load returns the record of key in run. The boolean is false when there
	// is none; a record that can no longer be read counts as none.
	Load(ctx context.Context, run, key string) (Record, bool, error)
	// Save writes the record of key in run, in place of an earlier one. When
	// it returns nil the record survives the death of the process.
	Save(ctx context.Context, run, key string, rec Record) error
	// Records yields every record of run in the order of their keys. A failure
	// to read ends the sequence with a non-nil error as its last value.
	Records(ctx context.Context, run string) iter.Seq2[Entry, error]
}

// Entry is a record with its key, which [ParseKey] takes apart.
type Entry struct {
	Key    string
	Record Record
}

// State says how far an activity has come.
type State string

const (
	Attempted State = "attempted" // tried without an outcome so far
	Succeeded State = "succeeded" // Output holds the result
	Failed    State = "failed"    // failed for good; Error says why
)

// Record is what a journal keeps of one activity.
type Record struct {
	State State `json:"state"`
	// Attempts counts how often the activity was started, over all processes.
	// An attempt that died with its process is not among them.
	Attempts int `json:"attempts"`
	// Took is what the attempts reported by [Took], added up over all
	// processes; nanoseconds in JSON. Zero when they reported nothing.
	Took time.Duration `json:"took,omitempty"`
	// Account is what [Charge] said last; empty for the main one.
	Account string `json:"account,omitempty"`
	// Causes holds one word for each attempt that did not succeed, in order.
	Causes []string `json:"causes,omitempty"`
	// Output is the result as JSON; nil unless State is Succeeded.
	Output json.RawMessage `json:"output,omitempty"`
	// Error is the message of a permanent failure; empty unless State is Failed.
	Error string `json:"error,omitempty"`
	// Code is the permanent failure's word, see [Remedy]; empty for none.
	Code string `json:"code,omitempty"`
	// Ended is when the last attempt ended, UTC.
	Ended time.Time `json:"ended"`
	// RetryAt is when an attempted activity may be tried again; it holds for
	// the next process too. The zero time means at once.
	RetryAt time.Time `json:"retryAt,omitzero"`
}
