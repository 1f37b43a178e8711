package githubsim

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// Kind sorts requests by what they do.
type Kind string

const (
	// Listing pages a repositories connection.
	Listing Kind = "listing"
	// History pages the history of commits, whether below nodes(ids:) or not.
	History Kind = "history"
	// Chunk asks nodes(ids:) for anything else.
	Chunk Kind = "chunk"
	// Other is everything else, requests that were refused unread included.
	Other Kind = "other"
)

// Page is a page that a request asked for, or Count pages alike.
type Page struct {
	Connection string // field name, such as "repositories"
	Size       int    // first or last
	Continued  bool   // with a cursor
	From       int    // elements before the page
	Count      int
}

// Request is one request as the server took it.
type Request struct {
	Number    int // 1 for the first since the last reset
	Kind      Kind
	Query     string          // empty when the body could not be read
	Variables json.RawMessage // as sent
	IDs       []string        // given to nodes(ids:), in their order
	Pages     []Page
	Cost      int // points charged; 0 when refused
	Status    int // HTTP status of the answer
	// Refused says why it was not executed: "credentials", "method", "user
	// agent", "query", "primary limit", "secondary limit"; empty when it was.
	Refused string
	// Faults names the faults that struck it.
	Faults []string
}

// note takes over what execution learnt.
func (r *Request) note(f facts) {
	r.IDs, r.Pages = f.ids, f.pages
	pages := func(connection string) bool {
		return slices.ContainsFunc(f.pages, func(p Page) bool { return p.Connection == connection })
	}
	switch {
	case pages("repositories"):
		r.Kind = Listing
	case pages("history"):
		r.Kind = History
	case f.ids != nil:
		r.Kind = Chunk
	}
}

// Stats counts what a server was asked since it began or was last reset.
type Stats struct {
	Requests      int
	ByKind        map[Kind]int   // executed or not
	Refused       map[string]int // by Request.Refused
	Faults        map[string]int // strikes, by name
	Statuses      map[int]int    // answers by HTTP status
	IDs           int            // ids given to nodes(ids:), repetitions included
	Points        int
	MaxConcurrent int // most requests under way at once
}

// maxLogged is how many requests the log keeps; the oldest go first.
const maxLogged = 20_000

// counters is what the server counts; Server.mu guards it.
type counters struct {
	stats    Stats
	asked    map[string]int // by id in the new format
	log      []Request
	inFlight int
}

func (c *counters) reset() {
	c.stats = Stats{ByKind: map[Kind]int{}, Refused: map[string]int{}, Faults: map[string]int{}, Statuses: map[int]int{}}
	c.asked, c.log = map[string]int{}, nil
}

func (s *Server) enter() (inFlight int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts.inFlight++
	s.counts.stats.MaxConcurrent = max(s.counts.stats.MaxConcurrent, s.counts.inFlight)
	return s.counts.inFlight
}

func (s *Server) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts.inFlight--
}

// record counts a request whose answer is about to be sent.
func (s *Server) record(r *Request, status int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := &s.counts
	if r.Kind == "" {
		r.Kind = Other
	}
	r.Status = status
	c.stats.Requests++
	r.Number = c.stats.Requests
	c.stats.ByKind[r.Kind]++
	c.stats.Statuses[status]++
	c.stats.Points += r.Cost
	c.stats.IDs += len(r.IDs)
	if r.Refused != "" {
		c.stats.Refused[r.Refused]++
	}
	for _, name := range r.Faults {
		c.stats.Faults[name]++
	}
	for _, id := range r.IDs {
		c.asked[canonicalID(id)]++
	}
	if len(c.log) >= maxLogged {
		c.log = slices.Delete(c.log, 0, maxLogged/4)
	}
	c.log = append(c.log, *r)
}

// canonicalID writes an id in the new format; what is no id stays as it is.
func canonicalID(id string) string {
	if n, ok := decodeID(id); ok {
		return n.encode()
	}
	return strings.Clone(id)
}

// Stats returns the counts.
func (s *Server) Stats() Stats {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.counts.stats
	out.ByKind, out.Refused = maps.Clone(out.ByKind), maps.Clone(out.Refused)
	out.Faults, out.Statuses = maps.Clone(out.Faults), maps.Clone(out.Statuses)
	return out
}

// Asked returns how often each id was given to nodes(ids:), by id in the new
// format, whatever became of the request.
func (s *Server) Asked() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.counts.asked)
}

// Log returns the requests in the order in which they were answered, the last
// 15,000 at least.
func (s *Server) Log() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.counts.log)
}

// Reset sets all counts to zero and empties the log. Limits and faults stay as
// they are.
func (s *Server) Reset() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.counts.reset()
}
