package pipeline

import (
	"slices"
	"strings"
	"time"
)

// BuiltinBotsRevision names the built-in rules that tell bots from people. A
// record revision includes it, because [Commit.Bot] is decided while reading.
const BuiltinBotsRevision = "1"

// botNames are services that commit under a name or login without "[bot]",
// folded to lower case. Only an exact match counts: people are called Abbott.
var botNames = map[string]bool{
	"all-contributors": true, "allcontributors": true,
	"azure devops": true, "azure pipelines": true, "azure-pipelines": true,
	"copybara-service": true, "crowdin-bot": true, "deepsource-autofix": true,
	"dependabot": true, "dependabot preview": true, "dependabot-preview": true, "dependabot-support": true,
	"depfu": true, "fossabot": true, "gcf-owl-bot": true,
	"github action": true, "github actions": true, "github-action": true, "github-actions": true, "github-actions-bot": true,
	"greenkeeper": true, "greenkeeperio-bot": true,
	"imgbot": true, "imgbotapp": true, "k8s-ci-robot": true,
	"mergify": true, "msftbot": true, "openshift-merge-robot": true,
	"pre-commit-ci": true, "pre-commit.ci": true, "pyup-bot": true, "release-please": true,
	"renovate": true, "renovate bot": true, "renovate-bot": true, "renovatebot": true,
	"restyled-io": true, "scala steward": true, "scala-steward": true,
	"semantic-release-bot": true, "snyk bot": true, "snyk-bot": true,
	"transifex-integration": true, "weblate": true, "hosted weblate": true,
	"whitesource-bolt": true, "whitesource-bolt-for-github": true,
}

// botEmails are addresses that services commit with under changing names,
// folded to lower case. noreply@github.com is not among them: it is the
// committer of what people merge in the browser.
var botEmails = map[string]bool{
	"action@github.com":                true,
	"actions@github.com":               true,
	"github-actions@github.com":        true,
	"bot@renovateapp.com":              true,
	"renovate@whitesourcesoftware.com": true,
	"snyk-bot@snyk.io":                 true,
	"support@dependabot.com":           true,
	"support@greenkeeper.io":           true,
}

// BuiltinBot reports whether the built-in rules take a commit's author for a
// bot: a GitHub App, a name, login or e-mail local part that ends in "[bot]",
// or a well-known service by its exact name. Case and surrounding space do not
// matter; parts that are unknown are empty.
func BuiltinBot(name, login, email string, isGitHubApp bool) bool {
	if isGitHubApp {
		return true
	}
	for _, s := range []string{name, login} {
		s = strings.ToLower(strings.TrimSpace(s))
		if strings.HasSuffix(s, "[bot]") || botNames[s] {
			return true
		}
	}
	email = strings.ToLower(strings.TrimSpace(email))
	local, _, _ := strings.Cut(email, "@")
	return strings.HasSuffix(local, "[bot]") || botEmails[email]
}

// IsBot reports whether the author of c counts as a bot: by the built-in rules,
// which looked at it when it was read, or by a configured glob over name or
// login. An author without name and login is a person unless c.Bot says so.
func (p *Policy) IsBot(c Commit) bool {
	if c.Bot {
		return true
	}
	return p.isNamedBot(c.Author.Name) || p.isNamedBot(c.Author.Login)
}

func (p *Policy) isNamedBot(name *string) bool {
	if name == nil {
		return false
	}
	trimmed := strings.TrimSpace(*name)
	return trimmed != "" && slices.ContainsFunc(p.bots, func(g glob) bool { return g.matchText(trimmed) })
}

// BotsRevision identifies everything that tells bots from people: the built-in
// rules and the configured globs, whatever their order and case. A [Search] made
// with another revision has to be made again.
func (p *Policy) BotsRevision() string { return p.botsRevision }

// SearchLimit is the moment past which a search for a person's commit need not
// look: who committed then or before makes the repository dormant at asOf.
func (p *Policy) SearchLimit(asOf time.Time) time.Time { return p.rules.Tiers.Stale.Before(asOf) }

// NeedsSearch reports whether r cannot be judged at asOf before the history
// behind its tip was searched: the tip's author is a bot, and there is no
// search yet, or one that told bots from people otherwise, or one that ended
// without a person before it came to the dormant limit.
func (p *Policy) NeedsSearch(r Repository, asOf time.Time) bool {
	if r.Detail == nil || r.Detail.Tip == nil || !p.IsBot(*r.Detail.Tip) {
		return false
	}
	s := r.Detail.Search
	if s == nil || s.Revision != p.botsRevision {
		return true
	}
	if s.Human != nil {
		return p.IsBot(*s.Human)
	}
	return !s.Exhausted && !p.pastLimit(s.Reach, asOf)
}

// pastLimit reports whether a search that reached t had looked far enough at
// asOf; never for the zero time. It compares with [Policy.SearchLimit] because
// that keeps the order of moments, which adding months does not where they end.
func (p *Policy) pastLimit(t, asOf time.Time) bool {
	return !t.IsZero() && !t.After(p.SearchLimit(asOf))
}
