package site

import (
	"fmt"
	"html/template"
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline"
)

// perPage is how many rows a page of the table has, with the script and without.
const perPage = 200

// list is a list of rows that has pages of its own.
type list struct {
	path    string // of its first page
	heading string
	lead    string // why it is a list; "" where the heading says it
	words   string // its order
	key     string // the column it is ordered by
	orders  bool   // whether the header links to the other orders
	state   string // the query that shows the same in the script
	nav     string
	rows    []int32
}

// tablePage is one page of a list.
type tablePage struct {
	chrome
	Heading string
	Lead    string
	Shown   string        // what is shown, as a sentence
	Body    template.HTML // the rows
	Order   string
	Orders  bool
	State   string
	Index   string
	Texts   string
	Pages   []pageLink
	Facets  []facetList
	Total   int
	Empty   string // instead of a table without rows
}

type pageLink struct {
	Text, Path string // Path is "" for the page itself
	Current    bool
}

// facetList is a facet as a table shows it: the commonest values, and where the
// others are.
type facetList struct {
	facet
	Shown   []facetValue
	More    int
	Current string
}

// facetShown is how many values of a facet a table lists. All of those that are
// known beforehand fit.
const facetShown = 20

func (r *report) tablePages(yield func(file) bool) bool {
	for _, o := range r.orders {
		if !r.paged(list{path: o.path, heading: "Repositories", words: o.words, key: o.key, orders: true, nav: "repos", rows: o.rows}, yield) {
			return false
		}
	}
	for i := range r.facets {
		if !r.facetPages(&r.facets[i], yield) {
			return false
		}
	}
	return true
}

// stepPages are a view's groups as tables, lists and commands.
func (r *report) stepPages(v *view, yield func(file) bool) bool {
	for _, g := range r.groups(v) {
		l := list{path: g.Path, heading: g.Title, lead: g.Why, words: stepOrder, key: "step", state: v.state(g.Step), rows: g.rows, nav: v.nav()}
		ok := r.paged(l, yield) && yield(file{g.List(), func(w io.Writer) error { return r.writeList(w, g.rows) }})
		if g.Commands > 0 {
			ok = ok && yield(file{g.Script(), func(w io.Writer) error { return r.writeCommands(w, g.rows) }})
		}
		if !ok {
			return false
		}
	}
	return true
}

// isKnown reports a facet whose values are known beforehand.
func (f *facet) isKnown() bool { return f.Key == "status" || f.Key == "step" || f.Key == "is" }

func (r *report) facetPages(f *facet, yield func(file) bool) bool {
	for _, v := range f.Values {
		if v.Path == "" || strings.HasPrefix(v.Path, "steps/") { // a step's pages are the worklist's
			continue
		}
		heading := "Repositories with " + f.words(v.Value)
		switch {
		case f.isKnown() && v.Value != none:
			heading = v.Label + " repositories"
		case f.Key == "is":
			heading = "Ordinary repositories"
		case v.Value == nobody:
			heading = "Repositories owned by nobody"
		}
		if !r.paged(list{path: v.Path, heading: heading, words: worstFirst, state: query([2]string{f.Key, v.Value}), nav: "repos", rows: v.rows}, yield) {
			return false
		}
	}
	if f.isKnown() {
		return true
	}
	path := "repos/" + f.Key + "/"
	return yield(html(path+"index.html", "values", func() (valuesPage, error) {
		noun := strings.ToLower(f.Title)
		words := fmt.Sprintf("%s by %s.", pipeline.Plural(len(r.rows), "repository"), noun)
		return valuesPage{chrome: r.page(path, "repos", "By "+noun, words), Facet: f}, nil
	}))
}

// valuesPage lists every value of a facet.
type valuesPage struct {
	chrome
	Facet *facet
}

// shown says what a list shows; the script says the same of the same rows.
func (r *report) shown(l *list, from, to int) string {
	s := "All " + pipeline.Plural(len(r.rows), "repository") + ", " + l.words + "."
	if l.state != "" {
		var filters []string
		for pair := range strings.SplitSeq(l.state, "&") {
			key, value, _ := strings.Cut(pair, "=")
			filters = append(filters, r.facets.of(key).words(unescape(value)))
		}
		s = fmt.Sprintf("%s of %s: %s; %s.", count(len(l.rows)), pipeline.Plural(len(r.rows), "repository"), strings.Join(filters, ", "), l.words)
	}
	if to-from < len(l.rows) {
		s += fmt.Sprintf(" Rows %s to %s.", count(from+1), count(to))
	}
	return s
}

// paged yields the pages of a list.
func (r *report) paged(l list, yield func(file) bool) bool {
	pages := max(1, (len(l.rows)+perPage-1)/perPage)
	at := func(n int) string {
		if n == 0 {
			return l.path
		}
		return l.path + strconv.Itoa(n+1) + "/"
	}
	for n := range pages {
		from, to := n*perPage, min(len(l.rows), (n+1)*perPage)
		ok := yield(html(at(n)+"index.html", "table", func() (tablePage, error) {
			shown := r.shown(&l, from, to)
			p := tablePage{
				chrome: r.page(at(n), l.nav, l.heading, l.heading+": "+shown), Heading: l.heading, Lead: l.lead, Shown: shown,
				Order: l.key, Orders: l.orders, Index: r.indexName(), Texts: r.textsName(), State: l.state,
				Total: len(r.rows), Facets: r.facetLists(l.state), Empty: r.emptyWords(l.heading),
			}
			if pages > 1 {
				p.PageTitle += fmt.Sprintf(", page %d of %d", n+1, pages)
				p.Pages = pageLinks(n, pages, at)
			}
			var err error
			p.Body, err = r.body(l.rows[from:to], p.Root)
			return p, err
		}))
		if !ok {
			return false
		}
	}
	return true
}

// rowStart is how every row of the table begins, up to its link.
const rowStart = `<tr><th scope="row"><a href="`

// body renders rows of the table. A repository is in a dozen lists, so its row is
// made once, for the site's root, and each page puts in its own way there.
func (r *report) body(rows []int32, root string) (template.HTML, error) {
	var b strings.Builder
	for _, i := range rows {
		w := &r.rows[i]
		html, err := w.html()
		if err != nil {
			return "", err
		}
		if w.inside() {
			b.WriteString(rowStart)
			b.WriteString(root)
			html = html[len(rowStart):]
		}
		b.WriteString(html)
	}
	return template.HTML(b.String()), nil //nolint:gosec // made by the template "row"; root is dots and slashes
}

// html is the row as the template makes it, remembered.
func (w *row) html() (string, error) {
	w.once.Do(func() {
		var b strings.Builder
		w.err = parsed().ExecuteTemplate(&b, "row", w)
		w.made = b.String()
	})
	return w.made, w.err
}

func (r *brief) emptyWords(heading string) string {
	if len(r.rows) == 0 {
		return "No repository was found. The survey looked at every repository of its owners that the configuration includes."
	}
	return fmt.Sprintf("None of %s fits: %s.", pipeline.Plural(len(r.rows), "repository"), strings.ToLower(heading[:1])+heading[1:])
}

// pageLinks leads to the first, the last and the nearest pages, as the script's.
func pageLinks(current, pages int, at func(int) string) []pageLink {
	var links []pageLink
	add := func(text string, n int) {
		if n == current {
			links = append(links, pageLink{Text: text, Current: true})
		} else {
			links = append(links, pageLink{Text: text, Path: at(n)})
		}
	}
	if current > 0 {
		add("Previous", current-1)
	}
	for n := range pages {
		if n == 0 || n == pages-1 || n >= current-2 && n <= current+2 {
			add(strconv.Itoa(n+1), n)
		} else if n == current-3 || n == current+3 {
			links = append(links, pageLink{Text: "…"})
		}
	}
	if current < pages-1 {
		add("Next", current+1)
	}
	return links
}

// facetLists are the filters of a table page; state is the page's own.
func (r *report) facetLists(state string) []facetList {
	lists := make([]facetList, 0, len(r.facets))
	for _, f := range r.facets {
		l := facetList{facet: f}
		for pair := range strings.SplitSeq(state, "&") {
			if key, value, _ := strings.Cut(pair, "="); key == f.Key {
				l.Current = unescape(value)
			}
		}
		for _, v := range f.Values {
			if f.isKnown() && len(v.rows) == 0 && v.Value != l.Current || v.Path == "" {
				continue
			}
			if len(l.Shown) == facetShown {
				break
			}
			l.Shown = append(l.Shown, v)
		}
		if !f.isKnown() {
			l.More = len(f.Values) - len(l.Shown)
		}
		if len(l.Shown) > 0 || l.More > 0 {
			lists = append(lists, l)
		}
	}
	return lists
}

// unescape reads a part of a query that [query] wrote.
func unescape(s string) string {
	v, err := url.QueryUnescape(s)
	if err != nil {
		return s
	}
	return v
}
