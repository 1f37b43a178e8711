package site

import (
	"slices"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline"
)

// shelf is the page of a source beside the one that lists repositories: a table
// of what it lists.
type shelf struct {
	chrome
	Nav, Path, Title string
	Lead             string
	Data             string // the same as data; "" for none
	Class            string // of the table
	Columns          []shelfColumn
	Rows             func() [][]cell
}

// shelfColumn is one column of a shelf.
type shelfColumn struct {
	Title  string
	Number bool
}

// cell is text in a shelf's table, and where it leads; "" for nowhere.
type cell struct{ Text, Link string }

// makeShelves prepares the sources' pages: that of packages, and those of others
// that list items.
func (r *report) makeShelves() {
	if len(r.packages) > 0 {
		r.shelves = append(r.shelves, r.packageShelf())
	}
	for items := r.snap.Items; len(items) > 0; {
		name := items[0].Source
		n := slices.IndexFunc(items, func(i pipeline.Item) bool { return i.Source != name })
		if n < 0 {
			n = len(items)
		}
		r.shelves = append(r.shelves, itemShelf(name, items[:n]))
		items = items[n:]
	}
}

func itemShelf(source string, items []pipeline.Item) shelf {
	name := clean(source)
	return shelf{
		Nav: "source " + source, Path: "sources/" + segment(source) + "/", Title: strings.ToUpper(name[:1]) + name[1:],
		Lead:    plural(len(items), "item") + " of the source " + name + ".",
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
	for _, s := range r.shelves {
		ok := yield(html(r, s.Path+"index.html", "shelf", func() (shelf, error) {
			s.chrome = r.page(s.Path, s.Nav, s.Title, s.Lead)
			return s, nil
		}))
		if !ok {
			return false
		}
	}
	return true
}
