package site

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// chrome is what every page has around its content.
type chrome struct {
	PageTitle   string // without the site's
	Description string
	Root        string // the way to the site's root: "../", "./" or, on the 404 page, a path
	Nav         string // the key of the section it belongs to
	Canonical   string // its absolute address; "" when not known

	Site            string
	CSS, JS         string
	Banners         []banner
	Demo            bool
	Shelves         []shelf // the sources' pages
	AsOf            time.Time
	Feed            string // the Atom feed of what the page is about
	Version, Commit string

	// Bar and Foot are what stands before and after the content: the same on
	// all pages of a section at the same depth, and so made once.
	Bar, Foot template.HTML
}

// frameKey is what bar and foot depend on within a site.
type frameKey struct{ root, nav string }

type frame struct{ bar, foot template.HTML }

// frames remembers the frames already made.
type frames struct {
	mu   sync.Mutex
	made map[frameKey]frame
}

func (f *frames) frame(c *chrome) (frame, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	key := frameKey{c.Root, c.Nav}
	if made, ok := f.made[key]; ok {
		return made, nil
	}
	var bar, foot strings.Builder
	if err := errors.Join(parsed().ExecuteTemplate(&bar, "bar", c), parsed().ExecuteTemplate(&foot, "end", c)); err != nil {
		return frame{}, err
	}
	made := frame{template.HTML(bar.String()), template.HTML(foot.String())} //nolint:gosec // made by templates
	if f.made == nil {
		f.made = map[frameKey]frame{}
	}
	f.made[key] = made
	return made, nil
}

// banner is a sentence that every page shows under its header.
type banner struct{ Text, Link, LinkText string }

// page fills in the chrome of the page at path, which ends in a slash or is "".
func (r *report) page(path, nav, title, description string) chrome {
	c := chrome{
		PageTitle: title, Description: description, Root: rootOf(path), Nav: nav,
		Site: r.title, CSS: r.assets.cssName, JS: r.assets.jsName,
		Banners: r.banners, Demo: r.snap.Demo, Shelves: r.shelves, AsOf: r.asOf,
		Version: r.opts.Version, Commit: r.opts.Commit, Feed: "feeds/changes.atom",
	}
	if r.opts.BaseURL != "" {
		c.Canonical = r.opts.BaseURL + path
	}
	return c
}

// shortCommit is how much of a commit's name people recognize.
func shortCommit(oid string) string { return oid[:min(len(oid), 7)] }

// parsed holds the templates; parsing them once serves every page.
var parsed = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("").Funcs(template.FuncMap{
		"text": clean, "said": said, "count": count, "plural": plural, "percent": percent,
		"iso": isoDate, "long": longDate, "stamp": stamp, "machine": rfc3339,
		"title": title, "safe": safeURL, "age": age, "short": shortCommit,
		"lower": strings.ToLower, "chipped": chipped,
		"minus": func(a, b int) int { return a - b },
		"on":    func(root string, c change) onPage { return onPage{root, c} },
		"policy": func() template.HTML {
			return `<meta http-equiv="Content-Security-Policy" content="` + ContentSecurity + `">`
		},
		"code": func(id, label, text string) snippet { return snippet{id, label, text} },
	}).ParseFS(embed.FS(embedded), "templates/*.html"))
})

// onPage is a change with the way to the root of the page that shows it.
type onPage struct {
	Root string
	Item change
}

// snippet is text to copy.
type snippet struct{ ID, Label, Text string }

// framed is what a page's data embeds.
type framed interface{ frameIn(*frames) error }

func (c *chrome) frameIn(f *frames) error {
	made, err := f.frame(c)
	c.Bar, c.Foot = made.bar, made.foot
	return err
}

// html is a file made by executing a template.
func html[T any, P interface {
	*T
	framed
}](r *report, name, tmpl string, data func() (T, error)) file {
	return file{name, func(w io.Writer) error {
		d, err := data()
		if err != nil {
			return err
		}
		if err := P(&d).frameIn(&r.frames); err != nil {
			return err
		}
		var b bytes.Buffer
		if err := parsed().ExecuteTemplate(&b, tmpl, d); err != nil {
			return err
		}
		_, err = w.Write(b.Bytes())
		return err
	}}
}

// makeBanners says what every reader of every page has to know.
func (r *report) makeBanners() []banner {
	var b []banner
	run := &r.snap.Run
	switch run.State {
	case pipeline.Partial:
		if r.whole.unread > 0 { // else a notice says what could not be read
			b = append(b, banner{fmt.Sprintf("%s could not be read in this run.", plural(r.whole.unread, "repository")), "run/#unread", "Which and why"})
		}
	case pipeline.Failed:
		b = append(b, banner{"This run failed" + because(run.Reason) + ". Treat what follows as incomplete.", "run/", "See the run"})
	case pipeline.Suspended, pipeline.Running, pipeline.Abandoned:
		b = append(b, banner{"This run is not over" + because(run.Reason) + ". It resumes with the next start; until then what follows is incomplete.", "run/", "See the run"})
	}
	for _, n := range r.snap.Notices {
		b = append(b, banner{Text: clean(n)})
	}
	return b
}

func because(reason string) string {
	if reason = strings.TrimRight(clean(reason), "."); reason == "" {
		return ""
	}
	return ": " + reason
}
