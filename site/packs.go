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

// makePackages prepares the packages for their pages, those with most
// repositories first.
func (r *brief) makePackages() (packs []pack, uses map[string][]builtOn) {
	uses = make(map[string][]builtOn)
	for i := range r.snap.Packages {
		p := &r.snap.Packages[i]
		k := pack{Package: p, ID: clean(p.ID), Path: r.packages[strings.ToLower(p.ID)], Newest: "–", Since: "–", MostBack: "–"}
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
			uses[u.NameWithOwner] = append(uses[u.NameWithOwner], b)
			most = max(most, b.years)
		}
		k.Repos, k.Spread = len(repos), spread(versions)
		if most >= 0 {
			k.MostBack = strconv.FormatFloat(most, 'f', 1, 64)
		}
		packs = append(packs, k)
	}
	slices.SortStableFunc(packs, func(a, b pack) int { return cmp.Compare(b.Repos, a.Repos) })
	return packs, uses
}

func (r *brief) builtWith(k *pack, u pipeline.PackageUse) builtOn {
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
		parts = append(parts, pipeline.Plural(more, "other"))
	}
	return strings.Join(parts, ", ")
}
