package verdict

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

const secondsPerDay = 24 * 60 * 60

// judgingRevision is part of every rule version. It is raised when the code
// below comes to other verdicts from the same rules and facts.
const judgingRevision = "3"

// Policy judges repositories by a set of rules. It is immutable, so any number
// of goroutines may share one; create it with [NewPolicy].
type Policy struct {
	rules        pipeline.Rules
	bots         []glob
	exemptions   []exemption
	ownership    []ownership
	botsRevision string
	version      string
}

// NewPolicy compiles rules. It fails on a glob that does not parse, on tiers
// that do not ascend, and on an exemption that is not exactly one of match,
// topic and language or gives no reason.
func NewPolicy(rules pipeline.Rules) (*Policy, error) {
	if err := rules.Tiers.Check(); err != nil {
		return nil, err
	}
	p := &Policy{rules: rules}
	for _, pattern := range rules.Bots {
		g, err := newGlob(pattern)
		if err != nil {
			return nil, fmt.Errorf("bots: %w", err)
		}
		p.bots = append(p.bots, g)
	}
	var err error
	if p.exemptions, err = newExemptions(rules.Exemptions); err != nil {
		return nil, err
	}
	if p.ownership, err = newOwnership(rules.Ownership); err != nil {
		return nil, err
	}
	p.botsRevision = botsRevision(rules.Bots)
	p.version, err = ruleVersion(rules, p.botsRevision)
	return p, err
}

// Rules returns the rules it was made from. Callers must not change them.
func (p *Policy) Rules() pipeline.Rules { return p.rules }

// Version identifies everything that decides verdicts: two policies with the
// same version judge every repository alike. The tolerance for unread
// repositories, which judges the run and not a repository, is no part of it.
func (p *Policy) Version() string { return p.version }

func botsRevision(patterns []string) string {
	folded := make([]string, len(patterns))
	for i, s := range patterns {
		folded[i] = strings.ToLower(s)
	}
	slices.Sort(folded)
	return durable.Digest(append([]string{pipeline.ReadingRevision}, slices.Compact(folded)...)...)
}

func ruleVersion(rules pipeline.Rules, bots string) (string, error) {
	rules.AllowUnread = pipeline.Allowance{}
	rules.Bots = nil
	text, err := json.Marshal(rules)
	if err != nil {
		return "", fmt.Errorf("rules cannot be written as JSON: %w", err)
	}
	return durable.Digest(judgingRevision, bots, string(text)), nil
}

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
		days := int((asOf.Unix() - v.date.Unix()) / secondsPerDay)
		stale := startOfDay(p.rules.Tiers.Aging.After(*v.date))
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
	marked := *d
	mark := func(c pipeline.Commit) pipeline.Commit {
		c.Campaign = max(c.Campaign, size[c.OID])
		return c
	}
	if d.Tip != nil {
		tip := mark(*d.Tip)
		marked.Tip = &tip
	}
	if d.Search != nil {
		search := *d.Search
		search.People = slices.Clone(search.People)
		for i, c := range search.People {
			search.People[i] = mark(c)
		}
		marked.Search = &search
	}
	return &marked
}

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

// The rules that a [Reason] names.
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

// lost reports that a commit behind the tip lies where no search looks: beyond
// the dormant limit. The newest one by a person is found all the same if the bot's
// commit that follows it lies within.
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

// cut is the latest moment that a date of a repository can mean: it was pushed
// by then.
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
