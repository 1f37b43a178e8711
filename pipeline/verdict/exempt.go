package verdict

import (
	"fmt"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// exemption is a compiled [ExemptionRule].
type exemption struct {
	pipeline.ExemptionRule
	glob glob
	name string // as [Exemption.Rule] tells it
}

func newExemptions(rules []pipeline.ExemptionRule) ([]exemption, error) {
	var compiled []exemption
	for i, r := range rules {
		if err := r.Check(); err != nil {
			return nil, fmt.Errorf("exempt, entry %d: %w", i+1, err)
		}
		e := exemption{ExemptionRule: r}
		switch {
		case r.Match != "":
			e.glob, _ = newGlob(r.Match) // parses: Check has seen it
			e.name = "match " + strconv.Quote(r.Match)
		case r.Topic != "":
			e.name = "topic " + r.Topic
		default:
			e.name = "language " + r.Language
		}
		compiled = append(compiled, e)
	}
	return compiled, nil
}

func (e exemption) fits(r pipeline.Repository) bool {
	switch {
	case e.Match != "":
		return e.glob.matchRepository(r.NameWithOwner)
	case e.Topic != "":
		return slices.ContainsFunc(r.Topics, func(t string) bool { return strings.EqualFold(t, e.Topic) })
	}
	return r.PrimaryLanguage != nil && strings.EqualFold(*r.PrimaryLanguage, e.Language)
}

// claim is one exemption that fits a repository, holding or not.
type claim struct {
	pipeline.Exemption
	problem string // why it cannot hold; empty when only its end can stop it
}

// holds reports whether the claim exempts at asOf: until the end of its last
// day, UTC.
func (c claim) holds(asOf time.Time) bool { return c.problem == "" && !c.expired(asOf) }

func (c claim) expired(asOf time.Time) bool {
	return pipeline.LastDayOver(c.Until, asOf)
}

// startOfDay is midnight before t, UTC.
func startOfDay(t time.Time) time.Time {
	y, m, d := t.UTC().Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// endOfDay is the first moment after the day of t, UTC.
func endOfDay(t time.Time) time.Time {
	y, m, d := t.UTC().Date()
	return time.Date(y, m, d+1, 0, 0, 0, 0, time.UTC)
}

// exempt returns the first exemption that holds for r at asOf, nil for none.
func (p *Policy) exempt(r pipeline.Repository, asOf time.Time) *pipeline.Exemption {
	for c := range p.claims(r, asOf) {
		if c.holds(asOf) {
			return &c.Exemption
		}
	}
	return nil
}

// claims yields the exemptions that fit r in order of precedence: the
// configuration's in the order of the file, then the repository's own, by its
// description, its CODEOWNERS file and its topics.
func (p *Policy) claims(r pipeline.Repository, asOf time.Time) iter.Seq[claim] {
	return func(yield func(claim) bool) {
		for _, e := range p.exemptions {
			if e.fits(r) && !yield(e.claim()) {
				return
			}
		}
		for c := range p.ownClaims(r, asOf) {
			if !yield(c) {
				return
			}
		}
	}
}

func (e exemption) claim() claim {
	return claim{Exemption: pipeline.Exemption{Rule: e.name, Reason: e.Reason, Until: e.Until, By: e.By}}
}

// ownClaims yields the exemptions that the repository's owners set in it.
func (p *Policy) ownClaims(r pipeline.Repository, asOf time.Time) iter.Seq[claim] {
	return func(yield func(claim) bool) {
		if r.Description != nil {
			for _, m := range descriptionMarkers(*r.Description) {
				if !yield(p.ownClaim("description", m, asOf)) {
					return
				}
			}
		}
		if r.Detail != nil && r.Detail.Codeowners != nil {
			for _, m := range codeownersMarkers(*r.Detail.Codeowners) {
				if !yield(p.ownClaim("CODEOWNERS", m, asOf)) {
					return
				}
			}
		}
		if slices.Contains(r.Topics, KeepTopic) {
			yield(p.ownClaim("topic "+KeepTopic, marker{reason: "its owners set the topic " + KeepTopic}, asOf))
		}
	}
}

// ownClaim applies the longest span that the configuration allows. What has no
// end lasts longer than any span.
func (p *Policy) ownClaim(rule string, m marker, asOf time.Time) claim {
	c := claim{Exemption: pipeline.Exemption{Rule: rule, Reason: m.reason, Until: m.until}, problem: m.problem}
	longest := p.rules.MaxExemption
	if c.problem != "" || longest == (pipeline.Span{}) {
		return c
	}
	switch {
	case m.until == nil:
		c.problem = fmt.Sprintf("it has no end, and the configuration allows %s at most; %s", longest.Words(), markerForm)
	case longest.After(asOf).Before(*m.until):
		c.problem = fmt.Sprintf("it ends on %s, more than the %s ahead that the configuration allows; choose a nearer day",
			m.until.Format(time.DateOnly), longest.Words())
	}
	return c
}

// lapsed returns the first exemption of r that ended, nil for none.
func (p *Policy) lapsed(r pipeline.Repository, asOf time.Time) *pipeline.Exemption {
	for c := range p.claims(r, asOf) {
		if c.problem == "" && c.expired(asOf) {
			return &c.Exemption
		}
	}
	return nil
}

// ExemptionIssueKind says why an exemption does nothing.
type ExemptionIssueKind string

const (
	ExemptionExpired   ExemptionIssueKind = "expired"   // its last day is over
	ExemptionUnmatched ExemptionIssueKind = "unmatched" // no repository fits it
	ExemptionRefused   ExemptionIssueKind = "refused"   // it is malformed or asks for too long
)

// ExemptionIssue is an exemption that does nothing.
type ExemptionIssue struct {
	pipeline.Exemption
	Kind ExemptionIssueKind `json:"kind"`
	// NameWithOwner is the repository that holds it; empty when the
	// configuration does.
	NameWithOwner string `json:"nameWithOwner,omitempty"`
	// Repositories counts those that fit it.
	Repositories int `json:"repositories"`
	// Sentence says what is wrong and what would be right.
	Sentence string `json:"sentence"`
}

// ExemptionReport lists the exemptions that do nothing at asOf: first the
// configuration's, in the order of the file, that are expired or fit no
// finding, then the repositories' own, in the order of findings, that are
// expired or refused.
func (p *Policy) ExemptionReport(findings []pipeline.Finding, asOf time.Time) []ExemptionIssue {
	var issues []ExemptionIssue
	for _, e := range p.exemptions {
		issue := ExemptionIssue{Exemption: e.claim().Exemption}
		for i := range findings {
			if e.fits(findings[i].Repository) {
				issue.Repositories++
			}
		}
		switch {
		case e.claim().expired(asOf):
			issue.Kind, issue.Sentence = ExemptionExpired, expiredSentence(issue.Exemption)
		case issue.Repositories == 0:
			issue.Kind = ExemptionUnmatched
			issue.Sentence = "It fits no repository; correct it or take it out of the configuration."
		default:
			continue
		}
		issues = append(issues, issue)
	}
	for i := range findings {
		issues = append(issues, p.ownIssues(findings[i].Repository, asOf)...)
	}
	return issues
}

func (p *Policy) ownIssues(r pipeline.Repository, asOf time.Time) []ExemptionIssue {
	var issues []ExemptionIssue
	for c := range p.ownClaims(r, asOf) {
		issue := ExemptionIssue{Exemption: c.Exemption, NameWithOwner: r.NameWithOwner, Repositories: 1}
		switch {
		case c.problem != "":
			issue.Kind, issue.Sentence = ExemptionRefused, "It does not hold: "+c.problem+"."
		case c.expired(asOf):
			issue.Kind, issue.Sentence = ExemptionExpired, expiredSentence(c.Exemption)
		default:
			continue
		}
		issues = append(issues, issue)
	}
	return issues
}

func expiredSentence(e pipeline.Exemption) string {
	return fmt.Sprintf("Its last day was %s; set a later one or take it out.", e.Until.UTC().Format(time.DateOnly))
}
