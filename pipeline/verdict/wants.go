package verdict

import (
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// Wants asks for what could change a status at asOf: the history behind tips
// that do not count or may not, and the size of commits where only size tells.
// It asks nothing of repositories whose status age does not decide.
func (p *Policy) Wants(repos []pipeline.Repository, asOf time.Time) []pipeline.Want {
	var wants []pipeline.Want
	f := p.newFleet(repos)
	for _, r := range repos {
		if !decidedByAge(r) {
			continue
		}
		c := p.count(r, p.retired(r) != nil, f, asOf)
		w := c.wants
		w.History = w.History || p.tooShort(r, asOf) || c.deciding != nil && p.mayBeBackdated(r, c.deciding.CommittedDate, asOf)
		if w.History || len(w.Sizes) > 0 {
			wants = append(wants, w)
		}
	}
	return wants
}

// decidedByAge reports that a repository's commits decide its status.
func decidedByAge(r pipeline.Repository) bool {
	return r.ReadError == "" && !r.IsArchived && !r.IsEmpty && r.Detail != nil && r.Detail.Tip != nil
}

// tooShort reports a search that was begun and saw less than repositories are
// compared by.
func (p *Policy) tooShort(r pipeline.Repository, asOf time.Time) bool {
	s := r.Detail.Search
	return s != nil && (s.Revision != p.botsRevision || s.Commits < pipeline.RecentCommits && !p.searchedFar(s, asOf))
}

// mayBeBackdated reports that a tip looks old although something was pushed
// lately that no other branch explains: a commit of last week may lie behind it.
// It waits for the details, which know the branches.
func (p *Policy) mayBeBackdated(r pipeline.Repository, tip, asOf time.Time) bool {
	d := r.Detail
	if d.Search != nil || d.RootEntries == nil || d.ActiveBranch != nil || r.PushedAt == nil {
		return false
	}
	return needsAttention(p.rules.Tiers.StatusAt(tip, asOf)) && !needsAttention(p.rules.Tiers.StatusAt(*r.PushedAt, asOf))
}
