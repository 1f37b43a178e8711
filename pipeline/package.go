package pipeline

import (
	"slices"
	"strings"
	"time"
)

// PackageSource is the name of the source whose items are packages.
const PackageSource = "nuget"

// Package is a NuGet package that an owner publishes or a repository refers to.
// It is also the form in which a snapshot keeps it.
type Package struct {
	ID string `json:"id"` // as its feed spells it
	// Owned reports that one of the configured owners publishes it.
	Owned bool `json:"owned,omitempty"`
	// TotalDownloads is nil when it is not known: only searches tell it.
	TotalDownloads *int64 `json:"totalDownloads,omitempty"`
	RepositoryURL  string `json:"repositoryUrl,omitempty"`
	// Versions are in NuGet's order, the newest last; nil when it was never read.
	Versions   []PackageVersion `json:"versions,omitempty"`
	Advisories []Advisory       `json:"advisories,omitempty"`
	// UsedBy are the references to it, by repository, file and version.
	UsedBy []PackageUse `json:"usedBy,omitempty"`

	ReadAt time.Time `json:"readAt"` // the asOf of the run that read or confirmed it
	// ReadError says why this run could not read it; the rest is then what an
	// earlier one read.
	ReadError string `json:"readError,omitempty"`
	// ETag and Digest tell whether the feed has something else by now; Revision,
	// by which rules it was read.
	ETag     string `json:"etag,omitempty"`
	Digest   string `json:"digest,omitempty"`
	Revision string `json:"revision,omitempty"`
}

// PackageVersion is one version of a package.
type PackageVersion struct {
	Version string `json:"version"` // normalized
	// Published is nil when it is not known: an unlisted version's never is.
	Published       *time.Time      `json:"published,omitempty"`
	Unlisted        bool            `json:"unlisted,omitempty"`
	Deprecation     *Deprecation    `json:"deprecation,omitempty"`
	Vulnerabilities []Vulnerability `json:"vulnerabilities,omitempty"` // as the package's own pages tell them
}

// IsPrerelease reports that the version has release labels.
func (v PackageVersion) IsPrerelease() bool { return strings.Contains(v.Version, "-") }

// Deprecation is what a package's owner says against its use.
type Deprecation struct {
	Reasons     []string `json:"reasons"` // "Legacy", "CriticalBugs", "Other"
	Message     string   `json:"message,omitempty"`
	Alternative string   `json:"alternative,omitempty"` // a package's id
}

// Vulnerability is a known one.
type Vulnerability struct {
	Severity    string `json:"severity"` // "low", "moderate", "high", "critical", "unknown"
	AdvisoryURL string `json:"advisoryUrl"`
}

// Advisory is a vulnerability with the versions that have it.
type Advisory struct {
	Vulnerability
	Versions []string `json:"versions"` // normalized
}

// PackageUse is one repository's reference to a package, and how far behind it
// is. What cannot be told is nil: of a floating version, a variable, a version
// that the feed does not have or does not date.
type PackageUse struct {
	NameWithOwner  string   `json:"nameWithOwner"`
	Version        string   `json:"version,omitempty"` // as written; empty for none
	File           string   `json:"file"`
	VersionsBehind *int     `json:"versionsBehind,omitempty"`
	YearsBehind    *float64 `json:"yearsBehind,omitempty"`
	IsDeprecated   *bool    `json:"isDeprecated,omitempty"`
	IsVulnerable   *bool    `json:"isVulnerable,omitempty"`
}

// UsedPackage is a package with one repository's use of it.
type UsedPackage struct {
	*Package
	Use PackageUse
}

// Latest is the newest listed stable version, else the newest listed one; nil
// when none is listed or nothing was read.
func (p *Package) Latest() *PackageVersion {
	var prerelease *PackageVersion
	for i := range slices.Backward(p.Versions) {
		switch v := &p.Versions[i]; {
		case v.Unlisted:
		case !v.IsPrerelease():
			return v
		case prerelease == nil:
			prerelease = v
		}
	}
	return prerelease
}

// VulnerabilitiesOf returns what is known against a version, each advisory
// once, in the order of their addresses.
func (p *Package) VulnerabilitiesOf(v PackageVersion) []Vulnerability {
	all := slices.Clone(v.Vulnerabilities)
	for _, a := range p.Advisories {
		if slices.Contains(a.Versions, v.Version) {
			all = append(all, a.Vulnerability)
		}
	}
	slices.SortStableFunc(all, func(a, b Vulnerability) int { return strings.Compare(a.AdvisoryURL, b.AdvisoryURL) })
	return slices.CompactFunc(all, func(a, b Vulnerability) bool { return a.AdvisoryURL == b.AdvisoryURL })
}

// Dependencies are what a repository's project files say it is built on.
type Dependencies struct {
	// OID is the commit whose files were read, ReadAt the asOf of the run that
	// read them, Revision by which rules.
	OID      string    `json:"oid"`
	ReadAt   time.Time `json:"readAt"`
	Revision string    `json:"revision"`

	References []Reference   `json:"references,omitempty"` // by package, file and version
	Frameworks []Framework   `json:"frameworks,omitempty"` // by file and name
	Problems   []FileProblem `json:"problems,omitempty"`   // files that could not be read, by name
}

// Reference is a package that a project refers to.
type Reference struct {
	Package string `json:"package"` // as written
	// Version is as written, with the variables replaced whose values the files
	// tell: a version, a range, "1.*", "$(Unknown)"; empty for none.
	Version string `json:"version,omitempty"`
	// Locked is the version that a lock file names; empty for none.
	Locked string `json:"locked,omitempty"`
	// File says the version, or refers to the package when none is said.
	File string `json:"file"`
}

// Framework is a platform that a project is built for.
type Framework struct {
	Name string `json:"name"` // such as "net8.0-windows", in lower case
	File string `json:"file"`
	// Title is its name for people; empty when it is not known.
	Title string `json:"title,omitempty"`
	// EndOfSupport is the last day, UTC, on which it is supported; nil for one
	// without an end, and for one that is not known.
	EndOfSupport *time.Time `json:"endOfSupport,omitempty"`
}

// FileProblem is a file that could not be read, and why.
type FileProblem struct {
	File    string `json:"file"`
	Problem string `json:"problem"`
}
