package site

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"
)

// Up to onePage repositories stand on one page; above, on pages of perPage.
const (
	onePage = 1000
	perPage = 500
)

// tablePage is one page of repositories in some order or with some value.
type tablePage struct {
	chrome
	Heading string
	Shown   string        // what is shown, as a sentence
	Body    template.HTML // the rows
	Order   string        // the key of the column it is ordered by
	Orders  bool          // whether the header links to the other orders
	Index   string
	State   string // the query that shows the same in the script
	Pages   []pageLink
	Facets  []facetList
	Total   int
	Empty   string // instead of a table without rows
}

type pageLink struct {
	Text, Path string // Path is "" for the page itself
	Label      string
}

// facetList is a facet as the side of a table shows it: the commonest values,
// and where the others are.
type facetList struct {
	facet
	Shown   []facetValue
	More    int
	Current string
}

// The most values of a facet beside a table. Statuses and flags always fit.
const facetShown = 20

func (r *report) tablePages(yield func(file) bool) bool {
	for i := range r.orders {
		o := &r.orders[i]
		shown := r.describe(o)
		if !r.paged(o.path, "Repositories", shown, "", o.key, true, o.rows, yield) {
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

func (r *report) describe(o *order) string {
	if len(r.rows) == 0 {
		return ""
	}
	return fmt.Sprintf("All %s, %s.", plural(len(r.rows), "repository"), o.words)
}

func (r *report) facetPages(f *facet, yield func(file) bool) bool {
	for i := range f.Values {
		v := &f.Values[i]
		if v.Path == "" {
			continue
		}
		heading := fmt.Sprintf("Repositories with %s %s", f.Noun, v.Label)
		switch {
		case f.Key == "status" || f.Key == "is":
			heading = v.Label + " repositories"
		case v.Value == nobody && f.Key == "owner":
			heading = "Repositories that nobody owns"
		}
		shown := fmt.Sprintf("%s of %s, what needs attention first.", count(len(v.rows)), plural(len(r.rows), "repository"))
		if !r.paged(v.Path, heading, shown, f.Key+"="+v.Value, "", false, v.rows, yield) {
			return false
		}
	}
	if f.Key == "status" || f.Key == "is" {
		return true
	}
	path := "repos/" + f.Key + "/"
	return yield(html(r, path+"index.html", "values", func() (valuesPage, error) {
		noun := strings.ToLower(f.Title)
		return valuesPage{
			chrome: r.page(path, "repos", "By "+noun, fmt.Sprintf("%s by %s.", plural(len(r.rows), "repository"), noun)),
			Facet:  f,
		}, nil
	}))
}

// valuesPage lists every value of a facet.
type valuesPage struct {
	chrome
	Facet *facet
}

// paged yields the pages of one list of rows.
func (r *report) paged(path, heading, shown, state, key string, orders bool, rows []int32, yield func(file) bool) bool {
	size := perPage
	if len(rows) <= onePage {
		size = onePage
	}
	pages := max(1, (len(rows)+size-1)/size)
	at := func(n int) string {
		if n == 0 {
			return path
		}
		return path + strconv.Itoa(n+1) + "/"
	}
	for n := range pages {
		part := rows[n*size : min(len(rows), (n+1)*size)]
		ok := yield(html(r, at(n)+"index.html", "table", func() (tablePage, error) {
			p := tablePage{
				chrome: r.page(at(n), "repos", heading, heading+": "+shown), Heading: heading, Shown: shown,
				Order: key, Orders: orders, Index: r.indexName(), State: state,
				Total: len(r.rows), Facets: r.facetLists(state), Empty: r.emptyWords(heading),
			}
			if pages > 1 {
				p.PageTitle += fmt.Sprintf(", page %d of %d", n+1, pages)
				p.Shown = fmt.Sprintf("%s Rows %s to %s.", shown, count(n*size+1), count(n*size+len(part)))
				p.Pages = pageLinks(n, pages, at)
			}
			var err error
			p.Body, err = r.body(part, p.Root)
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

// body is rows of the table. A repository stands in a dozen lists, so its row
// is made once, for the site's root, and the way there put in on each page.
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

func (r *report) emptyWords(heading string) string {
	if len(r.rows) == 0 {
		return "No repository was found. The survey looked at every repository of its owners that the configuration includes."
	}
	return fmt.Sprintf("None of %s fits: %s.", plural(len(r.rows), "repository"), strings.ToLower(heading[:1])+heading[1:])
}

// pageLinks leads to the first, the last and the nearest pages.
func pageLinks(current, pages int, at func(int) string) []pageLink {
	var links []pageLink
	add := func(text, label string, n int) {
		path := at(n)
		if n == current {
			path = ""
		}
		links = append(links, pageLink{text, path, label})
	}
	if current > 0 {
		add("Previous", "Previous page", current-1)
	}
	for n := range pages {
		if n == 0 || n == pages-1 || n >= current-2 && n <= current+2 {
			add(strconv.Itoa(n+1), fmt.Sprintf("Page %d", n+1), n)
		} else if n == current-3 || n == current+3 {
			links = append(links, pageLink{Text: "…"})
		}
	}
	if current < pages-1 {
		add("Next", "Next page", current+1)
	}
	return links
}

// facetLists is the side of a table page; state is the page's own facet.
func (r *report) facetLists(state string) []facetList {
	key, value, _ := strings.Cut(state, "=")
	lists := make([]facetList, 0, len(r.facets))
	for _, f := range r.facets {
		l := facetList{facet: f}
		if f.Key == key {
			l.Current = value
		}
		for _, v := range f.Values {
			if (f.Key == "status" || f.Key == "is") && len(v.rows) == 0 && v.Value != l.Current {
				continue
			}
			if len(l.Shown) == facetShown || v.Path == "" {
				break
			}
			l.Shown = append(l.Shown, v)
		}
		if f.Key != "status" && f.Key != "is" {
			l.More = len(f.Values) - len(l.Shown)
		}
		if len(l.Shown) > 0 || l.More > 0 {
			lists = append(lists, l)
		}
	}
	return lists
}
