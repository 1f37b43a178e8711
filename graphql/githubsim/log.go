package githubsim

import (
	"encoding/json"
	"slices"
	"sync"
	"time"
)

// Kind sorts requests by what they ask for, whatever they are called.
type Kind string

const (
	// Listing pages an owner's repositories.
	Listing Kind = "listing"
	// History pages the history of commits.
	History Kind = "history"
	// Details asks nodes(ids:) for files, branches, issues or pull requests.
	Details Kind = "details"
	// Sizes asks nodes(ids:) for how much commits changed.
	Sizes Kind = "sizes"
	// Tips asks nodes(ids:) for anything else.
	Tips Kind = "tips"
	// Properties is REST's page of an organization's custom properties.
	Properties Kind = "properties"
	// Other is everything else, requests that were refused unread included.
	Other Kind = "other"
)

// Request is one request as the server took it.
type Request struct {
	Kind      Kind
	Query     string          // empty when the body could not be read; of REST the address
	Variables json.RawMessage // as sent
	IDs       []string        // given to nodes(ids:), in their order
	Continued bool            // it goes on from a cursor
	Cost      int             // points charged; 0 when refused
	Time      time.Duration   // GitHub's time by the price list, as far as it went
	GivenUp   bool            // GitHub's clock ended it: 502 or 504
	Status    int             // HTTP status of the answer
	// Refused says why it was not executed: "credentials", "method", "user
	// agent", "query", "primary limit", "secondary limit"; empty when it was.
	Refused string
	// Faults names the faults that struck it.
	Faults []string
}

// Stats counts what a server was asked since it began or was last reset.
type Stats struct {
	Requests      int
	ByKind        map[Kind]int   // executed or not
	Refused       map[string]int // by Request.Refused
	IDs           int            // ids given to nodes(ids:), repetitions included
	Points        int
	Time          map[Kind]time.Duration // GitHub's time by the price list
	GivenUp       map[Kind]int           // requests that GitHub's clock ended
	MaxConcurrent int                    // most requests under way at once
}

// ledger is what a server was asked.
type ledger struct {
	mu       sync.Mutex
	log      []Request
	inFlight int
	most     int // of them at once
}

// Stats returns the counts. It costs a walk over the log.
func (l *ledger) Stats() Stats {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := Stats{Requests: len(l.log), MaxConcurrent: l.most, ByKind: map[Kind]int{}, Refused: map[string]int{},
		Time: map[Kind]time.Duration{}, GivenUp: map[Kind]int{}}
	for _, r := range l.log {
		out.ByKind[r.Kind]++
		out.Points += r.Cost
		out.IDs += len(r.IDs)
		out.Time[r.Kind] += r.Time
		if r.GivenUp {
			out.GivenUp[r.Kind]++
		}
		if r.Refused != "" {
			out.Refused[r.Refused]++
		}
	}
	return out
}

// TotalTime is GitHub's time over all kinds.
func (s Stats) TotalTime() time.Duration {
	var all time.Duration
	for _, d := range s.Time {
		all += d
	}
	return all
}

// Asked returns how often each id was given to nodes(ids:), whatever became of
// the request.
func (l *ledger) Asked() map[string]int {
	asked := map[string]int{}
	for _, r := range l.Log() {
		for _, id := range r.IDs {
			asked[id]++
		}
	}
	return asked
}

// Log returns the requests in the order in which they were answered.
func (l *ledger) Log() []Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.log)
}

// Reset empties the log, and with it the counts. Limits and faults stay as they
// are.
func (l *ledger) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.log, l.most = nil, 0
}

func (l *ledger) enter() (inFlight int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.inFlight++
	l.most = max(l.most, l.inFlight)
	return l.inFlight
}

func (l *ledger) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.inFlight--
}

// record logs a request whose answer is about to be sent.
func (l *ledger) record(r *Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.log = append(l.log, *r)
}
