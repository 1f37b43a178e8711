package site

import (
	"cmp"
	"slices"

	"github.com/stalewatch/stalewatch/pipeline"
)

// report adds to a brief what only pages need. Pages share it; nothing in it
// changes while they are rendered.
type report struct {
	*brief
	basePath string // of the site's address
	orders   []list // of all rows
	facets   facets
	owners   []ownerSummary // nobody first, then by how many are stale or dormant
	pages    int            // rows with a page
	index    asset          // the script's columnar index
	texts    asset          // the descriptions, which the script searches
	notes    notes
	packs    []pack               // most repositories first
	uses     map[string][]builtOn // by nameWithOwner
}

func newReport(snap *pipeline.Snapshot, opts Options) (r *report, err error) {
	r = &report{}
	if opts.BaseURL, r.basePath, err = parseBase(opts.BaseURL); err != nil {
		return nil, err
	}
	if r.notes, err = readNotes(opts.Notes); err != nil {
		return nil, err
	}
	r.brief = newBrief(snap, opts)
	r.bare = bareNames(snap.Findings)
	for i := range r.rows {
		r.rows[i].Name = r.displayName(r.rows[i].NameWithOwner)
	}
	r.givePages()
	r.orders = r.makeOrders()
	r.facets = r.makeFacets(r.orders[0].rows)
	r.owners = r.ownerSummaries(r.facets.of("owner"))
	r.packs, r.uses = r.makePackages()
	r.index, r.texts, err = r.makeIndex(r.facets)
	return r, err
}

// givePages decides which repositories have a page and where.
func (r *report) givePages() {
	taken := make(map[string]bool, len(r.rows))
	for _, i := range r.deserving() {
		p := repositoryPath(r.rows[i].NameWithOwner)
		if taken[p] { // cannot happen on GitHub, where names are unique but for case
			continue
		}
		taken[p] = true
		r.rows[i].Path = p
		r.pages++
	}
}

// deserving lists the rows that get a page: all of them up to everyPage, else
// those that changed within the events' 90 days and the stale with stars.
func (r *brief) deserving() []int32 {
	all := indices(len(r.rows))
	if len(all) <= everyPage {
		return all
	}
	changed := func(i int32) bool { return len(r.events[r.rows[i].NameWithOwner]) > 0 }
	starred := func(i int32) bool { return r.rows[i].behind() && r.rows[i].StargazerCount > 0 }
	all = slices.DeleteFunc(all, func(i int32) bool { return !changed(i) && !starred(i) })
	slices.SortStableFunc(all, func(a, b int32) int {
		if x, y := changed(a), changed(b); x != y {
			return boolRank(y) - boolRank(x)
		}
		return cmp.Compare(r.rows[b].StargazerCount, r.rows[a].StargazerCount)
	})
	return all[:min(len(all), mostPages)]
}

// mostPages is how many get one where not all do. It keeps a site of 100,000
// repositories, most of which is tables, below the 900 MB at which rendering fails.
const mostPages = 10_000

// list is a list of rows that has pages of its own.
type list struct {
	path    string // of its first page
	Heading string
	Lead    string // why it is a list; "" where the heading says it
	Order   string // the column it is ordered by; "" for worst first
	words   string // the order in words
	Orders  bool   // whether the header links to the other orders
	State   string // the query that shows the same in the script
	nav     string
	rows    []int32
}

// The words for orders are the script's too.
const (
	worstFirst = "worst first"
	stepOrder  = "in the order of the worklist"
)

// makeOrders lists all rows in each of the pre-rendered orders.
func (r *brief) makeOrders() []list {
	by := func(key, path, words string, less func(a, b *row) int) list {
		rows := indices(len(r.rows)) // already by name, which breaks ties
		slices.SortStableFunc(rows, func(a, b int32) int { return less(&r.rows[a], &r.rows[b]) })
		return list{path: path, Heading: "Repositories", Order: key, words: words, Orders: true, nav: "repos", rows: rows}
	}
	byStars := func(a, b *row) int { return cmp.Compare(b.StargazerCount, a.StargazerCount) }
	return []list{
		by("", "repos/", worstFirst, func(a, b *row) int { return cmp.Or(cmp.Compare(a.rank(), b.rank()), byStars(a, b)) }),
		by("age", "repos/by/age/", "oldest first", func(a, b *row) int { return cmp.Compare(b.ageKey(), a.ageKey()) }),
		by("name", "repos/by/name/", "by name", func(a, b *row) int { return 0 }),
		by("stars", "repos/by/stars/", "most stars first", byStars),
	}
}
