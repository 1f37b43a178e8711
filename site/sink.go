package site

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
)

// Sink takes the files of a site. Create may be called from several goroutines
// at once, never twice for the same name. Names are slash-separated, relative
// and clean; the sink makes the directories they need.
type Sink interface {
	Create(name string) (io.WriteCloser, error)
}

// ErrTooLarge says that a site would not fit GitHub Pages: it passed 900 MB of
// the 1 GB that may be published. Survey fewer owners in one report.
var ErrTooLarge = errors.New("the site passes 900 MB, more than GitHub Pages takes; report on fewer owners at once")

// emit takes one file of the site: its name, and what writes it, later and
// perhaps on another goroutine.
type emit func(name string, write func(io.Writer) error)

// static writes content that is known.
func static(content []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	}
}

// writeFile creates name and hands write a place to put its content.
func writeFile(out Sink, name string, write func(io.Writer) error) error {
	w, err := out.Create(name)
	if err != nil {
		return fmt.Errorf("site: create %s: %w", name, err)
	}
	err = write(w)
	if closeErr := w.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("site: write %s: %w", name, err)
	}
	return nil
}

// Memory is a sink that keeps the files in memory, by name. The zero value is
// ready to use; read Files only after rendering is over.
type Memory struct {
	mu    sync.Mutex
	Files map[string][]byte
}

// Create makes a new file, which is there once it is closed; closing one whose
// name exists is an error.
func (m *Memory) Create(name string) (io.WriteCloser, error) {
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
	if _, ok := f.sink.Files[f.name]; ok {
		return fmt.Errorf("site: %s is written twice", f.name)
	}
	if f.sink.Files == nil {
		f.sink.Files = map[string][]byte{}
	}
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
	Sink
	files, bytes atomic.Int64
}

func (m *meter) Create(name string) (io.WriteCloser, error) {
	m.files.Add(1)
	w, err := m.Sink.Create(name)
	return meteredFile{w, m}, err
}

type meteredFile struct {
	io.WriteCloser
	meter *meter
}

func (f meteredFile) Write(p []byte) (int, error) {
	if f.meter.bytes.Add(int64(len(p))) > maxBytes {
		return 0, ErrTooLarge
	}
	return f.WriteCloser.Write(p)
}
