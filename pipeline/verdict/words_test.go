package verdict_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode"

	"github.com/stalewatch/stalewatch/pipeline"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestWords holds every sentence that a finding can show: one repository for
// each rule, lane, signal and suggestion.
func TestWords(t *testing.T) {
	var b strings.Builder
	p := mustPolicy(t, func(r *pipeline.Rules) {
		r.Exemptions = []pipeline.ExemptionRule{
			{Match: "course-*", Reason: "course", Until: new(at(t, "2026-12-01"))},
			{Match: "lapsed", Reason: "course", Until: new(at(t, "2026-11-01"))},
			{Match: "kept", Reason: "finished"},
		}
		r.Ownership = []pipeline.OwnershipRule{{Match: "owned-*", Owner: "@ada"}}
	})
	for _, c := range wordCases(t) {
		f := judge(p, c.repo, at(t, morning))
		fmt.Fprintf(&b, "# %s\n%s\n", c.name, f.Reason.Sentence)
		for _, s := range f.Reason.NotCounted {
			fmt.Fprintf(&b, "  not counted: %s\n", s)
		}
		for _, s := range f.Signals {
			fmt.Fprintf(&b, "  also: %s\n", s)
		}
		if s := f.Suggestion; s != nil {
			fmt.Fprintf(&b, "  next: %s\n", s.Action)
			if s.Command != "" {
				fmt.Fprintf(&b, "  $ %s\n", s.Command)
			}
		}
		b.WriteByte('\n')
	}
	golden(t, "words.golden", b.String())
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (run with -update to rewrite it); got:\n%s", path, got)
	}
}

type wordCase struct {
	name string
	repo pipeline.Repository
}

func wordCases(t *testing.T) []wordCase {
	type change = func(*pipeline.Repository)
	fork := func(parent *pipeline.Parent) change {
		return func(r *pipeline.Repository) { r.IsFork, r.Parent = true, parent }
	}
	branch := func(name, date string) change {
		return func(r *pipeline.Repository) {
			r.Detail.ActiveBranch = &pipeline.Branch{Name: name, CommittedDate: at(t, date)}
		}
	}
	open := func(issues, pulls int) change {
		return func(r *pipeline.Repository) { r.Detail.OpenIssueCount, r.Detail.OpenPullRequestCount = issues, pulls }
	}
	flagged := func(set func(*pipeline.Repository)) change { return set }
	human := commit(t, "h", "2024-11-21", "Ada", false)
	bots := func(names ...string) change {
		return behindBot(t, "2026-11-10", &pipeline.Search{People: []pipeline.Commit{*human}, BotCommits: 14, Bots: names, Reach: at(t, "2026-01-01")})
	}
	return []wordCase{
		{"fresh, unowned", sample(t, "2026-11-10")},
		{"fresh, owned", sample(t, "2026-11-10", named("a/owned-1"))},
		{"fresh, CODEOWNERS without an owner for everything", sample(t, "2026-11-10", withCodeowners("/docs @a"))},
		{"fresh, on another host", sample(t, "2026-11-10", flagged(func(r *pipeline.Repository) { r.URL = "https://git.example.com/Azure-Samples/todo" }))},
		{"today", sample(t, "2026-11-22T05:00:00Z", pushedOn(t, "2026-11-22T05:00:00Z"))},
		{"active", sample(t, "2026-04-22")},
		{"aging with pull requests", sample(t, "2025-10-21", open(12, 1))},
		{"stale, two years and a day", sample(t, "2024-11-21")},
		{"stale, two years", sample(t, "2024-11-22")},
		{"dormant", sample(t, "2020-02-06")},
		{"stale, on another host", sample(t, "2024-11-21", flagged(func(r *pipeline.Repository) { r.URL = "https://git.example.com/Azure-Samples/todo" }))},
		{"one bot since", sample(t, "2020-01-01", bots("dependabot[bot]"))},
		{"many bots since, with pull requests", sample(t, "2020-01-01", bots("dependabot[bot]", "renovate", "imgbot", "x"), open(0, 3))},
		{"bots without names", sample(t, "2020-01-01", bots())},
		{"bots to the limit", sample(t, "2020-01-01", behindBot(t, "2026-11-10", &pipeline.Search{BotCommits: 214, Bots: []string{"dependabot[bot]"}, Reach: at(t, "2022-01-01")}))},
		{"one bot commit to the limit", sample(t, "2020-01-01", behindBot(t, "2022-01-01", &pipeline.Search{BotCommits: 1, Bots: []string{"dependabot[bot]"}, Reach: at(t, "2022-01-01")}))},
		{"bots only", sample(t, "2020-01-01", behindBot(t, "2026-11-10", &pipeline.Search{BotCommits: 3, Bots: []string{"renovate"}, Exhausted: true}), createdOn(t, "2025-10-01"))},
		{"bots, searched under other limits", sample(t, "2020-01-01", behindBot(t, "2026-11-10", &pipeline.Search{BotCommits: 3, Bots: []string{"renovate"}, Reach: at(t, "2025-01-01")}))},
		{"bots only, created after the push", sample(t, "2026-01-01", behindBot(t, "2020-11-19", &pipeline.Search{Exhausted: true, BotCommits: 1}), createdOn(t, "2026-11-01"), pushedOn(t, "2026-10-30"))},
		{"not searched", sample(t, "2020-01-01", behindBot(t, "2026-11-10", nil))},
		{"committed after the push", sample(t, "2026-11-10", pushedOn(t, "2024-01-05"))},
		{"committed seconds after the push", sample(t, "2026-11-10T10:00:05Z", pushedOn(t, "2026-11-10T10:00:03Z"))},
		{"committed in the future", sample(t, "2031-01-01", pushedOn(t, "2031-01-02"))},
		{"active on another branch", sample(t, "2024-11-21", branch("dev", "2026-11-01"))},
		{"an older branch", sample(t, "2024-11-21", branch("dev", "2023-11-01"))},
		{"a branch that needs quotes", sample(t, "2024-11-21", branch("it's; rm -rf /", "2026-11-01"))},
		{"a branch that cannot be shown", sample(t, "2024-11-21", branch("a\u202eb", "2026-11-01"))},
		{"fork behind its parent", sample(t, "2024-11-21", fork(&pipeline.Parent{NameWithOwner: "up/stream", PushedAt: new(at(t, "2026-11-21"))}))},
		{"fork of an archived parent", sample(t, "2024-11-21", fork(&pipeline.Parent{NameWithOwner: "up/stream", IsArchived: true}))},
		{"fork level with its parent", sample(t, "2024-11-21", fork(&pipeline.Parent{NameWithOwner: "up/stream", PushedAt: new(at(t, "2024-11-21"))}))},
		{"fork of something unseen", sample(t, "2024-11-21", fork(nil))},
		{"mirror", sample(t, "2024-11-21", flagged(func(r *pipeline.Repository) { r.IsMirror = true }))},
		{"template", sample(t, "2024-11-21", flagged(func(r *pipeline.Repository) { r.IsTemplate = true }))},
		{"README only", sample(t, "2024-11-21", withRoot("README.md", "LICENSE"))},
		{"disabled", sample(t, "2024-11-21", flagged(func(r *pipeline.Repository) { r.IsDisabled = true }))},
		{"locked", sample(t, "2024-11-21", flagged(func(r *pipeline.Repository) { r.IsLocked = true }))},
		{"archived", sample(t, "2020-02-06", flagged(func(r *pipeline.Repository) { r.IsArchived = true }))},
		{"archived, unread before", sample(t, "2020-02-06", flagged(func(r *pipeline.Repository) { r.IsArchived, r.Detail = true, nil }))},
		{"empty for long", sample(t, "2020-02-06", flagged(func(r *pipeline.Repository) { r.IsEmpty, r.DefaultBranch, r.Detail = true, nil, nil }))},
		{"empty since yesterday", sample(t, "2020-02-06", createdOn(t, "2026-11-21"), flagged(func(r *pipeline.Repository) { r.IsEmpty, r.DefaultBranch, r.Detail = true, nil, nil }))},
		{"no default branch", sample(t, "2020-02-06", flagged(func(r *pipeline.Repository) { r.DefaultBranch, r.Detail.Tip = nil, nil }))},
		{"unread", sample(t, "2020-02-06", flagged(func(r *pipeline.Repository) { r.ReadError = "GitHub took longer than 10 seconds." }))},
		{"never read", sample(t, "2020-02-06", flagged(func(r *pipeline.Repository) { r.Detail = nil }))},
		{"moved", sample(t, "2026-11-10", withDescription("Sample. Moved to https://github.com/Azure/new-home."), named("a/owned-2"))},
		{"deprecated in favour of", sample(t, "2024-11-21", withDescription("DEPRECATED: use Azure/new-home instead"))},
		{"deprecated by topic", sample(t, "2024-11-21", withTopics("azure", "deprecated"))},
		{"not deprecated", sample(t, "2026-11-10", withDescription("Archived blobs that were moved to cold storage"), named("a/owned-3"))},
		{"in brackets", sample(t, "2026-11-10", withDescription("Old sample (ARCHIVED)"), named("a/owned-4"))},
		{"of itself", sample(t, "2026-11-10", withDescription("This sample has been replaced by Azure/next"), named("a/owned-5"))},
		{"release", sample(t, "2024-11-21", flagged(func(r *pipeline.Repository) {
			r.LatestRelease = &pipeline.Release{TagName: "v1.2\n\x1b[31m", PublishedAt: new(at(t, "2026-11-01"))}
		}), open(3, 0))},
		{"release without a date", sample(t, "2024-11-21", flagged(func(r *pipeline.Repository) { r.LatestRelease = &pipeline.Release{TagName: "v1"} }))},
		{"exempt", sample(t, "2024-11-21", named("a/kept"))},
		{"exempt, ends soon", sample(t, "2024-11-21", named("a/course-1"))},
		{"exemption over", sample(t, "2024-11-21", named("a/lapsed"))},
	}
}

// Hostile text stays text: one line, visible, bounded, and inert in a shell.
func TestWordsOfHostileText(t *testing.T) {
	hostile := "a\u202e\u0000\x1b[2J\n`id`$(id)'\"<b>{{.}}%s jane@example.org " + strings.Repeat("w", 400)
	for _, change := range []func(*pipeline.Repository){
		func(r *pipeline.Repository) { r.DefaultBranch = &hostile },
		func(r *pipeline.Repository) { r.NameWithOwner = hostile },
		func(r *pipeline.Repository) { r.URL = "https://" + hostile },
		func(r *pipeline.Repository) { r.ReadError = hostile },
		withDescription("deprecated, moved to " + hostile),
		withDescription("stalewatch: keep until 2026-12-01, " + hostile),
		withTopics(hostile, "deprecated"),
		func(r *pipeline.Repository) { r.LatestRelease = &pipeline.Release{TagName: hostile} },
		func(r *pipeline.Repository) {
			r.Detail.ActiveBranch = &pipeline.Branch{Name: hostile, CommittedDate: at(t, "2026-01-01")}
		},
		func(r *pipeline.Repository) {
			r.IsFork, r.Parent = true, &pipeline.Parent{NameWithOwner: hostile}
		},
		func(r *pipeline.Repository) {
			behindBot(t, "2026-01-01", &pipeline.Search{People: []pipeline.Commit{*r.Detail.Tip}, Bots: []string{hostile}, BotCommits: 2})(r)
			r.Detail.OpenPullRequestCount = 1
		},
	} {
		f := judge(mustPolicy(t, nil), sample(t, "2024-01-01", change), at(t, morning))
		texts := append([]string{f.Reason.Sentence}, append(f.Reason.NotCounted, f.Signals...)...)
		if f.Suggestion != nil {
			texts = append(texts, f.Suggestion.Action, f.Suggestion.Command)
		}
		for _, text := range texts {
			if strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }) || strings.Contains(text, "jane@") {
				t.Errorf("not plain: %q", text)
			}
			if len(text) > 1500 {
				t.Errorf("%d bytes long: %q", len(text), text)
			}
		}
		if f.Suggestion != nil && f.Suggestion.Command != "" {
			for _, s := range []string{"`", "$(id)"} {
				if strings.Contains(f.Suggestion.Command, s) {
					t.Errorf("the command carries %q: %s", s, f.Suggestion.Command)
				}
			}
		}
	}
}

// What a pasted command passes on is the branch itself, whatever it is called.
func TestCommandsQuoteForTheShell(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Fatalf("a POSIX shell is needed to read the commands: %v", err)
	}
	for _, name := range []string{"dev", "it's", `$(touch x)`, "a b; c", "`x`", `a"b`, `a\b`, "*", "~root", "#1", "é", "a&b|c>d"} {
		r := sample(t, "2024-01-01", func(r *pipeline.Repository) {
			r.Detail.ActiveBranch = &pipeline.Branch{Name: name, CommittedDate: at(t, "2026-01-01")}
		})
		f := judge(mustPolicy(t, nil), r, at(t, morning))
		cmd := exec.CommandContext(t.Context(), sh, "-c", `gh() { printf '%s\n' "$@"; }; `+f.Suggestion.Command)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%s: %v", f.Suggestion.Command, err)
		}
		if want := "pr\ncreate\n--repo\nAzure-Samples/todo\n--base\nmain\n--head\n" + name + "\n--web\n"; string(out) != want {
			t.Errorf("%s passes on %q, want %q", f.Suggestion.Command, out, want)
		}
	}
}

func TestMaskEmails(t *testing.T) {
	for text, want := range map[string]string{
		"":                                 "",
		"* @org/team jane.doe@example.org": "* @org/team -@-",
		"49699333+dependabot[bot]@users.noreply.github.com": "-@-",
		"José <josé@例え.example>":                            "José <-@->",
		"react@16.8.0 and @types/node":                      "react@16.8.0 and @types/node",
		"/src/@types/x.d.ts @a":                             "/src/@types/x.d.ts @a",
		"a@b.example,c@d.example":                           "-@-,-@-",
	} {
		if got := pipeline.MaskEmails(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

func TestAgeWords(t *testing.T) {
	for _, test := range []struct{ from, to, want string }{
		{"2026-11-22T07:00:00Z", morning, "less than a day"},
		{"2026-11-21T07:00:01Z", morning, "less than a day"},
		{"2026-11-21T07:00:00Z", morning, "1 day"},
		{"2027-01-01", morning, "less than a day"},
		{"2026-10-22T07:00:01Z", morning, "30 days"},
		{"2026-10-22T07:00:00Z", morning, "1 month"},
		{"2024-11-22T07:00:00Z", morning, "2 years"},
		{"2024-11-21T07:00:00Z", morning, "2 years and 1 day"},
		{"2024-09-20", morning, "2 years and 2 months"},
		{"2024-02-29", "2025-02-28", "1 year"},
		{"2024-02-29", "2025-02-27", "11 months and 29 days"},
		{"1970-01-01", morning, "56 years and 10 months"},
	} {
		if got := pipeline.AgeWords(at(t, test.from), at(t, test.to)); got != test.want {
			t.Errorf("from %s to %s: %q, want %q", test.from, test.to, got, test.want)
		}
	}
}
