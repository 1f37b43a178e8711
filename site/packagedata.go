package site

import (
	"io"

	"github.com/stalewatch/stalewatch/pipeline"
)

// packageLine is one line of packages.ndjson.
type packageLine struct {
	ID              string                   `json:"id"`
	LatestVersion   *string                  `json:"latestVersion"`
	PublishedAt     *when                    `json:"publishedAt"`
	IsDeprecated    bool                     `json:"isDeprecated"`
	Deprecation     *deprecationField        `json:"deprecation"`
	Vulnerabilities []pipeline.Vulnerability `json:"vulnerabilities"`
	TotalDownloads  *int64                   `json:"totalDownloads"`
	RepositoryURL   *string                  `json:"repositoryUrl"`
	Owned           bool                     `json:"owned"`
	ReadAt          when                     `json:"readAt"`
	ReadError       *string                  `json:"readError"`
	UsedBy          []useField               `json:"usedBy"`
}

type deprecationField struct {
	Reasons     []string `json:"reasons"`
	Message     *string  `json:"message"`
	Alternative *string  `json:"alternative"`
}

type useField struct {
	NameWithOwner  string   `json:"nameWithOwner"`
	Version        *string  `json:"version"`
	File           string   `json:"file"`
	VersionsBehind *int     `json:"versionsBehind"`
	YearsBehind    *float64 `json:"yearsBehind"`
	IsDeprecated   *bool    `json:"isDeprecated"`
	IsVulnerable   *bool    `json:"isVulnerable"`
}

func newPackageLine(p *pipeline.Package) packageLine {
	l := packageLine{
		ID: p.ID, TotalDownloads: p.TotalDownloads, RepositoryURL: orNull(p.RepositoryURL), Owned: p.Owned,
		ReadAt: when(p.ReadAt), ReadError: orNull(p.ReadError),
		Vulnerabilities: []pipeline.Vulnerability{}, UsedBy: make([]useField, len(p.UsedBy)),
	}
	if v := p.Latest(); v != nil {
		l.LatestVersion, l.PublishedAt = &v.Version, whenPtr(v.Published)
		if d := v.Deprecation; d != nil {
			l.IsDeprecated = true
			l.Deprecation = &deprecationField{orEmpty(d.Reasons), orNull(d.Message), orNull(d.Alternative)}
		}
		l.Vulnerabilities = orEmpty(p.VulnerabilitiesOf(*v))
	}
	for i, u := range p.UsedBy {
		l.UsedBy[i] = useField{u.NameWithOwner, orNull(u.Version), u.File, u.VersionsBehind, u.YearsBehind, u.IsDeprecated, u.IsVulnerable}
	}
	return l
}

func (r *brief) writePackages(w io.Writer) error {
	return writeLines(w, len(r.snap.Packages), func(i int) packageLine { return newPackageLine(&r.snap.Packages[i]) })
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

// surveysPackages reports whether the run asked for packages, or knows some.
func surveysPackages(snap *pipeline.Snapshot) bool {
	_, asked := snap.Run.Counters.Sources[pipeline.PackageSource]
	return asked || len(snap.Packages) > 0
}

// summaryPackages counts the packages of a survey that looks at them.
type summaryPackages struct {
	Total      int `json:"total"`
	Owned      int `json:"owned"`
	Deprecated int `json:"deprecated"` // by their latest version
	Vulnerable int `json:"vulnerable"` // likewise
}
