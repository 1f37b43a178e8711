package site

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline"
)

// pack is a package as pages show it.
type pack struct {
	*pipeline.Package
	ID       string
	Path     string // of its page
	Newest   string // version; a dash for none
	Since    string // when that was published; a dash when not known
	State    string // "deprecated", "vulnerable", both, or nothing
	Repos    int    // that refer to it
	Spread   string // the versions in use, the commonest first
	MostBack string // how far behind the oldest use is, in years
}

// builtOn is one use of a package, with both its ends.
type builtOn struct {
	ID, Path                       string // of the package
	Repository, Link               string
	Version, Newest, Behind, Years string
	State, File                    string
	years                          float64
}

// packagePage is the page of one package.
type packagePage struct {
	chrome
	pack
	Facts       []fact
	Deprecation *pipeline.Deprecation
	Advisories  []pipeline.Vulnerability
	Uses        []builtOn
}

// makePackages prepares the packages for their pages, those with most
// repositories first.
func (r *report) makePackages() {
	r.uses = make(map[string][]builtOn)
	for i := range r.snap.Packages {
		p := &r.snap.Packages[i]
		k := pack{Package: p, ID: clean(p.ID), Path: "packages/" + segment(p.ID) + "/", Newest: "–", Since: "–", MostBack: "–"}
		if v := p.Latest(); v != nil {
			k.Newest = clean(v.Version)
			k.State = stateWords(v.Deprecation != nil, len(p.VulnerabilitiesOf(*v)) > 0)
			if v.Published != nil {
				k.Since = isoDate(*v.Published)
			}
		}
		repos, versions, most := make(map[string]bool), make(map[string]int), -1.0
		for _, u := range p.UsedBy {
			repos[u.NameWithOwner] = true
			versions[cmp.Or(clean(u.Version), "no version")]++
			b := r.builtWith(&k, u)
			r.uses[u.NameWithOwner] = append(r.uses[u.NameWithOwner], b)
			most = max(most, b.years)
		}
		k.Repos, k.Spread = len(repos), spread(versions)
		if most >= 0 {
			k.MostBack = strconv.FormatFloat(most, 'f', 1, 64)
		}
		r.packages = append(r.packages, k)
	}
	slices.SortStableFunc(r.packages, func(a, b pack) int { return cmp.Compare(b.Repos, a.Repos) })
}

func (r *report) builtWith(k *pack, u pipeline.PackageUse) builtOn {
	is := func(b *bool) bool { return b != nil && *b }
	b := builtOn{ID: k.ID, Path: k.Path, Repository: r.displayName(u.NameWithOwner), Version: cmp.Or(clean(u.Version), "none"), Newest: k.Newest,
		Behind: "–", Years: "–", State: stateWords(is(u.IsDeprecated), is(u.IsVulnerable)), File: clean(u.File), years: -1}
	if i, ok := r.byName[strings.ToLower(u.NameWithOwner)]; ok {
		b.Link = r.rows[i].Path
	}
	if u.VersionsBehind != nil {
		b.Behind = count(*u.VersionsBehind)
	}
	if u.YearsBehind != nil {
		b.years, b.Years = *u.YearsBehind, strconv.FormatFloat(*u.YearsBehind, 'f', 1, 64)
	}
	return b
}

func stateWords(deprecated, vulnerable bool) string {
	switch {
	case deprecated && vulnerable:
		return "deprecated, vulnerable"
	case deprecated:
		return "deprecated"
	case vulnerable:
		return "vulnerable"
	}
	return ""
}

// inSpread is how many versions a spread names.
const inSpread = 4

// spread tells which versions are in use, the commonest first.
func spread(versions map[string]int) string {
	names := sortedKeys(versions)
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(versions[b], versions[a]) })
	var parts []string
	for _, v := range names[:min(len(names), inSpread)] {
		parts = append(parts, v+" × "+count(versions[v]))
	}
	if more := len(names) - inSpread; more > 0 {
		parts = append(parts, plural(more, "other"))
	}
	return strings.Join(parts, ", ")
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

// packageShelf is the page of all packages.
func (r *report) packageShelf() shelf {
	c := countPackages(r.snap)
	return shelf{
		Nav: "packages", Path: "packages/", Title: "Packages", Class: "packs", Data: "data/v1/packages.ndjson",
		Lead:    plural(c.Total, "NuGet package") + ", those that most repositories refer to first; " + count(c.Deprecated) + " deprecated, " + count(c.Vulnerable) + " vulnerable in their newest version.",
		Columns: []shelfColumn{{Title: "Package"}, {"Repositories", true}, {Title: "Newest"}, {Title: "Published"}, {Title: "State"}, {Title: "Versions in use"}, {"Most years behind", true}},
		Rows: func() [][]cell {
			rows := make([][]cell, len(r.packages))
			for i, k := range r.packages {
				rows[i] = []cell{{k.ID, rootOf("packages/") + k.Path}, {Text: count(k.Repos)}, {Text: k.Newest}, {Text: k.Since}, {Text: k.State}, {Text: k.Spread}, {Text: k.MostBack}}
			}
			return rows
		},
	}
}

func (r *report) packagePages(yield func(file) bool) bool {
	for i := range r.packages {
		k := &r.packages[i]
		if !yield(html(r, k.Path+"index.html", "package", func() (packagePage, error) { return r.packagePage(k), nil })) {
			return false
		}
	}
	return true
}

func (r *report) packagePage(k *pack) packagePage {
	p := packagePage{pack: *k, chrome: r.page(k.Path, "packages", k.ID, k.ID+": "+plural(k.Repos, "repository")+" refer to it.")}
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
	return p
}

// surveysPackages reports whether the run asked for packages, or knows some.
func surveysPackages(snap *pipeline.Snapshot) bool {
	_, asked := snap.Run.Counters.Sources[pipeline.PackageSource]
	return asked || len(snap.Packages) > 0
}

// countPackages counts packages; nil where they are not surveyed.
func countPackages(snap *pipeline.Snapshot) *summaryPackages {
	if !surveysPackages(snap) {
		return nil
	}
	c := &summaryPackages{Total: len(snap.Packages)}
	for i := range snap.Packages {
		p := &snap.Packages[i]
		c.Owned += boolRank(p.Owned)
		if v := p.Latest(); v != nil {
			c.Deprecated += boolRank(v.Deprecation != nil)
			c.Vulnerable += boolRank(len(p.VulnerabilitiesOf(*v)) > 0)
		}
	}
	return c
}
