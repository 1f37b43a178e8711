package githubsim

import (
	"net"
	"net/http"
	"strings"
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
	tokens  map[string]Access
	latency time.Duration
	timed   bool // GitHub's time passes, and is limited

	givenUp atomic.Int64
	ledger
	faults
}

// Option sets up a [Server].
type Option func(*Server)

// WithLimits replaces [DefaultLimits].
func WithLimits(l Limits) Option { return func(s *Server) { s.limiter.Limits = l } }

// WithToken accepts a token. Without this option any token is accepted as
// [PublicOnly]; with it only those given are.
func WithToken(token string, access Access) Option {
	return func(s *Server) { s.tokens[token] = access }
}

// WithLatency makes every request take d longer, as a network does. It does not
// count as GitHub's time. It is zero by default.
func WithLatency(d time.Duration) Option { return func(s *Server) { s.latency = d } }

// WithTime makes answers take GitHub's time, by the price list in price.go: a
// query that would take more than ten seconds is given up then, with 502 or 504
// by turns, and [Limits].TimePerMinute holds. Without this option the time is
// counted ([Stats]) and changes nothing.
func WithTime() Option { return func(s *Server) { s.timed = true } }

// WithFaults is [Server.SetFaults] from the start.
func WithFaults(faults ...Fault) Option { return func(s *Server) { s.SetFaults(faults...) } }

// New returns a server of the world.
func New(world *World, opts ...Option) *Server {
	s := &Server{world: world, tokens: map[string]Access{}}
	s.limiter.Limits = DefaultLimits()
	for _, o := range opts {
		o(s)
	}
	s.core.PointsPerHour = s.limiter.RequestsPerHour
	return s
}

// Start serves on a free port of 127.0.0.1 until stop is called. It returns the
// URL of the GraphQL endpoint; stop cuts off requests under way.
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
