package site

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline"
)

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

// parseBase reads the address of a site. Both results end in a slash: the
// address, "" when it is not known, and its path, which also begins with one.
func parseBase(raw string) (address, path string, err error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return "", "", errors.New("site: the address of the site is no URL; write it like https://OWNER.github.io/REPOSITORY/")
	case raw == "":
		return "", "/", nil
	case u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil:
		return "", "", fmt.Errorf("site: the address %q is not an absolute https URL such as https://OWNER.github.io/REPOSITORY/", u.Redacted())
	}
	u.RawQuery, u.Fragment, u.RawPath = "", "", ""
	u.Path = strings.TrimRight(u.Path, "/") + "/"
	return u.String(), u.Path, nil
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
