package site

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// ContentSecurity is the policy of every page. Pages carry it in a meta
// element, since GitHub Pages sends no headers of ours; a server can send both.
const ContentSecurity = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'"

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
	Sections        []section // of sources beside the repositories
	AsOf            time.Time
	Feed            string // the Atom feed of what the page is about
	Version, Commit string
}

// page fills in the chrome of the page at path, which ends in a slash or is "".
func (r *brief) page(path, nav, title, description string) chrome {
	c := chrome{
		PageTitle: title, Description: description, Root: rootOf(path), Nav: nav,
		Site: r.title, CSS: assets().css.name, JS: assets().js.name,
		Banners: r.banners(), Demo: r.snap.Demo, Sections: r.sections, AsOf: r.asOf,
		Version: r.opts.Version, Commit: r.opts.Commit, Feed: "feeds/changes.atom",
	}
	if r.opts.BaseURL != "" {
		c.Canonical = r.opts.BaseURL + path
	}
	return c
}

// shortCommit is the first seven characters of a commit's name.
func shortCommit(oid string) string { return oid[:min(len(oid), 7)] }

// parsed holds the templates; parsing them once serves every page.
var parsed = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("").Funcs(template.FuncMap{
		"text": clean, "said": said, "count": count, "plural": pipeline.Plural, "percent": percent,
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

// html writes a page by executing a template.
func html[T any](tmpl string, data func() (T, error)) func(io.Writer) error {
	return func(w io.Writer) error {
		d, err := data()
		if err != nil {
			return err
		}
		var b bytes.Buffer
		if err := parsed().ExecuteTemplate(&b, tmpl, d); err != nil {
			return err
		}
		_, err = w.Write(b.Bytes())
		return err
	}
}

// banner is a sentence that every page shows under its header.
type banner struct{ Text, Link, LinkText string }

// banners say what every reader of every page has to know.
func (r *brief) banners() []banner {
	var b []banner
	run := &r.snap.Run
	switch run.State {
	case pipeline.Partial:
		if r.whole.unread > 0 { // else a notice says what could not be read
			b = append(b, banner{fmt.Sprintf("%s could not be read in this run.", pipeline.Plural(r.whole.unread, "repository")), "run/#unread", "Which and why"})
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
