package verdict

import (
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// counted sums up people's commits in one repository.
type counted struct {
	human    *pipeline.Commit // the newest by a person, whatever it was; nil for none
	deciding *pipeline.Commit // the newest that counts; nil for none
	skipped  []skipped        // do not count and are newer than deciding, newest first
	wants    pipeline.Want    // what would have to be read to know better
}

// skipped is a person's commit that does not count, and why.
type skipped struct {
	pipeline.Commit
	why          pipeline.NotCountedReason
	repositories int // that a campaign touched
}

// count goes through people's commits from the newest to the first that counts: one
// that is no merge of a bot's branch, no notice that the repository is over, and no
// part of a campaign. Where dates are out of order, a later one behind it decides.
func (p *Policy) count(r pipeline.Repository, retired bool, f *fleet, asOf time.Time) counted {
	in := reading{Policy: p, repo: r, fleet: f, asOf: asOf, retired: retired}
	in.owner, _ = pipeline.SplitName(r.NameWithOwner)
	in.people, in.recent = p.people(r)
	out := counted{wants: pipeline.Want{ID: r.ID}}
	settled := false // a commit was found that counts for certain
	for i := range in.people {
		c := &in.people[i]
		if p.IsBot(*c) {
			continue // it was read before this bot was configured
		}
		if in.isNewer(c, out.human) {
			out.human = c
		}
		decides := in.isNewer(c, out.deciding)
		if settled && !decides {
			continue
		}
		s, wantsSize, wantsHistory := in.look(i)
		if wantsSize && c.OID != "" && len(out.wants.Sizes) == 0 { // the next may not be needed
			out.wants.Sizes = append(out.wants.Sizes, c.OID)
		}
		out.wants.History = out.wants.History || wantsHistory
		counts := s.why == ""
		switch {
		case decides && counts:
			out.deciding = c
		case decides:
			out.skipped = append(out.skipped, s)
		}
		settled = settled || counts && !wantsSize && !wantsHistory
	}
	if out.deciding == nil {
		search := r.Detail.Search
		out.wants.History = search == nil || !p.searchedFar(search, asOf)
	}
	return out
}

// reading is one repository whose commits are being counted.
type reading struct {
	*Policy
	repo    pipeline.Repository
	owner   string
	people  []pipeline.Commit // newest first
	recent  int               // of people
	retired bool              // by its own words
	fleet   *fleet
	asOf    time.Time
}

// look says whether commit i counts (why is empty then), and what to read to be
// surer. What lies beyond the dormant limit counts unseen, because nothing
// behind it could change the status; so does the commit that began a history.
func (in *reading) look(i int) (s skipped, wantsSize, wantsHistory bool) {
	c := in.people[i]
	s.Commit = c
	if in.pastLimit(c.CommittedDate, in.asOf) || in.isFirst(i) {
		return s, false, false
	}
	count := in.rules.Count
	if !count.BotMerges && isBotMerge(c) {
		s.why = pipeline.BotMerge
		return s, false, false
	}
	if !count.Notices {
		notice, unsure := isNotice(c, in.retired)
		if notice {
			s.why = pipeline.Notice
			return s, unsure, false
		}
		wantsSize = unsure
	}
	if count.Campaigns || in.isOwn(c) || c.Size != nil && !isSmall(c.Size) {
		return s, wantsSize, false
	}
	n := in.fleet.alike(in.owner, c)
	search := in.repo.Detail.Search
	switch {
	case n < campaignRepositories:
		return s, wantsSize, false
	case c.Size == nil && !oneDocument.MatchString(c.Headline):
		return s, true, false
	case search == nil:
		return s, false, true
	case in.keptBefore(i):
		return s, false, false
	}
	s.why, s.repositories = pipeline.Campaign, n
	return s, false, false
}

// isFirst reports that commit i began the whole history.
func (in *reading) isFirst(i int) bool {
	s := in.repo.Detail.Search
	return i == len(in.people)-1 && s != nil && s.Exhausted && len(in.people) < mostPeople
}

// isOwn reports that c was made by the person whose account the repository is
// in.
func (in *reading) isOwn(c pipeline.Commit) bool {
	return c.Author.Login != nil && strings.EqualFold(*c.Author.Login, in.owner)
}

// keptBefore reports that the author of commit i had committed to the repository
// long before it: somebody who comes back keeps it.
func (in *reading) keptBefore(i int) bool {
	c := in.people[i]
	me := authorKey("", c.Author)
	for _, d := range in.people[i+1 : max(in.recent, i+1)] {
		if c.CommittedDate.Sub(d.CommittedDate) >= keeps && authorKey("", d.Author) == me {
			return true
		}
	}
	return false
}

// isNewer compares commits by the dates that can be true; nil is older than any.
func (in *reading) isNewer(c, than *pipeline.Commit) bool {
	return than == nil || cut(c.CommittedDate, in.repo, in.asOf).After(cut(than.CommittedDate, in.repo, in.asOf))
}

// cut returns a date, or the last push or asOf if that is earlier: no commit is newer.
func cut(date time.Time, r pipeline.Repository, asOf time.Time) time.Time {
	date = date.UTC()
	if r.PushedAt != nil && r.PushedAt.Before(date) {
		date = r.PushedAt.UTC()
	}
	if asOf.Before(date) {
		date = asOf
	}
	return date
}
