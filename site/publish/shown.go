package publish

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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

// Digest returns the digest of what dir shows, see [site.MarkerOf]; "" for
// what is no whole site of ours.
func Digest(dir string) string {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return ""
	}
	defer root.Close()
	m, err := readMarker(root)
	if err != nil {
		return ""
	}
	return m.Digest
}

// Shows reports whether dir holds a report of ours.
func Shows(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "index.html"))
	return err == nil && isSite(dir)
}
