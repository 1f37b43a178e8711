package pipeline

import (
	"slices"
	"strings"
	"time"
)

// packageEvents finds what happened to packages between two runs. Nothing is
// told of a package that was not known before, unless a surveyed owner publishes
// it, nor of one that could not be read.
//
// A package is deprecated or vulnerable when its newest version is, or one that
// a repository uses. What is known against a version on the day on which it is
// first seen is told with that version, and is no event.
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
	case p.Digest == "": // the feed has it no more
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
	for i := range slices.Backward(p.Versions) {
		v := &p.Versions[i]
		was := old.version(v.Version)
		if v.Deprecation != nil && was != nil && was.Deprecation == nil && (v == latest || deprecatedUse) {
			events = append(events, Event{Type: EventPackageDeprecated, To: v.Deprecation.Alternative})
			break
		}
	}
	known := make(map[string]bool) // or told
	for _, v := range old.Versions {
		for _, w := range old.VulnerabilitiesOf(v) {
			known[w.AdvisoryURL] = true
		}
	}
	for i := range slices.Backward(p.Versions) {
		v := &p.Versions[i]
		if old.version(v.Version) == nil || v != latest && !vulnerableUse {
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
