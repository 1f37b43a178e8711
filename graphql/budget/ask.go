package budget

import "time"

// Ask is what a request expects to need.
type Ask struct {
	// Kind names what the request asks for, such as "list", and Size how many of
	// it; below 1 means 1. The budget learns how long GitHub takes for each.
	Kind string
	Size int
	// Time is how long GitHub will take, as long as no answer of this kind has
	// shown it; zero means a second.
	Time time.Duration
	// Points it will cost; below 1 means 1.
	Points int
	// Urgent requests, which everything else waits for, go before others.
	Urgent bool
	// Final requests, which end what was begun, may use the reserve.
	Final bool
}

// Usage is what a request turned out to cost, in the server's own figures.
type Usage struct {
	// Cost is the points charged; 0 when unknown, and for none.
	Cost int
	// Took is how long the answer took to come; 0 means as long as the
	// reservation was held.
	Took time.Duration
	// Limit, Remaining and Reset are the server's figures after the request;
	// they are ignored while Limit is 0.
	Limit, Remaining int
	Reset            time.Time
	// PushBack reports that the server asked for less: a secondary limit, a
	// timeout, an overload.
	PushBack bool
	// Failed reports that the request said nothing about the server's load.
	Failed bool
	// Followed reports that another urgent request comes at once. A place is kept
	// for it for 50 ms.
	Followed bool
}

// Wait says what everybody waits for.
type Wait struct {
	Reason string
	Until  time.Time
	// Doubtful reports that the server named a time that it cannot mean, and
	// that Until is a guess.
	Doubtful bool
}
