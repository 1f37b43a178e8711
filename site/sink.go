package site

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path"
	"sync"
)

// Sink takes the files of a site. Create may be called from several goroutines
// at once, never twice for the same name. Names are slash-separated, relative
// and clean; the sink makes the directories they need.
type Sink interface {
	Create(name string) (io.WriteCloser, error)
}

// Dir is a sink that writes below a directory. Files are readable by everyone
// (0644, directories 0755, whatever the umask), which is what GitHub Pages
// asks of an artifact. The root keeps every name inside the directory.
type Dir struct {
	root *os.Root
	mu   sync.Mutex
	made map[string]bool
}

// NewDir returns a sink over root, which the caller keeps open until rendering
// is over and then closes.
func NewDir(root *os.Root) *Dir {
	return &Dir{root: root, made: map[string]bool{".": true}}
}

// Create makes a new file; it is an error if the name exists.
func (d *Dir) Create(name string) (io.WriteCloser, error) {
	if err := d.mkdir(path.Dir(name)); err != nil {
		return nil, err
	}
	f, err := d.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return nil, err
	}
	if err := f.Chmod(0o644); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func (d *Dir) mkdir(dir string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.mkdirLocked(dir)
}

func (d *Dir) mkdirLocked(dir string) error {
	if d.made[dir] {
		return nil
	}
	if err := d.mkdirLocked(path.Dir(dir)); err != nil {
		return err
	}
	if err := d.root.Mkdir(dir, 0o755); err != nil && !os.IsExist(err) {
		return err
	}
	if err := d.root.Chmod(dir, 0o755); err != nil {
		return err
	}
	d.made[dir] = true
	return nil
}

// Memory is a sink that keeps the files in memory, by name. The zero value is
// ready to use; read Files only after rendering is over.
type Memory struct {
	mu    sync.Mutex
	Files map[string][]byte
}

// Create makes a new file; it is an error if the name exists.
func (m *Memory) Create(name string) (io.WriteCloser, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.Files == nil {
		m.Files = map[string][]byte{}
	}
	if _, ok := m.Files[name]; ok {
		return nil, fmt.Errorf("site: %s is written twice", name)
	}
	m.Files[name] = nil
	return &memoryFile{sink: m, name: name}, nil
}

type memoryFile struct {
	bytes.Buffer
	sink *Memory
	name string
}

func (f *memoryFile) Close() error {
	f.sink.mu.Lock()
	defer f.sink.mu.Unlock()
	f.sink.Files[f.name] = append([]byte{}, f.Bytes()...)
	return nil
}

// The sizes at which a site is too much for GitHub Pages, whose limit is 1 GB
// and a deployment within ten minutes: above the first two, Render warns;
// above the last it fails.
const (
	warnBytes = 300 << 20
	warnFiles = 50_000
	maxBytes  = 900 << 20
)

// meter counts what goes through to another sink.
type meter struct {
	sink  Sink
	mu    sync.Mutex
	stats Stats
}

// Create passes through to the other sink.
func (m *meter) Create(name string) (io.WriteCloser, error) {
	w, err := m.sink.Create(name)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	m.stats.Files++
	m.mu.Unlock()
	return &meteredFile{w, m}, nil
}

type meteredFile struct {
	io.WriteCloser
	meter *meter
}

func (f *meteredFile) Write(p []byte) (int, error) {
	f.meter.mu.Lock()
	f.meter.stats.Bytes += int64(len(p))
	over := f.meter.stats.Bytes > maxBytes
	f.meter.mu.Unlock()
	if over {
		return 0, ErrTooLarge
	}
	return f.WriteCloser.Write(p)
}

// writeFile creates name and hands write a place to put its content.
func writeFile(out Sink, name string, write func(io.Writer) error) error {
	w, err := out.Create(name)
	if err != nil {
		return fmt.Errorf("site: create %s: %w", name, err)
	}
	if err := write(w); err != nil {
		w.Close()
		return fmt.Errorf("site: write %s: %w", name, err)
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("site: write %s: %w", name, err)
	}
	return nil
}
