package pipeline

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// judgingRevision is part of every rule version. It is raised when the code
// below comes to other verdicts from the same rules and facts.
const judgingRevision = "1"

const secondsPerDay = 24 * 60 * 60

// Policy judges repositories by a set of rules. It is immutable, so any number
// of goroutines may share one; create it with [NewPolicy].
type Policy struct {
	rules        Rules
	bots         []glob
	exemptions   []exemption
	ownership    []ownership
	botsRevision string
	version      string
}

// NewPolicy compiles rules. It fails on a glob that does not parse, on tiers
// that do not ascend, and on an exemption that is not exactly one of match,
// topic and language or gives no reason.
func NewPolicy(rules Rules) (*Policy, error) {
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
func (p *Policy) Rules() Rules { return p.rules }

// Version identifies everything that decides verdicts: two policies with the
// same version judge every repository alike. The tolerance for unread
// repositories, which judges the run and not a repository, is no part of it.
func (p *Policy) Version() string { return p.version }

// Check reports tiers that are zero or do not ascend.
func (t Tiers) Check() error {
	names := []string{"fresh", "active", "aging", "stale"}
	previous := Span{}
	for i, s := range []Span{t.Fresh, t.Active, t.Aging, t.Stale} {
		if s.Compare(previous) <= 0 {
			if i == 0 {
				return fmt.Errorf("tiers: fresh is %s; it must be longer than no time", s)
			}
			return fmt.Errorf("tiers: %s ends at %s, not after %s at %s; each must be longer than the one before", names[i], s, names[i-1], previous)
		}
		previous = s
	}
	return nil
}

// DefaultRules are the rules in force without a configuration.
func DefaultRules() Rules {
	return Rules{
		Tiers:       Tiers{Fresh: Span{Months: 6}, Active: Span{Years: 1}, Aging: Span{Years: 2}, Stale: Span{Years: 4}},
		Codeowners:  true,
		AllowUnread: Allowance{Percent: 1},
		Include:     Include{Forks: true, Archived: true, Templates: true},
	}
}

func botsRevision(patterns []string) string {
	folded := make([]string, len(patterns))
	for i, s := range patterns {
		folded[i] = strings.ToLower(s)
	}
	slices.Sort(folded)
	return shortHash(append([]string{BuiltinBotsRevision}, slices.Compact(folded)...)...)
}

func ruleVersion(rules Rules, bots string) (string, error) {
	rules.AllowUnread = Allowance{}
	rules.Bots = nil
	text, err := json.Marshal(rules)
	if err != nil {
		return "", fmt.Errorf("rules cannot be written as JSON: %w", err)
	}
	return shortHash(judgingRevision, bots, string(text)), nil
}

// shortHash is the first 48 bits of a SHA-256 in hexadecimal: enough to tell
// one configuration's versions apart, short enough for a page.
func shortHash(parts ...string) string {
	h := sha256.New()
	for _, s := range parts {
		fmt.Fprintf(h, "%d:%s", len(s), s)
	}
	return hex.EncodeToString(h.Sum(nil)[:6])
}

// Judge turns a repository into a finding, as of one moment. It is pure: no
// clock, no I/O, the same result for the same arguments. StatusSince is asOf
// and PreviousStatus nil; [Policy.Compare] fills in what earlier runs knew.
//
// A repository that could not be read is unknown, whatever an earlier run
// knew; archived and empty come before age. Age is reckoned from the newest
// commit on the default branch that no bot authored, but never from a moment
// after the last push or asOf: clocks lie, pushes do not.
func (p *Policy) Judge(r Repository, asOf time.Time) Finding {
	asOf = asOf.UTC()
	f := Finding{Repository: r, StatusSince: asOf, Lane: laneOf(r)}
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
	status Status
	rule   string
	human  *Commit    // newest commit by a person, as far as looked
	date   *time.Time // what age is reckoned from; nil when age did not decide
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

func (p *Policy) decide(r Repository, asOf time.Time) verdict {
	byAge := p.decideByAge(r, asOf)
	switch {
	case r.ReadError != "":
		return verdict{status: Unknown, rule: ruleUnread, human: byAge.human}
	case r.IsArchived:
		return verdict{status: Archived, rule: ruleArchived, human: byAge.human}
	case r.IsEmpty:
		return verdict{status: Empty, rule: ruleEmpty}
	case r.DefaultBranch == nil:
		return verdict{status: Empty, rule: ruleNoBranch}
	}
	return byAge
}

func (p *Policy) decideByAge(r Repository, asOf time.Time) verdict {
	if r.Detail == nil {
		return verdict{status: Unknown, rule: ruleNeverRead}
	}
	tip, search := r.Detail.Tip, r.Detail.Search
	switch {
	case tip == nil:
		return verdict{status: Empty, rule: ruleNoBranch}
	case !p.IsBot(*tip):
		return p.byDate(ruleAge, tip, tip.CommittedDate, r, asOf)
	case search == nil:
		return verdict{status: Unknown, rule: ruleNotSearched}
	case p.pastLimit(search.Reach, asOf):
		return verdict{status: Dormant, rule: ruleBotsToLimit}
	case search.Human != nil:
		return p.byDate(ruleAge, search.Human, search.Human.CommittedDate, r, asOf)
	case search.Exhausted:
		return p.byDate(ruleBotsOnly, nil, r.CreatedAt, r, asOf)
	}
	return verdict{status: Dormant, rule: ruleBotsToLimit}
}

// byDate judges by a date after cutting it to the last push and to asOf.
func (p *Policy) byDate(rule string, human *Commit, date time.Time, r Repository, asOf time.Time) verdict {
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

// StatusAt returns the status that age alone gives at asOf to a repository
// whose newest human commit is of date.
func (t Tiers) StatusAt(date, asOf time.Time) Status {
	over := func(s Span) bool { return !s.After(date).After(asOf) }
	switch {
	case !over(t.Fresh):
		return Fresh
	case !over(t.Active):
		return Active
	case !over(t.Aging):
		return Aging
	case !over(t.Stale):
		return Stale
	}
	return Dormant
}
