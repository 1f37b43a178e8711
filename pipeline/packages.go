package pipeline

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Relate enters into repositories which of the packages they use, in the order
// of packages, and which are made of them.
func Relate(repos []Repository, packages []Package) {
	byName, byURL := make(map[string]*Repository), make(map[string]*Repository)
	for i := range repos {
		r := &repos[i]
		r.Uses, r.Publishes, r.LatestPackage = nil, nil, nil
		byName[r.NameWithOwner], byURL[strings.ToLower(r.URL)] = r, r
	}
	for i := range packages {
		p := &packages[i]
		for _, u := range p.UsedBy {
			if r := byName[u.NameWithOwner]; r != nil {
				r.Uses = append(r.Uses, UsedPackage{p, u})
			}
		}
		if r := byURL[strings.ToLower(p.RepositoryURL)]; r != nil && p.Owned {
			r.Publishes = append(r.Publishes, p)
			if v := p.Latest(); v != nil && v.Published != nil && (r.LatestPackage == nil || r.LatestPackage.PublishedAt.Before(*v.Published)) {
				r.LatestPackage = &Release{TagName: p.ID + " " + v.Version, PublishedAt: v.Published}
			}
		}
	}
}

// judged judges repositories. What packages say of them is dropped then: only the
// verdicts stay.
func judged(judge Judge, repos []Repository, asOf time.Time) []Finding {
	findings := judge.Judge(repos, asOf)
	for i := range findings {
		findings[i].Uses, findings[i].Publishes = nil, nil
	}
	return findings
}

// mergePackages puts together what two surveys of different repositories know,
// each package once, as it was read last.
func mergePackages(a, b []Package) []Package {
	all := make(map[string]Package)
	for _, p := range slices.Concat(a, b) {
		id := strings.ToLower(p.ID)
		other, twice := all[id]
		if twice {
			if other.ReadAt.After(p.ReadAt) {
				p, other = other, p
			}
			p.UsedBy = slices.Concat(p.UsedBy, other.UsedBy)
			slices.SortStableFunc(p.UsedBy, func(a, b PackageUse) int { return CompareNames(a.NameWithOwner, b.NameWithOwner) })
			p.Owned = p.Owned || other.Owned
			if p.TotalDownloads == nil {
				p.TotalDownloads = other.TotalDownloads
			}
		}
		all[id] = p
	}
	var merged []Package
	for _, id := range slices.Sorted(maps.Keys(all)) {
		merged = append(merged, all[id])
	}
	return merged
}

// packageEvents finds what happened to packages between two runs. A package that
// is new or could not be read has no events, except a new one that a surveyed owner
// publishes.
//
// A package is deprecated or vulnerable when its newest version is, or one that
// a repository uses. What is known against a version when it is first seen is no
// event.
func packageEvents(before, now []Package, asOf time.Time) []Event {
	if len(before) == 0 {
		return nil // packages were not surveyed
	}
	known := make(map[string]*Package, len(before))
	for i := range before {
		known[strings.ToLower(before[i].ID)] = &before[i]
	}
	var events []Event
	for i := range now {
		p := &now[i]
		for _, e := range eventsOfPackage(known[strings.ToLower(p.ID)], p) {
			e.Date, e.Package = asOf.UTC(), p.ID
			events = append(events, e)
		}
	}
	return events
}

func eventsOfPackage(old, p *Package) []Event {
	latest := p.Latest()
	switch {
	case old == nil && p.Owned && latest != nil:
		return []Event{{Type: EventPackageVersion, To: latest.Version}}
	case old == nil || old.Digest == "": // there was none to compare with
		return nil
	case p.Digest == "": // the feed no longer has it
		return []Event{{Type: EventPackageRemoved, From: versionOf(old.Latest())}}
	case p.ReadError != "":
		return nil
	}
	var events []Event
	if from, to := versionOf(old.Latest()), versionOf(latest); from != to {
		e := Event{Type: EventPackageVersion, From: from, To: to}
		if to == "" || old.version(to) != nil && !old.version(to).Unlisted {
			e.Type = EventPackageUnlisted // an older version is the newest now
		}
		events = append(events, e)
	}
	inUse := func(what func(*PackageUse) *bool) bool {
		return slices.ContainsFunc(p.UsedBy, func(u PackageUse) bool { is := what(&u); return is != nil && *is })
	}
	deprecatedUse := inUse(func(u *PackageUse) *bool { return u.IsDeprecated })
	vulnerableUse := inUse(func(u *PackageUse) *bool { return u.IsVulnerable })
	known := make(map[string]bool) // or told
	for _, v := range old.Versions {
		for _, w := range old.VulnerabilitiesOf(v) {
			known[w.AdvisoryURL] = true
		}
	}
	isTold := false
	for i := range slices.Backward(p.Versions) {
		v := &p.Versions[i]
		was := old.version(v.Version)
		if was == nil {
			continue
		}
		if v.Deprecation != nil && was.Deprecation == nil && (v == latest || deprecatedUse) && !isTold {
			isTold = true
			events = append(events, Event{Type: EventPackageDeprecated, To: v.Deprecation.Alternative})
		}
		if v != latest && !vulnerableUse {
			continue
		}
		for _, w := range p.VulnerabilitiesOf(*v) {
			if !known[w.AdvisoryURL] {
				known[w.AdvisoryURL] = true
				events = append(events, Event{Type: EventPackageVulnerable, To: w.AdvisoryURL})
			}
		}
	}
	return events
}

// version finds a version by its normalized form; nil when there is none.
func (p *Package) version(normalized string) *PackageVersion {
	i := slices.IndexFunc(p.Versions, func(v PackageVersion) bool { return v.Version == normalized })
	if i < 0 {
		return nil
	}
	return &p.Versions[i]
}

func versionOf(v *PackageVersion) string {
	if v == nil {
		return ""
	}
	return v.Version
}
