package publish

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"sync"

	"github.com/stalewatch/stalewatch/site"
)

// folder is a sink that writes a new site beside the last one. Files are
// readable by everyone (0644, directories 0755, whatever the umask), which is
// what GitHub Pages asks of an artifact.
//
// A small file that is what the last site has under its name is not written
// again but linked: badges, assets and schemas seldom change, and making
// files is what takes long on most disks.
type folder struct {
	root *os.Root // of the directory that holds both sites
	next string   // the new site's name in root
	last string   // that of the one it replaces
	mu   sync.Mutex
	made map[string]bool // directories of the new site
}

// Create makes a new file; writing or closing it fails if the name exists.
func (f *folder) Create(name string) (io.WriteCloser, error) {
	if !filepath.IsLocal(name) {
		return nil, fmt.Errorf("%q is no name in a site", name)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return &newFile{folder: f, name: name}, f.mkdir(path.Join(f.next, path.Dir(name)))
}

// mark writes the marker, or writes it anew.
func (f *folder) mark(m site.MarkerContent) error {
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if err := f.mkdir(f.next); err != nil {
		return err
	}
	name := path.Join(f.next, site.Marker)
	if err := f.root.WriteFile(name, append(b, '\n'), 0o644); err != nil {
		return err
	}
	return f.root.Chmod(name, 0o644)
}

func (f *folder) mkdir(dir string) error {
	if dir == "." || f.made[dir] {
		return nil
	}
	if err := f.mkdir(path.Dir(dir)); err != nil {
		return err
	}
	if err := f.root.Mkdir(dir, 0o755); err != nil {
		return err
	}
	f.made[dir] = true
	return f.root.Chmod(dir, 0o755)
}

// smallFile is up to how many bytes a file is held back, to be compared with
// the last site's.
const smallFile = 64 << 10

// newFile is a file of the new site. It exists from the moment that it is no
// longer small, or is closed.
type newFile struct {
	folder *folder
	name   string
	held   bytes.Buffer
	file   *os.File // nil while everything is held back
}

func (n *newFile) Write(p []byte) (int, error) {
	if n.file == nil && n.held.Len()+len(p) <= smallFile {
		return n.held.Write(p)
	}
	if err := n.create(); err != nil {
		return 0, err
	}
	return n.file.Write(p)
}

// create makes the file and writes what was held back.
func (n *newFile) create() (err error) {
	if n.file != nil {
		return nil
	}
	if n.file, err = n.folder.root.OpenFile(path.Join(n.folder.next, n.name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644); err != nil {
		return err
	}
	_, err = n.file.Write(n.held.Bytes())
	return errors.Join(n.file.Chmod(0o644), err)
}

func (n *newFile) Close() error {
	if n.file == nil && n.asBefore() && n.folder.root.Link(path.Join(n.folder.last, n.name), path.Join(n.folder.next, n.name)) == nil {
		return nil
	}
	err := n.create()
	if n.file != nil {
		err = errors.Join(err, n.file.Close())
	}
	return err
}

// asBefore reports whether the last site has the same file, readable by all.
func (n *newFile) asBefore() bool {
	before := path.Join(n.folder.last, n.name)
	info, err := n.folder.root.Lstat(before)
	if err != nil || info.Mode() != 0o644 || info.Size() != int64(n.held.Len()) {
		return false
	}
	b, err := n.folder.root.ReadFile(before)
	return err == nil && bytes.Equal(b, n.held.Bytes())
}
