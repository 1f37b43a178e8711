package site

import (
	"fmt"
	"html/template"
	"io"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline"
)

func (r *report) tablePages(emit emit) {
	for _, o := range r.orders {
		r.listPages(o, emit)
	}
	for i := range r.facets {
		r.facetPages(&r.facets[i], emit)
	}
}

func (r *report) facetPages(f *facet, emit emit) {
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
		r.listPages(list{path: v.Path, Heading: heading, words: worstFirst, State: query([2]string{f.Key, v.Value}), nav: "repos", rows: v.rows}, emit)
	}
	if f.isKnown() {
		return
	}
	path := "repos/" + f.Key + "/"
	emit(path+"index.html", html("values", func() (valuesPage, error) {
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

// stepPages are a view's groups as tables, lists and commands.
func (r *report) stepPages(v *view, emit emit) {
	for _, g := range r.groups(v) {
		r.listPages(list{path: g.Path, Heading: g.Title, Lead: g.Why, words: stepOrder, Order: "step", State: v.state(g.Step), rows: g.rows, nav: v.nav()}, emit)
		emit(g.List(), func(w io.Writer) error { return r.writeRows(w, g.rows, (*row).checkbox) })
		if g.Commands > 0 {
			emit(g.Script(), func(w io.Writer) error { return r.writeRows(w, g.rows, (*row).command) })
		}
	}
}

// perPage is how many rows a page of the table has, with the script and without.
const perPage = 200

// tablePage is one page of a list.
type tablePage struct {
	chrome
	list
	sheet
	Shown  string        // what is shown, as a sentence
	Body   template.HTML // the rows
	Index  string
	Texts  string
	Facets []facetList
	Total  int
	Empty  string // instead of a table without rows
}

func (r *report) listPages(l list, emit emit) {
	for _, s := range sheets(l.path, "", len(l.rows), perPage) {
		emit(s.Path+"index.html", html("table", func() (tablePage, error) {
			shown := r.shown(&l, s)
			p := tablePage{
				chrome: r.page(s.Path, l.nav, l.Heading, l.Heading+": "+shown), list: l, sheet: s, Shown: shown,
				Index: r.index.name, Texts: r.texts.name, Total: len(r.rows), Facets: r.facetLists(l.State), Empty: r.emptyWords(l.Heading),
			}
			p.PageTitle += s.Number
			var err error
			p.Body, err = r.body(l.rows[s.from:s.to], p.Root)
			return p, err
		}))
	}
}

// shown says what a list shows; the script says the same of the same rows.
func (r *report) shown(l *list, s sheet) string {
	words := "All " + pipeline.Plural(len(r.rows), "repository") + ", " + l.words + "."
	if l.State != "" {
		var filters []string
		for _, p := range parseQuery(l.State) {
			filters = append(filters, r.facets.of(p[0]).words(p[1]))
		}
		words = fmt.Sprintf("%s of %s: %s; %s.", count(len(l.rows)), pipeline.Plural(len(r.rows), "repository"), strings.Join(filters, ", "), l.words)
	}
	if s.to-s.from < len(l.rows) {
		words += fmt.Sprintf(" Rows %s to %s.", count(s.from+1), count(s.to))
	}
	return words
}

func (r *brief) emptyWords(heading string) string {
	if len(r.rows) == 0 {
		return "No repository was found. The survey looked at every repository of its owners that the configuration includes."
	}
	return fmt.Sprintf("None of %s fits: %s.", pipeline.Plural(len(r.rows), "repository"), strings.ToLower(heading[:1])+heading[1:])
}

// rowStart is how every row of the table begins, up to its link.
const rowStart = `<tr><th scope="row"><a href="`

// body renders rows of the table. A repository is in a dozen lists, so its row
// is made once, with links from the site's root, and each page puts its own way
// to the root before them.
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

// facetLists are the filters of a table page; state is the page's own.
func (r *report) facetLists(state string) []facetList {
	lists := make([]facetList, 0, len(r.facets))
	for _, f := range r.facets {
		l := facetList{facet: f}
		for _, p := range parseQuery(state) {
			if p[0] == f.Key {
				l.Current = p[1]
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
