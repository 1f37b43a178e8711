package site_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"path"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/site"
)

// gzipped is how many bytes a file takes on the way, as Pages compresses it.
func gzipped(t testing.TB, b []byte) int {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Len()
}

const kB = 1000

// TestBudgets weighs what a reader loads, with as many repositories as a
// report may have.
func TestBudgets(t *testing.T) {
	sizes := []int{1000, 3000, 10_000}
	if testing.Short() {
		t.Skip("renders 4,000 repositories")
	} else if !everything() {
		sizes = sizes[:2]
	}
	for _, n := range sizes {
		files := siteOf(t, "paged")
		if n > 1000 {
			kept := &site.Memory{}
			if _, err := site.Render(t.Context(), generated(n), options, without{"r/", kept}); err != nil {
				t.Fatal(err)
			}
			files = kept.Files
		}
		weigh := func(pattern string, most int) (sum int) {
			found := false
			for name, b := range files {
				if ok, _ := path.Match(pattern, name); !ok {
					continue
				}
				found = true
				size := gzipped(t, b)
				sum += size
				if size > most {
					t.Errorf("%d repositories: %s takes %d bytes, %d are allowed", n, name, size, most)
				}
				if testing.Verbose() {
					t.Logf("%6d: %-40s %6d of %d", n, name, size, most)
				}
			}
			if !found {
				t.Errorf("nothing is called %s", pattern)
			}
			return sum
		}
		weigh("index.html", 15*kB)
		css, js := weigh("assets/style-*.css", 6*kB), weigh("assets/script-*.js", 8*kB)
		if n <= 1000 {
			all := css + js + weigh("repos/index.html", 50*kB)
			if all > 50*kB {
				t.Errorf("the table of %d takes %d bytes with everything", n, all)
			}
		} else {
			weigh("repos/index.html", 35*kB)
			weigh("repos/by/*/index.html", 35*kB)
			weigh("repos/status/*/index.html", 35*kB)
		}
		weigh("repos/text-*.json", map[int]int{1000: 30 * kB, 3000: 90 * kB, 10_000: 300 * kB}[n])
		weigh("steps/*/index.html", 35*kB)
		weigh("owners/*/index.html", 35*kB)
		weigh("repos/index-*.json", map[int]int{1000: 16 * kB, 3000: 42 * kB, 10_000: 128 * kB}[n])
	}
}

// without is a sink that drops what lies under a prefix.
type without struct {
	prefix string
	site.Sink
}

func (s without) Create(name string) (io.WriteCloser, error) {
	if strings.HasPrefix(name, s.prefix) {
		return nopCloser{io.Discard}, nil
	}
	return s.Sink.Create(name)
}

// discard is a sink that keeps nothing.
type discard struct{}

func (d *discard) Create(string) (io.WriteCloser, error) { return nopCloser{io.Discard}, nil }

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }

// TestLargest renders the largest report that is promised: within 1 GB of
// memory, below the size that Pages takes, every page in its budget.
func TestLargest(t *testing.T) {
	if !everything() {
		t.Skip("renders 100,000 repositories: set STALEWATCH_TESTS=all")
	}
	defer debug.SetGCPercent(debug.SetGCPercent(60)) // the program's
	snap := generated(100_000)
	largest := &watched{t: t, budgets: map[string]int{
		"index.html": 15 * kB, "repos/index.html": 35 * kB, "repos/by/stars/3/index.html": 35 * kB, "repos/status/stale/2/index.html": 35 * kB,
	}}
	stats, err := site.Render(t.Context(), snap, options, largest)
	if err != nil {
		t.Fatal(err)
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	t.Logf("%d files, %d MB, %d pages of repositories; %d MB from the system; index %d bytes; %v", stats.Files, stats.Bytes>>20, stats.RepositoryPages, m.Sys>>20, largest.index, stats.Warnings)
	if m.Sys > 1<<30 {
		t.Errorf("rendering took %d MB", m.Sys>>20)
	}
	if len(stats.Warnings) == 0 || stats.RepositoryPages == 0 || stats.RepositoryPages > 20_000 {
		t.Errorf("%d pages of repositories, warnings %v", stats.RepositoryPages, stats.Warnings)
	}
}

// watched is a sink that keeps only what has a budget.
type watched struct {
	t       *testing.T
	budgets map[string]int
	index   int
}

func (s *watched) Create(name string) (io.WriteCloser, error) {
	isIndex := strings.HasPrefix(name, "repos/index-")
	if _, ok := s.budgets[name]; !ok && !isIndex {
		return nopCloser{io.Discard}, nil
	}
	return &weighed{sink: s, name: name, isIndex: isIndex}, nil
}

type weighed struct {
	bytes.Buffer
	sink    *watched
	name    string
	isIndex bool
}

func (f *weighed) Close() error {
	size := gzipped(f.sink.t, f.Bytes())
	if f.isIndex {
		f.sink.index = size
		if size > 1200*kB {
			f.sink.t.Errorf("the index takes %d bytes", size)
		}
	} else if size > f.sink.budgets[f.name] {
		f.sink.t.Errorf("%s takes %d bytes, %d are allowed", f.name, size, f.sink.budgets[f.name])
	}
	return nil
}

func BenchmarkRender(b *testing.B) {
	for _, c := range []struct {
		name string
		n    int
	}{{"1000", 1000}, {"10000", 10_000}, {"100000", 100_000}} {
		b.Run(c.name, func(b *testing.B) {
			snap := generated(c.n)
			b.ReportAllocs()
			for b.Loop() {
				stats, err := site.Render(b.Context(), snap, options, &discard{})
				if err != nil {
					b.Fatal(err)
				}
				b.ReportMetric(float64(stats.Bytes)/1e6, "MB")
				b.ReportMetric(float64(stats.Files), "files")
			}
		})
	}
}

// TestSummaryIsBounded: below 200 kB whatever the size, and nothing in it is
// taken for Markdown.
func TestSummaryIsBounded(t *testing.T) {
	snap := generated(5000)
	for i := range snap.Findings {
		unread(&snap.Findings[i], hostile+long)
		snap.Events = append(snap.Events, pipeline.Event{Date: asOf, Type: pipeline.EventRenamed, NameWithOwner: snap.Findings[i].NameWithOwner, From: hostile + long})
	}
	b := site.SummaryMarkdown(snap, options)
	if len(b) > 200*kB {
		t.Errorf("the summary has %d bytes", len(b))
	}
	for _, bad := range []string{`<script`, `<img`, `\]\(javascript`, `\*\*bold`, "`code"} {
		if regexp.MustCompile(`[^\\]` + bad).Match(b) {
			t.Errorf("the summary holds %s", bad)
		}
	}
	if regexp.MustCompile(`(?m)^\| cell`).Match(b) {
		t.Error("a stranger's text broke out of its line")
	}
}
