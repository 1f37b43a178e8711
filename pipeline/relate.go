package pipeline

import (
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

// judged judges repositories that packages were related to, which the findings
// keep no trace of but the verdicts.
func judged(judge Judge, repos []Repository, asOf time.Time) []Finding {
	findings := judge.Judge(repos, asOf)
	for i := range findings {
		findings[i].Uses, findings[i].Publishes = nil, nil
	}
	return findings
}
