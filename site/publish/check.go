package publish

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/stalewatch/stalewatch/site"
)

// Check reports, before any work is done, what would keep [Into] from
// replacing dir: a [*ForeignDirError], a path that cannot hold a site, or a
// store that lies in the site or holds it and would be replaced with it. It
// changes nothing.
func Check(dir, store string) error {
	place, err := locate(dir)
	if err != nil {
		return err
	}
	kept, err := resolve(store)
	if err != nil {
		return fmt.Errorf("store %s cannot be used: %w; give another directory with --store", store, err)
	}
	live, err := resolve(place.live)
	if err != nil {
		return fmt.Errorf("site %s cannot be used: %w; give another directory with --site", dir, err)
	}
	switch {
	case within(kept, live):
		return fmt.Errorf("the store %s lies in the site %s, which is replaced as a whole; give one of them another directory (--store, --site)", store, dir)
	case within(live, kept):
		return fmt.Errorf("the site %s lies in the store %s; give one of them another directory (--site, --store)", dir, store)
	}
	return mayReplace(place.live)
}

// resolve is the absolute path without symbolic links, as far as it exists.
func resolve(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	real, err := filepath.EvalSymlinks(abs)
	if errors.Is(err, fs.ErrNotExist) && filepath.Dir(abs) != abs {
		parent, err := resolve(filepath.Dir(abs))
		return filepath.Join(parent, filepath.Base(abs)), err
	}
	return real, err
}

// mayReplace reports whether dir is missing, empty or a site of ours.
func mayReplace(dir string) error {
	info, err := os.Stat(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	if !info.IsDir() {
		return fmt.Errorf("%s is not a directory; give another --site", dir)
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	if len(entries) == 0 || isSite(dir) {
		return nil
	}
	return &ForeignDirError{dir, entries[0].Name()}
}

// A ForeignDirError says that a directory holds something that is not a site
// of ours. Nothing in it was touched.
type ForeignDirError struct {
	Dir  string
	Find string // the name of one thing in it
}

func (e *ForeignDirError) Error() string {
	return fmt.Sprintf("%s is not a site made by stalewatch (it holds %q) and is left alone; give another --site directory, or empty this one", e.Dir, e.Find)
}

// Shows reports whether dir holds a report of ours.
func Shows(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "index.html"))
	return err == nil && isSite(dir)
}

// isSite recognizes a site by its marker or, where an artifact left that
// behind, by what its summary says made it.
func isSite(dir string) bool {
	if readMarker(os.DirFS(dir)).Tool == site.ToolName {
		return true
	}
	var s struct{ Tool struct{ Name string } }
	b, err := os.ReadFile(filepath.Join(dir, "data/v1/summary.json"))
	return err == nil && json.Unmarshal(b, &s) == nil && s.Tool.Name == site.ToolName
}

// Digest returns the digest of what dir shows, see [site.MarkerOf]; "" for
// what is no whole site of ours.
func Digest(dir string) string { return readMarker(os.DirFS(dir)).Digest }

// readMarker is what a site's marker says; nothing for what is no site of ours.
func readMarker(dir fs.FS) (m site.MarkerContent) {
	b, err := fs.ReadFile(dir, site.Marker)
	if err != nil || json.Unmarshal(b, &m) != nil || m.Tool != site.ToolName {
		return site.MarkerContent{}
	}
	return m
}
