package site_test

import (
	"context"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// chromium returns the path of a browser. Without one the test is skipped,
// except in CI, where it fails: a skip must not pass for a success there.
func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	need(t, "no Chromium was found: install the package chromium")
	return ""
}

// need skips a test for what the machine lacks, and fails it in CI.
func need(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what)
	}
	t.Skip(what)
}

// browser is one Chromium that all tests share.
type browser struct {
	ctx context.Context
}

// started is the browser and how to end it; without a browser path is empty.
var started struct {
	once sync.Once
	browser
	end func()
	err error
}

func TestMain(m *testing.M) {
	debug.SetGCPercent(400) // tests have more memory than time
	code := m.Run()
	if started.end != nil {
		started.end()
	}
	os.Exit(code)
}

func newBrowser(t *testing.T) browser {
	t.Helper()
	if testing.Short() {
		t.Skip("takes a browser")
	}
	executable := chromium(t)
	started.once.Do(func() {
		allocator, endAllocator := chromedp.NewExecAllocator(context.Background(),
			append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(executable), chromedp.NoSandbox, chromedp.WindowSize(1280, 900), chromedp.Flag("force-color-profile", "srgb"))...)
		ctx, end := chromedp.NewContext(allocator)
		started.browser = browser{ctx}
		started.end = func() { end(); endAllocator() }
		started.err = chromedp.Do(ctx)
	})
	if started.err != nil {
		t.Fatalf("start %s: %v", executable, started.err)
	}
	return started.browser
}

// tab is one page under watch: everything it logs and asks for is kept.
type tab struct {
	t    *testing.T
	ctx  context.Context
	base string

	mu       sync.Mutex
	problems []string
}

// look is how a page is looked at.
type look struct {
	width  int64
	dark   bool
	script bool
}

func (l look) String() string {
	theme := "light"
	if l.dark {
		theme = "dark"
	}
	return fmt.Sprintf("%d-%s", l.width, theme)
}

// open opens a tab on a site served at base.
func (b browser) open(t *testing.T, base string, l look) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 10*time.Minute)
	t.Cleanup(cancel)
	p := &tab{t: t, ctx: ctx, base: base}
	if err := chromedp.Listen(ctx, p.listen); err != nil {
		t.Fatal(err)
	}
	must(t, p, network.Enable, network.EnableParams{})
	must(t, p, log.Enable, struct{}{})
	p.look(l)
	return p
}

// visit opens a tab on the site of a situation.
func visit(t *testing.T, situation string) *tab {
	t.Helper()
	return newBrowser(t).open(t, serve(t, siteOf(t, situation), nil), looks[0])
}

// look changes how the page is looked at.
func (p *tab) look(l look) {
	t := p.t
	t.Helper()
	scheme := "light"
	if l.dark {
		scheme = "dark"
	}
	must(t, p, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
	})
	must(t, p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !l.script})
	p.do(chromedp.EmulateViewport(l.width, 900))
}

// listen notes what must not happen: a message on the console, a violation of
// the policy, a request that leaves the site or fails.
func (p *tab) listen(ev any) {
	var problem string
	switch ev := ev.(type) {
	case *runtime.EventConsoleAPICalled:
		problem = fmt.Sprintf("console.%s: %s", ev.Type, args(ev.Args))
	case *runtime.EventExceptionThrown:
		problem = "exception: " + ev.ExceptionDetails.Text
		if e := ev.ExceptionDetails.Exception; e != nil {
			problem += " " + e.Description
		}
	case *log.EventEntryAdded:
		problem = fmt.Sprintf("%s: %s %s", ev.Entry.Source, ev.Entry.Text, ev.Entry.URL)
	case *network.EventRequestWillBeSent:
		u, err := url.Parse(ev.Request.URL)
		if err == nil && u.Scheme != "data" && u.Scheme != "blob" && !strings.HasPrefix(ev.Request.URL, p.base) {
			problem = "a request to another host: " + ev.Request.URL
		}
	}
	if problem != "" {
		p.mu.Lock()
		p.problems = append(p.problems, problem)
		p.mu.Unlock()
	}
}

func args(objects []*runtime.RemoteObject) string {
	var b strings.Builder
	for _, o := range objects {
		b.WriteString(o.Description + string(o.Value) + " ")
	}
	return b.String()
}

// clear fails the test if the page did anything it must not.
func (p *tab) clear() {
	p.t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, problem := range p.problems {
		p.t.Error(problem)
	}
	p.problems = nil
}

func (p *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, steps...); err != nil {
		p.t.Fatal(err)
	}
}

func (p *tab) goTo(path string) {
	p.t.Helper()
	p.do(chromedp.Navigate(p.base + path))
}

// eval runs an expression in the page, awaiting a promise.
func eval[T any](p *tab, expression string) T {
	p.t.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// text is what an element says.
func (p *tab) text(selector string) string {
	p.t.Helper()
	return eval[string](p, fmt.Sprintf(`document.querySelector(%q).textContent`, selector))
}

// click clicks on an element.
func (p *tab) click(selector string) {
	p.t.Helper()
	p.do(chromedp.Click(chromedp.CSS(selector)))
}

// wait waits until an expression holds in the page.
func (p *tab) wait(expression string) {
	p.t.Helper()
	poll := func() error {
		_, err := chromedp.Run(p.ctx, chromedp.Poll[bool](expression, chromedp.WithPollingTimeout(20*time.Second)))
		return err
	}
	err := poll()
	for range 3 {
		if protocol, ok := errors.AsType[*cdproto.Error](err); !ok || protocol.Code != -32000 {
			break
		}
		err = poll() // the page went to another under the poll
	}
	if err != nil {
		p.t.Fatalf("waiting for %s: %v; the page says: %s", expression, err, eval[string](p, `document.querySelector('#shown')?.textContent || document.title`))
	}
}

// serve serves files; a pass, if there is one, is asked before each and may
// refuse it.
func serve(t *testing.T, files map[string][]byte, pass func(name string) bool) (base string) {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		name := strings.TrimPrefix(strings.TrimPrefix(req.URL.Path, "/staleness"), "/") // where the 404 page takes itself to be
		if name == "" || strings.HasSuffix(name, "/") {
			name += "index.html"
		}
		status, content := http.StatusOK, files[name]
		if content == nil || pass != nil && !pass(name) {
			name, status, content = "404.html", http.StatusNotFound, files["404.html"]
		}
		w.Header().Set("Content-Type", mime.TypeByExtension(path.Ext(name)))
		w.WriteHeader(status)
		_, _ = w.Write(content)
	}))
	t.Cleanup(s.Close)
	return s.URL + "/"
}
