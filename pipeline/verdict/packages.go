package verdict

import (
	"fmt"
	"slices"
	"strings"
	"time"

	humanize "github.com/dustin/go-humanize"

	"github.com/stalewatch/stalewatch/pipeline"
)

// The rules by which what a repository is built on makes it outdated, and by
// which a package shows that it is alive.
const (
	ruleFramework  = "framework-out-of-support"
	ruleDeprecated = "deprecated-packages"
	ruleVulnerable = "vulnerable-packages"
	rulePublished  = "package-published"
)

// outdated lists why a repository is behind, whatever its commits say.
func (p *Policy) outdated(r pipeline.Repository, asOf time.Time) []pipeline.Reason {
	var reasons []pipeline.Reason
	add := func(rule, sentence string) {
		if sentence != "" {
			reasons = append(reasons, pipeline.Reason{Rule: rule, Sentence: sentence})
		}
	}
	if !p.rules.Ignore.Frameworks && r.Dependencies != nil {
		add(ruleFramework, frameworkSentence(r.Dependencies.Frameworks, asOf))
	}
	if !p.rules.Ignore.Vulnerable {
		add(ruleVulnerable, usesSentence(r.Uses, func(u pipeline.PackageUse) *bool { return u.IsVulnerable }, "with known vulnerabilities"))
	}
	if !p.rules.Ignore.Deprecated {
		add(ruleDeprecated, usesSentence(r.Uses, func(u pipeline.PackageUse) *bool { return u.IsDeprecated }, "that their owners deprecated"))
	}
	return reasons
}

// frameworkSentence names the frameworks out of support, except where the project is
// built for a supported one as well: it can be moved on.
func frameworkSentence(all []pipeline.Framework, asOf time.Time) string {
	over := func(f pipeline.Framework) bool {
		return f.EndOfSupport != nil && !asOf.Before(f.EndOfSupport.AddDate(0, 0, 1))
	}
	supported := make(map[string]bool) // projects
	for _, f := range all {
		if !over(f) {
			supported[f.File] = true
		}
	}
	var ended []string
	for _, f := range all {
		if !supported[f.File] {
			ended = append(ended, fmt.Sprintf("%s (out of support since %s)", f.Title, day(*f.EndOfSupport)))
		}
	}
	slices.Sort(ended)
	if ended = slices.Compact(ended); len(ended) == 0 {
		return ""
	}
	return "It is built for " + pipeline.ListWords(ended) + "."
}

// named is how many packages a sentence names.
const named = 3

func usesSentence(uses []pipeline.UsedPackage, is func(pipeline.PackageUse) *bool, what string) string {
	var ids []string
	for _, u := range uses {
		if yes := is(u.Use); yes != nil && *yes {
			ids = append(ids, pipeline.Plain(u.ID, pipeline.NameLimit))
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)
	if len(ids) == 0 {
		return ""
	}
	count := pipeline.Plural(len(ids), "package")
	if more := len(ids) - named; more > 0 {
		ids = append(ids[:named], fmt.Sprintf("%d more", more))
	}
	return fmt.Sprintf("It uses %s %s: %s.", count, what, pipeline.ListWords(ids))
}

// alive is why a repository with old commits is looked after: a package of it was
// published within the time in which commits make a repository active.
func (p *Policy) alive(f pipeline.Finding, asOf time.Time) *pipeline.Reason {
	l := f.LatestPackage
	if l == nil || l.PublishedAt == nil || !needsAttention(f.Status) || !p.rules.Tiers.Active.After(*l.PublishedAt).After(asOf) {
		return nil
	}
	return &pipeline.Reason{Rule: rulePublished, Sentence: fmt.Sprintf("Its package %s was published on %s, so somebody looks after it.",
		pipeline.Plain(l.TagName, pipeline.NameLimit), dayAgo(*l.PublishedAt, asOf))}
}

// downloadSignal tells that people rely on what nobody looks after.
func (p *Policy) downloadSignal(f pipeline.Finding) string {
	if p.rules.Ignore.Downloads || f.Alive != nil || !needsAttention(f.Status) && f.Status != pipeline.Archived {
		return ""
	}
	var parts []string
	for _, pack := range f.Publishes {
		if n := pack.TotalDownloads; n != nil && *n > 0 {
			parts = append(parts, fmt.Sprintf("%s, downloaded %s times", pipeline.Plain(pack.ID, pipeline.NameLimit), humanize.Comma(*n)))
		}
	}
	if len(parts) == 0 {
		return ""
	}
	return "People rely on packages that are made of it: " + strings.Join(parts, "; ") + "."
}
