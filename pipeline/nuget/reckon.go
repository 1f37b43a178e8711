package nuget

import (
	"cmp"
	"math"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// year is the libyear's: 365.25 days.
const year = 365.25 * 24 * float64(time.Hour)

// libyears is how much later than one version another was published, in years
// to two decimals; never less than none.
func libyears(used, latest time.Time) float64 {
	return max(0, math.Round(float64(latest.Sub(used))/year*100)/100)
}

// reckon enters into each package who uses it, and how far behind.
func reckon(packages map[string]*pipeline.Package, repos []pipeline.Repository) {
	for _, p := range packages {
		p.UsedBy = nil
	}
	for _, r := range repos {
		if r.Dependencies == nil {
			continue
		}
		for _, ref := range r.Dependencies.References {
			if p := packages[strings.ToLower(ref.Package)]; p != nil {
				p.UsedBy = append(p.UsedBy, use(p, r.NameWithOwner, ref))
			}
		}
	}
	for _, p := range packages {
		slices.SortStableFunc(p.UsedBy, func(a, b pipeline.PackageUse) int {
			return cmp.Or(pipeline.CompareNames(a.NameWithOwner, b.NameWithOwner), strings.Compare(a.File, b.File), strings.Compare(a.Version, b.Version))
		})
	}
}

func use(p *pipeline.Package, repo string, ref pipeline.Reference) pipeline.PackageUse {
	u := pipeline.PackageUse{NameWithOwner: repo, Version: ref.Version, File: ref.File}
	at, latest := inUse(p, ref), p.Latest()
	if at < 0 || latest == nil {
		return u
	}
	used := p.Versions[at]
	deprecated, vulnerable := used.Deprecation != nil, len(p.VulnerabilitiesOf(used)) > 0
	u.IsDeprecated, u.IsVulnerable = &deprecated, &vulnerable
	behind := 0
	for _, v := range p.Versions[at+1:] {
		if !v.Unlisted && (!v.IsPrerelease() || latest.IsPrerelease()) {
			behind++
		}
	}
	u.VersionsBehind = &behind
	if used.Published != nil && latest.Published != nil {
		years := libyears(*used.Published, *latest.Published)
		if behind == 0 {
			years = 0
		}
		u.YearsBehind = &years
	}
	return u
}

// inUse finds the version that a reference stands for, by its place among the
// package's; -1 when that cannot be told.
func inUse(p *pipeline.Package, ref pipeline.Reference) int {
	exist := make([]Version, len(p.Versions))
	for i, v := range p.Versions {
		exist[i], _ = ParseVersion(v.Version)
	}
	exactly := ref.Locked
	if exactly == "" && strings.EqualFold(path.Base(ref.File), configFile) {
		exactly = ref.Version
	}
	if exactly != "" {
		want, ok := ParseVersion(exactly)
		return slices.IndexFunc(exist, func(v Version) bool { return ok && v.Compare(want) == 0 })
	}
	if r, ok := ParseRange(ref.Version); ok {
		return r.Lowest(exist)
	}
	return -1
}

// affected lists the versions of a package that lie within an advisory's range.
func affected(p *pipeline.Package, all []Advisory) []pipeline.Advisory {
	var found []pipeline.Advisory
	for _, a := range all {
		r, ok := ParseRange(a.Versions)
		if !ok {
			continue
		}
		told := pipeline.Advisory{Vulnerability: a.Vulnerability}
		for _, v := range p.Versions {
			if w, ok := ParseVersion(v.Version); ok && r.Contains(w) {
				told.Versions = append(told.Versions, v.Version)
			}
		}
		if told.Versions != nil {
			found = append(found, told)
		}
	}
	return found
}
