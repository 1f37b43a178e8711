package site

import (
	"bytes"
	"fmt"
	"io"
	"sync"
)

// Sink takes the files of a site. Create may be called from several goroutines
// at once, never twice for the same name. Names are slash-separated, relative
// and clean; the sink makes the directories they need.
type Sink interface {
	Create(name string) (io.WriteCloser, error)
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

// static is a file whose content is known.
func static(name string, content []byte) file {
	return file{name, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	}}
}

// file is one file of the site and how it is written.
type file struct {
	name  string
	write func(io.Writer) error
}
