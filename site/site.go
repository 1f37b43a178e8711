// Package site turns a survey's snapshot into the static site that people
// read: HTML pages, the data files under data/v1, a feed and badges.
//
// [Render] is pure. It reads no clock, iterates no map in map order and does
// no I/O but through the [Sink] it is given, so the same snapshot and options
// give the same bytes. Pages are rendered in parallel and streamed: memory
// grows with the snapshot, not with the site.
//
// Package site/publish swaps a rendered site in for an old one in a single step,
// so that neither a reader nor a crash meets half of each.
//
// Everything that comes from GitHub is text written by strangers. It reaches a
// page only through html/template's escaping, after [clean] has taken out what
// could reorder or hide the text around it; it is never Markdown and never
// HTML. Markdown is for what the maintainers of the report write themselves.
package site

import (
	"context"
	"fmt"
	"io"
	"runtime"

	"github.com/sourcegraph/conc/pool"

	"github.com/stalewatch/stalewatch/pipeline"
)

// Stats says what a rendering wrote.
type Stats struct {
	Files int
	Bytes int64
	// RepositoryPages counts the repositories that have a page of their own.
	RepositoryPages int
	// Warnings are sentences for a log: a site that nears the limits of
	// GitHub Pages, a note that belongs to no repository.
	Warnings []string
}

// Render writes the whole site for a snapshot into out, on as many goroutines
// as there are processors. The same snapshot and options give the same files,
// whatever the sink does. The error is [ErrTooLarge] for a site that GitHub
// Pages would refuse, the context's, the sink's, or says which option is wrong.
func Render(ctx context.Context, snap *pipeline.Snapshot, opts Options, out Sink) (Stats, error) {
	r, err := newReport(snap, opts)
	if err != nil {
		return Stats{}, err
	}
	metered := &meter{Sink: out}
	jobs := pool.New().WithMaxGoroutines(runtime.GOMAXPROCS(0)).WithContext(ctx).WithCancelOnError().WithFirstError()
	r.files(func(name string, write func(io.Writer) error) {
		jobs.Go(func(ctx context.Context) error {
			if err := ctx.Err(); err != nil {
				return err
			}
			return writeFile(metered, name, write)
		})
	})
	if err := jobs.Wait(); err != nil {
		return Stats{}, err
	}
	stats := Stats{Files: int(metered.files.Load()), Bytes: metered.bytes.Load(), RepositoryPages: r.pages, Warnings: r.notes.unused(r.byName)}
	if stats.Bytes > warnBytes {
		stats.Warnings = append(stats.Warnings, fmt.Sprintf("the site has %d MB; GitHub Pages takes 1,000 MB and deploys slowly above 300", stats.Bytes>>20))
	}
	if stats.Files > warnFiles {
		stats.Warnings = append(stats.Warnings, fmt.Sprintf("the site has %s files; GitHub Pages deploys slowly above 50,000", count(stats.Files)))
	}
	return stats, nil
}

// files lists everything the site consists of.
func (r *report) files(emit emit) {
	r.dataFiles(emit)
	for _, a := range []asset{assets().css, assets().js, {"assets/icon.svg", source("assets/icon.svg")}, r.index, r.texts} {
		emit(a.name, static(a.content))
	}
	emit("index.html", html("home", r.home))
	emit("run/index.html", html("run", r.runPage))
	emit("method/index.html", html("method", r.methodPage))
	emit("404.html", html("notfound", r.notFound))
	r.changePages(emit)
	emit(r.whole.feed(), func(w io.Writer) error { return r.writeFeed(w, &r.whole) })
	r.stepPages(&r.whole, emit)
	r.ownerPages(emit)
	r.accountBadges(emit)
	r.tablePages(emit)
	r.repositoryPages(emit)
	r.shelfPages(emit)
	r.packagePages(emit)
}

func (r *report) dataFiles(emit emit) {
	const dir = "data/v1/"
	emit(dir+"summary.json", func(w io.Writer) error { return writeJSON(w, r.summary()) })
	emit(dir+"repositories.ndjson", r.writeRepositories)
	emit(dir+"repositories.csv", func(w io.Writer) error { return r.writeCSV(w, r.whole.rows) })
	emit(dir+"status.json", r.writeStatuses)
	emit(r.whole.calendar(), func(w io.Writer) error { return r.writeCalendar(w, &r.whole) })
	emit(dir+"history.json", func(w io.Writer) error { return writeJSON(w, newHistory(r.snap)) })
	emit(dir+"changes.json", func(w io.Writer) error { return writeJSON(w, newChanges(r.snap)) })
	for _, s := range Schemas() {
		emit(dir+"schema/"+s.Name+".json", static(s.JSON))
	}
	if len(r.opts.ConfigSchema) > 0 {
		emit(dir+"schema/config.json", static(r.opts.ConfigSchema))
	}
	if surveysPackages(r.snap) {
		emit(dir+"packages.ndjson", r.writePackages)
	}
}

func (r *report) notFound() (chrome, error) {
	c := r.page("", "", "No such page", "This page does not exist.")
	c.Root, c.Canonical = r.basePath, "" // it is served for addresses of any depth
	return c, nil
}
