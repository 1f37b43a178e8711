package site_test

import (
	"fmt"
	"strings"
	"testing"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// allowClipboard lets the pages of a tab read and write the clipboard.
func allowClipboard(t *testing.T, p *tab) {
	t.Helper()
	for _, name := range []string{"clipboard-read", "clipboard-write"} {
		if _, err := chromedp.CallBrowser(p.ctx, cdpbrowser.SetPermission, cdpbrowser.SetPermissionParams{
			Permission: &cdpbrowser.PermissionDescriptor{Name: name}, Setting: cdpbrowser.PermissionSettingGranted,
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTyping types as a person does into the search of every kind of table: the
// page is never loaded anew, keeps the focus and the space, and says what it
// shows; its address shows the same elsewhere, and going back leads to before
// the first letter.
func TestTyping(t *testing.T) {
	p := visit(t, "paged")
	heading := func() string { return p.text("h1") }
	shown := func() string { return p.text("#shown") }
	for i, path := range []string{"repos/by/age/2/", "repos/status/stale/", "repos/", "repos/owner/nobody/", "steps/stale-starred/"} {
		if i > 1 && !everything() {
			break
		}
		p.goTo(path)
		before, said := heading(), shown()
		eval[bool](p, `window.searches = 0, ['pushState', 'replaceState'].forEach(f => { const was = history[f]; history[f] = (...a) => { window.searches++; was.apply(history, a) } }), window.loaded = true`)
		p.click("#q")
		for i, key := range "sto ja" {
			p.do(chromedp.KeyEvent(string(key)))
			p.wait(fmt.Sprintf(`window.searches == %d`, i+1))
		}
		p.wait(`location.search.endsWith('q=sto+ja') && document.querySelector('h1').textContent.includes('“sto ja”')`)
		if got := eval[string](p, `[window.loaded, document.activeElement.id, document.querySelector('#q').value].join()`); got != "true,q,sto ja" {
			t.Errorf("%s: after typing: %s", path, got)
		}
		if title := eval[string](p, `document.title`); !strings.HasPrefix(title, heading()) {
			t.Errorf("%s: the title %q does not follow %q", path, title, heading())
		}
		found, at := shown(), eval[string](p, `location.href`)
		p.do(chromedp.NavigateBack())
		p.wait(`!location.search`)
		p.wait(fmt.Sprintf(`document.querySelector('h1').textContent == %q`, before))
		if path != "repos/by/age/2/" && shown() != said {
			t.Errorf("%s: after going back: %q, before %q", path, shown(), said)
		}
		p.do(chromedp.NavigateForward())
		p.wait(`location.search.endsWith('q=sto+ja') && document.querySelector('h1').textContent.includes('“sto ja”')`)
		if !eval[bool](p, `window.loaded`) {
			t.Errorf("%s: going forward loaded the page anew", path)
		}
		p.do(chromedp.Navigate(at))
		p.wait(`document.querySelector('h1').textContent.includes('“sto ja”')`)
		if shown() != found {
			t.Errorf("%s: the link shows %q, not %q", path, shown(), found)
		}
	}
	p.clear()
}

// TestDescriptions: the search finds what stands in a description only.
func TestDescriptions(t *testing.T) {
	p := visit(t, "several")
	p.goTo("repos/?q=that+shows") // as every description begins
	p.wait(`document.querySelector('#shown').textContent.includes('“that shows”')`)
	if got := p.text("#shown"); got != "60 of 60 repositories: with “that shows”; worst first." {
		t.Errorf("it says %q", got)
	}
	p.clear()
}

// TestNoFlash: a filtered link shows nothing unfiltered while the index is on its
// way, and everything when the index cannot be had.
func TestNoFlash(t *testing.T) {
	b := newBrowser(t)
	release := make(chan bool)
	base := serve(t, siteOf(t, "paged"), func(name string) bool { return !strings.Contains(name, "/index-") || <-release })
	p := b.open(t, base, looks[0])
	for _, arrives := range []bool{true, false} {
		p.goTo("repos/?status=stale")
		if got := eval[string](p, `['#rows', '#shown', 'h1'].map(s => getComputedStyle(document.querySelector(s)).visibility).join()`); got != "hidden,hidden,hidden" {
			t.Errorf("before the index is there: %s", got)
		}
		release <- arrives
		p.wait(`getComputedStyle(document.querySelector('#shown')).visibility == 'visible'`)
		if got, want := p.text("h1"), "Repositories: stale"; arrives && got != want {
			t.Errorf("the heading is %q, want %q", got, want)
		}
	}
	p.problems = nil // the browser reports the 404
}

// TestFilters: none, ranges, what a row leads to, and where the focus goes.
func TestFilters(t *testing.T) {
	b := newBrowser(t)
	snap := situations["paged"]()
	p := b.open(t, serve(t, siteOf(t, "paged"), nil), looks[0])
	allowClipboard(t, p)
	shown := func() string { return p.text("#shown") }
	old, many := 0, 0
	for _, f := range snap.Findings {
		if f.AgeDays != nil && float64(*f.AgeDays) >= 3*365.25 {
			old++
			if f.StargazerCount >= 10 {
				many++
			}
		}
	}
	p.goTo("repos/")
	p.do(chromedp.Click(chromedp.CSS("#ranges")), chromedp.SendKeys(chromedp.CSS("[data-r=age][data-end='0']"), "3"+kb.Tab))
	p.wait(`location.search == '?age=3-'`)
	p.wait(`document.querySelector('#shown').textContent.includes('years from 3')`)
	if want := fmt.Sprintf("%d of 1,000 repositories: years from 3; worst first.", old); !strings.HasPrefix(shown(), want) {
		t.Errorf("by age: %q, want %q", shown(), want)
	}
	p.do(chromedp.SendKeys(chromedp.CSS("[data-r=stars][data-end='0']"), "10"+kb.Tab))
	p.wait(`document.querySelector('#shown').textContent.includes('stars from 10')`)
	if want := fmt.Sprintf("%d of 1,000", many); !strings.HasPrefix(shown(), want) {
		t.Errorf("by age and stars: %q, want %q", shown(), want)
	}
	p.goTo("repos/?owner=nobody&step=-(none)&lang=-C%23")
	p.wait(`document.querySelector('#shown').textContent.includes('owned by nobody')`)
	if !strings.Contains(shown(), ": any next step, not language C#, owned by nobody;") {
		t.Errorf("it says %q", shown())
	}
	// Removing filters by keyboard leads to the next one, at last to the search.
	for range 3 {
		eval[bool](p, `document.querySelector('#picked button').focus(), true`)
		n := eval[int](p, `document.querySelectorAll('#picked button').length`)
		p.do(chromedp.KeyEvent(kb.Enter))
		p.wait(fmt.Sprintf(`document.querySelectorAll('#picked button').length == %d && (%d ? document.activeElement.matches('#picked button') : document.activeElement.id == 'q')`, n-1, n-1))
	}
	// A group of the worklist keeps its order in the script.
	p.goTo("steps/becoming-stale/")
	names := `[...document.querySelectorAll('#rows tbody tr')].map(r => r.textContent).join('\n')`
	served := eval[string](p, names)
	p.goTo("repos/?step=becoming-stale")
	p.wait(`document.querySelector('#shown').textContent.includes('in the order of the worklist')`)
	if got := eval[string](p, names); got != served || served == "" {
		t.Errorf("the group differs%s", firstDifference([]byte(served), []byte(got)))
	}
	p.click("#copy-link")
	p.wait(`document.querySelector('#say').textContent == 'Copied'`)
	if got := eval[string](p, `document.querySelector('.gh').href`); !strings.HasPrefix(got, "https://github.com/contoso/") {
		t.Errorf("a row leads to %s", got)
	}
	p.clear()
}

// TestKeyboardToList goes by keyboard alone from the overview to a copied list
// and to the commands, and on through the rows.
func TestKeyboardToList(t *testing.T) {
	b := newBrowser(t)
	files := siteOf(t, "paged")
	p := b.open(t, serve(t, files, nil), looks[0])
	allowClipboard(t, p)
	p.goTo("")
	for _, file := range []string{"steps/retired/list.md", "steps/retired/commands.txt"} {
		for n := 0; !eval[bool](p, `document.activeElement.dataset.fetch?.endsWith('`+file+`') ?? false`); n++ {
			if n > 80 {
				t.Fatalf("no way by keyboard to %s", file)
			}
			p.do(chromedp.KeyEvent(kb.Tab))
		}
		p.do(chromedp.KeyEvent(kb.Enter))
		p.wait(`document.querySelector('#say').textContent == 'Copied'`)
		if got := eval[string](p, `navigator.clipboard.readText()`); got != string(files[file]) || got == "" {
			t.Errorf("the clipboard holds %q", got)
		}
		eval[bool](p, `document.querySelector('#say').textContent = '', true`)
	}
	p.goTo("repos/")
	press(p, "j")
	press(p, "j")
	press(p, "k")
	second := eval[string](p, `document.querySelector('#rows tbody tr:nth-child(1) a').href`)
	if got := eval[string](p, `document.activeElement.href`); got != second {
		t.Errorf("j, j and k lead to %q, want %q", got, second)
	}
	p.do(chromedp.KeyEvent(kb.Enter))
	p.wait(fmt.Sprintf(`location.href == %q`, second))
	p.clear()
}

// TestMine: an owner that is marked is offered by the overview, until it is not.
func TestMine(t *testing.T) {
	p := visit(t, "sample")
	p.goTo("owners/contoso-web/")
	p.click("#own")
	p.wait(`document.querySelector('#own').ariaPressed == 'true'`)
	p.goTo("")
	p.click("#mine a")
	p.wait(`location.pathname.endsWith('/owners/contoso-web/') && document.querySelector('#own')?.ariaPressed == 'true'`)
	p.click("#own")
	p.goTo("")
	if !eval[bool](p, `document.querySelector('#mine').hidden`) {
		t.Error("a forgotten owner is still offered")
	}
	p.clear()
}

// TestCompare: any two days that the history has, by form and by address.
func TestCompare(t *testing.T) {
	p := visit(t, "sample")
	p.goTo("changes/?from=2026-10-01&to=2026-11-22")
	p.wait(`document.querySelector('#compared h2')?.textContent == 'From 2026-10-01 to 2026-11-22'`)
	text := eval[string](p, `document.querySelector('#compared').innerText`)
	for _, want := range []string{"Stale", "+5", "aging → stale", "stale-functions", "The rules changed"} {
		if !strings.Contains(text, want) {
			t.Errorf("the comparison lacks %q:\n%s", want, text)
		}
	}
	p.do(chromedp.SetValue(chromedp.CSS("[name=from]"), "2026-11-22"), chromedp.SetValue(chromedp.CSS("[name=to]"), "2026-11-21"), chromedp.Click(chromedp.CSS("#compare button")))
	p.wait(`document.querySelector('#compared h2').textContent == 'From 2026-11-21 to 2026-11-22' && location.search == '?from=2026-11-22&to=2026-11-21'`)
	p.clear()
}
