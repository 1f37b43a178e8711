package githubsim

import (
	"strings"
	"time"
)

// The owners of the demonstration's world.
const (
	DemoSamples = "contoso-samples" // an organization with most of the repositories
	DemoLabs    = "fabrikam-labs"   // a smaller one
)

// Demo returns a made-up world of about 300 repositories of two organizations,
// [DemoSamples] and [DemoLabs], which show every status, lane and exemption at
// asOf. Its links lead to a host that does not exist. Serve it with
// [DemoFaults], or nothing is unreadable.
func Demo(asOf time.Time) *World {
	w := NewWorld()
	w.webURL = "https://github.example"
	w.AddOrganization(DemoSamples)
	w.AddOrganization(DemoLabs)
	asOf = asOf.UTC().Truncate(time.Second)
	for _, s := range showcase(asOf) {
		w.Create(s.Repository)
	}
	w.Populate(DemoSamples, 208, 1, asOf)
	w.Populate(DemoLabs, 66, 2, asOf)
	return w
}

// DemoFaults makes two repositories of [Demo] unreadable, as single sign-on
// does: they are listed, and their detail is FORBIDDEN.
func DemoFaults(w *World) []Fault {
	ids := []string{w.ID(DemoSamples + "/partner-onboarding-portal"), w.ID(DemoLabs + "/embargoed-firmware")}
	return []Fault{{When: []Condition{OfKind(Tips, Details, Sizes, History)}, Effects: []Effect{ForbiddenElement(ids...)}}}
}

// showcase is the repositories that show what the random ones may not.
func showcase(asOf time.Time) []shown {
	b := builder{asOf}
	keepUntil := asOf.AddDate(0, 8, 0).Format(time.DateOnly)
	expired := asOf.AddDate(0, -2, 0).Format(time.DateOnly)

	all := []shown{
		b.sample(DemoSamples, "learning-path", "Start here: the samples in the order in which to read them.", "TypeScript", 3).starred(3120).
			owned(".github/CODEOWNERS", "docs").released("v4.2.0", b.ago(9)),
		b.sample(DemoSamples, "hello-world", "The smallest thing that runs.", "Go", 240).starred(812).owned("CODEOWNERS", "web"),
		b.sample(DemoSamples, "orders-service", "Orders, with a message queue between.", "C#", 520).starred(143).owned("docs/CODEOWNERS", "platform"),
		b.sample(DemoSamples, "mobile-offline-sync", "Working without a network, and catching up.", "Kotlin", 1100).starred(391),
		b.sample(DemoSamples, "bot-framework-demo", "A bot that answers questions.", "JavaScript", 2300).starred(77),

		// Bots that keep the dead looking alive.
		b.sample(DemoSamples, "todo-csharp-postgres", "A to-do list with C# and PostgreSQL.", "C#", 1170).bots(14, 2, Dependabot()).starred(96),
		b.sample(DemoSamples, "edge-watchdog", "Restarting what hangs at the edge.", "Rust", 400).bots(60, 20, Dependabot()),
		b.sample(DemoLabs, "docs-mirror-sync", "Copies of the documentation, kept in step.", "", 900).bots(40, 1, SyncBot()),
		b.onlyBots(DemoLabs, "generated-clients", "API clients, generated every week."),

		// Exemptions set inside the repository.
		b.sample(DemoSamples, "certification-course", "The exercises of the certification course.", "Python", 1500).topic("stalewatch-keep").starred(540),
		b.sample(DemoSamples, "exam-environment", "The exam's environment. stalewatch: keep until "+keepUntil+", frozen with the exam", "Bicep", 1210),
		b.sample(DemoSamples, "conference-keynote", "Code from the keynote. stalewatch: keep until "+expired+", shown on tour", "Swift", 980),
		b.sample(DemoLabs, "reference-board", "Schematics of the reference board.", "", 1900).
			file(".github/CODEOWNERS", "# stalewatch: keep until "+keepUntil+", hardware is still sold\n* @fabrikam-labs/devices\n"),

		// What the description or another branch says.
		b.sample(DemoSamples, "rest-client-v1", "[DEPRECATED] Use contoso-samples/orders-service instead.", "Java", 1300).starred(230),
		b.sample(DemoSamples, "design-system", "Buttons and what goes with them.", "TypeScript", 610).branch("dev", b.ago(4)).starred(1204).released("v3.0.0-rc.1", b.ago(30)),
		b.sample(DemoLabs, "sensor-simulator", "Sensors that are not there. This repository has moved to contoso-samples/edge-watchdog.", "Python", 800),

		// Commits by people that do not maintain the content.
		b.sample(DemoSamples, "invoice-reader", "Reading invoices.", "Python", 1400).
			then(20, Commit{Merge: true, Message: "Merge pull request #31 from contoso-samples/dependabot/pip/requests-2.32.4"}),
		b.sample(DemoSamples, "speech-notes", "Notes by speech.", "C#", 1650).retired("design-system").starred(310).
			then(500, Commit{Message: "This sample is retired", Size: &Size{ChangedFiles: 1, Additions: 4}}),
		b.sample(DemoSamples, "photo-tagger", "Tagging photos.", "Python", 1330).campaign(),
		b.sample(DemoSamples, "form-filler", "Filling forms.", "Java", 1480).campaign(),
		b.sample(DemoSamples, "map-explorer", "Maps to look around in.", "TypeScript", 1260).campaign(),
		b.sample(DemoSamples, "queue-monitor", "Watching queues.", "Go", 790).campaign(),

		// Unreadable, see DemoFaults.
		b.sample(DemoSamples, "partner-onboarding-portal", "Where partners begin.", "C#", 60),
		b.sample(DemoLabs, "embargoed-firmware", "Firmware before it ships.", "C", 25),
	}
	return append(all, b.lanes()...)
}

// lanes has one repository of each kind that is not judged like a product.
func (b builder) lanes() []shown {
	archived := b.sample(DemoSamples, "payments-v1", "The first payments sample.", "Java", 1600)
	archived.ArchivedAt = b.ago(200)
	empty := shown{Repository: Repository{Name: DemoSamples + "/spring-release-placeholder", CreatedAt: b.ago(410), PushedAt: b.ago(410)}}
	parent := b.sample(DemoLabs, "telemetry-sdk", "The telemetry SDK.", "Go", 6).starred(664)
	fork := b.sample(DemoSamples, "telemetry-sdk", "Our fork of the telemetry SDK.", "Go", 700)
	fork.Fork, fork.Parent = true, parent.Name
	template := b.sample(DemoSamples, "service-template", "Start a new service from this.", "Go", 900)
	template.Template = true
	mirror := b.sample(DemoLabs, "zlib-ng-mirror", "A mirror.", "C", 300)
	mirror.Mirror = true
	readme := b.sample(DemoSamples, "retired-samples", "What was here, and where it went.", "", 1750)
	readme.Files = []File{{"README.md", "# Retired\n"}}
	disabled := b.sample(DemoLabs, "asset-archive", "Large files.", "", 1000)
	disabled.Disabled = true
	locked := b.sample(DemoLabs, "billing-export", "On its way to another owner.", "Python", 450)
	locked.Locked = true
	return []shown{archived, empty, parent, fork, template, mirror, readme, disabled, locked}
}

// builder makes showcase repositories.
type builder struct{ asOf time.Time }

func (b builder) ago(days int) time.Time { return b.asOf.AddDate(0, 0, -days).Add(-3 * time.Hour) }

// shown is a repository under construction.
type shown struct {
	Repository
	builder
}

// sample is an ordinary repository whose last commit by a person was days ago.
func (b builder) sample(owner, name, description, language string, days int) shown {
	topics := []string{"sample", strings.Split(name, "-")[0]}
	return shown{builder: b, Repository: Repository{
		Name: owner + "/" + name, Description: description, Language: language, License: "MIT", Topics: topics,
		Older: Older{Count: 20 + days/9, First: b.ago(days + 900)}, Commits: []Commit{{CommittedDate: b.ago(days)}},
		Stars: days % 37, Forks: days % 11, OpenIssues: days % 23, OpenPulls: days % 5,
		Files: []File{{"README.md", "# " + name + "\n"}, {"LICENSE", "MIT License\n"}, {"src/main", "sample\n"}},
	}}
}

func (b builder) onlyBots(owner, name, description string) shown {
	s := b.sample(owner, name, description, "TypeScript", 1500)
	s.CreatedAt, s.Older, s.Commits = b.ago(1501), Older{}, nil
	return s.bots(200, 7, Dependabot())
}

// bots puts n commits on top, the last one days ago and a week between them.
func (s shown) bots(n, days int, by Author) shown {
	for i := n - 1; i >= 0; i-- {
		s.Commits = append(s.Commits, Commit{CommittedDate: s.ago(days + 7*i), Author: by, Message: "Bump the dependencies"})
	}
	return s
}

// then puts a commit on top.
func (s shown) then(days int, c Commit) shown {
	c.CommittedDate = s.ago(days)
	s.Commits = append(s.Commits, c)
	return s
}

// campaign puts a commit on top that several repositories got on one day.
func (s shown) campaign() shown {
	return s.then(90, Commit{Author: person(7), Message: "Update the link to the licence", Size: &Size{1, 1, 1}})
}

// retired says so in the README, and what to use instead.
func (s shown) retired(successor string) shown {
	s.Files[0].Text += "\n> This sample is retired. Use [" + successor + "](https://github.example/" + DemoSamples + "/" + successor + ") instead.\n"
	return s
}

func (s shown) starred(n int) shown {
	s.Stars, s.Forks = n, n/4
	return s
}

func (s shown) topic(name string) shown {
	s.Topics = append(s.Topics, name)
	return s
}

func (s shown) file(path, text string) shown {
	s.Files = append(s.Files, File{path, text})
	return s
}

// owned adds a CODEOWNERS file at the path.
func (s shown) owned(path, team string) shown {
	owner, _, _ := strings.Cut(s.Name, "/")
	return s.file(path, "*  @"+owner+"/"+team+"\n")
}

func (s shown) released(tag string, at time.Time) shown {
	s.Releases = append(s.Releases, Release{Tag: tag, PublishedAt: at, Prerelease: strings.Contains(tag, "-")})
	return s
}

func (s shown) branch(name string, at time.Time) shown {
	s.Branches = append(s.Branches, Branch{Name: name, Commits: []Commit{{CommittedDate: at}}})
	return s
}
