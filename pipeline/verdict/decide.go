package verdict

import (
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// verdict is what decided, before it is put into words.
type verdict struct {
	status   pipeline.Status
	rule     string
	human    *pipeline.Commit // the newest by a person, as far as looked
	deciding *pipeline.Commit // the newest of those that counts
	skipped  []skipped        // newer ones, which do not count
	date     *time.Time       // what age is reckoned from; nil when age did not decide
	// clamped is the moment that date was before it was cut to the last push
	// or to asOf; nil when it was not cut.
	clamped *time.Time
}

// The rules that a [pipeline.Reason] names.
const (
	ruleAge         = "age"               // the newest commit that counts decided
	ruleArchived    = "archived"          // GitHub says archived
	ruleEmpty       = "empty"             // GitHub says empty
	ruleNoBranch    = "no-default-branch" // nothing on the default branch to judge by
	ruleBotsOnly    = "bots-only"         // no person in the whole history: createdAt decided
	ruleBotsToLimit = "bots-to-the-limit" // no person as far back as is looked
	ruleUnread      = "unread"            // this run could not read it
	ruleNeverRead   = "never-read"        // no run has read it
	ruleNotSearched = "not-searched"      // a bot's tip, and nothing known behind it
)

func (p *Policy) decide(r pipeline.Repository, retired bool, f *fleet, asOf time.Time) verdict {
	v := p.decideByAge(r, retired, f, asOf)
	without := func(status pipeline.Status, rule string) verdict {
		return verdict{status: status, rule: rule, human: v.human, deciding: v.deciding, skipped: v.skipped}
	}
	switch {
	case r.ReadError != "":
		return without(pipeline.Unknown, ruleUnread)
	case r.IsArchived:
		return without(pipeline.Archived, ruleArchived)
	case r.IsEmpty:
		return verdict{status: pipeline.Empty, rule: ruleEmpty}
	case r.DefaultBranch == nil:
		return verdict{status: pipeline.Empty, rule: ruleNoBranch}
	}
	return v
}

func (p *Policy) decideByAge(r pipeline.Repository, retired bool, f *fleet, asOf time.Time) verdict {
	switch {
	case r.Detail == nil:
		return verdict{status: pipeline.Unknown, rule: ruleNeverRead}
	case r.Detail.Tip == nil:
		return verdict{status: pipeline.Empty, rule: ruleNoBranch}
	}
	c := p.count(r, retired, f, asOf)
	search := r.Detail.Search
	if n := len(c.skipped); c.deciding == nil && n > 0 { // nothing older is known
		c.deciding, c.skipped = &c.skipped[n-1].Commit, c.skipped[:n-1]
	}
	if search != nil && p.pastLimit(search.Reach, asOf) && (c.deciding == nil || p.lost(r, c.deciding, asOf)) {
		v := verdict{status: pipeline.Dormant, rule: ruleBotsToLimit, skipped: c.skipped}
		if c.human != nil && !p.lost(r, c.human, asOf) {
			v.human = c.human
		}
		return v
	}
	switch {
	case c.deciding != nil:
		v := p.byDate(ruleAge, c.deciding.CommittedDate, r, asOf)
		v.human, v.deciding, v.skipped = c.human, c.deciding, c.skipped
		return v
	case search == nil:
		return verdict{status: pipeline.Unknown, rule: ruleNotSearched}
	case search.Exhausted:
		return p.byDate(ruleBotsOnly, r.CreatedAt, r, asOf)
	}
	return verdict{status: pipeline.Dormant, rule: ruleBotsToLimit}
}

// lost reports that a commit behind the tip lies beyond the dormant limit, where no
// search looks. A search finds the newest one by a person all the same if the next
// commit, a bot's, lies within.
func (p *Policy) lost(r pipeline.Repository, c *pipeline.Commit, asOf time.Time) bool {
	if !p.pastLimit(c.CommittedDate, asOf) || c.OID == r.Detail.Tip.OID {
		return false
	}
	s := r.Detail.Search
	return s == nil || len(s.People) == 0 || c.OID != s.People[0].OID || p.pastLimit(s.Newer, asOf)
}

// byDate judges by a date after cutting it to the last push and to asOf.
func (p *Policy) byDate(rule string, date time.Time, r pipeline.Repository, asOf time.Time) verdict {
	at := cut(date, r, asOf)
	v := verdict{rule: rule, date: &at, status: p.rules.Tiers.StatusAt(at, asOf)}
	if !at.Equal(date) {
		v.clamped = &date
	}
	return v
}

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

// tooShort reports a search that saw fewer commits than repositories are compared
// by.
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

// needsAttention reports whether age asks somebody to act.
func needsAttention(s pipeline.Status) bool {
	return s == pipeline.Aging || s == pipeline.Stale || s == pipeline.Dormant
}
