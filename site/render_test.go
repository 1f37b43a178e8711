package site_test

import (
	"flag"
	"os"
	"testing"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/site"
)

var update = flag.Bool("update", false, "rewrite the golden folder")

// everything asks for every test at its full size, where a plain run takes samples.
// It is asked within tests: go test keeps results apart only by variables that
// it sees a test read.
func everything() bool { return os.Getenv("STALEWATCH_TESTS") == "all" }

var options = site.Options{BaseURL: "https://contoso.github.io/staleness", Version: "v1.0.0", Commit: "0123456789abcdef0123456789abcdef01234567"}

// render renders into memory.
func render(t testing.TB, snap *pipeline.Snapshot, opts site.Options) map[string][]byte {
	t.Helper()
	var m site.Memory
	if _, err := site.Render(t.Context(), snap, opts, &m); err != nil {
		t.Fatal(err)
	}
	return m.Files
}
