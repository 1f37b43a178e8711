package site

import (
	"context"
	"fmt"
	"io"
	"iter"
	"runtime"

	"github.com/sourcegraph/conc/pool"

	"github.com/stalewatch/stalewatch/pipeline"
)

// Render writes the whole site for a snapshot into out, on as many goroutines
// as there are processors. The same snapshot and options give the same files,
// whatever the sink does. The error is [ErrTooLarge] for a site that GitHub
// Pages would refuse, the context's, the sink's, or says which option is wrong.
func Render(ctx context.Context, snap *pipeline.Snapshot, opts Options, out Sink) (Stats, error) {
	base, err := parseBase(opts.BaseURL)
	if err != nil {
		return Stats{}, err
	}
	opts.BaseURL = base.String()
	counting := &meter{sink: out}
	r, err := newReport(snap, opts)
	if err != nil {
		return Stats{}, err
	}
	jobs := pool.New().WithMaxGoroutines(runtime.GOMAXPROCS(0)).WithContext(ctx).WithCancelOnError().WithFirstError()
	for f := range r.files() {
		if ctx.Err() != nil {
			break
		}
		jobs.Go(func(ctx context.Context) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return writeFile(counting, f.name, f.write)
		})
	}
	err = jobs.Wait()
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	if err != nil {
		return Stats{}, err
	}
	stats := counting.stats
	stats.RepositoryPages = r.pages
	stats.Warnings = append(r.notes.unused(r.byName), sizeWarnings(stats)...)
	return stats, nil
}

func newReport(snap *pipeline.Snapshot, opts Options) (*report, error) {
	r := &report{brief: newBrief(snap, opts)}
	r.bare = bareNames(snap.Findings)
	for i := range r.rows {
		w := &r.rows[i]
		w.Name = r.displayName(w.NameWithOwner)
	}
	r.givePages()
	r.orders = r.makeOrders()
	r.facets = r.makeFacets(r.orders[0].rows)
	r.owners = r.ownerSummaries(r.facets.of("owner"))
	r.packs, r.uses = r.makePackages()
	var err error
	if r.notes, err = readNotes(opts.Notes); err != nil {
		return nil, err
	}
	r.index, r.texts, err = r.makeIndex()
	return r, err
}

func sizeWarnings(s Stats) []string {
	var w []string
	if s.Bytes > warnBytes {
		w = append(w, fmt.Sprintf("the site has %d MB; GitHub Pages takes 1,000 MB and deploys slowly above 300", s.Bytes>>20))
	}
	if s.Files > warnFiles {
		w = append(w, fmt.Sprintf("the site has %s files; GitHub Pages deploys slowly above 50,000", count(s.Files)))
	}
	return w
}

// files lists everything the site consists of.
func (r *report) files() iter.Seq[file] {
	groups := []func(func(file) bool) bool{
		r.dataFiles, r.assetFiles, r.mainPages, r.tablePages, r.repositoryPages, r.shelfPages, r.packagePages,
	}
	return func(yield func(file) bool) {
		for _, group := range groups {
			if !group(yield) {
				return
			}
		}
	}
}

func (r *report) dataFiles(yield func(file) bool) bool {
	const dir = "data/v1/"
	ok := yield(file{dir + "summary.json", func(w io.Writer) error { return writeJSON(w, r.summary()) }}) &&
		yield(file{dir + "repositories.ndjson", func(w io.Writer) error { return writeLines(w, r.snap) }}) &&
		yield(file{dir + "repositories.csv", func(w io.Writer) error { return r.writeCSV(w, r.whole.rows) }}) &&
		yield(file{dir + "status.json", r.writeStatuses}) &&
		yield(file{dir + "coming.ics", func(w io.Writer) error { return r.writeCalendar(w, &r.whole) }}) &&
		yield(file{dir + "history.json", func(w io.Writer) error { return writeJSON(w, newHistory(r.snap)) }}) &&
		yield(file{dir + "changes.json", func(w io.Writer) error { return writeJSON(w, newChanges(r.snap)) }})
	for _, s := range Schemas() {
		ok = ok && yield(static(dir+"schema/"+s.Name+".json", s.JSON))
	}
	if len(r.opts.ConfigSchema) > 0 {
		ok = ok && yield(static(dir+"schema/config.json", r.opts.ConfigSchema))
	}
	if surveysPackages(r.snap) {
		ok = ok && yield(file{dir + "packages.ndjson", r.writePackages})
	}
	return ok
}

func (r *report) assetFiles(yield func(file) bool) bool {
	return yield(static(assets().css.name, assets().css.content)) && yield(static(assets().js.name, assets().js.content)) &&
		yield(static(r.indexName(), r.index)) && yield(static(r.textsName(), r.texts))
}

func (r *report) mainPages(yield func(file) bool) bool {
	ok := yield(html("index.html", "home", r.home)) &&
		yield(html("run/index.html", "run", r.runPage)) &&
		yield(html("method/index.html", "method", r.methodPage)) &&
		yield(html("404.html", "notfound", func() (chrome, error) {
			c := r.page("", "", "No such page", "This page does not exist.")
			c.Root, c.Canonical = basePath(r.opts), "" // it is served for addresses of any depth
			return c, nil
		})) &&
		yield(file{"feeds/changes.atom", func(w io.Writer) error { return r.writeFeed(w, &r.whole) }}) &&
		yield(static("assets/icon.svg", source("assets/icon.svg")))
	return ok && r.changePages(yield) && r.stepPages(&r.whole, yield) && r.ownerPages(yield) && r.accountBadges(yield)
}
