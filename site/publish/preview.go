package publish

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"os"
	"path"
	"strings"

	"github.com/stalewatch/stalewatch/site"
)

//go:embed reload.js
var reload []byte

// Where the preview keeps what is not part of the site.
const (
	reloadScript  = "/_stalewatch/reload.js"
	reloadVersion = "/_stalewatch/version"
)

// Handler previews the site in dir: the same pages under the same policy, with
// right types and the site's own 404 page, and a script that reloads an open
// page when the site was published anew. It opens dir anew for every request,
// so dir may be replaced meanwhile, and serves nothing from outside of it. A
// site made for an address with a path is found under that path too.
func Handler(dir string) http.Handler { return preview(dir) }

type preview string

// ServeHTTP implements [http.Handler].
func (dir preview) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", site.ContentSecurity)
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-cache")
	if req.Method != http.MethodGet && req.Method != http.MethodHead {
		h.Set("Allow", "GET, HEAD")
		http.Error(w, "This is a preview: it can only be read.", http.StatusMethodNotAllowed)
		return
	}
	root, err := os.OpenRoot(string(dir))
	if err != nil {
		http.Error(w, fmt.Sprintf("There is no site in %s at the moment: %v", dir, err), http.StatusServiceUnavailable)
		return
	}
	defer root.Close()
	switch req.URL.Path {
	case reloadScript:
		h.Set("Content-Type", "text/javascript; charset=utf-8")
		_, _ = w.Write(reload)
	case reloadVersion:
		h.Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, version(root))
	default:
		servePath(w, req, root)
	}
}

// version changes whenever the site does, whose directory is a new one then.
func version(root *os.Root) string {
	info, err := root.Stat(".")
	if err != nil {
		return "none"
	}
	return fmt.Sprint(info.ModTime().UnixNano())
}

func servePath(w http.ResponseWriter, req *http.Request, root *os.Root) {
	name := path.Clean("/" + req.URL.Path)
	if m, err := readMarker(root); err == nil && m.BasePath != "/" {
		if rest, ok := strings.CutPrefix(name+"/", m.BasePath); ok {
			name = path.Clean("/" + rest)
		}
	}
	name = strings.TrimPrefix(name, "/")
	if name == "" {
		name = "."
	}
	if hidden(name) {
		serveMissing(w, req, root)
		return
	}
	info, err := root.Stat(name)
	switch {
	case err != nil:
		serveMissing(w, req, root)
	case !info.IsDir():
		serveFile(w, req, root, name, http.StatusOK)
	case !strings.HasSuffix(req.URL.Path, "/"):
		http.Redirect(w, req, path.Base(req.URL.Path)+"/", http.StatusMovedPermanently)
	default:
		serveFile(w, req, root, path.Join(name, "index.html"), http.StatusOK)
	}
}

// hidden reports a path that GitHub Pages would not have.
func hidden(name string) bool {
	for part := range strings.SplitSeq(name, "/") {
		if strings.HasPrefix(part, ".") && part != "." {
			return true
		}
	}
	return false
}

func serveMissing(w http.ResponseWriter, req *http.Request, root *os.Root) {
	serveFile(w, req, root, "404.html", http.StatusNotFound)
}

func serveFile(w http.ResponseWriter, req *http.Request, root *os.Root, name string, status int) {
	f, err := root.Open(name)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			http.Error(w, "There is no such page.", http.StatusNotFound)
		} else {
			http.Error(w, "The page could not be read: "+err.Error(), http.StatusInternalServerError)
		}
		return
	}
	defer f.Close()
	w.Header().Set("Content-Type", contentType(name))
	if path.Ext(name) != ".html" {
		info, err := f.Stat()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		http.ServeContent(w, req, name, info.ModTime(), f)
		return
	}
	b, err := io.ReadAll(f)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	script := []byte(`<script src="` + reloadScript + `" defer></script></body>`)
	b = bytes.Replace(b, []byte("</body>"), script, 1)
	w.WriteHeader(status)
	if req.Method != http.MethodHead {
		_, _ = w.Write(b)
	}
}

// contentType is set here and not left to the system's tables, which differ
// from machine to machine.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".json":
		return "application/json"
	case ".ndjson":
		return "application/x-ndjson"
	case ".csv":
		return "text/csv; charset=utf-8"
	case ".atom":
		return "application/atom+xml; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	default:
		return "application/octet-stream"
	}
}
