package site_test

import (
	"flag"
	"os"
	"testing"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/site"
)

var update = flag.Bool("update", false, "rewrite the golden folder")

// all asks for every test at its full size, where a plain run takes samples.
var all = os.Getenv("STALEWATCH_TESTS") == "all"

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
