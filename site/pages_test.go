package site_test

import (
	"bytes"
	"fmt"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"golang.org/x/net/html"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/site"
)

// situations are what a report can be in.
var situations = map[string]func() *pipeline.Snapshot{
	"sample": sample, "first": firstRun, "well": nothingStale, "several": twoOwners,
	"suspended": func() *pipeline.Snapshot {
		s := sample()
		s.Run.State, s.Run.Reason = pipeline.Suspended, "the limit resets at 07:40 UTC"
		s.History = s.History[:len(s.History)-1]
		return s
	},
	"failed": func() *pipeline.Snapshot {
		s := sample()
		s.Run.State, s.Run.Reason = pipeline.Failed, "2 of 40 repositories could not be read, 1 % are allowed"
		return s
	},
	"nothing": func() *pipeline.Snapshot { return snapshot(nil) },
	"one":     func() *pipeline.Snapshot { return snapshot([]pipeline.Finding{finding("only", 800)}) },
	"archived": func() *pipeline.Snapshot {
		f := finding("old", 900)
		archive(&f, 3)
		return snapshot([]pipeline.Finding{f})
	},
	"owners": func() *pipeline.Snapshot {
		s := generated(160)
		for i := range s.Findings {
			s.Findings[i].Owners = []string{fmt.Sprintf("@contoso/team-%d", i%150)}
		}
		return s
	},
	"paged": func() *pipeline.Snapshot { return generated(1000) },
}

var rendered = map[string]map[string][]byte{}

// siteOf is a situation's site, rendered once for all tests; none changes it.
func siteOf(t testing.TB, situation string) map[string][]byte {
	t.Helper()
	if rendered[situation] == nil {
		rendered[situation] = render(t, situations[situation](), options)
	}
	return rendered[situation]
}

// inEach runs a test over the files of every situation; a short one has four.
func inEach(t *testing.T, test func(name string, snap *pipeline.Snapshot, files map[string][]byte)) {
	t.Helper()
	for name, situation := range situations {
		if !testing.Short() || slices.Contains([]string{"sample", "nothing", "one", "archived"}, name) {
			test(name, situation(), siteOf(t, name))
		}
	}
}

// TestLinks follows every link and fragment of every page in every situation,
// with and without a known address.
func TestLinks(t *testing.T) {
	inEach(t, func(name string, snap *pipeline.Snapshot, files map[string][]byte) {
		t.Run(name, func(t *testing.T) {
			checkLinks(t, files, options.BaseURL)
			if name == "sample" || name == "nothing" {
				opts := options
				opts.BaseURL = ""
				checkLinks(t, render(t, snap, opts), "")
			}
		})
	})
}

func checkLinks(t *testing.T, files map[string][]byte, base string) {
	t.Helper()
	root := "https://preview.test/"
	if base != "" {
		root = base + "/"
	}
	ids := map[string]map[string]bool{}
	docs := map[string]*html.Node{}
	for name, b := range files {
		if path.Ext(name) != ".html" || len(files) > 2000 && strings.HasPrefix(name, "r/") {
			continue // of many repositories' pages, the small situations have enough
		}
		doc, err := html.Parse(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		docs[name], ids[name] = doc, map[string]bool{}
		for n := range doc.Descendants() {
			if id := attr(n, "id"); id != "" {
				if ids[name][id] {
					t.Errorf("%s: the id %s stands twice", name, id)
				}
				ids[name][id] = true
			}
		}
	}
	for name, doc := range docs {
		at, _ := url.Parse(root + strings.TrimSuffix(name, "index.html"))
		for n := range doc.Descendants() {
			for _, a := range n.Attr {
				if (a.Key == "href" || a.Key == "src" || a.Key == "action" || a.Key == "data-index" || a.Key == "data-texts" || a.Key == "data-fetch") && n.Type == html.ElementNode {
					checkLink(t, name, at, root, a.Val, files, ids)
				}
			}
		}
	}
}

func checkLink(t *testing.T, name string, at *url.URL, root, link string, files map[string][]byte, ids map[string]map[string]bool) {
	t.Helper()
	u, err := at.Parse(link)
	if err != nil || link == "" {
		t.Errorf("%s: the link %q: %v", name, link, err)
		return
	}
	if u.Scheme == "mailto" {
		return
	}
	if u.Scheme != "https" {
		t.Errorf("%s: a link leads to %q", name, link)
	}
	rest, inside := strings.CutPrefix(u.String(), root)
	if !inside {
		return
	}
	rest, fragment, _ := strings.Cut(rest, "#")
	file, _, _ := strings.Cut(rest, "?") // what the script reads
	if file == "" || strings.HasSuffix(file, "/") {
		file += "index.html"
	}
	if files[file] == nil {
		t.Errorf("%s: the link %q leads to no file", name, link)
	}
	if fragment != "" && !ids[file][fragment] {
		t.Errorf("%s: the link %q leads to no element", name, link)
	}
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

// TestNothingInline finds no style, script or handler inside a page, nothing
// from another host, the policy first, and no trace of what a stranger wrote
// but as text.
func TestNothingInline(t *testing.T) {
	for name, b := range siteOf(t, "sample") {
		if path.Ext(name) != ".html" {
			continue
		}
		doc, err := html.Parse(bytes.NewReader(b))
		if err != nil {
			t.Fatal(err)
		}
		first := ""
		for n := range doc.Descendants() {
			if n.Type != html.ElementNode {
				continue
			}
			if n.Data == "meta" && first == "" {
				first = attr(n, "http-equiv")
			}
			switch {
			case n.Data == "style", n.Data == "iframe", n.Data == "base", n.Data == "object":
				t.Errorf("%s: a <%s>", name, n.Data)
			case n.Data == "script" && (attr(n, "src") == "" || n.FirstChild != nil):
				t.Errorf("%s: an inline script", name)
			case n.Data == "img" && strings.Contains(attr(n, "src"), "//"):
				t.Errorf("%s: an image from another host", name)
			}
			for _, a := range n.Attr {
				if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
					t.Errorf("%s: <%s %s=%q>", name, n.Data, a.Key, a.Val)
				}
			}
		}
		if first != "Content-Security-Policy" {
			t.Errorf("%s: the first meta is %q", name, first)
		}
	}
}

// TestNothingHidden finds neither a character that reorders or hides text nor
// an e-mail address in anything that people look at.
func TestNothingHidden(t *testing.T) {
	files := maps.Clone(siteOf(t, "sample"))
	files["summary.md"] = site.SummaryMarkdown(sample(), options)
	for name, b := range files {
		if bytes.Contains(b, []byte("someone@example.com")) {
			t.Errorf("%s holds an e-mail address", name)
		}
		text := string(b)
		if path.Ext(name) == ".html" { // the JSON on a page is escaped text of its own
			text = html.UnescapeString(text)
		} else if ext := path.Ext(name); ext != ".md" && ext != ".atom" && ext != ".svg" {
			continue
		}
		for _, r := range text {
			if r != '\n' && r != '\t' && unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
				t.Errorf("%s holds %U", name, r)
				break
			}
		}
	}
}

// TestHTML runs the Nu HTML checker, whose jar STALEWATCH_VNU names (npm has
// it as vnu-jar), over one page of every kind and the overview of every
// situation; with all over every page of one and the lists of the others.
func TestHTML(t *testing.T) {
	if testing.Short() {
		t.Skip("takes java")
	}
	jar := os.Getenv("STALEWATCH_VNU")
	if jar == "" {
		need(t, "STALEWATCH_VNU does not name vnu.jar; npm install vnu-jar")
	}
	java, err := exec.LookPath("java")
	if err != nil {
		need(t, "no java was found")
	}
	dir := t.TempDir()
	inEach(t, func(name string, _ *pipeline.Snapshot, files map[string][]byte) {
		for file, b := range files {
			chosen := file == "index.html" || name == "sample" && slices.ContainsFunc(kinds, func(k kind) bool { return file == k.path+"index.html" })
			if everything() {
				chosen = name == "sample" || strings.Count(file, "/") < 2
			}
			if path.Ext(file) == ".html" && chosen {
				flat := filepath.Join(dir, name+"-"+strings.ReplaceAll(file, "/", "-"))
				if err := os.WriteFile(flat, b, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		}
	})
	if out, err := exec.CommandContext(t.Context(), java, "-Xss4m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-jar", jar, "--errors-only", "--skip-non-html", dir).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out[:min(len(out), 8000)])
	}
}
