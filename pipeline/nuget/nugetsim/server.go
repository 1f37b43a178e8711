package nugetsim

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// Server serves a [World] on loopback.
type Server struct {
	// URL is the service index.
	URL string

	base string
	http *http.Server

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
	s := &Server{base: "http://" + l.Addr().String(), world: world}
	s.URL = s.base + "/v3/index.json"
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
	status := s.answer(w, r)
	s.log = append(s.log, Request{r.URL.Path, r.URL.RawQuery, r.Header.Get("If-None-Match") != "", status})
}

// answer writes the answer and returns its status.
func (s *Server) answer(w http.ResponseWriter, r *http.Request) int {
	if r.Method != http.MethodGet {
		return refuse(w, http.StatusMethodNotAllowed)
	}
	fault := s.fault(r.URL.Path)
	if status := fault.refuse(w, r); status != 0 {
		return status
	}
	parts := strings.Split(strings.TrimPrefix(r.URL.Path, "/"), "/")
	var doc any
	switch {
	case r.URL.Path == "/v3/index.json":
		doc = s.index()
	case r.URL.Path == "/query":
		doc = s.search(r.URL.Query())
	case parts[0] == "registration-semver2", parts[0] == "registration":
		doc = s.registration(parts[0], parts[1:])
	case r.URL.Path == "/vulnerabilities/index.json":
		doc = s.vulnerabilities()
	case parts[0] == "vulnerabilities" && len(parts) == 2:
		doc = s.vulnerabilityFile(parts[1])
	case parts[0] == "contents" && len(parts) == 4:
		return s.nuspec(w, parts[1:])
	}
	if doc == nil {
		return refuse(w, http.StatusNotFound)
	}
	return write(w, r, doc, parts[0] == "registration-semver2", fault)
}

func refuse(w http.ResponseWriter, status int) int {
	w.WriteHeader(status)
	return status
}

// write sends a document with its ETag; registrations are packed whether the
// client asked for it or not.
func write(w http.ResponseWriter, r *http.Request, doc any, packed bool, fault Fault) int {
	body, err := json.Marshal(doc)
	if err != nil {
		panic(err) // the documents are made of strings and numbers
	}
	sum := sha256.Sum256(body)
	etag := `"0x` + strings.ToUpper(hex.EncodeToString(sum[:8])) + `"`
	w.Header().Set("ETag", etag)
	w.Header().Set("Content-Type", "application/json")
	if r.Header.Get("If-None-Match") == etag && !fault.ForgetsETags {
		return refuse(w, http.StatusNotModified)
	}
	if packed {
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
	return http.StatusOK
}

func (s *Server) index() any {
	resource := func(kind, path string) map[string]string {
		return map[string]string{"@type": kind, "@id": s.base + path}
	}
	return map[string]any{"version": "3.0.0", "resources": []any{
		resource("SearchQueryService", "/query"), resource("SearchQueryService/3.5.0", "/query"),
		resource("RegistrationsBaseUrl", "/registration/"), resource("RegistrationsBaseUrl/3.6.0", "/registration-semver2/"),
		resource("PackageBaseAddress/3.0.0", "/contents/"), resource("VulnerabilityInfo/6.7.0", "/vulnerabilities/index.json"),
	}}
}

// find returns a package by its id in lower case, which is how paths name it.
func (s *Server) find(lower string) *Package {
	i := slices.IndexFunc(s.world.Packages, func(p Package) bool { return strings.ToLower(p.ID) == lower })
	if i < 0 {
		return nil
	}
	return &s.world.Packages[i]
}
