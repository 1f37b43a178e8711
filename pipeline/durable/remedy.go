package durable

import (
	"errors"
	"fmt"
	"time"
)

// Course is what the engine does about an activity's error.
type Course int

const (
	// Retry tries again after a pause; when the tries are used up the run is
	// suspended. It is the course for an error that names none.
	Retry Course = iota
	// Fail writes the failure down: the orchestrator sees it, now and in every
	// replay, and the activity is not tried again.
	Fail
	// Suspend stops the run in order at once; a later start goes on.
	Suspend
	// Abort stops the run at once and writes nothing down, so that the next
	// start tries again: wrong credentials, an owner that does not exist.
	Abort
)

// Remedy says what helps against an error.
type Remedy struct {
	Course Course
	// Cause is one word for the log and the counters, such as "timeout".
	Cause string
	// After is how long the other side asked to wait; zero leaves it to the
	// engine's own growing pauses. It is obeyed to the second.
	After time.Duration
	// Until is when a suspended run may go on, or the next try may come; zero
	// means at once.
	Until time.Time
	// Doubtful reports that the other side named a time that it cannot mean, so
	// that After or Until is a guess. It is not kept for the next process.
	Doubtful bool
}

// resumeAt is the later of what After and Until ask for, but no later than the
// longest pause allows; zero when neither asks for a time to come.
func (r *Remedy) resumeAt(now time.Time, longest time.Duration) time.Time {
	var at time.Time
	if r.After > 0 {
		at = now.Add(r.After)
	}
	if r.Until.After(now) && r.Until.After(at) {
		at = r.Until
	}
	if last := now.Add(longest); at.After(last) {
		at, r.Doubtful = last, true
	}
	return at
}

// Remediable is an error that knows its remedy.
type Remediable interface {
	error
	Remedy() Remedy
}

// RemedyOf returns the remedy of the first error in err's tree that has one,
// and otherwise a [Retry] with the cause "error".
func RemedyOf(err error) Remedy {
	if r, ok := errors.AsType[Remediable](err); ok {
		return r.Remedy()
	}
	return Remedy{Course: Retry, Cause: "error"}
}

// WithRemedy returns err with another remedy; nil stays nil.
func WithRemedy(err error, r Remedy) error {
	if err == nil {
		return nil
	}
	return &remedied{err, r}
}

type remedied struct {
	error
	remedy Remedy
}

func (e *remedied) Unwrap() error  { return e.error }
func (e *remedied) Remedy() Remedy { return e.remedy }

// Failure is an activity's permanent failure, as the journal keeps it.
type Failure struct {
	Key     string
	Code    string // the [Remedy]'s cause
	Message string
}

func (f *Failure) Error() string { return f.Message }

// Remedy makes a failure that an activity returns again permanent too.
func (f *Failure) Remedy() Remedy { return Remedy{Course: Fail, Cause: f.Code} }

// Suspension says that a run was stopped in order before its end, and can be
// resumed by running it again. An activity returns one when it was refused before
// it did anything; that does not count as an attempt.
type Suspension struct {
	Reason   string
	ResumeAt time.Time // zero means at once
	Doubtful bool      // ResumeAt is a guess, see [Remedy]
	Err      error     // what led to it; nil when nothing failed
}

func (s *Suspension) Error() string {
	if s.ResumeAt.IsZero() {
		return "suspended: " + s.Reason
	}
	return fmt.Sprintf("suspended until %s: %s", s.ResumeAt.UTC().Format(time.RFC3339), s.Reason)
}

func (s *Suspension) Unwrap() error { return s.Err }

// Remedy is [Suspend].
func (s *Suspension) Remedy() Remedy {
	return Remedy{Course: Suspend, Cause: "suspended", Until: s.ResumeAt, Doubtful: s.Doubtful}
}

// ErrStopped is what an orchestrator gets from every call once its run is
// being suspended or aborted. It may pass it on or not: the run ends either way.
var ErrStopped = errors.New("the run is stopping")

// PanicError is a panic in an activity or an orchestrator, turned into an error
// that names where.
type PanicError struct {
	// Key is the activity's, with the path of its orchestration before it, or
	// "orchestrator" and the path of that.
	Key   string
	Value any
	Stack string
}

func (e *PanicError) Error() string {
	return fmt.Sprintf("%s panicked: %v", e.Key, e.Value)
}

// Remedy is [Abort]: a panic is a defect, which another try does not mend.
func (e *PanicError) Remedy() Remedy { return Remedy{Course: Abort, Cause: "panic"} }
