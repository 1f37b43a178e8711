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
// stale with stars have one.
const everyPage = 20_000

// mostPages is how many have one where not all do: 100,000 repositories then stay
// below the 900 MB at which rendering fails, most of which their tables take.
const mostPages = 10_000

// report is a snapshot prepared for rendering: everything that more than one
// page needs. Pages share it; what it remembers between them is guarded.
type report struct {
	snap  *pipeline.Snapshot
	opts  Options
	base  *url.URL
	title string
	asOf  time.Time
	bare  bool // names stand without their owners

	rows     []row            // by name, as the findings
	byName   map[string]int32 // row by lower-case nameWithOwner
	orders   []order
	facets   []facet
	custom   []string       // properties that are shown
	whole    view           // all rows
	owners   []ownerSummary // nobody first, then who has most that is stale or dormant
	pages    int            // rows with a page
	assets   assets
	frames   frames
	index    []byte // the script's columnar index
	texts    []byte // the descriptions, which the script searches
	notes    notes
	alike    alternatives
	banners  []banner
	warnings []string
	packages []pack // most repositories first
	shelves  []shelf
	uses     map[string][]builtOn               // by nameWithOwner
	events   map[string][]pipeline.Event        // by name
	statuses map[string][]pipeline.StatusChange // by ID, oldest first
}

// row is a finding as tables show it.
type row struct {
	*pipeline.Finding
	Name string // with its owner only where names alone are not unique
	Path string // of its page, relative to the site's root; "" for none
	step pipeline.Step
	turn int // its place in the worklist, over all groups
	asOf time.Time
	from time.Time // when its status began, see [report.began]

	once sync.Once // guards made and err, its HTML in the table
	made string
	err  error
}

// order is one of the pre-rendered orders of the table.
type order struct {
	key   string // of the column; "" for worst first
	path  string
	words string
	rows  []int32
}

func newReport(snap *pipeline.Snapshot, opts Options, base *url.URL) (*report, error) {
	r := newBrief(snap, opts)
	r.base, r.title, r.assets = base, siteTitle(snap, opts), loadAssets()
	r.bare = bareNames(snap.Findings)
	for i := range r.rows {
		w := &r.rows[i]
		w.Name = r.displayName(w.NameWithOwner)
	}
	r.givePages()
	r.orders = r.makeOrders()
	r.custom = snap.Rules.PropertyNames()
	r.facets = r.makeFacets()
	r.owners = r.ownerSummaries()
	r.alike = newAlternatives(r.rows)
	r.banners = r.makeBanners()
	r.makePackages()
	r.makeShelves()
	var err error
	if r.notes, err = readNotes(opts.Notes); err != nil {
		return nil, err
	}
	r.warnings = r.notes.unused(r.byName)
	r.index, r.texts, err = r.makeIndex()
	return r, err
}

// newBrief prepares what the job summary needs, too.
func newBrief(snap *pipeline.Snapshot, opts Options) *report {
	recent := *snap
	recent.Events = snap.RecentEvents()
	snap = &recent
	r := &report{snap: snap, opts: opts, asOf: snap.Run.AsOf.UTC(),
		byName: make(map[string]int32, len(snap.Findings)),
		events: map[string][]pipeline.Event{}, statuses: map[string][]pipeline.StatusChange{}}
	for _, e := range snap.Events {
		r.events[e.NameWithOwner] = append(r.events[e.NameWithOwner], e)
	}
	for _, c := range snap.StatusChanges {
		r.statuses[c.ID] = append(r.statuses[c.ID], c)
	}
	r.rows = make([]row, len(snap.Findings))
	for i := range snap.Findings {
		f := &snap.Findings[i]
		r.rows[i] = row{Finding: f, Name: clean(f.NameWithOwner), asOf: r.asOf, from: r.began(f)}
		r.byName[strings.ToLower(f.NameWithOwner)] = int32(i)
	}
	turn := 0
	for _, g := range pipeline.Worklist(snap.Findings, r.asOf) {
		for _, i := range g.Findings {
			turn++
			r.rows[i].step, r.rows[i].turn = g.Step, turn
		}
	}
	r.whole = r.newView("", "", "repos/", indices(len(r.rows)))
	return r
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

// displayName is how lists name a repository.
func (r *report) displayName(nameWithOwner string) string {
	if _, name, ok := strings.Cut(nameWithOwner, "/"); ok && r.bare {
		return clean(name)
	}
	return clean(nameWithOwner)
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
			return boolRank(y) - boolRank(x)
		}
		return cmp.Compare(r.rows[b].StargazerCount, r.rows[a].StargazerCount)
	})
	return all[:min(len(all), mostPages)]
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

// The words for orders are the script's too.
const (
	worstFirst = "worst first"
	stepOrder  = "in the order of the worklist"
)

func (r *report) makeOrders() []order {
	by := func(key, path, words string, less func(a, b *row) int) order {
		rows := indices(len(r.rows)) // already by name, which breaks ties
		slices.SortStableFunc(rows, func(a, b int32) int { return less(&r.rows[a], &r.rows[b]) })
		return order{key, path, words, rows}
	}
	byStars := func(a, b *row) int { return cmp.Compare(b.StargazerCount, a.StargazerCount) }
	return []order{
		by("", "repos/", worstFirst, func(a, b *row) int { return cmp.Or(cmp.Compare(a.rank(), b.rank()), byStars(a, b)) }),
		by("age", "repos/by/age/", "oldest first", func(a, b *row) int { return cmp.Compare(b.ageKey(), a.ageKey()) }),
		by("name", "repos/by/name/", "by name", func(a, b *row) int { return 0 }),
		by("stars", "repos/by/stars/", "most stars first", byStars),
	}
}

// ageKey orders by age. A dormant repository without a date is at least as old
// as the search went back, so it stands at the old end; what age does not
// decide stands at the other.
func (w *row) ageKey() int {
	switch {
	case w.AgeDays != nil:
		return *w.AgeDays
	case w.Status == pipeline.Dormant:
		return 1 << 30
	}
	return -1
}

// behind reports the two statuses that the report is about.
func (w *row) behind() bool { return w.Status == pipeline.Stale || w.Status == pipeline.Dormant }

// isLive reports a status that age decides.
func isLive(s pipeline.Status) bool { return slices.Contains(pipeline.Statuses[:5], s) }

func (w *row) unread() bool { return w.ReadError != "" || w.Status == pipeline.Unknown }

// The cells of a row, as text.

// Since is the day on which the status began.
func (w *row) Since() string { return isoDate(w.from) }

// SinceTime is the moment when the status began.
func (w *row) SinceTime() time.Time { return w.from }

// Human is the day of the last human commit.
func (w *row) Human() string {
	if w.LastHumanCommit == nil {
		return "–"
	}
	return isoDate(w.LastHumanCommit.CommittedDate)
}

// Age is the age in short.
func (w *row) Age() string {
	if w.AgeDays == nil {
		return "–"
	}
	return shortAge(*w.AgeDays)
}

// Bot is the day of the last commit where a bot made it.
func (w *row) Bot() string {
	if !w.TipIsBot || w.Detail == nil || w.Detail.Tip == nil {
		return ""
	}
	return isoDate(w.Detail.Tip.CommittedDate)
}

// Language is the primary language.
func (w *row) Language() string { return clean(deref(w.PrimaryLanguage)) }

// Stars is the number of stars.
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
		return w.GitHub()
	}
	return root + cmp.Or(w.Path, "repos/")
}

// GitHub is the repository's own address; "" for one that is no link.
func (w *row) GitHub() string { return safeURL(w.URL) }

// inside reports whether the link stays in the site.
func (w *row) inside() bool { return w.Path != "" || w.GitHub() == "" }
