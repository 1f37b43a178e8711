// Package nugetsim is a NuGet feed small enough to run inside a test and inside
// the demonstration. It answers the parts of the V3 protocol that a survey
// needs, strictly: what nuget.org does not answer, it does not answer either. It
// shares no code with the client, and misbehaves on request.
package nugetsim

import "time"

// World is what a feed holds. It must not be changed while it is served, except
// by [Server.Change].
type World struct {
	Packages []Package
	// Advisories by package id in lower case.
	Advisories map[string][]Advisory
}

// Package has its versions in ascending order.
type Package struct {
	ID            string
	Owners        []string
	Downloads     int64
	ProjectURL    string
	RepositoryURL string
	Versions      []Version
}

// Version is one version of a package, normalized.
type Version struct {
	Version     string
	Published   time.Time
	Unlisted    bool
	Deprecation *Deprecation
}

// Deprecation is as the protocol gives it.
type Deprecation struct {
	Reasons     []string
	Message     string
	Alternative string
}

// Advisory names the versions that have a vulnerability, as a range.
type Advisory struct {
	Severity int // 0 low, 1 moderate, 2 high, 3 critical
	URL      string
	Versions string
	// In lists the versions for registrations, which do not give ranges.
	In []string
}
