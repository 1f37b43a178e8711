package githubsim

import "strings"

// subject is what a made-up sample is about.
type subject struct{ slug, phrase, topic string }

var subjects = []subject{
	{"todo", "A to-do list", "web"}, {"checkout", "A shop's checkout", "commerce"}, {"chat-room", "A chat room", "realtime"},
	{"iot-gateway", "An edge gateway for sensors", "iot"}, {"image-classifier", "An image classifier", "machine-learning"},
	{"event-router", "An event router", "messaging"}, {"invoice-ocr", "Reading invoices", "ai"},
	{"telemetry-dashboard", "A telemetry dashboard", "observability"}, {"feature-flags", "Feature flags", "devops"},
	{"document-search", "Search over documents", "search"}, {"identity-broker", "Signing in with several providers", "identity"},
	{"ticket-triage", "Sorting support tickets", "ai"}, {"fleet-tracker", "Tracking a fleet of vans", "maps"},
	{"job-scheduler", "Scheduled background jobs", "automation"}, {"data-pipeline", "A nightly data pipeline", "data"},
	{"webhook-relay", "Relaying webhooks", "messaging"}, {"recommendation-api", "Product recommendations", "machine-learning"},
	{"speech-captions", "Live captions", "ai"}, {"payment-ledger", "A ledger of payments", "commerce"},
	{"photo-album", "A shared photo album", "web"}, {"survey-forms", "Survey forms", "web"},
	{"energy-meter", "Reading energy meters", "iot"}, {"parcel-tracking", "Tracking parcels", "maps"},
	{"secret-rotation", "Rotating secrets", "security"}, {"audit-log", "An audit log", "security"},
	{"load-generator", "Generating load", "testing"}, {"menu-planner", "Planning a canteen's menu", "web"},
	{"map-tiles", "Serving map tiles", "maps"},
}

// stack is what a made-up sample is written with.
type stack struct{ slug, language, phrase, file string }

var stacks = []stack{
	{"python-flask", "Python", "Flask", "app.py"}, {"python-fastapi", "Python", "FastAPI", "main.py"},
	{"csharp-blazor", "C#", "Blazor", "Program.cs"}, {"csharp-minimal-api", "C#", "a minimal API", "Program.cs"},
	{"typescript-react", "TypeScript", "React", "package.json"}, {"typescript-node", "TypeScript", "Node.js", "package.json"},
	{"javascript-vue", "JavaScript", "Vue", "package.json"}, {"java-spring", "Java", "Spring Boot", "pom.xml"},
	{"java-quarkus", "Java", "Quarkus", "pom.xml"}, {"go-chi", "Go", "chi", "go.mod"}, {"rust-axum", "Rust", "axum", "Cargo.toml"},
	{"powershell", "PowerShell", "PowerShell", "deploy.ps1"}, {"bicep", "Bicep", "Bicep templates", "main.bicep"},
	{"terraform", "HCL", "Terraform", "main.tf"}, {"swift-ios", "Swift", "SwiftUI", "Package.swift"},
	{"kotlin-android", "Kotlin", "Jetpack Compose", "build.gradle.kts"}, {"notebook", "Jupyter Notebook", "a notebook", "sample.ipynb"},
}

// details are what made-up samples show, too.
var details = []string{"postgres", "redis", "serverless", "containers", "kubernetes", "quickstart", "workshop", "grpc", "graphql",
	"passkeys", "offline", "multi-tenant", "blue-green", "tracing", "starter", "batch"}

var teams = []string{"web", "data", "platform", "devices", "docs"}

// campaigns are changes that somebody makes to every sample on one day.
var campaigns = []string{"Update README.md", "Update the link to the licence", "Add SECURITY.md", "Replace the pipeline's badge",
	"Rename the default branch in the docs", "Remove a dead link"}

// describe puts a description together.
func describe(s subject, k stack, detail string, n int) string {
	endings := [...]string{".", ", with tests and a pipeline.", ". Part of the learning path.", ", explained step by step.", ". Runs on a laptop."}
	return s.phrase + " with " + k.phrase + " and " + strings.ReplaceAll(detail, "-", " ") + endings[n%len(endings)]
}

// person returns one of forty made-up people; the same number gives the same.
func person(n uint64) Author {
	given := [...]string{"Ada", "Bram", "Chidi", "Dana", "Eero", "Farah", "Goro", "Hana", "Imre", "Jun"}
	family := [...]string{"Abbott", "Talbot", "Okafor", "Lindqvist"}
	g, f := given[n%10], family[n/10%4]
	login := strings.ToLower(g + "-" + f)
	return Author{Name: g + " " + f, Email: login + "@example.com", Login: login}
}

// headline returns a plausible first line of a commit message.
func headline(n uint64) string {
	verb := [...]string{"Fix", "Update", "Add", "Remove", "Clarify", "Rename", "Simplify", "Document"}
	what := [...]string{"the readme", "sample data", "build script", "retry handling", "the deployment template",
		"dependencies", "integration test", "configuration", "error message", "the walkthrough"}
	return verb[n%8] + " " + what[n/8%10]
}
