package nugetsim

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
)

// Server serves a [World] on loopback.
type Server struct {
	// URL is the service index.
	URL string

	base string
	http *http.Server
	mux  *http.ServeMux

	mu     sync.Mutex
	world  *World
	faults []Fault
	log    []Request
}

// Request is one that came in.
type Request struct {
	Path        string
	Query       string
	Conditional bool
	Status      int
}

// Start serves a world until [Server.Close].
func Start(world *World) (*Server, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("serve a NuGet feed on loopback: %w", err)
	}
	s := &Server{base: "http://" + l.Addr().String(), mux: http.NewServeMux(), world: world}
	s.URL = s.base + "/v3/index.json"
	s.answer("/v3/index.json", s.index)
	s.answer("/query", s.search)
	for _, hive := range []string{oldHive, hive} {
		s.answer("/"+hive+"/{id}/index.json", func(r *http.Request) any { return s.registration(hive, r.PathValue("id")) })
		s.answer("/"+hive+"/{id}/page/{page}", func(r *http.Request) any { return s.page(hive, r.PathValue("id"), r.PathValue("page")) })
	}
	s.answer("/vulnerabilities/index.json", s.vulnerabilities)
	s.answer("/vulnerabilities/{file}", s.vulnerabilityFile)
	s.mux.HandleFunc("GET /contents/{id}/{version}/{file}", s.nuspec)
	s.http = &http.Server{Handler: http.HandlerFunc(s.serve)}
	go s.http.Serve(l)
	return s, nil
}

// Close ends the server and every connection.
func (s *Server) Close() error { return s.http.Close() }

// Change changes the world between two requests.
func (s *Server) Change(f func(*World)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f(s.world)
}

// Requests returns what came in since the last call.
func (s *Server) Requests() []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	log := s.log
	s.log = nil
	return log
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := &noted{w, http.StatusOK, s.fault(r.URL.Path)}
	if !n.fault.refuse(n, r) {
		s.mux.ServeHTTP(n, r)
	}
	s.log = append(s.log, Request{r.URL.Path, r.URL.RawQuery, r.Header.Get("If-None-Match") != "", n.status})
}

// noted notes the status of an answer, and has the fault that befell it.
type noted struct {
	http.ResponseWriter
	status int
	fault  Fault
}

func (n *noted) WriteHeader(status int) {
	n.status = status
	n.ResponseWriter.WriteHeader(status)
}

// answer answers with a document and its ETag; nil is not found. Registrations
// are packed whether the client asked for it or not.
func (s *Server) answer(path string, document func(*http.Request) any) {
	s.mux.HandleFunc("GET "+path, func(w http.ResponseWriter, r *http.Request) {
		doc := document(r)
		if doc == nil {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		body, err := json.Marshal(doc)
		if err != nil {
			panic(err) // the documents are made of strings and numbers
		}
		fault := w.(*noted).fault
		sum := sha256.Sum256(body)
		etag := fmt.Sprintf(`"0x%X"`, sum[:8])
		w.Header().Set("ETag", etag)
		w.Header().Set("Content-Type", "application/json")
		if r.Header.Get("If-None-Match") == etag && !fault.ForgetsETags {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		if strings.HasPrefix(r.URL.Path, "/"+hive+"/") {
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			z.Write(body)
			z.Close()
			body = b.Bytes()
			w.Header().Set("Content-Encoding", "gzip")
		}
		if fault.CutsOff {
			w.Header().Set("Content-Length", fmt.Sprint(len(body)))
			body = body[:len(body)/2]
		}
		w.Write(body)
	})
}
