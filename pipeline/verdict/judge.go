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
const judgingRevision = "1"

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
	return durable.Digest(append([]string{pipeline.BuiltinBotsRevision}, slices.Compact(folded)...)...)
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
// commit on the default branch that no bot authored, but never from a moment
// after the last push or asOf: clocks lie, pushes do not.
func (p *Policy) Judge(repos []pipeline.Repository, asOf time.Time) []pipeline.Finding {
	findings := make([]pipeline.Finding, len(repos))
	for i, r := range repos {
		findings[i] = p.judge(r, asOf.UTC())
	}
	return findings
}

func (p *Policy) judge(r pipeline.Repository, asOf time.Time) pipeline.Finding {
	f := pipeline.Finding{Repository: r, StatusSince: asOf, Lane: laneOf(r)}
	f.Owners = p.owners(r)
	f.Exemption = p.exempt(r, asOf)
	if d := r.Detail; d != nil && d.Tip != nil {
		f.TipIsBot = p.IsBot(*d.Tip)
	}

	v := p.decide(r, asOf)
	f.Status, f.LastHumanCommit, f.DecidedBy = v.status, v.human, v.date
	if v.date != nil {
		days := int((asOf.Unix() - v.date.Unix()) / secondsPerDay)
		f.AgeDays = &days
	}
	f.Reason = p.explain(f, v, asOf)
	f.Signals = signals(f, asOf)
	f.Suggestion = p.suggest(f, asOf)
	return f
}

// verdict is what decided, before it is put into words.
type verdict struct {
	status pipeline.Status
	rule   string
	human  *pipeline.Commit // newest commit by a person, as far as looked
	date   *time.Time       // what age is reckoned from; nil when age did not decide
	// clamped is the moment that date was before it was cut to the last push
	// or to asOf; nil when it was not cut.
	clamped *time.Time
}

// The rules that a [Reason] names.
const (
	ruleAge         = "age"               // the newest commit by a person decided
	ruleArchived    = "archived"          // GitHub says archived
	ruleEmpty       = "empty"             // GitHub says empty
	ruleNoBranch    = "no-default-branch" // nothing on the default branch to judge by
	ruleBotsOnly    = "bots-only"         // no person in the whole history: createdAt decided
	ruleBotsToLimit = "bots-to-the-limit" // no person as far back as is looked
	ruleUnread      = "unread"            // this run could not read it
	ruleNeverRead   = "never-read"        // no run has read it
	ruleNotSearched = "not-searched"      // a bot's tip, and nothing known behind it
)

func (p *Policy) decide(r pipeline.Repository, asOf time.Time) verdict {
	byAge := p.decideByAge(r, asOf)
	switch {
	case r.ReadError != "":
		return verdict{status: pipeline.Unknown, rule: ruleUnread, human: byAge.human}
	case r.IsArchived:
		return verdict{status: pipeline.Archived, rule: ruleArchived, human: byAge.human}
	case r.IsEmpty:
		return verdict{status: pipeline.Empty, rule: ruleEmpty}
	case r.DefaultBranch == nil:
		return verdict{status: pipeline.Empty, rule: ruleNoBranch}
	}
	return byAge
}

func (p *Policy) decideByAge(r pipeline.Repository, asOf time.Time) verdict {
	if r.Detail == nil {
		return verdict{status: pipeline.Unknown, rule: ruleNeverRead}
	}
	tip, search := r.Detail.Tip, r.Detail.Search
	switch {
	case tip == nil:
		return verdict{status: pipeline.Empty, rule: ruleNoBranch}
	case !p.IsBot(*tip):
		return p.byDate(ruleAge, tip, tip.CommittedDate, r, asOf)
	case search == nil:
		return verdict{status: pipeline.Unknown, rule: ruleNotSearched}
	case p.pastLimit(search.Reach, asOf):
		return verdict{status: pipeline.Dormant, rule: ruleBotsToLimit}
	case search.Human != nil:
		return p.byDate(ruleAge, search.Human, search.Human.CommittedDate, r, asOf)
	case search.Exhausted:
		return p.byDate(ruleBotsOnly, nil, r.CreatedAt, r, asOf)
	}
	return verdict{status: pipeline.Dormant, rule: ruleBotsToLimit}
}

// byDate judges by a date after cutting it to the last push and to asOf.
func (p *Policy) byDate(rule string, human *pipeline.Commit, date time.Time, r pipeline.Repository, asOf time.Time) verdict {
	v := verdict{rule: rule, human: human}
	cut := date.UTC()
	if r.PushedAt != nil && r.PushedAt.Before(cut) {
		cut = r.PushedAt.UTC()
	}
	if asOf.Before(cut) {
		cut = asOf
	}
	if !cut.Equal(date) {
		v.clamped = &date
	}
	v.date, v.status = &cut, p.rules.Tiers.StatusAt(cut, asOf)
	return v
}
