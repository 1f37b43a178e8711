package site_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
)

// must sends a command to the tab.
func must[P, R any](t *testing.T, p *tab, cmd cdp.Command[P, R], params P) R {
	t.Helper()
	r, err := chromedp.Call(p.ctx, cmd, params)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

type kind struct{ name, path string }

// kinds is one page of every kind, of the site of sample.
var kinds = []kind{
	{"overview", ""},
	{"table", "repos/"},
	{"table-by-age", "repos/by/age/"},
	{"facet", "repos/status/stale/"},
	{"facet-one", "repos/is/private/"},
	{"values", "repos/lang/"},
	{"step", "steps/retired/"},
	{"owners", "owners/"},
	{"owner", "owners/contoso-web/"},
	{"owner-step", "owners/contoso-web/becoming-stale/"},
	{"repository", "r/contoso/stale-bot-kept/"},
	{"repository-hostile", "r/contoso/hostile-text/"},
	{"repository-long", "r/contoso/long-text/"},
	{"repository-unread", "r/contoso/unread-new/"},
	{"repository-retired", "r/contoso/retired-media/"},
	{"tombstone", "r/contoso/renamed-old/"},
	{"repository-outdated", "r/contoso/active-api/"},
	{"packages", "packages/"},
	{"package", "packages/contoso.client/"},
	{"source", "sources/certificates/"},
	{"changes", "changes/"},
	{"changes-month", "changes/2026-10/"},
	{"run", "run/"},
	{"method", "method/"},
	{"notfound", "no/such/page"},
}

// repeated are kinds whose elements another kind shows too: a plain run does not
// look at them in the browser.
var repeated = []string{"table-by-age", "facet-one", "owner-step", "changes-month"}

// looks are the ways in which every kind of page is looked at.
var looks = []look{{1280, false, true}, {1440, true, true}, {390, false, true}, {320, true, true}, {1440, false, true}, {1280, true, true}, {390, true, true}, {320, false, true}}

// TestScreenshots writes a picture of every kind of page in every look, for
// people to compare, into the folder that STALEWATCH_SCREENSHOTS names.
func TestScreenshots(t *testing.T) {
	folder := os.Getenv("STALEWATCH_SCREENSHOTS")
	if folder == "" {
		t.Skip("STALEWATCH_SCREENSHOTS names no folder")
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t)
	base := serve(t, siteOf(t, "sample"), nil)
	large := serve(t, render(t, generated(2700), options), nil)
	p := b.open(t, base, looks[0])
	shoot := func(name, url string) {
		t.Run(name, func(t *testing.T) {
			for _, l := range looks[:4] {
				p.look(l)
				p.do(chromedp.Navigate(url))
				shot := chromedp.FullScreenshot(100)
				if eval[int](p, "document.documentElement.scrollHeight") > 4000 {
					shot = chromedp.CaptureScreenshot()
				}
				png, err := chromedp.Run(p.ctx, shot)
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(folder, name+"-"+l.String()+".png"), png, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
	for _, k := range kinds {
		shoot(k.name, base+k.path)
	}
	shoot("large-overview", large)
	shoot("large-table", large+"repos/")
	shoot("large-all", large+"repos/?all=1")
	shoot("large-filtered", large+"repos/?status=stale&lang=Python&sort=age")
	for _, name := range []string{"first", "well", "nothing", "one", "archived", "suspended", "owners"} {
		shoot(name+"-overview", serve(t, siteOf(t, name), nil))
	}
}
