package site_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/site/publish"
)

// otherFont sets all text in another family than the page does by itself.
const otherFont = `(() => { const s = new CSSStyleSheet(); s.replaceSync('* { font-family: "Liberation Sans", "DejaVu Serif", serif !important }'); document.adoptedStyleSheets = [s]; return true })()`

// unfit lists what does not fit the screen: the page itself when it scrolls
// sideways, and text that is cut off with no way to read it.
const unfit = `(() => {
	const found = document.documentElement.scrollWidth > innerWidth ? ['the page is ' + document.documentElement.scrollWidth + ' px wide'] : [];
	for (const e of document.querySelectorAll('main *, header *')) {
		const cut = e.scrollWidth > e.clientWidth + 1 && e.clientWidth && getComputedStyle(e).overflowX == 'hidden' && !e.classList.contains('sr');
		if (!e.checkVisibility()) continue;
		const box = e.getBoundingClientRect();
		const out = box.right > innerWidth + 1 && box.width && !e.closest('.scroll, pre, .sr, svg');
		if (cut || out) found.push((cut ? 'cut: ' : 'outside: ') + e.outerHTML.slice(0, 120));
	}
	return found.slice(0, 5).join('\n');
})()`

// TestAccessible looks at one page of every kind in both themes, at four widths
// and in two fonts: nothing is wider than the screen or cut off, and axe-core,
// whose script STALEWATCH_AXE names (npm has it as axe-core), finds nothing. By
// default two looks of each page have to do, other ones of the next.
func TestAccessible(t *testing.T) {
	script := os.Getenv("STALEWATCH_AXE")
	if script == "" {
		need(t, "STALEWATCH_AXE does not name axe.min.js; npm install axe-core")
	}
	axe, err := os.ReadFile(script)
	if err != nil {
		t.Fatal(err)
	}
	p := visit(t, "sample")
	for at, k := range kinds {
		if !everything() && slices.Contains(repeated, k.name) {
			continue
		}
		p.goTo(k.path)
		if k.name == "notfound" { // the browser itself reports the 404
			p.problems = nil
		}
		eval[bool](p, `document.querySelectorAll('details').forEach(d => { if (!d.name) d.open = true }), true`)
		p.do(chromedp.Evaluate[chromedp.Void](string(axe)))
		for i, l := range looks {
			if !everything() && i%4 != at%4 {
				continue
			}
			t.Run(k.name+"-"+l.String(), func(t *testing.T) {
				p.t = t
				p.look(l)
				eval[bool](p, `document.adoptedStyleSheets = [], (document.querySelector('.filters details:last-child') || {}).open = `+fmt.Sprint(i%2 == 0)+`, true`)
				other := i >= len(looks)/2
				if other {
					eval[bool](p, otherFont)
				}
				if wrong := eval[string](p, unfit); wrong != "" {
					t.Error(wrong)
				}
				if everything() && i%2 == 0 || !everything() && !other {
					return
				}
				report := eval[string](p, `axe.run({resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})
					.then(r => JSON.stringify(r.violations.map(v => ({id: v.id, help: v.help, nodes: v.nodes.slice(0, 3).map(n => n.html + ' ' + n.failureSummary)}))))`)
				var violations []struct {
					ID, Help string
					Nodes    []string
				}
				if err := json.Unmarshal([]byte(report), &violations); err != nil {
					t.Fatal(err)
				}
				for _, v := range violations {
					t.Errorf("%s: %s\n%s", v.ID, v.Help, strings.Join(v.Nodes, "\n"))
				}
			})
		}
		p.t = t
		p.clear()
	}
}

// press presses a key that the page takes for itself. A key event of the
// protocol would type the character too, which the page cannot prevent.
func press(p *tab, key string) {
	eval[bool](p, `document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: '`+key+`', bubbles: true, cancelable: true}))`)
}

// TestTable drives the table as a person would.
func TestTable(t *testing.T) {
	p := visit(t, "paged")
	rows := func() int { return eval[int](p, `document.querySelectorAll('#rows tbody tr').length`) }
	first := func() string { return p.text("#rows tbody th") }
	shown, click := func() string { return p.text("#shown") }, p.click
	query := func() string { return eval[string](p, `location.search`) }
	expect := func(what, got, want string) {
		t.Helper()
		if !strings.Contains(got, want) {
			t.Errorf("%s: %q does not contain %q", what, got, want)
		}
	}

	p.goTo("repos/")
	expect("before anything", shown(), "All 1,000 repositories, worst first. Rows 1 to 200.")
	if rows() != 200 {
		t.Errorf("%d rows without the script's help", rows())
	}

	// The static order and the script's are the same.
	static := first()
	click(`th[data-k=age] button`)
	p.wait(`location.search == '?sort=age' && document.querySelector('th[data-k=age]').ariaSort == 'descending'`)
	expect("sorted by age", shown(), "All 1,000 repositories, oldest first. Rows 1 to 200.")
	oldest := first()
	click(`th[data-k=age] button`)
	p.wait(`location.search == '?sort=-age'`)
	p.wait(`document.querySelector('th[data-k=age]').ariaSort == 'ascending'`)
	if first() == oldest {
		t.Error("the order reversed still begins with the oldest")
	}
	p.do(chromedp.NavigateBack())
	p.wait(`location.search == '?sort=age' && document.querySelector('th[data-k=age]').ariaSort == 'descending'`)
	expect("after going back", first(), oldest)
	click(`th[data-k=""] button`)
	p.wait(`location.search == '' && document.querySelector('th[data-k=""]').ariaSort == 'descending'`)
	expect("the default order", first(), static)

	// Facets combine, exclude and show in the URL.
	click(`.filters details:nth-child(1) summary`)
	click(`[data-f=status][data-v=stale]`)
	p.wait(`document.querySelector('#shown').textContent.includes(': stale;')`)
	expect("one facet", query(), "?status=stale")
	click(`[data-f=status][data-v=dormant]`)
	p.wait(`location.search == '?status=stale&status=dormant'`)
	p.do(chromedp.KeyEvent(kb.Escape))
	if eval[bool](p, `!!document.querySelector('.filters [open]')`) {
		t.Error("Escape leaves the filter open")
	}
	click(`.filters details:nth-child(3) summary`)
	click(`[data-f=lang] + .not`)
	p.wait(`location.search.includes('lang=-')`)
	expect("excluded", shown(), "not language")
	click(`#picked button`)
	p.wait(`!location.search.includes('stale') && location.search.includes('status=dormant') && location.search.includes('lang=-')`)

	// Search, keyboard first.
	p.goTo("repos/")
	press(p, "/")
	p.wait(`document.activeElement.id == 'q'`)
	p.do(chromedp.KeyEvent("cosmos redis"))
	p.wait(`location.search == '?q=cosmos+redis' && document.querySelector('#shown').textContent.includes('with “cosmos redis”')`)
	if n := eval[int](p, `[...document.querySelectorAll('#rows tbody tr')].filter(r => !/cosmos/.test(r.textContent + r.innerHTML)).length`); n > rows() {
		t.Errorf("%d rows do not fit", n)
	}
	p.goTo("repos/?q=nothing-is-called-so")
	p.wait(`!!document.querySelector('#none')`)
	expect("no match", p.text("#none"), "All 1,000 repositories were searched")

	// Pages and "show all".
	p.goTo("repos/?sort=name&page=5")
	p.wait(`document.querySelector('#shown').textContent.includes('Rows 801 to 1,000')`)
	eval[bool](p, `[...document.querySelectorAll('#pager a')].find(b => b.textContent == 'Show all 1,000').click(), true`)
	p.wait(`document.querySelectorAll('#rows tbody tr').length == 1000`)
	expect("show all", query(), "all=1")
	if !eval[bool](p, `[...document.querySelectorAll('#rows thead th')].every((th, i) => Math.abs(th.getBoundingClientRect().left - document.querySelector('#rows tbody:last-child tr').children[i].getBoundingClientRect().left) < 1)`) {
		t.Error("with all rows, the header's columns are not those of the rows")
	}

	// Nonsense in the URL is no error.
	p.goTo("repos/?sort=constructor&page=-9&status=nonsense&is=-fork")
	p.wait(`!!document.querySelector('#none')`)

	// A facet's own page carries its facet into the table.
	p.goTo("repos/status/stale/")
	click(`th[data-k=stars] button`)
	p.wait(`location.pathname.endsWith('/repos/') && location.search == '?status=stale&sort=stars' && document.querySelector('#shown')?.textContent.includes('most stars first')`)
	p.clear()
}

// TestCustomPropertiesFilter: a custom property is a filter like any other, with
// and without the script.
func TestCustomPropertiesFilter(t *testing.T) {
	p := visit(t, "sample")
	p.goTo("repos/")
	p.do(chromedp.Evaluate[chromedp.Void](`document.querySelector('[data-f=property-lifecycle][data-v=production]').click()`))
	p.wait(`location.search == '?property-lifecycle=production' && document.querySelector('#shown').textContent.startsWith('2 of 43 repositories: lifecycle production;')`)
	p.goTo("repos/?property-lifecycle=-(none)&property-team=(none)")
	p.wait(`document.querySelector('#shown').textContent.startsWith('2 of 43 repositories: any lifecycle, no team;')`)
	p.goTo("repos/property-lifecycle/production/")
	if got := p.text("h1"); got != "Repositories with lifecycle production" {
		t.Errorf("its page is called %q", got)
	}
	p.goTo("r/contoso/private-one/")
	if !eval[bool](p, `/lifecycle\s*production, beta/.test(document.body.textContent)`) {
		t.Error("the repository's page does not tell its custom properties")
	}
	p.clear()
}

// TestOrders: each order made without the script is the script's, row for row
// and cell for cell, link for link.
func TestOrders(t *testing.T) {
	b := newBrowser(t)
	names := []string{"several"}
	if everything() {
		names = []string{"sample", "several", "paged"}
	}
	for _, name := range names {
		files := siteOf(t, name)
		p := b.open(t, serve(t, files, nil), looks[0])
		p.goTo("repos/?sort=age")
		for _, key := range []string{"age", "name", "stars", ""} {
			page := "repos/"
			if key != "" {
				page += "by/" + key + "/"
			}
			if key != "age" {
				p.click(`th[data-k="` + key + `"] button`)
			}
			p.wait(`!!document.querySelector('th[data-k="` + key + `"][aria-sort] button') && !document.documentElement.classList.contains('wait')`)
			got := eval[string](p, `[...document.querySelectorAll('#rows tbody tr')].map(r => r.textContent + r.querySelector('a').pathname).join('\n')`)
			if want := strings.Join(servedRows(t, files[page+"index.html"], "/"+page), "\n"); got != want {
				t.Errorf("%s by %q: rows differ%s", name, key, firstDifference([]byte(want), []byte(got)))
			}
		}
		p.clear()
	}
}

// servedRows is the text of each row of the table of a page at a path, and the
// path of its first link.
func servedRows(t *testing.T, page []byte, at string) (rows []string) {
	t.Helper()
	doc, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for tr := range doc.Descendants() {
		if tr.DataAtom != atom.Tr || tr.Parent.DataAtom != atom.Tbody {
			continue
		}
		text, link := "", ""
		for n := range tr.Descendants() {
			if n.Type == html.TextNode {
				text += n.Data
			} else if n.DataAtom == atom.A && link == "" {
				u, err := url.Parse(attr(n, "href"))
				if err != nil {
					t.Fatal(err)
				}
				link = (&url.URL{Path: at}).ResolveReference(u).EscapedPath()
			}
		}
		rows = append(rows, text+link)
	}
	return rows
}

// TestSave downloads the view as CSV and reads it back.
func TestSave(t *testing.T) {
	p := visit(t, "sample")
	dir := t.TempDir()
	if _, err := chromedp.CallBrowser(p.ctx, cdpbrowser.SetDownloadBehavior, cdpbrowser.SetDownloadBehaviorParams{
		Behavior: cdpbrowser.SetDownloadBehaviorBehaviorAllow, DownloadPath: dir, EventsEnabled: new(true),
	}); err != nil {
		t.Fatal(err)
	}
	p.goTo("repos/?is=-archived&sort=name")
	p.wait(`document.querySelector('#shown').textContent.includes('not archived')`)
	done := make(chan struct{})
	ctx, cancel := context.WithCancel(p.ctx)
	defer cancel()
	if err := chromedp.ListenBrowser(ctx, func(ev any) {
		if e, ok := ev.(*cdpbrowser.EventDownloadProgress); ok && e.State == cdpbrowser.DownloadProgressStateCompleted {
			close(done)
		}
	}); err != nil {
		t.Fatal(err)
	}
	p.click("#save")
	select {
	case <-done:
	case <-p.ctx.Done():
		t.Fatal("nothing was downloaded")
	}
	f, err := os.Open(filepath.Join(dir, "repositories.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	records, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	if len(records) != 42 || records[0][0] != "nameWithOwner" {
		t.Errorf("%d records, the first %v", len(records), records[0])
	}
	for _, r := range records[1:] {
		for _, cell := range r {
			if cell != "" && strings.ContainsRune("=+-@", rune(cell[0])) {
				t.Errorf("%s: the cell %q starts a formula", r[0], cell)
			}
		}
	}
	p.clear()
}

// TestTheme: the system's theme, a choice that lasts, and back.
func TestTheme(t *testing.T) {
	b := newBrowser(t)
	base := serve(t, siteOf(t, "first"), nil)
	p := b.open(t, base, look{1280, true, true})
	background := func() string { return eval[string](p, `getComputedStyle(document.body).backgroundColor`) }
	const dark, light = "rgb(13, 17, 23)", "rgb(255, 255, 255)"
	p.goTo("")
	if background() != dark {
		t.Errorf("a dark system shows %s", background())
	}
	p.click("#theme")
	if background() != light {
		t.Errorf("the light theme shows %s", background())
	}
	p.goTo("repos/")
	if background() != light {
		t.Errorf("on the next page the light theme shows %s", background())
	}
	p.do(chromedp.Click(chromedp.CSS("#theme")), chromedp.Click(chromedp.CSS("#theme")))
	if got := p.text("#theme"); got != "Theme: system" || background() != dark {
		t.Errorf("back at the start: %s, %s", got, background())
	}
	p.clear()
}

// TestKeys: the list of shortcuts, and that they can be switched off.
func TestKeys(t *testing.T) {
	p := visit(t, "first")
	open := func() bool { return eval[bool](p, `document.querySelector('#keys').open`) }
	p.goTo("")
	press(p, "?")
	if !open() {
		t.Error("? shows nothing")
	}
	p.do(chromedp.Click(chromedp.CSS("#keys-on")), chromedp.KeyEvent(kb.Escape))
	press(p, "?")
	if open() {
		t.Error("a shortcut works although they are off")
	}
	p.goTo("changes/")
	press(p, "?")
	if open() {
		t.Error("off did not last")
	}
	p.do(chromedp.Click(chromedp.CSS("#help")), chromedp.Click(chromedp.CSS("#keys-on")), chromedp.KeyEvent(kb.Escape))
	press(p, "/")
	p.wait(`location.pathname.endsWith('/repos/') && document.activeElement?.id == 'q'`)
	// The first stop of the keyboard leads past the header.
	p.goTo("")
	p.do(chromedp.KeyEvent(kb.Tab))
	if got := eval[string](p, `document.activeElement.textContent`); got != "Skip to content" {
		t.Errorf("the first stop is %q", got)
	}
	p.clear()
}

// TestCopy copies a snippet and the link of a view.
func TestCopy(t *testing.T) {
	p := visit(t, "sample")
	allowClipboard(t, p)
	p.goTo("r/contoso/stale-functions/")
	p.click("[data-copy=command]")
	p.wait(`document.querySelector('#say').textContent == 'Copied'`)
	if got := eval[string](p, `navigator.clipboard.readText()`); got != "gh repo archive contoso/stale-functions" {
		t.Errorf("the clipboard holds %q", got)
	}
	p.goTo("repos/?status=stale")
	p.click("#copy-link")
	p.wait(`document.querySelector('#say').textContent == 'Copied'`)
	if got := eval[string](p, `navigator.clipboard.readText()`); !strings.HasSuffix(got, "/repos/?status=stale") {
		t.Errorf("the clipboard holds %q", got)
	}
	p.clear()
}

// TestWithoutScript reads pages with JavaScript off: nothing that needs it shows,
// and everything else is there.
func TestWithoutScript(t *testing.T) {
	p := newBrowser(t).open(t, serve(t, siteOf(t, "sample"), nil), look{1280, false, false})
	controls := 0
	for _, path := range []string{"", "owners/contoso-web/", "r/contoso/stale-functions/", "changes/", "repos/"} { // every other page has some of their controls
		p.goTo(path)
		controls += eval[int](p, `document.querySelectorAll('.js-only').length`)
		if n := eval[int](p, `[...document.querySelectorAll('.js-only')].filter(e => e.offsetParent).length`); n > 0 {
			t.Errorf("%s shows %d controls that do nothing", path, n)
		}
		if text := eval[string](p, `document.querySelector('main').innerText`); len(text) < 50 {
			t.Errorf("%s says only %q", path, text)
		}
	}
	if controls < 20 {
		t.Errorf("only %d controls need the script", controls)
	}
	p.click("th[data-k=age] a")
	p.do(chromedp.WaitVisible(chromedp.CSS("th[data-k=age][aria-sort=descending]")))
	p.do(chromedp.Click(chromedp.CSS(".filters summary")), chromedp.Click(chromedp.CSS("[data-f=status][data-v=stale]")))
	p.do(chromedp.WaitVisible(chromedp.CSS("[data-state='status=stale']")))
	p.clear()
}

// TestReload: an open page of the preview follows the site.
func TestReload(t *testing.T) {
	b := newBrowser(t)
	dir := filepath.Join(t.TempDir(), "site")
	replace := func(snap *pipeline.Snapshot) {
		t.Helper()
		if _, err := publish.Report(t.Context(), dir, snap, options); err != nil {
			t.Fatal(err)
		}
	}
	replace(firstRun())
	s := httptest.NewServer(publish.Handler(dir))
	defer s.Close()
	base := s.URL + "/"
	p := b.open(t, base, looks[0])
	p.goTo("")
	before := p.text("h1")
	eval[bool](p, `fetch('/_stalewatch/version').then(() => true)`)
	replace(nothingStale())
	p.wait(`document.querySelector('h1')?.textContent.startsWith('All 30')`)
	if strings.HasPrefix(before, "All 30") {
		t.Errorf("both sites say %q", before)
	}
	p.clear()
}
