package site

import (
	"io"
	"iter"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline"
)

// files lists everything the site consists of.
func (r *report) files() iter.Seq[file] {
	groups := []func(func(file) bool) bool{
		r.dataFiles, r.assetFiles, r.mainPages, r.tablePages, r.repositoryPages, r.shelfPages, r.packagePages,
	}
	return func(yield func(file) bool) {
		for _, group := range groups {
			if !group(yield) {
				return
			}
		}
	}
}

func (r *report) dataFiles(yield func(file) bool) bool {
	const dir = "data/v1/"
	ok := yield(file{dir + "summary.json", func(w io.Writer) error { return writeJSON(w, newSummary(r.snap, r.opts)) }}) &&
		yield(file{dir + "repositories.ndjson", func(w io.Writer) error { return writeLines(w, r.snap) }}) &&
		yield(file{dir + "repositories.csv", func(w io.Writer) error { return r.writeCSV(w, r.whole.rows) }}) &&
		yield(file{dir + "status.json", r.writeStatuses}) &&
		yield(file{dir + "coming.ics", func(w io.Writer) error { return r.writeCalendar(w, &r.whole) }}) &&
		yield(file{dir + "history.json", func(w io.Writer) error { return writeJSON(w, newHistory(r.snap)) }}) &&
		yield(file{dir + "changes.json", func(w io.Writer) error { return writeJSON(w, newChanges(r.snap)) }})
	for _, s := range Schemas() {
		ok = ok && yield(static(dir+"schema/"+s.Name+".json", s.JSON))
	}
	if len(r.opts.ConfigSchema) > 0 {
		ok = ok && yield(static(dir+"schema/config.json", r.opts.ConfigSchema))
	}
	if surveysPackages(r.snap) {
		ok = ok && yield(file{dir + "packages.ndjson", r.writePackages})
	}
	return ok
}

func (r *report) assetFiles(yield func(file) bool) bool {
	return yield(static(r.assets.cssName, r.assets.css)) &&
		yield(static(r.assets.jsName, r.assets.js)) &&
		yield(static(r.indexName(), r.index)) &&
		yield(static(r.textsName(), r.texts))
}

// basePath is the URL path of the site's root.
func basePath(r *report) string {
	if r.base.Path == "" {
		return "/"
	}
	return r.base.Path
}

// static is a file whose content is known.
func static(name string, content []byte) file {
	return file{name, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	}}
}

func (r *report) mainPages(yield func(file) bool) bool {
	ok := yield(html(r, "index.html", "home", r.home)) &&
		yield(html(r, "run/index.html", "run", r.runPage)) &&
		yield(html(r, "method/index.html", "method", r.methodPage)) &&
		yield(html(r, "404.html", "notfound", func() (chrome, error) {
			c := r.page("", "", "No such page", "This page does not exist.")
			c.Root, c.Canonical = basePath(r), "" // it is served for addresses of any depth
			return c, nil
		})) &&
		yield(file{"feeds/changes.atom", func(w io.Writer) error { return r.writeFeed(w, &r.whole) }}) &&
		yield(static("assets/icon.svg", source("assets/icon.svg")))
	return ok && r.changePages(yield) && r.stepPages(&r.whole, yield) && r.ownerPages(yield) && r.accountBadges(yield)
}

// accountBadges are one for every account surveyed, there from the first run on,
// since image caches remember a missing one.
func (r *report) accountBadges(yield func(file) bool) bool {
	type sum struct{ behind, live int }
	sums := map[string]*sum{}
	var names []string
	add := func(owner string) string {
		key := segment(owner)
		if sums[key] == nil {
			sums[key] = &sum{}
			names = append(names, key)
		}
		return key
	}
	for _, o := range r.snap.Run.Owners {
		if !isEnterprise(o) {
			add(o)
		}
	}
	for i := range r.rows {
		owner, _, _ := strings.Cut(r.rows[i].NameWithOwner, "/")
		s := sums[add(owner)]
		s.live += boolRank(isLive(r.rows[i].Status))
		s.behind += boolRank(r.rows[i].behind())
	}
	for _, name := range names {
		if !yield(file{"badges/" + name + ".svg", sumBadge(sums[name].behind, sums[name].live).writeSVG}) {
			return false
		}
	}
	return true
}

// isEnterprise reports an owner that has no repositories itself.
func isEnterprise(owner string) bool {
	_, is := pipeline.Enterprise(owner)
	return is
}
