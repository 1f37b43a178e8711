package site_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// asOf is the moment of every fixture.
var asOf = time.Date(2026, 11, 22, 7, 0, 0, 0, time.UTC)

func daysAgo(n int) time.Time { return asOf.AddDate(0, 0, -n) }

var rules = pipeline.Rules{
	Tiers: pipeline.Tiers{
		Fresh: pipeline.Span{Months: 6}, Active: pipeline.Span{Years: 1},
		Aging: pipeline.Span{Years: 2}, Stale: pipeline.Span{Years: 4},
	},
	Bots: []string{"Azure Samples Bot", "*-automation"},
	Exemptions: []pipeline.ExemptionRule{
		{Match: "iot-*", Reason: "kept for the certification course", Until: new(time.Date(2027, 6, 30, 0, 0, 0, 0, time.UTC)), By: "@contoso/iot"},
		{Topic: "keep", Reason: hostile},
		{Language: "PowerShell", Reason: "expired long ago", Until: new(time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC))},
	},
	Codeowners:   true,
	Ownership:    []pipeline.OwnershipRule{{Match: "aks-*", Owner: "@contoso/aks"}},
	AllowUnread:  pipeline.Allowance{Percent: 1},
	Include:      pipeline.Include{Forks: true, Archived: true, Templates: true},
	MaxExemption: pipeline.Span{Years: 1},
}

// hostile is what a stranger may write where a stranger's text can stand.
const hostile = `<script>alert(1)</script><img src=x onerror="alert(1)">'"&lt; {{.Title}} {{template "x"}} %s%d%!v(MISSING) ` +
	"\u202egnirts\u2066\u200b\ufeff\x00\x1b[31m [x](javascript:alert(1)) `code` **bold** | cell\r\nnext --> ]]> =cmd()"

// long is 350 characters without a place to break.
var long = strings.Repeat("w", 350)

// statusOf is the age rule of the default tiers, as far as fixtures need it.
func statusOf(last time.Time) pipeline.Status {
	t := rules.Tiers
	for _, l := range []struct {
		end pipeline.Span
		s   pipeline.Status
	}{{t.Fresh, pipeline.Fresh}, {t.Active, pipeline.Active}, {t.Aging, pipeline.Aging}, {t.Stale, pipeline.Stale}} {
		if l.end.After(last).After(asOf) {
			return l.s
		}
	}
	return pipeline.Dormant
}

func person(login string) pipeline.Author {
	return pipeline.Author{Login: new(login), Name: new("Person " + login)}
}

// finding is an ordinary repository whose last human commit was n days ago.
func finding(name string, n int) pipeline.Finding {
	at := daysAgo(n)
	c := &pipeline.Commit{OID: fmt.Sprintf("%040x", n+1), CommittedDate: at, Author: person("ada"), Headline: "Work on " + name}
	return pipeline.Finding{
		Repository: pipeline.Repository{
			ID: "R_" + name, NameWithOwner: "contoso/" + name, URL: "https://github.com/contoso/" + name,
			Description: new("A sample that shows " + strings.ReplaceAll(name, "-", " ")),
			CreatedAt:   at.AddDate(-1, 0, 0), PushedAt: &at, DefaultBranch: new("main"),
			StargazerCount: (n * 7) % 900, ForkCount: n % 50, PrimaryLanguage: new("C#"), License: new("MIT"), Topics: []string{"azure", "sample"},
			Detail: &pipeline.Detail{ReadAt: asOf, Tip: c, CountsAt: asOf, OpenIssueCount: n % 9, OpenPullRequestCount: n % 4},
		},
		Status: statusOf(at), StatusSince: daysAgo(min(n, 10)), LastHumanCommit: c, DecidingCommit: c, DecidedBy: &at, AgeDays: new(n),
		StaleFrom: new(rules.Tiers.Aging.After(at).Truncate(24 * time.Hour)),
		Owners:    []string{"@contoso/web"},
		Reason:    pipeline.Reason{Rule: "age", Sentence: fmt.Sprintf("No person has committed to main for %d days.", n)},
	}
}

// sample is 40 repositories with every status, lane, exemption, change and
// error, and hostile text wherever text can stand.
func sample() *pipeline.Snapshot {
	fs := make([]pipeline.Finding, 0, 40)
	add := func(name string, n int, change func(*pipeline.Finding)) {
		f := finding(name, n)
		if change != nil {
			change(&f)
		}
		fs = append(fs, f)
	}
	add("fresh-today", 0, func(f *pipeline.Finding) { f.Properties = map[string][]string{"Lifecycle": {"production"}} })
	add("fresh-app", 20, func(f *pipeline.Finding) {
		f.LatestRelease = &pipeline.Release{TagName: "v1.2.0", PublishedAt: new(daysAgo(30))}
		f.Signals = []string{"Version v1.2.0 was released a month ago."}
	})
	add("active-api", 200, func(f *pipeline.Finding) {
		f.Outdated = []pipeline.Reason{{Rule: "deprecated-packages", Sentence: "It uses 1 package that its owner deprecated: Contoso.Client."}}
		f.Dependencies = &pipeline.Dependencies{OID: strings.Repeat("a", 40), ReadAt: asOf, Frameworks: []pipeline.Framework{
			{Name: "net6.0", File: "src/api.csproj", Title: ".NET 6", EndOfSupport: new(daysAgo(740))}, {Name: "uap10.0", File: "src/api.csproj"}},
			Problems: []pipeline.FileProblem{{File: "<b>/x.csproj", Problem: "line 3: not closed"}}}
	})
	add("aging-web", 500, nil)
	add("stale-functions", 731, func(f *pipeline.Finding) {
		f.StatusSince, f.PreviousStatus, f.StargazerCount = asOf, new(pipeline.Aging), 1904
		f.Suggestion = &pipeline.Suggestion{Action: "Archive it, or ask @contoso/web whether it is still needed.", Command: "gh repo archive contoso/stale-functions"}
	})
	add("stale-bot-kept", 900, func(f *pipeline.Finding) {
		f.TipIsBot = true
		f.Detail.Tip = &pipeline.Commit{OID: strings.Repeat("b", 40), CommittedDate: daysAgo(9), Author: pipeline.Author{Name: new("dependabot[bot]")}, Bot: true}
		f.Detail.Search = &pipeline.Search{People: []pipeline.Commit{*f.LastHumanCommit}, BotCommits: 14, Bots: []string{"dependabot[bot]"}}
		f.PushedAt = new(daysAgo(9))
		f.Reason.NotCounted = []string{"14 commits by dependabot[bot], the newest 9 days ago."}
		f.Suggestion = &pipeline.Suggestion{Action: "Merge or close the bot's pull requests."}
	})
	add("retired-media", 900, func(f *pipeline.Finding) {
		f.Retired = &pipeline.Retired{Words: "Azure Media Services will be retired on 30 June 2024", MovedTo: "https://github.com/contoso/fresh-app", Where: "readme"}
		f.LastHumanCommit = &pipeline.Commit{OID: strings.Repeat("c", 40), CommittedDate: daysAgo(100), Author: person("ada"), Headline: "Add a retirement notice"}
		f.NotCountedCommits = []pipeline.NotCounted{
			{OID: strings.Repeat("c", 40), CommittedDate: daysAgo(100), Headline: "Add a retirement notice", Why: pipeline.Notice},
			{OID: strings.Repeat("d", 40), CommittedDate: daysAgo(200), Headline: "Merge pull request #7 from contoso/dependabot/npm", Why: pipeline.BotMerge},
			{OID: strings.Repeat("e", 40), CommittedDate: daysAgo(300), Headline: "Add SECURITY.md", Why: pipeline.Campaign},
		}
		f.Suggestion = &pipeline.Suggestion{Action: "Archive it: its own words say that it is over.", Command: "gh repo archive contoso/retired-media"}
	})
	add("nearly-stale", 720, nil)
	add("nearly-unexempted", 1000, func(f *pipeline.Finding) {
		f.Exemption = &pipeline.Exemption{Rule: "description", Reason: "used by the course", Until: new(asOf.AddDate(0, 0, 12).Truncate(24 * time.Hour))}
	})
	add("dormant-iot", 1600, func(f *pipeline.Finding) {
		f.PreviousStatus, f.StatusSince, f.Owners = new(pipeline.Stale), asOf, nil
	})
	add("dormant-undated", 0, func(f *pipeline.Finding) {
		f.Status, f.LastHumanCommit, f.DecidingCommit, f.DecidedBy, f.StaleFrom, f.AgeDays, f.TipIsBot = pipeline.Dormant, nil, nil, nil, nil, nil, true
		f.Reason = pipeline.Reason{Rule: "bots-to-the-limit", Sentence: "Only bots have committed for 4 years."}
	})
	add("archived-old", 1300, func(f *pipeline.Finding) { archive(f, 40) })
	add("archived-today", 800, func(f *pipeline.Finding) { archive(f, 0); f.PreviousStatus = new(pipeline.Stale) })
	add("unarchived-today", 100, func(f *pipeline.Finding) { f.StatusSince, f.PreviousStatus = asOf, new(pipeline.Archived) })
	add("revived-today", 0, func(f *pipeline.Finding) { f.StatusSince, f.PreviousStatus = asOf, new(pipeline.Stale) })
	add("empty-one", 0, func(f *pipeline.Finding) {
		f.Status, f.IsEmpty, f.Lane, f.LastHumanCommit, f.DecidingCommit, f.DecidedBy, f.StaleFrom, f.AgeDays = pipeline.Empty, true, pipeline.LaneEmpty, nil, nil, nil, nil, nil
		f.Detail.Tip, f.DefaultBranch, f.PushedAt, f.PrimaryLanguage, f.License, f.Topics = nil, nil, nil, nil, nil, nil
		f.Reason = pipeline.Reason{Rule: "empty", Sentence: "Nobody has committed anything yet."}
	})
	add("unread-new", 0, func(f *pipeline.Finding) {
		unread(f, "FORBIDDEN: Resource protected by organization SAML enforcement")
		f.Detail = nil
	})
	add("unread-carried", 400, func(f *pipeline.Finding) {
		unread(f, "502 after 5 attempts: "+hostile)
		f.Detail.ReadAt, f.StatusSince = daysAgo(3), daysAgo(2)
		f.LastKnown = &pipeline.LastKnown{Status: pipeline.Aging, StatusSince: daysAgo(30)}
	})
	add("carried-over", 410, func(f *pipeline.Finding) { f.Detail.ReadAt = daysAgo(12) })
	add("fork-behind", 1000, func(f *pipeline.Finding) {
		f.IsFork, f.Lane = true, pipeline.LaneFork
		f.Parent = &pipeline.Parent{NameWithOwner: "upstream/project", PushedAt: new(daysAgo(2))}
	})
	add("mirror-of", 300, func(f *pipeline.Finding) { f.IsMirror, f.Lane = true, pipeline.LaneMirror })
	add("template-app", 760, func(f *pipeline.Finding) { f.IsTemplate, f.Lane = true, pipeline.LaneTemplate })
	add("disabled-one", 600, func(f *pipeline.Finding) { f.IsDisabled, f.Lane = true, pipeline.LaneDisabled })
	add("locked-one", 600, func(f *pipeline.Finding) { f.IsLocked, f.Lane = true, pipeline.LaneLocked })
	add("readme-only", 1700, func(f *pipeline.Finding) {
		f.Lane, f.Detail.RootEntries = pipeline.LaneReadmeOnly, []string{"README.md"}
	})
	add("private-one", 50, func(f *pipeline.Finding) {
		f.IsPrivate, f.Visibility, f.Properties = true, pipeline.Internal, map[string][]string{"lifecycle": {"production", "beta"}}
	})
	add("iot-course", 1200, func(f *pipeline.Finding) {
		f.Exemption = &pipeline.Exemption{Rule: `match "iot-*"`, Reason: "kept for the certification course", Until: rules.Exemptions[0].Until, By: "@contoso/iot"}
	})
	add("kept-forever", 1900, func(f *pipeline.Finding) {
		f.Exemption = &pipeline.Exemption{Rule: "topic keep", Reason: hostile}
	})
	add("hostile-text", 800, func(f *pipeline.Finding) {
		f.Description, f.PrimaryLanguage, f.License, f.DefaultBranch = new(hostile), new(hostile), new(hostile), new(hostile)
		f.Topics, f.Owners = []string{hostile, "=1+1", "azure"}, []string{hostile, "someone@example.com"}
		f.URL = "javascript:alert(1)"
		f.Properties = map[string][]string{"lifecycle": {hostile}, "Team": {hostile}}
		f.LastHumanCommit = &pipeline.Commit{OID: hostile, CommittedDate: *f.DecidedBy, Author: pipeline.Author{Login: new(hostile), Name: new("someone@example.com")}}
		f.Detail.Tip, f.DecidingCommit = f.LastHumanCommit, f.LastHumanCommit
		f.Retired = &pipeline.Retired{Words: hostile, MovedTo: "javascript:alert(1)", Where: "readme"}
		f.NotCountedCommits = []pipeline.NotCounted{{OID: hostile, CommittedDate: *f.DecidedBy, Headline: hostile, Why: pipeline.Notice}}
		f.LatestRelease = &pipeline.Release{TagName: hostile}
		f.Detail.ActiveBranch = &pipeline.Branch{Name: hostile, CommittedDate: daysAgo(3)}
		f.Reason = pipeline.Reason{Rule: hostile, Sentence: hostile, NotCounted: []string{hostile}}
		f.Suggestion = &pipeline.Suggestion{Action: hostile, Command: hostile}
		f.Signals = []string{hostile}
		f.Repository.Facts = []pipeline.Fact{{Source: hostile, Label: hostile, Value: hostile, URL: "javascript:alert(1)"}}
	})
	add("formula-start", 810, func(f *pipeline.Finding) { f.Description = new("=HYPERLINK(\"http://example.com\")") })
	add("long-text", 820, func(f *pipeline.Finding) {
		f.Description, f.Topics, f.Owners = new(long), []string{long}, []string{"@contoso/" + long, "@contoso/web"}
		f.PrimaryLanguage = new(long)
	})
	add("rtl-text", 50, func(f *pipeline.Finding) { f.Description = new("دليل لاستخدام الخدمة مع \"C#\"") })
	add(".github", 90, nil)
	add("_dot-github", 91, nil)
	add("UPPER.Case", 700, func(f *pipeline.Finding) { f.PrimaryLanguage = new("C++") })
	add("1970-clock", 20_000, nil)
	add("future-clock", 0, func(f *pipeline.Finding) { f.LastHumanCommit.CommittedDate = asOf.AddDate(1, 0, 0) })
	add("null-author", 620, func(f *pipeline.Finding) {
		f.LastHumanCommit.Author = pipeline.Author{}
		odd := f.PushedAt.Add(123 * time.Millisecond).In(time.FixedZone("", 2*60*60)) // neither UTC nor whole seconds
		f.PushedAt, f.StatusSince, f.Detail.ReadAt = &odd, odd, odd
	})
	add("renamed-new", 300, nil)
	add("transferred-in", 310, nil)
	add("new-today", 1, nil)
	add("owner-changed", 320, func(f *pipeline.Finding) { f.Owners = []string{"@contoso/data"} })
	add("powershell", 1100, func(f *pipeline.Finding) { f.PrimaryLanguage, f.Owners = new("PowerShell"), nil })
	sortFindings(fs)
	s := snapshot(fs)
	s.Run.State = pipeline.Partial
	s.Rules.Include.Properties, s.Rules.OwnerProperty = map[string][]string{"lifecycle": {"production", hostile}}, "Team"
	s.Notices = []string{"The store was set aside: " + hostile}
	s.SuggestedBots = []pipeline.SuggestedBot{{Glob: "contoso-sync", Commits: 34, Repositories: 12, Days: 9, Headline: "Synchronize … files", Percent: 94}}
	s.Events, s.Packages = sampleEvents(), samplePackages()
	s.Items = []pipeline.Item{{Source: "certificates", Name: "api.contoso.example", URL: "https://api.contoso.example/", Date: new(daysAgo(-9)), State: "expires soon"}, {Source: "certificates", Name: "<b>", URL: "javascript:alert(1)"}}
	gone := finding("gone-one", 1000)
	moved := finding("renamed-old", 300)
	s.Tombstones = []pipeline.Tombstone{{Finding: gone, GoneAt: daysAgo(45)}, {Finding: moved, GoneAt: daysAgo(2), MovedTo: "contoso/renamed-new"}}
	return s
}

func archive(f *pipeline.Finding, n int) {
	f.Status, f.IsArchived, f.Lane, f.StatusSince, f.DecidedBy, f.StaleFrom, f.AgeDays = pipeline.Archived, true, pipeline.LaneArchived, daysAgo(n), nil, nil, nil
	f.Reason = pipeline.Reason{Rule: "archived", Sentence: "Its owner has archived it: it is read-only."}
}

func unread(f *pipeline.Finding, why string) {
	f.Status, f.ReadError, f.DecidedBy, f.StaleFrom, f.AgeDays, f.LastHumanCommit, f.DecidingCommit = pipeline.Unknown, why, nil, nil, nil, nil, nil
	f.Reason = pipeline.Reason{Rule: "unread", Sentence: "GitHub did not give its values in this run."}
}

// sampleEvents has one event of each kind today and older ones before.
func sampleEvents() []pipeline.Event {
	event := func(days int, t pipeline.EventType, name, from, to string) pipeline.Event {
		if name != "" {
			name = "contoso/" + name
		}
		return pipeline.Event{Date: daysAgo(days), Type: t, NameWithOwner: name, From: from, To: to}
	}
	events := []pipeline.Event{
		event(0, pipeline.EventStatus, "stale-functions", "aging", "stale"),
		event(0, pipeline.EventStatus, "dormant-iot", "stale", "dormant"),
		event(0, pipeline.EventStatus, "revived-today", "stale", "fresh"),
		event(0, pipeline.EventStatus, "active-api", "fresh", "active"),
		event(0, pipeline.EventNew, "new-today", "", ""),
		event(0, pipeline.EventArchived, "archived-today", "", ""),
		event(0, pipeline.EventUnarchived, "unarchived-today", "", ""),
		event(0, pipeline.EventOwner, "owner-changed", "@contoso/web", "@contoso/data"),
		event(0, pipeline.EventExempted, "iot-course", "", ""),
		event(0, pipeline.EventExemptionExpired, "powershell", "", ""),
		event(1, pipeline.EventOutdated, "active-api", "", "deprecated-packages"),
		{Date: daysAgo(1), Type: pipeline.EventPackageVersion, Package: "Fabrikam", From: "0.0.9", To: "0.1.0-beta"},
		{Date: daysAgo(1), Type: pipeline.EventPackageDeprecated, Package: "contoso.CLIENT", To: "Fabrikam"},
		{Date: daysAgo(1), Type: pipeline.EventPackageVulnerable, Package: "Contoso.Client", To: "https://github.com/advisories/1"},
		{Date: daysAgo(1), Type: pipeline.EventPackageUnlisted, Package: "Gone.Since", From: "2.0.0"},
		{Date: daysAgo(1), Type: pipeline.EventPackageRemoved, Package: "<b>", From: "1.0.0"},
		event(2, pipeline.EventRenamed, "renamed-new", "contoso/renamed-old", "contoso/renamed-new"),
		event(2, pipeline.EventTransferred, "transferred-in", "fabrikam/transferred-in", "contoso/transferred-in"),
		event(20, pipeline.EventRulesChanged, "", "", ""),
		event(40, pipeline.EventArchived, "archived-old", "", ""),
		event(45, pipeline.EventGone, "gone-one", "", ""),
		event(80, pipeline.EventNew, "template-app", "", ""),
	}
	for i := range 6 {
		events = slices.Insert(events, 19, event(40, pipeline.EventArchived, fmt.Sprintf("elsewhere-%d", i), "", ""))
	}
	return events
}

func sortFindings(fs []pipeline.Finding) {
	slices.SortFunc(fs, func(a, b pipeline.Finding) int {
		return strings.Compare(strings.ToLower(a.NameWithOwner), strings.ToLower(b.NameWithOwner))
	})
}

// snapshot surrounds findings, which must be in order, with a complete run and
// a history of 120 days.
func snapshot(fs []pipeline.Finding) *pipeline.Snapshot {
	s := &pipeline.Snapshot{
		Run: pipeline.Run{
			ID: "2026-11-22/contoso", Scope: "contoso", Owners: []string{"contoso"}, AsOf: asOf, State: pipeline.Complete, Attempt: 1,
			BeganAt: asOf, EndedAt: asOf.Add(90 * time.Second),
			Counters: pipeline.Counters{Requests: 31, Points: 34, Retries: map[string]int{"secondary limit": 1, "502": 3}, GitHubTime: map[string]int64{"list": 1240, "fetch": 9060, "history": 3300}, Chunks: 19, ResumedChunks: 4, SplitChunks: 1, CarriedOver: 2, Unread: 2,
				Sources: map[string]pipeline.SourceCounters{"certificates": {Items: 2, Requests: 3}, "nuget": {Items: 3, Requests: 9}}},
		},
		GeneratedAt: asOf.Add(90 * time.Second), Rules: rules, RuleVersion: "r7f3a", Findings: fs,
	}
	now := s.Counts()
	for d := 120; d >= 0; d-- {
		h := pipeline.HistoryEntry{
			ID: daysAgo(d).Format(time.DateOnly) + "/contoso", AsOf: daysAgo(d), State: pipeline.Complete, RuleVersion: "r7f3a", Total: len(fs),
			Counts: map[pipeline.Status]int{},
		}
		for k, n := range now {
			h.Counts[k] = n
		}
		if d < 30 {
			h.Steps = pipeline.CountSteps(fs, asOf)
			h.Steps[pipeline.StepNobody] += d
		}
		if d > 20 {
			h.RuleVersion = "r11c0"
		}
		moved := min(d/9, h.Counts[pipeline.Stale])
		h.Counts[pipeline.Stale] -= moved
		h.Counts[pipeline.Aging] += moved
		if d == 33 {
			h.State = pipeline.Partial
		}
		s.History = append(s.History, h)
	}
	s.Since = &s.History[len(s.History)-2]
	return s
}

// words are the vocabulary of generated names: those of real samples.
var words = strings.Fields(`active directory aspnetcore webapp openidconnect cosmos db graph gremlin dotnet quickstart iot edge vision
	starter functions java python node react spa msal identity search openai demo storage blob event hubs service bus kubernetes aks helm
	container apps bicep terraform arm cognitive speech sdk ios android media analytics synapse spark batch signalr redis cache key vault
	app gateway front door communication services maps digital twins face form recognizer language video indexer durable monitor`)

var languages = []string{"C#", "Python", "JavaScript", "TypeScript", "Java", "Go", "PowerShell", "HTML", "Jupyter Notebook", "Bicep", "C++", "Shell"}

// generated is n made-up repositories with the proportions of a large
// organization. The same n gives the same snapshot.
func generated(n int) *pipeline.Snapshot {
	rnd := rand.New(rand.NewPCG(1, uint64(n)))
	pick := func(from []string) string {
		return from[min(len(from)-1, int(float64(len(from))*rnd.Float64()*rnd.Float64()*1.5))]
	}
	fs := make([]pipeline.Finding, 0, n)
	taken := map[string]bool{}
	for len(fs) < n {
		parts := make([]string, 2+rnd.IntN(4))
		for i := range parts {
			parts[i] = words[rnd.IntN(len(words))]
		}
		name := strings.Join(parts, "-")
		if taken[name] {
			continue
		}
		taken[name] = true
		f := finding(name, int(rnd.ExpFloat64()*700))
		f.StargazerCount = int(rnd.ExpFloat64() * rnd.ExpFloat64() * 40)
		f.PrimaryLanguage = new(pick(languages))
		f.Topics = nil
		for range rnd.IntN(4) {
			f.Topics = append(f.Topics, words[rnd.IntN(len(words))])
		}
		f.Owners = nil
		if rnd.IntN(3) > 0 {
			f.Owners = []string{"@contoso/" + words[rnd.IntN(20)]}
		}
		f.StatusSince = daysAgo(120)
		if days := *f.AgeDays; days < 120 {
			f.StatusSince = daysAgo(days)
		}
		switch rnd.IntN(12) {
		case 0:
			archive(&f, 200)
		case 2:
			f.Lane, f.IsFork = pipeline.LaneFork, true
			f.Parent = &pipeline.Parent{NameWithOwner: "upstream/" + name, PushedAt: new(daysAgo(rnd.IntN(2000)))}
		case 3:
			if rnd.IntN(3) == 0 {
				f.Retired = &pipeline.Retired{Words: "This sample is deprecated and no longer maintained", Where: "readme"}
			}
		case 1:
			f.TipIsBot = true
			f.Detail.Tip = &pipeline.Commit{OID: strings.Repeat("b", 40), CommittedDate: daysAgo(rnd.IntN(40)), Author: pipeline.Author{Name: new("dependabot[bot]")}, Bot: true}
		}
		if f.Status == pipeline.Stale || f.Status == pipeline.Dormant {
			f.Suggestion = &pipeline.Suggestion{Action: "Archive it, or exempt it with a reason.", Command: "gh repo archive " + f.NameWithOwner}
		}
		fs = append(fs, f)
	}
	sortFindings(fs)
	s := snapshot(fs)
	for i := 0; i < len(fs) && len(s.Events) < n/100; i++ {
		if fs[i].Status == pipeline.Stale {
			s.Events = append(s.Events, pipeline.Event{Date: asOf, Type: pipeline.EventStatus, NameWithOwner: fs[i].NameWithOwner, From: "aging", To: "stale"})
		}
	}
	return s
}

// firstRun is 30 repositories and no history.
func firstRun() *pipeline.Snapshot {
	s := generated(30)
	s.Since, s.Events, s.History = nil, nil, s.History[len(s.History)-1:]
	return s
}

// nothingStale is 30 repositories that people commit to.
func nothingStale() *pipeline.Snapshot {
	var fs []pipeline.Finding
	for i := range 30 {
		fs = append(fs, finding(fmt.Sprintf("well-kept-%02d", i), i*20))
	}
	return snapshot(fs)
}

// twoOwners is 60 repositories of two owners, one name in both.
func twoOwners() *pipeline.Snapshot {
	s := generated(60)
	for i := range s.Findings {
		if f := &s.Findings[i]; i%3 == 0 {
			f.NameWithOwner = strings.Replace(f.NameWithOwner, "contoso/", "Fabrikam/", 1)
			f.URL = "https://github.com/" + f.NameWithOwner
		}
	}
	s.Findings[0].NameWithOwner = "Fabrikam/" + strings.TrimPrefix(s.Findings[1].NameWithOwner, "contoso/")
	s.Findings[0].URL = "https://github.com/" + s.Findings[0].NameWithOwner
	sortFindings(s.Findings)
	s.Run.Owners, s.Events = []string{"contoso", "Fabrikam"}, nil
	return s
}

// samplePackages are one that is deprecated and used in every way, one that
// nobody uses, and one that the feed does not have.
func samplePackages() []pipeline.Package {
	use := func(repo, version string, behind int, years float64, deprecated, vulnerable bool) pipeline.PackageUse {
		return pipeline.PackageUse{NameWithOwner: "contoso/" + repo, Version: version, File: "src/api.csproj", VersionsBehind: &behind, YearsBehind: &years, IsDeprecated: &deprecated, IsVulnerable: &vulnerable}
	}
	return []pipeline.Package{
		{ID: "Contoso.Client", Owned: true, TotalDownloads: new(int64(4200)), RepositoryURL: "https://github.com/contoso/fresh-app", ReadAt: asOf,
			Versions: []pipeline.PackageVersion{{Version: "1.0.0", Published: new(daysAgo(900))}, {Version: "1.1.0", Unlisted: true},
				{Version: "2.0.0", Published: new(daysAgo(400)), Deprecation: &pipeline.Deprecation{Reasons: []string{"Legacy", "CriticalBugs"}, Message: hostile, Alternative: "Fabrikam"}}},
			Advisories: []pipeline.Advisory{{Vulnerability: pipeline.Vulnerability{Severity: "high", AdvisoryURL: "https://github.com/advisories/1"}, Versions: []string{"1.0.0", "2.0.0"}}},
			UsedBy:     []pipeline.PackageUse{use("active-api", "1.0.0", 1, 1.37, false, true), use("active-api", "2.0.0", 0, 0, true, true), {NameWithOwner: "contoso/fresh-app", Version: "*", File: "a.csproj"}}},
		{ID: "Fabrikam", ReadAt: daysAgo(3), ReadError: "no answer", Versions: []pipeline.PackageVersion{{Version: "0.1.0-beta", Published: new(daysAgo(10))}}},
		{ID: "gone", ReadAt: asOf, ReadError: "the feed has no package of this id", UsedBy: []pipeline.PackageUse{{NameWithOwner: "contoso/stale-functions", File: "x/packages.config"}}},
	}
}
