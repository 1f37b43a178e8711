package pipeline

import (
	"maps"
	"slices"
	"strings"
)

// ReadingRevision names the built-in rules that apply while reading: how bots are
// told from people, and what is kept of CODEOWNERS files and READMEs. It is part of
// a record revision.
const ReadingRevision = "2"

// botNames are services that commit under a name or login without "[bot]",
// folded to lower case. Only an exact match counts: people are called Abbott,
// and Theo Bot.
var botNames = map[string]bool{
	"actions-user": true, "all-contributors": true, "allcontributors": true,
	"azure devops": true, "azure pipelines": true, "azure-fluent": true, "azure-pipelines": true, "azure samples bot": true,
	"copybara-service": true, "crowdin bot": true, "crowdin-bot": true, "deepsource-autofix": true,
	"dependabot": true, "dependabot preview": true, "dependabot-preview": true, "dependabot-support": true,
	"depfu": true, "docs-product": true, "docs.microsoft.com product bot": true, "fossabot": true, "gcf-owl-bot": true,
	"github action": true, "github actions": true, "github actions bot": true, "github-action": true, "github-actions": true, "github-actions-bot": true,
	"greenkeeper": true, "greenkeeperio-bot": true,
	"imgbot": true, "imgbotapp": true, "k8s-ci-robot": true,
	"mergify": true, "microsoft github user": true, "microsoft open source": true, "microsoftopensource": true, "msftbot": true, "openshift-merge-robot": true,
	"pre-commit-ci": true, "pre-commit.ci": true, "pyup-bot": true, "release-please": true,
	"renovate": true, "renovate bot": true, "renovate-bot": true, "renovatebot": true,
	"restyled-io": true, "scala steward": true, "scala-steward": true,
	"semantic-release-bot": true, "snyk bot": true, "snyk-bot": true,
	"transifex-integration": true, "travis ci": true, "weblate": true, "hosted weblate": true,
	"whitesource-bolt": true, "whitesource-bolt-for-github": true,
}

// copilotAddress is the end of the address that GitHub's Copilot commits with.
// Its name and login may also be a person's.
const copilotAddress = "+copilot@users.noreply.github.com"

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
// bot: a GitHub App, a name, login or e-mail local part that ends in "[bot]", a
// login that ends in "-bot", or a well-known service by its exact name. Case and
// surrounding space do not matter; parts that are unknown are empty.
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
	return strings.HasSuffix(local, "[bot]") || botEmails[email] || strings.HasSuffix(email, copilotAddress) ||
		strings.HasSuffix(strings.ToLower(login), "-bot")
}

// BuiltinBots returns the names and logins, folded to lower case and sorted,
// of the services that [BuiltinBot] knows by name: what a report shows beside
// the rules for "[bot]" and GitHub Apps.
func BuiltinBots() []string { return slices.Sorted(maps.Keys(botNames)) }
