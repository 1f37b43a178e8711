package site

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"runtime"
	"strings"

	"github.com/sourcegraph/conc/pool"

	"github.com/stalewatch/stalewatch/pipeline"
)

// ErrTooLarge says that a site would not fit GitHub Pages: it passed 900 MB of
// the 1 GB that may be published. Survey fewer owners in one report.
var ErrTooLarge = errors.New("the site passes 900 MB, more than GitHub Pages takes; report on fewer owners at once")

// Options is what a site shows besides the snapshot. The zero value works.
type Options struct {
	// Title stands in the header of every page; empty means one made from the
	// owners.
	Title string
	// BaseURL is the absolute address at which the site is published, for
	// feeds, badges and the 404 page. Empty means it is not known: links are
	// relative, and the 404 page takes the root of the host for its home.
	BaseURL string
	// Version and Commit name the program that made the site.
	Version, Commit string
	// ConfigSchema is the JSON Schema of the configuration, published beside
	// those of the data; empty means it is not.
	ConfigSchema []byte
	// Notes holds Markdown: index.md is shown on the overview and
	// OWNER/NAME.md on a repository's page. Nil means none.
	Notes fs.FS
}

// Stats is what a rendering came to.
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
	base, err := parseBase(opts.BaseURL)
	if err != nil {
		return Stats{}, err
	}
	opts.BaseURL = base.String()
	counting := &meter{sink: out}
	r, err := newReport(snap, opts, base)
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
	stats.Warnings = append(r.warnings, sizeWarnings(stats)...)
	return stats, nil
}

// file is one file of the site and how it is written.
type file struct {
	name  string
	write func(io.Writer) error
}

func parseBase(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, errors.New("site: the address of the site is no URL; write it like https://OWNER.github.io/REPOSITORY/")
	}
	if raw == "" {
		return u, nil
	}
	if (u.Scheme != "https" && u.Scheme != "http") || u.Host == "" || u.User != nil {
		return nil, fmt.Errorf("site: the address %q is not an absolute https URL such as https://OWNER.github.io/REPOSITORY/", u.Redacted())
	}
	u.RawQuery, u.Fragment = "", ""
	u.Path = strings.TrimRight(u.Path, "/") + "/"
	u.RawPath = ""
	return u, nil
}

// baseOrNone is the address as [Render] takes it; "" for one that it refuses.
func baseOrNone(raw string) string {
	u, err := parseBase(raw)
	if err != nil {
		return ""
	}
	return u.String()
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

// siteTitle is the configured title, or one that names the owners.
func siteTitle(snap *pipeline.Snapshot, opts Options) string {
	if opts.Title != "" {
		return clean(opts.Title)
	}
	owners := snap.Run.Owners
	switch len(owners) {
	case 0:
		return "Staleness"
	case 1, 2, 3:
		return "Staleness · " + clean(strings.Join(owners, ", "))
	default:
		return fmt.Sprintf("Staleness · %s and %s", clean(owners[0]), plural(len(owners)-1, "more owner"))
	}
}
