package site

import (
	"slices"

	"github.com/stalewatch/stalewatch/pipeline"
)

// shelf is the page of a source beside the one that lists repositories: a table
// of what it lists.
type shelf struct {
	chrome
	section section
	Lead    string
	Data    string // the same as data; "" for none
	Class   string // of the table
	Columns []shelfColumn
	Rows    func() [][]cell
}

// shelfColumn is one column of a shelf.
type shelfColumn struct {
	Title  string
	Number bool
}

// cell is text in a shelf's table, and where it leads; "" for nowhere.
type cell struct{ Text, Link string }

// shelves are the sources' pages: that of packages, and those of others that list
// items.
func (r *report) shelves() []shelf {
	var shelves []shelf
	if len(r.packs) > 0 {
		shelves = append(shelves, r.packageShelf())
	}
	for items := r.snap.Items; len(items) > 0; {
		name := items[0].Source
		n := slices.IndexFunc(items, func(i pipeline.Item) bool { return i.Source != name })
		if n < 0 {
			n = len(items)
		}
		shelves = append(shelves, itemShelf(name, items[:n]))
		items = items[n:]
	}
	return shelves
}

// packageShelf is the page of all packages.
func (r *report) packageShelf() shelf {
	c := countPackages(r.snap)
	return shelf{
		section: section{"packages", "packages/", "Packages"}, Class: "packs", Data: "data/v1/packages.ndjson",
		Lead:    pipeline.Plural(c.Total, "NuGet package") + ", those that most repositories refer to first; " + count(c.Deprecated) + " deprecated, " + count(c.Vulnerable) + " vulnerable in their newest version.",
		Columns: []shelfColumn{{Title: "Package"}, {"Repositories", true}, {Title: "Newest"}, {Title: "Published"}, {Title: "State"}, {Title: "Versions in use"}, {"Most years behind", true}},
		Rows: func() [][]cell {
			rows := make([][]cell, len(r.packs))
			for i, k := range r.packs {
				rows[i] = []cell{{k.ID, rootOf("packages/") + k.Path}, {Text: count(k.Repos)}, {Text: k.Newest}, {Text: k.Since}, {Text: k.State}, {Text: k.Spread}, {Text: k.MostBack}}
			}
			return rows
		},
	}
}

func itemShelf(source string, items []pipeline.Item) shelf {
	name := clean(source)
	return shelf{
		section: sectionOf(source),
		Lead:    pipeline.Plural(len(items), "item") + " of the source " + name + ".",
		Columns: []shelfColumn{{Title: "Name"}, {Title: "Date"}, {Title: "State"}},
		Rows: func() [][]cell {
			rows := make([][]cell, len(items))
			for i, item := range items {
				date := "–"
				if item.Date != nil {
					date = isoDate(*item.Date)
				}
				rows[i] = []cell{{clean(item.Name), safeURL(item.URL)}, {Text: date}, {Text: clean(item.State)}}
			}
			return rows
		},
	}
}

func (r *report) shelfPages(yield func(file) bool) bool {
	for _, s := range r.shelves() {
		ok := yield(html(s.section.Path+"index.html", "shelf", func() (shelf, error) {
			s.chrome = r.page(s.section.Path, s.section.Nav, s.section.Title, s.Lead)
			return s, nil
		}))
		if !ok {
			return false
		}
	}
	return true
}
