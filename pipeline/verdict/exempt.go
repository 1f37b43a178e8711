package verdict

import (
	"fmt"
	"slices"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// exempt returns the first exemption that holds for r at asOf, nil for none.
func (p *Policy) exempt(r pipeline.Repository, asOf time.Time) *pipeline.Exemption {
	return p.firstClaim(r, asOf, func(c claim) bool { return !c.expired(asOf) })
}

// lapsed returns the first exemption of r that ended, nil for none.
func (p *Policy) lapsed(r pipeline.Repository, asOf time.Time) *pipeline.Exemption {
	return p.firstClaim(r, asOf, func(c claim) bool { return c.expired(asOf) })
}

// claim is one exemption that fits a repository, holding or not.
type claim struct {
	pipeline.Exemption
	problem string // why it cannot hold; empty when only its end can stop it
}

// expired reports whether the last day is over at asOf, UTC.
func (c claim) expired(asOf time.Time) bool { return pipeline.LastDayOver(c.Until, asOf) }

// firstClaim returns the first exemption of r that has no problem and is as asked:
// of the configuration's in the order of the file, then of the repository's own.
func (p *Policy) firstClaim(r pipeline.Repository, asOf time.Time, is func(claim) bool) *pipeline.Exemption {
	for _, e := range p.exemptions {
		if c := e.claim(); e.fits(r) && is(c) {
			return &c.Exemption
		}
	}
	for _, c := range p.ownClaims(r, asOf) {
		if c.problem == "" && is(c) {
			return &c.Exemption
		}
	}
	return nil
}

func (e exemption) claim() claim {
	return claim{Exemption: pipeline.Exemption{Rule: e.name, Reason: e.Reason, Until: e.Until, By: e.By}}
}

// ownClaims are the exemptions that the repository's owners set in it: in its
// description, in its CODEOWNERS file and as a topic.
func (p *Policy) ownClaims(r pipeline.Repository, asOf time.Time) []claim {
	var claims []claim
	if r.Description != nil {
		for _, m := range findMarkers(*r.Description, "") {
			claims = append(claims, p.ownClaim("description", m, asOf))
		}
	}
	if r.Detail != nil && r.Detail.Codeowners != nil {
		for _, m := range findMarkers(*r.Detail.Codeowners, "#") {
			claims = append(claims, p.ownClaim("CODEOWNERS", m, asOf))
		}
	}
	if slices.Contains(r.Topics, KeepTopic) {
		claims = append(claims, p.ownClaim("topic "+KeepTopic, marker{reason: "its owners set the topic " + KeepTopic}, asOf))
	}
	return claims
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
		for _, c := range p.ownClaims(r, asOf) {
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
