// Package verdict judges repositories: which commits count as a person's, which
// status their age gives, what sets a repository apart, who answers for it, why,
// and what a maintainer could do next.
//
// It is pure: no clock, no I/O. A [Policy] is a set of rules made ready; the
// same repositories, rules and asOf give the same findings.
package verdict

import (
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// Judge turns repositories into findings, as of one moment. It is pure: no
// clock, no I/O, the same result for the same arguments. StatusSince is asOf
// and PreviousStatus nil; [pipeline.Compare] fills in what earlier runs knew.
//
// A repository that could not be read is unknown, whatever an earlier run
// knew; archived and empty come before age. Age is reckoned from the newest
// commit on the default branch that counts, but never from a moment after the
// last push or asOf: clocks lie, pushes do not.
func (p *Policy) Judge(repos []pipeline.Repository, asOf time.Time) []pipeline.Finding {
	f := p.newFleet(repos)
	findings := make([]pipeline.Finding, len(repos))
	for i, r := range repos {
		findings[i] = p.judge(r, f, asOf.UTC())
	}
	return findings
}

func (p *Policy) judge(r pipeline.Repository, fleet *fleet, asOf time.Time) pipeline.Finding {
	if p.rules.Ignore.Published {
		r.LatestPackage = nil
	}
	f := pipeline.Finding{Repository: r, StatusSince: asOf, Retired: p.retired(r)}
	f.Lane = laneOf(r, f.Retired != nil)
	f.Owners = p.owners(r)
	f.Exemption = p.exempt(r, asOf)
	if d := r.Detail; d != nil && d.Tip != nil {
		f.TipIsBot = p.IsBot(*d.Tip)
	}

	v := p.decide(r, f.Retired != nil, fleet, asOf)
	f.Status, f.LastHumanCommit, f.DecidingCommit, f.DecidedBy = v.status, v.human, v.deciding, v.date
	for _, s := range v.skipped {
		f.NotCountedCommits = append(f.NotCountedCommits, pipeline.NotCounted{
			OID: s.OID, CommittedDate: s.CommittedDate, Headline: pipeline.Plain(s.Headline, pipeline.TextLimit), Why: s.why})
	}
	f.Detail = withCampaigns(r.Detail, v.skipped)
	if v.date != nil {
		days := pipeline.WholeDays(*v.date, asOf)
		stale := p.rules.Tiers.Aging.After(*v.date).UTC().Truncate(aDay)
		f.AgeDays, f.StaleFrom = &days, &stale
	}
	f.Reason = p.explain(f, v, asOf)
	f.Outdated, f.Alive = p.outdated(r, asOf), p.alive(f, asOf)
	f.Signals = p.signals(f, asOf)
	f.Suggestion = p.suggest(f, v, asOf)
	return f
}

// withCampaigns remembers the campaigns that were found: the other repositories
// that show them will move on. It returns a copy where there are any.
func withCampaigns(d *pipeline.Detail, found []skipped) *pipeline.Detail {
	size := make(map[string]int)
	for _, s := range found {
		if s.why == pipeline.Campaign && s.OID != "" {
			size[s.OID] = s.repositories
		}
	}
	if len(size) == 0 {
		return d
	}
	marked := d.Clone()
	for c := range marked.Commits() {
		c.Campaign = max(c.Campaign, size[c.OID])
	}
	return marked
}
