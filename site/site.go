// Package site turns a survey's snapshot into the static site that people
// read: HTML pages, the data files under data/v1, a feed and badges.
//
// [Render] is pure. It reads no clock, iterates no map in map order and does
// no I/O but through the [Sink] it is given, so the same snapshot and options
// give the same bytes. Pages are rendered in parallel and streamed: memory
// grows with the snapshot, not with the site.
//
// Package site/publish puts a rendered site in the place of an old one in a
// single step, so that neither a reader nor a crash sees half of each.
//
// Everything that comes from GitHub is text written by strangers. It reaches a
// page only through html/template's escaping, after [clean] has taken out what
// could reorder or hide the text around it; it is never Markdown and never
// HTML. Markdown is for what the maintainers of the report write themselves.
package site

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"slices"
	"strings"
	"time"

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
		return fmt.Sprintf("Staleness · %s and %s", clean(owners[0]), pipeline.Plural(len(owners)-1, "more owner"))
	}
}

// ToolName identifies the program in summary.json and thereby its sites.
const ToolName = "stalewatch"

// Marker is the name of the file that says a directory is a site of ours and
// may be replaced. The leading dot keeps it out of the Pages artifact.
const Marker = ".stalewatch-site"

// MarkerContent is what the marker says, as JSON.
type MarkerContent struct {
	Tool     string `json:"tool"`     // [ToolName]
	BasePath string `json:"basePath"` // the URL path the site is made for; it begins and ends with a slash
	// Digest identifies what the site was rendered from; empty while it is not
	// whole.
	Digest string `json:"digest,omitempty"`
}

// MarkerOf is the marker of the site that [Render] makes of a snapshot. Its
// digest covers all that decides the content: the snapshot with everything that
// is kept beside it, and the options but for the text of notes. Left out is what
// two runs over the same world differ in: when they ran, what they spent, and
// by which tags a feed knows what it last answered.
func MarkerOf(snap *pipeline.Snapshot, o Options) (MarkerContent, error) {
	h, what := sha256.New(), *snap
	what.GeneratedAt = time.Time{}
	run := &what.Run
	run.Attempt, run.BeganAt, run.EndedAt, run.Counters = 0, time.Time{}, time.Time{}, pipeline.Counters{Unread: run.Counters.Unread}
	packages := slices.Clone(snap.Packages)
	for i := range packages {
		packages[i].ETag, packages[i].Digest = "", ""
	}
	err := json.NewEncoder(h).Encode([]any{what, snap.Findings, snap.History, snap.Events, snap.Tombstones, snap.StatusChanges, packages, snap.Items,
		o.Title, o.BaseURL, o.Version, o.Commit})
	if err != nil {
		return MarkerContent{}, fmt.Errorf("take the digest of the report: %w", err)
	}
	if _, err := url.Parse(o.BaseURL); err != nil {
		return MarkerContent{}, err
	}
	return MarkerContent{Tool: ToolName, BasePath: basePath(o), Digest: hex.EncodeToString(h.Sum(nil)[:16])}, nil
}

// ContentSecurity is the policy of every page. Pages carry it in a meta
// element, since GitHub Pages sends no headers of ours; a server can send both.
const ContentSecurity = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'"

// basePath is the URL path of the site's root; it begins and ends with a slash.
func basePath(o Options) string {
	base, err := url.Parse(o.BaseURL)
	if err != nil {
		return "/"
	}
	return strings.TrimSuffix(base.Path, "/") + "/"
}
