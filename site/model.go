package site

import (
	"cmp"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// Repositories have a page each up to everyPage; above, the changed and the
// stale with stars have one, at most as many again.
const everyPage = 20_000

// report is a snapshot prepared for rendering: everything that more than one
// page needs. Pages share it; what it remembers between them is guarded.
type report struct {
	snap  *pipeline.Snapshot
	opts  Options
	base  *url.URL
	title string
	asOf  time.Time
	bare  bool // names stand without their owners

	rows     []row // by name, as the findings
	counts   map[pipeline.Status]int
	live     int // repositories that age decides
	pages    int // rows with a page
	orders   []order
	facets   []facet
	rowFiles map[string]int32 // row by lower-case nameWithOwner

	assets   assets
	frames   frames
	index    []byte // the script's columnar index
	notes    notes
	fresh    alternatives
	banners  []banner
	warnings []string
	events   map[string][]pipeline.Event        // by name
	statuses map[string][]pipeline.StatusChange // by ID, oldest first
}

// row is a finding as tables show it.
type row struct {
	*pipeline.Finding
	Name string // with its owner only where names alone are not unique
	Path string // of its page, relative to the site's root; "" for none
	asOf time.Time

	once sync.Once // guards made and err, its HTML in the table
	made string
	err  error
}

// order is one of the pre-rendered orders of the table.
type order struct {
	key   string // of the column; "" for attention
	path  string
	words string
	rows  []int32
}

func newReport(snap *pipeline.Snapshot, opts Options, base *url.URL) (*report, error) {
	r := &report{
		snap: snap, opts: opts, base: base, title: siteTitle(snap, opts), asOf: snap.Run.AsOf.UTC(),
		counts: snap.Counts(), assets: loadAssets(), bare: bareNames(snap.Findings),
	}
	for _, s := range pipeline.Statuses[:5] {
		r.live += r.counts[s]
	}
	r.rows = make([]row, len(snap.Findings))
	r.rowFiles = make(map[string]int32, len(snap.Findings))
	for i := range snap.Findings {
		f := &snap.Findings[i]
		name := f.NameWithOwner
		if _, after, ok := strings.Cut(name, "/"); ok && r.bare {
			name = after
		}
		w := &r.rows[i]
		w.Finding, w.Name, w.asOf = f, clean(name), r.asOf
		r.rowFiles[strings.ToLower(f.NameWithOwner)] = int32(i)
	}
	r.events = map[string][]pipeline.Event{}
	for _, e := range snap.Events {
		r.events[e.NameWithOwner] = append(r.events[e.NameWithOwner], e)
	}
	r.statuses = map[string][]pipeline.StatusChange{}
	for _, c := range snap.StatusChanges {
		r.statuses[c.ID] = append(r.statuses[c.ID], c)
	}
	r.givePages()
	r.orders = r.makeOrders()
	r.facets = r.makeFacets()
	r.fresh = newAlternatives(r.rows)
	r.banners = r.makeBanners()
	var err error
	if r.notes, err = readNotes(opts.Notes); err != nil {
		return nil, err
	}
	r.warnings = r.notes.unused(r.rowFiles)
	r.index, err = r.makeIndex()
	return r, err
}

// bareNames reports whether every repository can be told by its name alone,
// so that lists need not repeat the owners.
func bareNames(findings []pipeline.Finding) bool {
	seen := make(map[string]bool, len(findings))
	for i := range findings {
		_, name, _ := strings.Cut(strings.ToLower(findings[i].NameWithOwner), "/")
		if seen[name] {
			return false
		}
		seen[name] = true
	}
	return true
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

// deserving lists the rows that get a page: all of a moderate number, else
// those that changed within the events' 90 days and the stale with stars.
func (r *report) deserving() []int32 {
	all := indices(len(r.rows))
	if len(all) <= everyPage {
		return all
	}
	changed := func(i int32) bool { return len(r.events[r.rows[i].NameWithOwner]) > 0 }
	starred := func(i int32) bool { return r.rows[i].behind() && r.rows[i].StargazerCount > 0 }
	all = slices.DeleteFunc(all, func(i int32) bool { return !changed(i) && !starred(i) })
	slices.SortStableFunc(all, func(a, b int32) int {
		if x, y := changed(a), changed(b); x != y {
			return cmp.Compare(boolRank(y), boolRank(x))
		}
		return cmp.Compare(r.rows[b].StargazerCount, r.rows[a].StargazerCount)
	})
	return all[:min(len(all), everyPage)]
}

func boolRank(b bool) int {
	if b {
		return 1
	}
	return 0
}

func indices(n int) []int32 {
	all := make([]int32, n)
	for i := range all {
		all[i] = int32(i)
	}
	return all
}

// attention ranks statuses by how soon a maintainer should look.
var attention = map[pipeline.Status]int{
	pipeline.Dormant: 0, pipeline.Stale: 1, pipeline.Unknown: 2, pipeline.Aging: 3, pipeline.Active: 4,
	pipeline.Fresh: 5, pipeline.Empty: 7, pipeline.Archived: 8,
}

// exemptRank puts what is exempt behind what is fresh.
const exemptRank = 6

func (w *row) rank() int {
	rank := attention[w.Status]
	if w.Exemption != nil {
		rank = max(rank, exemptRank)
	}
	return rank
}

func (r *report) makeOrders() []order {
	by := func(key, path, words string, less func(a, b *row) int) order {
		rows := indices(len(r.rows)) // already by name, which breaks ties
		slices.SortStableFunc(rows, func(a, b int32) int { return less(&r.rows[a], &r.rows[b]) })
		return order{key, path, words, rows}
	}
	byStars := func(a, b *row) int { return cmp.Compare(b.StargazerCount, a.StargazerCount) }
	return []order{
		by("", "repos/", "what needs attention first", func(a, b *row) int {
			return cmp.Or(cmp.Compare(a.rank(), b.rank()), byStars(a, b))
		}),
		by("age", "repos/by/age/", "oldest last human commit first", func(a, b *row) int { return cmp.Compare(b.ageKey(), a.ageKey()) }),
		by("name", "repos/by/name/", "by name", func(a, b *row) int { return 0 }),
		by("stars", "repos/by/stars/", "most stars first", byStars),
	}
}

// ageKey orders by age; what has none comes last. A dormant repository
// without a date is at least as old as the limit, so it stands at it.
func (w *row) ageKey() int {
	if w.AgeDays == nil {
		return -1
	}
	return *w.AgeDays
}

// behind reports the two statuses that the report is about.
func (w *row) behind() bool { return w.Status == pipeline.Stale || w.Status == pipeline.Dormant }

// The cells of a row, as text.

// since is when the status began; a finding without it began now.
func (w *row) since() time.Time {
	if w.StatusSince.IsZero() {
		return w.asOf
	}
	return w.StatusSince.UTC()
}

func (w *row) Since() string { return isoDate(w.since()) }

func (w *row) Human() string {
	if w.LastHumanCommit == nil {
		return "–"
	}
	return isoDate(w.LastHumanCommit.CommittedDate)
}

func (w *row) Age() string {
	if w.AgeDays == nil {
		return "–"
	}
	return shortAge(*w.AgeDays)
}

func (w *row) Bot() string {
	if !w.TipIsBot || w.Detail == nil || w.Detail.Tip == nil {
		return ""
	}
	return isoDate(w.Detail.Tip.CommittedDate)
}

func (w *row) Language() string { return clean(deref(w.PrimaryLanguage)) }

func (w *row) Stars() string { return count(w.StargazerCount) }

// Owner is the first owner and how many more there are.
func (w *row) Owner() string {
	switch owners := w.owners(); len(owners) {
	case 0:
		return ""
	case 1:
		return clean(owners[0])
	default:
		return clean(owners[0]) + " +" + count(len(owners)-1)
	}
}

func (w *row) owners() []string { return publicOwners(w.Finding) }

// Link is where the row's name leads from a page at the given root: to its
// page, else to GitHub.
func (w *row) Link(root string) string {
	if !w.inside() {
		return safeURL(w.URL)
	}
	return root + cmp.Or(w.Path, "repos/")
}

// inside reports whether the link stays in the site.
func (w *row) inside() bool { return w.Path != "" || safeURL(w.URL) == "" }
