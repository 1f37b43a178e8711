package github

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// Orchestrate starts one sub-orchestration per owner, and when all their
// statuses stand, reads the details.
func (g *Source) Orchestrate(o *durable.Orchestration, m pipeline.Moment) (pipeline.Gathered, error) {
	s := &githubRun{Source: g, moment: m, revision: RecordRevision(g.Catalog)}
	owners, err := s.owners(o)
	if err != nil {
		return pipeline.Gathered{}, err
	}
	var tasks []*durable.Task[*listing]
	for _, owner := range owners {
		tasks = append(tasks, durable.Sub(o, "owner "+string(pipeline.ScopeOf(owner)), s.statuses, owner))
	}
	listings, err := durable.All(tasks)
	listings = slices.DeleteFunc(listings, func(l *listing) bool { return l == nil })
	gone := 0
	for _, l := range listings {
		if l.gone != "" {
			gone++
		}
	}
	if gone == len(owners) {
		return pipeline.Gathered{}, errors.New(listings[0].gone)
	}
	var details pipeline.Gathered
	if err == nil {
		details, err = s.details(o, listings)
		for _, l := range listings {
			if err == nil {
				err = l.deepen(o, "judge by words "+l.owner)
			}
		}
	}
	if err != nil {
		for _, l := range listings {
			l.leaveUndecided()
		}
	}
	var parts []pipeline.Gathered
	for _, l := range listings {
		parts = append(parts, l.gathered())
	}
	return pipeline.Join(append(parts, details)), err
}

// statuses finds out all that the statuses of one owner's repositories depend
// on. When it is stopped it returns what it has.
func (s *githubRun) statuses(o *durable.Orchestration, owner string) (*listing, error) {
	l := s.newListing(o, owner)
	err := l.readProperties()
	if err == nil && l.gone == "" {
		err = l.list()
	}
	if tipsErr := l.enterTips(); err == nil {
		err = tipsErr
	}
	if err == nil {
		err = l.deepen(o, "judge")
	}
	return l, err
}

// leaveUndecided takes back what was learnt of repositories that cannot be
// judged by it yet, because the run stops: they stay as they were known.
func (l *listing) leaveUndecided() {
	for _, want := range l.run.Judge.Wants(l.judgeable(), l.run.moment.AsOf) {
		r := l.found[want.ID]
		if known := l.run.Known[want.ID]; known.Detail != nil && known.ReadError == "" {
			r.Detail = known.Detail
		} else {
			r.ReadError = "not read yet: the run was suspended before what decides its status was read"
		}
	}
}

// gathered is what was found out about one owner.
func (l *listing) gathered() pipeline.Gathered {
	g := pipeline.Gathered{Notices: l.notices, Counters: l.tally.counters()}
	g.Counters.CarriedOver = len(l.carried)
	for _, id := range l.order {
		g.Repositories = append(g.Repositories, *l.found[id])
	}
	switch {
	case l.gone != "":
		g.Missing, g.Short = max(1, len(l.known)), []string{l.owner}
		g.Notices = append(g.Notices, l.gone)
	case !l.listed:
	case l.total == 0 && len(l.known) > 0:
		g.Missing, g.Short = len(l.known), []string{l.owner}
		g.Notices = append(g.Notices, fmt.Sprintf("%s had %s and now shows none: what is known of them is kept. Check whether the token may still see them.", l.login, repositories(len(l.known))))
	case l.total == 0:
		g.Notices = append(g.Notices, fmt.Sprintf("%s has no repositories that this token can see. If it should, check the spelling, and whether they are private (include.private).", l.login))
	case l.missing() > 0:
		g.Missing, g.Short = l.missing(), []string{l.owner}
		g.Notices = append(g.Notices, l.missingNotice())
	case l.surplus() > 0:
		g.Missing, g.Short = l.surplus(), []string{l.owner}
		g.Notices = append(g.Notices, fmt.Sprintf("%s has %d repositories by GitHub's count, but %d different ones were listed, twice: one of the two is wrong. The next run lists them again.", l.login, l.total, l.seen()))
	default:
		whole := l.run.moment.AsOf
		if l.changed {
			whole = l.prior.Whole
		}
		g.Listings = []pipeline.Listing{{Owner: l.login, ID: l.ownerID, AsOf: l.run.moment.AsOf, Whole: whole,
			Include: l.run.Judge.Rules().Include, Basis: l.basis(), Excluded: slices.Sorted(maps.Keys(l.excluded))}}
	}
	return g
}

func (l *listing) missingNotice() string {
	s := fmt.Sprintf("%s has %d repositories by GitHub's count, but only %d of them could be listed.", l.login, l.total, l.seen())
	if l.hidden == 0 {
		return s + " They may have been renamed while the listing was read; the next run lists them again."
	}
	if l.why != "" {
		s += " GitHub says: " + pipeline.Plain(l.why, pipeline.TextLimit) + "."
	}
	return s + " Use a token that is authorized for all of them (SAML single sign-on, repository access)."
}
