package verdict

import (
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

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
		p.ownClaims(r, asOf)(yield)
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

// ExemptionIssue is an exemption that does nothing.
type ExemptionIssue struct {
	pipeline.Exemption
	// NameWithOwner is the repository that holds it; empty when the
	// configuration does.
	NameWithOwner string
	// Sentence says what is wrong and what would be right.
	Sentence string
}

// ExemptionReport lists the exemptions that do nothing at asOf: first the
// configuration's, in the order of the file, that are expired or fit no
// finding, then the repositories' own, in the order of findings, that are
// expired or refused.
func (p *Policy) ExemptionReport(findings []pipeline.Finding, asOf time.Time) []ExemptionIssue {
	var issues []ExemptionIssue
	for _, e := range p.exemptions {
		c := e.claim()
		switch {
		case c.expired(asOf):
			issues = append(issues, ExemptionIssue{c.Exemption, "", expiredSentence(c.Exemption)})
		case !slices.ContainsFunc(findings, func(f pipeline.Finding) bool { return e.fits(f.Repository) }):
			issues = append(issues, ExemptionIssue{c.Exemption, "", "It fits no repository; correct it or take it out of the configuration."})
		}
	}
	for i := range findings {
		r := findings[i].Repository
		for c := range p.ownClaims(r, asOf) {
			switch {
			case c.problem != "":
				issues = append(issues, ExemptionIssue{c.Exemption, r.NameWithOwner, "It does not hold: " + c.problem + "."})
			case c.expired(asOf):
				issues = append(issues, ExemptionIssue{c.Exemption, r.NameWithOwner, expiredSentence(c.Exemption)})
			}
		}
	}
	return issues
}

func expiredSentence(e pipeline.Exemption) string {
	return fmt.Sprintf("Its last day was %s; set a later one or take it out.", e.Until.UTC().Format(time.DateOnly))
}
