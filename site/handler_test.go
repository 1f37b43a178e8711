package site_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stalewatch/stalewatch/site"
)

func TestHandler(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "site")
	publish(t, dir, sample(), options)
	h := site.Handler(dir)
	for _, c := range []struct {
		method, path string
		status       int
		contentType  string
		body         string
	}{
		{"GET", "/", 200, "text/html; charset=utf-8", "<h1>"},
		{"HEAD", "/", 200, "text/html; charset=utf-8", ""},
		{"GET", "/repos/status/stale/", 200, "text/html; charset=utf-8", "Stale repositories"},
		{"GET", "/repos", 301, "", ""},
		{"GET", "/staleness/repos/", 200, "text/html; charset=utf-8", "Repositories"},
		{"GET", "/staleness/", 200, "text/html; charset=utf-8", "<h1>"},
		{"GET", "/data/v1/summary.json", 200, "application/json", `"schemaVersion": 1`},
		{"GET", "/data/v1/repositories.ndjson", 200, "application/x-ndjson", `"id"`},
		{"GET", "/data/v1/repositories.csv", 200, "text/csv; charset=utf-8", "id,nameWithOwner"},
		{"GET", "/feeds/changes.atom", 200, "application/atom+xml; charset=utf-8", "<feed"},
		{"GET", "/badges/contoso.svg", 200, "image/svg+xml", "<svg"},
		{"GET", "/_stalewatch/reload.js", 200, "text/javascript; charset=utf-8", "fetch"},
		{"GET", "/no/such/page", 404, "text/html; charset=utf-8", "There is no such page"},
		{"GET", "/.stalewatch-site", 404, "text/html; charset=utf-8", "There is no such page"},
		{"GET", "/../../etc/passwd", 404, "text/html; charset=utf-8", "There is no such page"},
		{"POST", "/", 405, "text/plain; charset=utf-8", "can only be read"},
	} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(c.method, "http://localhost"+c.path, nil))
		if w.Code != c.status || c.contentType != "" && w.Header().Get("Content-Type") != c.contentType || !strings.Contains(w.Body.String(), c.body) {
			t.Errorf("%s %s: %d %s", c.method, c.path, w.Code, w.Header().Get("Content-Type"))
		}
		if w.Header().Get("Content-Security-Policy") == "" {
			t.Errorf("%s %s: without a policy", c.method, c.path)
		}
	}
}

// TestHandlerPolicy: the header's policy is the one that pages carry.
func TestHandlerPolicy(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "site")
	publish(t, dir, firstRun(), options)
	w := httptest.NewRecorder()
	site.Handler(dir).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
	policy := strings.NewReplacer("'", "&#39;").Replace(w.Header().Get("Content-Security-Policy"))
	body := strings.NewReplacer("'", "&#39;").Replace(w.Body.String())
	if !strings.Contains(body, `<meta http-equiv="Content-Security-Policy" content="`+policy+`">`) {
		t.Errorf("the page's policy is not %q", policy)
	}
}

// TestHandlerFollows: a site that is published anew is seen at once, and its
// version with it.
func TestHandlerFollows(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "site")
	h := site.Handler(dir)
	get := func(path string) string {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w.Body.String()
	}
	if got := get("/"); !strings.Contains(got, "no site") {
		t.Errorf("without a site: %s", got)
	}
	publish(t, dir, firstRun(), options)
	before, version := get("/"), get("/_stalewatch/version")
	publish(t, dir, nothingStale(), options)
	if get("/") == before || get("/_stalewatch/version") == version {
		t.Error("the preview shows the old site")
	}
}
