package nuget

import (
	"fmt"
	"time"

	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// The words by which failures are counted and kept.
const (
	CauseNotFound = "not-found"
	CauseLimit    = "nuget-limit"
	CauseServer   = "nuget-server"
	CauseNetwork  = "nuget-network"
	CauseAnswer   = "nuget-answer"
	CauseOutage   = "nuget-outage"
)

// NotFoundError says that the server has nothing at an address: a package that
// was deleted, or that never was on this feed.
type NotFoundError struct{ URL string }

func (e *NotFoundError) Error() string { return "there is nothing at " + e.URL + " (HTTP 404)" }

// Remedy is to fail: it will not appear.
func (e *NotFoundError) Remedy() durable.Remedy {
	return durable.Remedy{Course: durable.Fail, Cause: CauseNotFound}
}

// LimitError says that the server was asked too much (HTTP 429, or 403 with
// "Quota exceeded.").
type LimitError struct {
	Message string
	// RetryAfter is how long the server asked to stay away, by its header or in
	// its words; a minute when it named no time.
	RetryAfter time.Duration
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("the NuGet server limits requests, for %s more: %s", e.RetryAfter, e.Message)
}

// Remedy is to stay away as long as the server asked for; to fail when that is
// too long for the other sources to wait.
func (e *LimitError) Remedy() durable.Remedy {
	course := durable.Retry
	if e.RetryAfter > longest {
		course = durable.Fail
	}
	return durable.Remedy{Course: course, Cause: CauseLimit, After: e.RetryAfter}
}

// ServerError says that the server could not answer just now (HTTP 5xx, 408).
type ServerError struct {
	URL    string
	Status int
}

func (e *ServerError) Error() string {
	return fmt.Sprintf("%s could not be answered (HTTP %d)", e.URL, e.Status)
}

// Remedy is to try again.
func (e *ServerError) Remedy() durable.Remedy {
	return durable.Remedy{Course: durable.Retry, Cause: CauseServer}
}

// NetworkError says that no answer came.
type NetworkError struct {
	URL string
	Err error
}

func (e *NetworkError) Error() string {
	return fmt.Sprintf("no answer from %s: %v; check --nuget-url and the network", e.URL, e.Err)
}

func (e *NetworkError) Unwrap() error { return e.Err }

// Remedy is to try again.
func (e *NetworkError) Remedy() durable.Remedy {
	return durable.Remedy{Course: durable.Retry, Cause: CauseNetwork}
}

// AnswerError says that what came is not what NuGet's protocol promises.
type AnswerError struct{ URL, Message string }

func (e *AnswerError) Error() string {
	return fmt.Sprintf("the answer of %s is no use: %s; check that --nuget-url is the service index of a NuGet V3 feed (nuget.org: %s)", e.URL, e.Message, DefaultURL)
}

// Remedy is to fail: the same comes again.
func (e *AnswerError) Remedy() durable.Remedy {
	return durable.Remedy{Course: durable.Fail, Cause: CauseAnswer}
}

// OutageError says that a row of requests failed with nothing answered in
// between, so that no more are sent.
type OutageError struct{ Err error }

func (e *OutageError) Error() string { return "the NuGet server is not answering: " + e.Err.Error() }
func (e *OutageError) Unwrap() error { return e.Err }

// Remedy is to fail: the other sources go on, and the next run tries again.
func (e *OutageError) Remedy() durable.Remedy {
	return durable.Remedy{Course: durable.Fail, Cause: CauseOutage}
}
