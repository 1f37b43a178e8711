package pipeline

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Carry returns what a run of asOf that could ask for nothing makes of the
// snapshot: every repository as it was last read, judged at asOf. It is
// suspended, for the reason given, and so no part of the history. It is pure
// and changes no argument.
func (s *Snapshot) Carry(judge Judge, asOf time.Time, reason string) *Snapshot {
	repos := make([]Repository, len(s.Findings))
	for i, f := range s.Findings {
		repos[i] = f.Repository
	}
	Relate(repos, s.Packages)
	changes := Compare(judge, BaselineOf(s), judged(judge, repos, asOf), asOf)
	c := *s
	c.Findings, c.Events, c.Tombstones = changes.Findings, changes.Events, changes.Tombstones
	c.Rules, c.RuleVersion = judge.Rules(), judge.Version()
	c.Run.ID, c.Run.AsOf = RunID(s.Run.Owners, asOf), asOf
	c.Run.State, c.Run.Reason = Suspended, reason
	c.Run.Counters = Counters{CarriedOver: len(repos), Unread: CountStatuses(c.Findings)[Unknown]}
	c.countItems(slices.Collect(maps.Keys(s.Run.Counters.Sources))...)
	c.Since = comparedWith(c.History, c.Run)
	return &c
}

// withPackages completes a suspended run with the packages and dependencies
// that the run before knew.
func withPackages(g Gathered, prior *Snapshot) Gathered {
	seen := make(map[string]bool)
	for _, p := range g.Packages {
		seen[strings.ToLower(p.ID)] = true
	}
	for _, p := range prior.Packages {
		if !seen[strings.ToLower(p.ID)] {
			g.Packages = append(g.Packages, p)
		}
	}
	slices.SortStableFunc(g.Packages, func(a, b Package) int { return CompareNames(a.ID, b.ID) })
	known := make(map[string]*Dependencies)
	for _, f := range prior.Findings {
		known[f.ID] = f.Dependencies
	}
	maps.Copy(known, g.Dependencies)
	g.Dependencies = known
	return g
}

// withKnown completes a suspended run with what the run before knew. A repository
// that was pushed to since then and not read again is unread: the known tip is no
// longer its tip.
func withKnown(repos []Repository, known []Finding) []Repository {
	before := byID(known)
	seen := make(map[string]bool, len(repos))
	for i := range repos {
		r := &repos[i]
		seen[r.ID] = true
		old := before[r.ID]
		moved := old != nil && r.Detail != nil && old.Detail != nil && r.Detail.ReadAt.Equal(old.Detail.ReadAt) && !SamePush(*r, old.Repository)
		if (r.Detail == nil || moved) && r.ReadError == "" {
			r.ReadError = "not read yet: the run was suspended before its turn came"
		}
	}
	for _, f := range known {
		if !seen[f.ID] {
			repos = append(repos, f.Repository)
		}
	}
	return repos
}

// withHidden keeps what is known of repositories that were not listed this time,
// where the token does not see everything of their owner: they are more likely
// hidden than gone.
func withHidden(g Gathered, known []Finding) Gathered {
	if len(g.Short) == 0 {
		return g
	}
	listed := make(map[string]bool, len(g.Repositories))
	for _, r := range g.Repositories {
		listed[r.ID] = true
	}
	for _, f := range known {
		owner, _ := SplitName(f.NameWithOwner)
		if !listed[f.ID] && ContainsFold(g.Short, owner) {
			r := f.Repository
			r.ReadError = "it was not listed this time, and the token does not see all that " + owner + " has"
			g.Repositories = append(g.Repositories, r)
			g.Missing = max(0, g.Missing-1)
		}
	}
	return g
}
