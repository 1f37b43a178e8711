package githubsim

import (
	"bytes"
	"io"
	"net/http"
)

// RoundTrip answers a request to any address within the process, without a
// socket. It makes a server the transport of an HTTP client in a
// [testing/synctest] bubble, where GitHub's time passes without waiting:
// [Time].Scale 1, and the default clock and sleep.
func (s *Server) RoundTrip(r *http.Request) (resp *http.Response, err error) {
	w := &recorder{header: http.Header{}}
	defer func() {
		switch cut := recover(); {
		case cut != nil && cut != any(http.ErrAbortHandler):
			panic(cut)
		case r.Context().Err() != nil:
			resp, err = nil, r.Context().Err()
		case w.status == 0:
			resp, err = nil, io.ErrUnexpectedEOF
		default:
			body := io.Reader(&w.body)
			if cut != nil {
				body = io.MultiReader(body, cutOff{})
			}
			resp = &http.Response{StatusCode: w.status, Status: http.StatusText(w.status), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
				Header: w.header, Body: io.NopCloser(body), ContentLength: -1, Request: r}
		}
	}()
	if r.Body == nil {
		r.Body = http.NoBody
	}
	defer r.Body.Close()
	s.ServeHTTP(w, r)
	return nil, nil // the deferred function puts the answer together
}

// recorder keeps an answer.
type recorder struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (w *recorder) Header() http.Header             { return w.header }
func (w *recorder) WriteHeader(status int)          { w.status = status }
func (w *recorder) Write(b []byte) (n int, e error) { return w.body.Write(b) }

// cutOff is a body that ends too early.
type cutOff struct{}

func (cutOff) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
