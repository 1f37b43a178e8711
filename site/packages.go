package site

import (
	"cmp"
	"slices"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline"
)

// packagePage is the page of one package.
type packagePage struct {
	chrome
	pack
	Facts       []fact
	Deprecation *pipeline.Deprecation
	Advisories  []pipeline.Vulnerability
	Uses        []builtOn
	Changes     []change
}

// builtOn is what a repository is built on: its packages, the furthest behind
// first, and its frameworks, each once.
func (r *report) builtOn(w *row) ([]builtOn, []pipeline.Framework) {
	built := slices.Clone(r.uses[w.NameWithOwner])
	slices.SortStableFunc(built, func(a, b builtOn) int {
		return cmp.Or(cmp.Compare(boolRank(b.State != ""), boolRank(a.State != "")), cmp.Compare(b.years, a.years))
	})
	if w.Dependencies == nil {
		return built, nil
	}
	frameworks := slices.Clone(w.Dependencies.Frameworks)
	slices.SortStableFunc(frameworks, func(a, b pipeline.Framework) int { return strings.Compare(a.Name, b.Name) })
	return built, slices.CompactFunc(frameworks, func(a, b pipeline.Framework) bool { return a.Name == b.Name })
}

func (r *report) packagePages(emit emit) {
	for i := range r.packs {
		k := &r.packs[i]
		emit(k.Path+"index.html", html("package", func() (packagePage, error) { return r.packagePage(k), nil }))
	}
}

func (r *report) packagePage(k *pack) packagePage {
	p := packagePage{pack: *k, chrome: r.page(k.Path, "packages", k.ID, k.ID+": "+pipeline.Plural(k.Repos, "repository")+" refer to it.")}
	p.Facts = []fact{
		{Label: "Newest version", Value: k.Newest, URL: safeURL("https://www.nuget.org/packages/" + k.Package.ID), Detail: k.State},
		{Label: "Published", Value: k.Since},
	}
	if n := k.TotalDownloads; n != nil {
		p.Facts = append(p.Facts, fact{Label: "Downloads", Value: count(int(*n))})
	}
	if u := safeURL(k.RepositoryURL); u != "" {
		p.Facts = append(p.Facts, fact{Label: "Source", Value: clean(strings.TrimPrefix(u, "https://")), URL: u})
	}
	if k.Owned {
		p.Facts = append(p.Facts, fact{Label: "Owner", Value: "one that is surveyed"})
	}
	p.Facts = append(p.Facts, fact{Label: "Read", Value: isoDate(k.ReadAt)})
	if k.ReadError != "" {
		p.Facts = append(p.Facts, fact{Label: "Could not be read", Value: clean(k.ReadError)})
	}
	if v := k.Latest(); v != nil {
		p.Deprecation = v.Deprecation
	}
	seen := make(map[string]bool)
	for _, v := range slices.Backward(k.Versions) {
		for _, w := range k.VulnerabilitiesOf(v) {
			if !seen[w.AdvisoryURL] {
				seen[w.AdvisoryURL] = true
				p.Advisories = append(p.Advisories, w)
			}
		}
	}
	for _, u := range k.UsedBy {
		p.Uses = append(p.Uses, r.builtWith(k, u))
	}
	for _, e := range r.events[""] { // of no repository
		if strings.EqualFold(e.Package, k.Package.ID) {
			p.Changes = append(p.Changes, r.change(e))
		}
	}
	return p
}
