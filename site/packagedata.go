package site

import (
	"bufio"
	"encoding/json"
	"io"

	"github.com/stalewatch/stalewatch/pipeline"
)

// packageLine is one line of packages.ndjson.
type packageLine struct {
	ID              string               `json:"id"`
	LatestVersion   *string              `json:"latestVersion"`
	PublishedAt     *when                `json:"publishedAt"`
	IsDeprecated    bool                 `json:"isDeprecated"`
	Deprecation     *deprecationField    `json:"deprecation"`
	Vulnerabilities []vulnerabilityField `json:"vulnerabilities"`
	TotalDownloads  *int64               `json:"totalDownloads"`
	RepositoryURL   *string              `json:"repositoryUrl"`
	Owned           bool                 `json:"owned"`
	ReadAt          when                 `json:"readAt"`
	ReadError       *string              `json:"readError"`
	UsedBy          []useField           `json:"usedBy"`
}

type deprecationField struct {
	Reasons     []string `json:"reasons"`
	Message     *string  `json:"message"`
	Alternative *string  `json:"alternative"`
}

type vulnerabilityField struct {
	Severity    string `json:"severity"`
	AdvisoryURL string `json:"advisoryUrl"`
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
		Vulnerabilities: []vulnerabilityField{}, UsedBy: make([]useField, len(p.UsedBy)),
	}
	if v := p.Latest(); v != nil {
		l.LatestVersion, l.PublishedAt = &v.Version, whenPtr(v.Published)
		if d := v.Deprecation; d != nil {
			l.IsDeprecated = true
			l.Deprecation = &deprecationField{orEmpty(d.Reasons), orNull(d.Message), orNull(d.Alternative)}
		}
		for _, w := range p.VulnerabilitiesOf(*v) {
			l.Vulnerabilities = append(l.Vulnerabilities, vulnerabilityField(w))
		}
	}
	for i, u := range p.UsedBy {
		l.UsedBy[i] = useField{u.NameWithOwner, orNull(u.Version), u.File, u.VersionsBehind, u.YearsBehind, u.IsDeprecated, u.IsVulnerable}
	}
	return l
}

func (r *report) writePackages(w io.Writer) error {
	b := bufio.NewWriterSize(w, 1<<16)
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	for i := range r.snap.Packages {
		if err := e.Encode(newPackageLine(&r.snap.Packages[i])); err != nil {
			return err
		}
	}
	return b.Flush()
}
