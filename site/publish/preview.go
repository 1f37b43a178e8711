package publish

import (
	"bytes"
	"cmp"
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
	if base := readMarker(root.FS()).BasePath; base != "" {
		if rest, ok := strings.CutPrefix(name+"/", base); ok {
			name = path.Clean("/" + rest)
		}
	}
	name = cmp.Or(strings.TrimPrefix(name, "/"), ".")
	info, err := root.Stat(name)
	switch {
	case err != nil || hidden(name):
		servePage(w, root, "404.html", http.StatusNotFound)
	case info.IsDir() && !strings.HasSuffix(req.URL.Path, "/"):
		http.Redirect(w, req, path.Base(req.URL.Path)+"/", http.StatusMovedPermanently)
	case info.IsDir():
		servePage(w, root, path.Join(name, "index.html"), http.StatusOK)
	case path.Ext(name) == ".html":
		servePage(w, root, name, http.StatusOK)
	default:
		w.Header().Set("Content-Type", cmp.Or(contentTypes[path.Ext(name)], "application/octet-stream"))
		http.ServeFileFS(w, req, root.FS(), name)
	}
}

// hidden reports a path that GitHub Pages would not have.
func hidden(name string) bool {
	return strings.HasPrefix(name, ".") && name != "." || strings.Contains(name, "/.")
}

// servePage serves a page with the script that reloads it.
func servePage(w http.ResponseWriter, root *os.Root, name string, status int) {
	b, err := root.ReadFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		http.Error(w, "There is no such page.", http.StatusNotFound)
	case err != nil:
		http.Error(w, "The page could not be read: "+err.Error(), http.StatusInternalServerError)
	default:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(status)
		_, _ = w.Write(bytes.Replace(b, []byte("</body>"), []byte(`<script src="`+reloadScript+`" defer></script></body>`), 1))
	}
}

// contentTypes are set here and not left to the system's tables, which differ
// from machine to machine.
var contentTypes = map[string]string{
	".css":    "text/css; charset=utf-8",
	".js":     "text/javascript; charset=utf-8",
	".json":   "application/json",
	".ndjson": "application/x-ndjson",
	".csv":    "text/csv; charset=utf-8",
	".atom":   "application/atom+xml; charset=utf-8",
	".svg":    "image/svg+xml",
}
