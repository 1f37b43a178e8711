package publish

import (
	"io"
	"os"
	"path"
	"sync"
)

// folder is a sink that writes below a directory. Files are readable by everyone
// (0644, directories 0755, whatever the umask), which is what GitHub Pages
// asks of an artifact. The root keeps every name inside the directory.
type folder struct {
	root *os.Root
	mu   sync.Mutex
	made map[string]bool
}

// newFolder returns a sink over root, which the caller keeps open until rendering
// is over and then closes.
func newFolder(root *os.Root) *folder {
	return &folder{root: root, made: map[string]bool{".": true}}
}

// Create makes a new file; it is an error if the name exists.
func (f *folder) Create(name string) (io.WriteCloser, error) {
	if err := f.mkdir(path.Dir(name)); err != nil {
		return nil, err
	}
	file, err := f.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, err
	}
	if err := file.Chmod(0o644); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

func (f *folder) mkdir(dir string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.mkdirLocked(dir)
}

func (f *folder) mkdirLocked(dir string) error {
	if f.made[dir] {
		return nil
	}
	if err := f.mkdirLocked(path.Dir(dir)); err != nil {
		return err
	}
	if err := f.root.Mkdir(dir, 0o755); err != nil && !os.IsExist(err) {
		return err
	}
	if err := f.root.Chmod(dir, 0o755); err != nil {
		return err
	}
	f.made[dir] = true
	return nil
}
