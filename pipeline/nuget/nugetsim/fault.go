package nugetsim

import (
	"net/http"
	"strconv"
	"strings"
)

// Fault is one way to misbehave. The first that fits a request is used.
type Fault struct {
	// Path is what the request's path contains; empty fits every one.
	Path string
	// Times is how often; zero means always.
	Times int

	Status int    // answers with it when not 0
	Body   string // with Status
	// RetryAfter in seconds; negative sends no such header.
	RetryAfter int
	// RedirectTo is a path on this server, or an address.
	RedirectTo string
	// ForgetsETags answers 200 to an ETag that matches, as some edges do.
	ForgetsETags bool
	// CutsOff ends the answer in the middle.
	CutsOff bool
}

// Misbehave adds faults; without any it ends all of them.
func (s *Server) Misbehave(faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(faults) == 0 {
		s.faults = nil
	}
	s.faults = append(s.faults, faults...)
}

// fault takes the fault that fits a path, the zero value when none does.
func (s *Server) fault(path string) Fault {
	for i := range s.faults {
		f := &s.faults[i]
		if !strings.Contains(path, f.Path) || f.Times < 0 {
			continue
		}
		if f.Times > 0 {
			if f.Times--; f.Times == 0 {
				f.Times = -1 // used up
			}
		}
		return *f
	}
	return Fault{}
}

// refuse answers in place of the server, and reports whether it did.
func (f Fault) refuse(w http.ResponseWriter, r *http.Request) bool {
	switch {
	case f.RedirectTo != "":
		http.Redirect(w, r, f.RedirectTo, http.StatusTemporaryRedirect)
		return true
	case f.Status == 0:
		return false
	}
	if f.RetryAfter >= 0 && f.Status == http.StatusTooManyRequests {
		w.Header().Set("Retry-After", strconv.Itoa(f.RetryAfter))
	}
	w.WriteHeader(f.Status)
	w.Write([]byte(f.Body))
	return true
}
