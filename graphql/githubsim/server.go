package githubsim

import (
	"context"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Server answers GraphQL requests about one [World], on any path, and REST's for
// an organization's custom properties. It is safe for concurrent use.
type Server struct {
	world   *World
	docs    documents
	limiter limiter
	core    limiter // REST's
	now     func() time.Time
	tokens  map[string]Access
	latency time.Duration
	time    *Time // nil means that nothing waits for it

	givenUp atomic.Int64

	mu       sync.Mutex
	faults   []*liveFault
	log      []Request
	inFlight int
	most     int // of them at once
}

// Access is what a token may see.
type Access int

const (
	// PublicOnly hides private repositories.
	PublicOnly Access = iota
	// Everything shows private repositories too.
	Everything
)

// Option sets up a [Server].
type Option func(*Server)

// WithClock sets the clock that the limits' windows run by, and Reset headers
// tell; the default is [time.Now].
func WithClock(now func() time.Time) Option { return func(s *Server) { s.now = now } }

// WithLimits replaces [DefaultLimits].
func WithLimits(l Limits) Option { return func(s *Server) { s.limiter.Limits = l } }

// WithToken accepts a token. Without this option any token is accepted as
// [PublicOnly]; with it only those given are.
func WithToken(token string, access Access) Option {
	return func(s *Server) { s.tokens[token] = access }
}

// WithLatency makes every request take d besides GitHub's time, and not counted
// as such, as a network does. It is zero by default.
func WithLatency(d time.Duration) Option { return func(s *Server) { s.latency = d } }

// Time says what GitHub's time, by the price list in price.go, does to a
// server. It is counted anyway ([Stats]).
type Time struct {
	// Ceiling is the longest a query may take: what would take longer is given
	// up then, with 502 or 504 by turns. GitHub's is ten seconds; zero means
	// that there is none.
	Ceiling time.Duration
	// Scale is how much of GitHub's time an answer really takes: 1 all of it,
	// as a client that meters its answers needs; 0.01 a hundredth, and then a
	// minute of [Limits] lasts 0.6 s too, with Retry-After to match. Zero takes
	// none and only counts: give such a server a clock of your own
	// ([WithClock]), or no TimePerMinute, or its minute is full at once.
	Scale float64
}

// WithTime gives queries a ceiling, counts GitHub's time towards
// [Limits].TimePerMinute, and makes answers take as much of it as t says.
// Without this option GitHub's time is counted, and changes nothing.
func WithTime(t Time) Option { return func(s *Server) { s.time = &t } }

// WithFaults is [Server.SetFaults] from the start.
func WithFaults(faults ...Fault) Option { return func(s *Server) { s.SetFaults(faults...) } }

// New returns a server of the world.
func New(world *World, opts ...Option) *Server {
	s := &Server{world: world, now: time.Now, tokens: map[string]Access{}}
	s.limiter.Limits, s.limiter.minute, s.core.minute = DefaultLimits(), time.Minute, time.Minute
	for _, o := range opts {
		o(s)
	}
	s.core.PointsPerHour = s.limiter.RequestsPerHour
	if s.time != nil && s.time.Scale > 0 {
		s.limiter.minute = time.Duration(float64(time.Minute) * s.time.Scale)
	}
	return s
}

// wait waits, or returns an error when the context ends before.
func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Start serves on a free port of 127.0.0.1 until stop is called. It returns
// the URL of the GraphQL endpoint; stop cuts off requests under way. Tests may
// as well hand the server to [net/http/httptest.NewServer].
func (s *Server) Start() (endpoint string, stop func() error, err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, err
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	done := make(chan struct{})
	go func() {
		defer close(done)
		server.Serve(listener) // ends with ErrServerClosed
	}()
	stop = func() error {
		err := server.Close()
		<-done
		return err
	}
	return "http://" + listener.Addr().String() + "/graphql", stop, nil
}

// access returns what the request's credentials allow; false means they are
// missing or wrong.
func (s *Server) access(header http.Header) (Access, bool) {
	scheme, token, _ := strings.Cut(header.Get("Authorization"), " ")
	if token == "" || !strings.EqualFold(scheme, "bearer") && !strings.EqualFold(scheme, "token") {
		return PublicOnly, false
	}
	if len(s.tokens) == 0 {
		return PublicOnly, true
	}
	access, ok := s.tokens[token]
	return access, ok
}
