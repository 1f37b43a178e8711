package publish_test

import (
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/site"
	"github.com/stalewatch/stalewatch/site/publish"
)

// rendered publishes the report on one repository, which is the first argument's.
func rendered(t *testing.T, name, dir string) {
	t.Helper()
	asOf := time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)
	snap := &pipeline.Snapshot{
		Run:      pipeline.Run{ID: "2026-11-22/contoso", Owners: []string{"contoso"}, AsOf: asOf, State: pipeline.Complete},
		Findings: []pipeline.Finding{{Repository: pipeline.Repository{ID: "R_1", NameWithOwner: "contoso/" + name}, Status: pipeline.Empty, StatusSince: asOf}},
	}
	if _, err := publish.Report(t.Context(), dir, snap, site.Options{BaseURL: "https://contoso.github.io/staleness"}); err != nil {
		t.Fatal(err)
	}
}

func TestHandler(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "site")
	rendered(t, "one", dir)
	h := publish.Handler(dir)
	for _, c := range []struct {
		method, path string
		status       int
		contentType  string
		body         string
	}{
		{"GET", "/", 200, "text/html; charset=utf-8", "<h1>"},
		{"HEAD", "/", 200, "text/html; charset=utf-8", ""},
		{"GET", "/r/contoso/one/", 200, "text/html; charset=utf-8", "contoso/one"},
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
	rendered(t, "one", dir)
	w := httptest.NewRecorder()
	publish.Handler(dir).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
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
	h := publish.Handler(dir)
	get := func(path string) string {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w.Body.String()
	}
	if got := get("/"); !strings.Contains(got, "no site") {
		t.Errorf("without a site: %s", got)
	}
	rendered(t, "one", dir)
	before, version := get("/repos/"), get("/_stalewatch/version")
	rendered(t, "another", dir)
	if get("/repos/") == before || get("/_stalewatch/version") == version {
		t.Error("the preview shows the old site")
	}
}
