package pipeline

import (
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
var botNames = []string{
	"actions-user", "all-contributors", "allcontributors", "azure devops", "azure pipelines", "azure samples bot",
	"azure-fluent", "azure-pipelines", "copybara-service", "crowdin bot", "crowdin-bot", "deepsource-autofix",
	"dependabot", "dependabot preview", "dependabot-preview", "dependabot-support", "depfu", "docs-product",
	"docs.microsoft.com product bot", "fossabot", "gcf-owl-bot", "github action", "github actions",
	"github actions bot", "github-action", "github-actions", "github-actions-bot", "greenkeeper", "greenkeeperio-bot",
	"hosted weblate", "imgbot", "imgbotapp", "k8s-ci-robot", "mergify", "microsoft github user",
	"microsoft open source", "microsoftopensource", "msftbot", "openshift-merge-robot", "pre-commit-ci",
	"pre-commit.ci", "pyup-bot", "release-please", "renovate", "renovate bot", "renovate-bot", "renovatebot",
	"restyled-io", "scala steward", "scala-steward", "semantic-release-bot", "snyk bot", "snyk-bot",
	"transifex-integration", "travis ci", "weblate", "whitesource-bolt", "whitesource-bolt-for-github",
}

// copilotAddress is the end of the address that GitHub's Copilot commits with.
// Its name and login may also be a person's.
const copilotAddress = "+copilot@users.noreply.github.com"

// botEmails are addresses that services commit with under changing names,
// folded to lower case. noreply@github.com is not among them: it is the
// committer of what people merge in the browser.
var botEmails = []string{
	"action@github.com", "actions@github.com", "github-actions@github.com", "bot@renovateapp.com",
	"renovate@whitesourcesoftware.com", "snyk-bot@snyk.io", "support@dependabot.com", "support@greenkeeper.io",
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
		if strings.HasSuffix(s, "[bot]") || slices.Contains(botNames, s) {
			return true
		}
	}
	email = strings.ToLower(strings.TrimSpace(email))
	local, _, _ := strings.Cut(email, "@")
	return strings.HasSuffix(local, "[bot]") || slices.Contains(botEmails, email) || strings.HasSuffix(email, copilotAddress) ||
		strings.HasSuffix(strings.ToLower(login), "-bot")
}

// BuiltinBots returns the names and logins, folded to lower case and sorted,
// of the services that [BuiltinBot] knows by name: what a report shows beside
// the rules for "[bot]" and GitHub Apps.
func BuiltinBots() []string { return slices.Sorted(slices.Values(botNames)) }
