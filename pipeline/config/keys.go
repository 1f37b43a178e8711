package config

import (
	"fmt"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// keys are all keys of the file in the order of the documentation. One table
// serves the reader, the schema, the flags and the listing.
func keys() []field[Config] {
	return []field[Config]{
		many("owners", logins, func(c *Config) *[]string { return &c.Owners },
			"The users and organizations to survey; enterprises/SLUG stands for all organizations of an enterprise. The command line wins over it."),
		one("include.forks", flags, func(c *Config) *bool { return &c.Include.Forks }, "Survey forks."),
		one("include.archived", flags, func(c *Config) *bool { return &c.Include.Archived }, "Survey archived repositories."),
		one("include.templates", flags, func(c *Config) *bool { return &c.Include.Templates }, "Survey templates."),
		one("include.private", flags, func(c *Config) *bool { return &c.Include.Private },
			"Survey private repositories. The report tells their names."),
		many("include.topics", topics, func(c *Config) *[]string { return &c.Include.Topics },
			"Survey only repositories that carry one of these topics; none means any."),
		many("include.languages", texts, func(c *Config) *[]string { return &c.Include.Languages },
			"Survey only repositories whose primary language is one of these; none means any."),
		many("include.visibility", visibilities, func(c *Config) *[]string { return &c.Include.Visibility },
			"Survey only repositories of these visibilities: public, internal, private. Naming one that is not public stands for include.private."),
		lists("include.properties", func(c *Config) *map[string][]string { return &c.Include.Properties },
			"Survey only repositories whose custom properties have, each, one of these values. The token needs the organization's permission to read them."),
		many("properties", properties, func(c *Config) *[]string { return &c.Properties },
			"Custom properties that the report shows and filters by, besides those that include and ownership name."),
		one("tiers.fresh", spans, func(c *Config) *pipeline.Span { return &c.Tiers.Fresh }, "The end of fresh, such as 90d, 6mo or 2y."),
		one("tiers.active", spans, func(c *Config) *pipeline.Span { return &c.Tiers.Active }, "The end of active."),
		one("tiers.aging", spans, func(c *Config) *pipeline.Span { return &c.Tiers.Aging }, "The end of aging."),
		one("tiers.stale", spans, func(c *Config) *pipeline.Span { return &c.Tiers.Stale },
			"The end of stale. The search for a person's commit goes back no further."),
		one("count.bot-merges", flags, func(c *Config) *bool { return &c.Count.BotMerges }, "Count the merge of a branch that a bot made."),
		one("count.campaigns", flags, func(c *Config) *bool { return &c.Count.Campaigns },
			"Count small commits that their author made to three or more of the owner's repositories within a day."),
		one("count.notices", flags, func(c *Config) *bool { return &c.Count.Notices },
			"Count commits that only tell that the repository is retired."),
		one("ignore.unsupported-frameworks", flags, func(c *Config) *bool { return &c.Ignore.Frameworks },
			"Do not call a repository outdated because of a framework that is out of support."),
		one("ignore.deprecated-packages", flags, func(c *Config) *bool { return &c.Ignore.Deprecated },
			"Nor because it uses packages that are deprecated."),
		one("ignore.vulnerable-packages", flags, func(c *Config) *bool { return &c.Ignore.Vulnerable },
			"Nor because it uses packages with known vulnerabilities."),
		one("ignore.published-packages", flags, func(c *Config) *bool { return &c.Ignore.Published },
			"Do not take a repository for alive because a package of it was published lately."),
		one("ignore.package-downloads", flags, func(c *Config) *bool { return &c.Ignore.Downloads },
			"Do not tell that a package of a stale or archived repository is downloaded."),
		many("bots", globs, func(c *Config) *[]string { return &c.Bots },
			"Patterns over author name and login of further bots, besides the built-in ones."),
		exempt(),
		one("longest-exemption", spans, func(c *Config) *pipeline.Span { return &c.MaxExemption },
			"How far ahead an exemption that is set inside a repository may end. Without it there is no limit; with it each needs an end."),
		one("ownership.codeowners", flags, func(c *Config) *bool { return &c.Codeowners }, "Whether CODEOWNERS files count."),
		one("ownership.property", properties, func(c *Config) *string { return &c.OwnerProperty },
			"The custom property that names a repository's owners. It comes before CODEOWNERS and rules."),
		ownershipRules(),
		one("allow-unread", allowances, func(c *Config) *pipeline.Allowance { return &c.AllowUnread },
			"How many repositories may stay unread before a run fails: a share such as 1%, or a whole number."),
		one("site.title", texts, func(c *Config) *string { return &c.Site.Title }, "The title of the report."),
		one("site.url", siteURLs, func(c *Config) *string { return &c.Site.URL }, "Where the report is published: an absolute https address."),
		one("site.notes", directories, func(c *Config) *string { return &c.Site.Notes }, "A directory of Markdown notes beside this file."),
		many("nuget.owners", feedOwners, func(c *Config) *[]string { return &c.NuGet.Owners },
			"Survey the NuGet packages of these owners."),
		one("nuget.references", flags, func(c *Config) *bool { return &c.NuGet.References },
			"Survey the NuGet packages that the project files of the repositories refer to."),
		one("nuget.url", feedURLs, func(c *Config) *string { return &c.NuGet.URL }, "The service index of the NuGet feed; without it nuget.org's."),
		one("deadline", durations, func(c *Config) *time.Duration { return &c.Deadline },
			"Stop in order before this much time has passed; the next run resumes. Such as 40m or 1h30m."),
		one("concurrency", concurrencies, func(c *Config) *int { return &c.Concurrency }, "Most GraphQL requests in flight."),
	}
}

func exempt() field[Config] {
	type rule = pipeline.ExemptionRule
	return rows("exempt", func(c *Config) *[]rule { return &c.Exemptions }, row[rule]{
		fields: []field[rule]{
			one("match", globs, func(r *rule) *string { return &r.Match }, matchAbout),
			one("topic", topics, func(r *rule) *string { return &r.Topic }, "A topic that the repository carries."),
			one("language", texts, func(r *rule) *string { return &r.Language }, "The primary language."),
			one("reason", texts, func(r *rule) *string { return &r.Reason }, "Why it is exempt. The report shows it."),
			one("until", dates, func(r *rule) **time.Time { return &r.Until }, "The last day, UTC, on which it holds. Without it there is no end."),
			one("by", texts, func(r *rule) *string { return &r.By }, "Who decided."),
		},
		required: []string{"reason"}, example: `{match: "iot-*", reason: "kept for the course"}`,
		oneOf: []string{"match", "topic", "language"},
		same:  func(a, b rule) bool { return strings.EqualFold(chosen(a), chosen(b)) },
	}, "Repositories that are set apart with a reason. They keep their status and are counted apart.")
}

func chosen(r pipeline.ExemptionRule) string {
	return fmt.Sprintf("%q %q %q", r.Match, r.Topic, r.Language)
}

func ownershipRules() field[Config] {
	type rule = pipeline.OwnershipRule
	return rows("ownership.rules", func(c *Config) *[]rule { return &c.Ownership }, row[rule]{
		fields: []field[rule]{
			one("match", globs, func(r *rule) *string { return &r.Match }, matchAbout),
			one("owner", accounts, func(r *rule) *string { return &r.Owner }, "A user (@user) or a team (@organization/team)."),
		},
		required: []string{"match", "owner"}, example: `{match: "aks-*", owner: "@Azure-Samples/aks"}`,
		same: func(a, b rule) bool { return strings.EqualFold(a.Match, b.Match) },
	}, "Owners of repositories whose CODEOWNERS names nobody for everything. The first that fits counts.")
}

const matchAbout = "A pattern over the name, or over owner/name when it holds a slash."
