package githubsim

import (
	"bytes"
	"io"
	"maps"
	"net"
	"net/http"
	"strconv"
	"time"
)

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	defer s.leave()
	a := s.serve(r, s.enter())
	switch {
	case r.Context().Err() != nil:
		panic(http.ErrAbortHandler)
	case a.cut == noAnswer:
		reset(w)
	}
	maps.Copy(w.Header(), a.header)
	w.Header().Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
	if a.cut == midBody {
		w.Write(a.body[:len(a.body)/2])
		http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	}
	w.Write(a.body)
}

// RoundTrip answers a request to any address within the process, without a
// socket. It makes a server the transport of an HTTP client in a
// [testing/synctest] bubble, where GitHub's time ([WithTime]) passes without
// waiting.
func (s *Server) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	defer r.Body.Close()
	defer s.leave()
	a := s.serve(r, s.enter())
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	body := io.Reader(bytes.NewReader(a.body))
	switch a.cut {
	case noAnswer:
		return nil, io.ErrUnexpectedEOF
	case midBody:
		body = io.MultiReader(bytes.NewReader(a.body[:len(a.body)/2]), cutOff{})
	}
	return &http.Response{StatusCode: a.status, Status: http.StatusText(a.status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header, Body: io.NopCloser(body), ContentLength: -1, Request: r}, nil
}

// cutOff is a body that ends too early.
type cutOff struct{}

func (cutOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

// serve answers and logs one request, and waits as long as the answer takes or
// until the request's context ends.
func (s *Server) serve(r *http.Request, inFlight int) *answer {
	req := &Request{Kind: Other}
	a := s.handle(r, req, inFlight)
	req.Status = a.status
	s.record(req)
	if a.delay > 0 {
		select {
		case <-time.After(a.delay):
		case <-r.Context().Done():
		}
	}
	if a.spent > 0 {
		s.limiter.spend(a.spent)
	}
	return a
}

// reset breaks the connection so that the client reads "connection reset by
// peer" rather than an end of file, where the transport lets it.
func reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if tcp, ok := conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	conn.Close()
	panic(http.ErrAbortHandler)
}
