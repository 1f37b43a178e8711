package site

import (
	"github.com/stalewatch/stalewatch/pipeline"
)

// shelf is a page of a source beside the one that lists repositories: a table of
// what it lists.
type shelf struct {
	chrome
	sheet
	section section
	Lead    string
	Data    string // the same as data; "" for none
	Class   string // of the table
	Columns []shelfColumn
	Rows    [][]cell

	len int              // rows of all pages
	row func(int) []cell // the one at an index
}

// shelfRows is how many rows a page of a shelf has: some 30 kB packed.
const shelfRows = 1000

// shelfColumn is one column of a shelf.
type shelfColumn struct {
	Title  string
	Number bool
}

// cell is text in a shelf's table, and where it leads: within the site or out of
// it. Text that leads no further has neither.
type cell struct{ Text, Path, URL string }

// shelves are the sources' pages: that of packages, and those of others that list
// items.
func (r *report) shelves() []shelf {
	var shelves []shelf
	if len(r.packs) > 0 {
		shelves = append(shelves, r.packageShelf())
	}
	for items := r.snap.Items; len(items) > 0; {
		name := items[0].Source
		n := firstOther(items, func(i pipeline.Item) bool { return i.Source == name })
		shelves = append(shelves, itemShelf(name, items[:n]))
		items = items[n:]
	}
	return shelves
}

// packageShelf is the page of all packages.
func (r *report) packageShelf() shelf {
	c := countPackages(r.snap)
	return shelf{
		section: packageSection, Class: "packs", Data: "data/v1/packages.ndjson",
		Lead:    pipeline.Plural(c.Total, "NuGet package") + ", those that most repositories refer to first; " + count(c.Deprecated) + " deprecated, " + count(c.Vulnerable) + " vulnerable in their newest version.",
		Columns: []shelfColumn{{Title: "Package"}, {"Repositories", true}, {Title: "Newest"}, {Title: "Published"}, {Title: "State"}, {Title: "Versions in use"}, {"Most years behind", true}},
		len:     len(r.packs),
		row: func(i int) []cell {
			k := &r.packs[i]
			return []cell{{Text: k.ID, Path: k.Path}, {Text: count(k.Repos)}, {Text: k.Newest}, {Text: k.Since}, {Text: k.State}, {Text: k.Spread}, {Text: k.MostBack}}
		},
	}
}

func itemShelf(source string, items []pipeline.Item) shelf {
	name := clean(source)
	return shelf{
		section: sectionOf(source),
		Lead:    pipeline.Plural(len(items), "item") + " of the source " + name + ".",
		Columns: []shelfColumn{{Title: "Name"}, {Title: "Date"}, {Title: "State"}},
		len:     len(items),
		row: func(i int) []cell {
			date := "–"
			if d := items[i].Date; d != nil {
				date = isoDate(*d)
			}
			return []cell{{Text: clean(items[i].Name), URL: safeURL(items[i].URL)}, {Text: date}, {Text: clean(items[i].State)}}
		},
	}
}

func (r *report) shelfPages(emit emit) {
	for _, s := range r.shelves() {
		for _, sheet := range sheets(s.section.Path, "page/", s.len, shelfRows) { // no package's page is below "page/"
			emit(sheet.Path+"index.html", html("shelf", func() (shelf, error) {
				p := s
				p.sheet, p.chrome = sheet, r.page(sheet.Path, s.section.Nav, s.section.Title, s.Lead)
				p.PageTitle += sheet.Number
				for i := sheet.from; i < sheet.to; i++ {
					p.Rows = append(p.Rows, s.row(i))
				}
				return p, nil
			}))
		}
	}
}
