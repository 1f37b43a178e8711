package verdict_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/config"
	"github.com/stalewatch/stalewatch/pipeline/verdict"
)

// leastCases is how many cases the specification has at least.
const leastCases = 150

// specified is one case of ../../testdata/verdicts: facts and what becomes of
// them. testdata/README.md explains the keys.
type specified struct {
	Case   string `yaml:"case"`
	Config string `yaml:"config"`

	Name        string   `yaml:"name"`
	Host        string   `yaml:"host"`
	Created     string   `yaml:"created"`
	Pushed      string   `yaml:"pushed"`
	Branch      *string  `yaml:"branch"`
	Is          []string `yaml:"is"`
	Stars       int      `yaml:"stars"`
	Issues      int      `yaml:"issues"`
	Pulls       int      `yaml:"pulls"`
	Release     string   `yaml:"release"`
	Package     string   `yaml:"package"`
	Parent      string   `yaml:"parent"`
	Language    string   `yaml:"language"`
	Topics      []string `yaml:"topics"`
	Description string   `yaml:"description"`
	Error       string   `yaml:"error"`

	Commits    []string       `yaml:"commits"`
	Tip        bool           `yaml:"tip-only"`
	More       bool           `yaml:"more"`
	Elsewhere  map[string]int `yaml:"elsewhere"`
	Root       []string       `yaml:"root"`
	Readme     string         `yaml:"readme"`
	Codeowners *string        `yaml:"codeowners"`
	Active     string         `yaml:"active-branch"`

	Status     string   `yaml:"status"`
	Sentence   string   `yaml:"sentence"`
	Step       string   `yaml:"step"`
	Command    string   `yaml:"command"`
	Lane       string   `yaml:"lane"`
	Human      string   `yaml:"human"`
	Deciding   string   `yaml:"deciding"`
	NotCounted []string `yaml:"not-counted"`
	Retired    string   `yaml:"retired"`
	MovedTo    string   `yaml:"moved-to"`
	StaleFrom  string   `yaml:"stale-from"`
	Also       string   `yaml:"also"`
	Wants      string   `yaml:"wants"`
}

// TestVerdicts reads the specification. A case that fails prints what came out
// as it would stand in the file.
func TestVerdicts(t *testing.T) {
	files, err := filepath.Glob("../../testdata/verdicts/*.yml")
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var cases []specified
		if err := yaml.UnmarshalWithOptions(text, &cases, yaml.Strict()); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		total += len(cases)
		for _, c := range cases {
			t.Run(filepath.Base(file)+"/"+c.Case, func(t *testing.T) { c.check(t) })
		}
	}
	if total < leastCases {
		t.Errorf("%d cases, want %d at least", total, leastCases)
	}
}

func (c *specified) check(t *testing.T) {
	cfg, err := config.Parse("stalewatch.yml", []byte(c.Config))
	if err != nil {
		t.Fatal(err)
	}
	p, err := verdict.NewPolicy(cfg.Rules())
	if err != nil {
		t.Fatal(err)
	}
	asOf := at(t, morning)
	repos := append([]pipeline.Repository{c.repository(t, p, asOf)}, c.others(t)...)
	f := p.Judge(repos, asOf)[0]
	got := *c
	got.Status, got.Sentence, got.Step, got.Command = string(f.Status), f.Reason.Sentence, "", ""
	if f.Suggestion != nil {
		got.Step, got.Command = f.Suggestion.Action, f.Suggestion.Command
	}
	compare := func(key string, got, want string, always bool) {
		t.Helper()
		if got != want && (always || want != "") {
			t.Errorf("%s\n got  %s: %s\n want %s: %s", c.Case, key, strconv.Quote(got), key, strconv.Quote(want))
		}
	}
	compare("status", got.Status, c.Status, true)
	compare("sentence", got.Sentence, c.Sentence, true)
	compare("step", got.Step, c.Step, true)
	compare("command", got.Command, c.Command, true)
	compare("lane", orNone(string(f.Lane)), c.Lane, false)
	compare("human", commitDay(f.LastHumanCommit), c.Human, false)
	compare("deciding", commitDay(f.DecidingCommit), c.Deciding, false)
	var skipped []string
	for _, s := range f.NotCountedCommits {
		skipped = append(skipped, fmt.Sprintf("%s %s: %s", s.CommittedDate.Format(time.DateOnly), s.Why, s.Headline))
	}
	compare("not-counted", strings.Join(skipped, "\n"), strings.Join(c.NotCounted, "\n"), true)
	words, movedTo := "", ""
	if f.Retired != nil {
		words, movedTo = f.Retired.Where+": "+f.Retired.Words, f.Retired.MovedTo
	}
	compare("retired", words, c.Retired, true)
	compare("moved-to", movedTo, c.MovedTo, true)
	staleFrom := "none"
	if f.StaleFrom != nil {
		staleFrom = f.StaleFrom.Format(time.DateOnly)
	}
	compare("stale-from", staleFrom, c.StaleFrom, false)
	if c.Also != "" && !strings.Contains(strings.Join(f.Signals, "\n"), c.Also) {
		t.Errorf("%s\n got  also: %q\n want also: %q", c.Case, f.Signals, c.Also)
	}
	wants := "nothing"
	for _, w := range p.Wants(repos, asOf) {
		if w.ID == "1" {
			wants = fmt.Sprintf("history %t, sizes %d", w.History, len(w.Sizes))
		}
	}
	compare("wants", wants, c.Wants, false)
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func commitDay(c *pipeline.Commit) string {
	if c == nil {
		return "none"
	}
	return c.CommittedDate.Format(time.DateOnly)
}

func (c *specified) repository(t *testing.T, p *verdict.Policy, asOf time.Time) pipeline.Repository {
	name, host := orElse(c.Name, "Azure-Samples/todo"), orElse(c.Host, "github.com")
	main := "main"
	r := pipeline.Repository{ID: "1", NameWithOwner: name, URL: "https://" + host + "/" + name, CreatedAt: at(t, orElse(c.Created, "2015-03-04")),
		DefaultBranch: &main, StargazerCount: c.Stars, Topics: c.Topics, ReadError: c.Error, Detail: &pipeline.Detail{ReadAt: asOf, RootEntries: c.Root,
			OpenIssueCount: c.Issues, OpenPullRequestCount: c.Pulls, Codeowners: c.Codeowners}}
	if r.Detail.RootEntries == nil {
		r.Detail.RootEntries = []string{"README.md", "src"}
	}
	if c.Branch != nil {
		r.DefaultBranch = c.Branch
	}
	if c.Description != "" {
		r.Description = &c.Description
	}
	if c.Language != "" {
		r.PrimaryLanguage = &c.Language
	}
	readme := p.CondenseReadme(c.Readme)
	r.Detail.Readme = &readme
	r.LatestRelease, r.LatestPackage = published(t, c.Release), published(t, c.Package)
	if c.Parent != "" {
		words := strings.Fields(c.Parent)
		r.Parent = &pipeline.Parent{NameWithOwner: words[0], PushedAt: new(at(t, words[1])), IsArchived: len(words) > 2}
	}
	if c.Active != "" {
		a := commitLine(t, c.Active)
		r.Detail.ActiveBranch = &pipeline.Branch{Name: a.Headline, CommittedDate: a.CommittedDate, Author: a.Author, Bot: a.Bot}
	}
	var commits []pipeline.Commit
	for i, line := range c.Commits {
		commit := commitLine(t, line)
		commit.OID = fmt.Sprintf("c%d", i+1)
		commits = append(commits, commit)
	}
	if len(commits) > 0 {
		r.Detail.Tip = &commits[0]
		r.PushedAt = &commits[0].CommittedDate
		if !c.Tip {
			r.Detail.Search = p.Search(commits, !c.More, asOf)
		}
	}
	if c.Pushed != "" {
		r.PushedAt = new(at(t, c.Pushed))
	}
	for _, is := range c.Is {
		c.set(t, &r, is)
	}
	return r
}

func (c *specified) set(t *testing.T, r *pipeline.Repository, is string) {
	switch is {
	case "archived":
		r.IsArchived = true
	case "fork":
		r.IsFork = true
	case "template":
		r.IsTemplate = true
	case "mirror":
		r.IsMirror = true
	case "empty":
		r.IsEmpty, r.DefaultBranch, r.Detail.Tip, r.Detail.RootEntries = true, nil, nil, nil
	case "without a default branch":
		r.DefaultBranch, r.Detail.Tip = nil, nil
	case "disabled":
		r.IsDisabled = true
	case "locked":
		r.IsLocked = true
	case "profile":
		r.IsUserConfigurationRepository = true
	case "a person's":
		r.OwnerIsUser = true
	case "never read":
		r.Detail = nil
	default:
		t.Fatalf("nothing is %q", is)
	}
}

// others are the owner's other repositories: so many with a tip each.
func (c *specified) others(t *testing.T) []pipeline.Repository {
	owner, _, _ := strings.Cut(orElse(c.Name, "Azure-Samples/todo"), "/")
	var repos []pipeline.Repository
	for line, n := range c.Elsewhere {
		for range n {
			commit, main := commitLine(t, line), "main"
			name := fmt.Sprintf("%s/other-%d", owner, len(repos))
			repos = append(repos, pipeline.Repository{ID: name, NameWithOwner: name, DefaultBranch: &main, Detail: &pipeline.Detail{Tip: &commit}})
		}
	}
	return repos
}

// commitLine reads DATE AUTHOR: HEADLINE, FILES +ADDED -REMOVED. An author in
// brackets or with @ before it is a bot's name or a login. Without its last part
// the size is not known.
func commitLine(t *testing.T, line string) pipeline.Commit {
	t.Helper()
	date, rest, _ := strings.Cut(line, " ")
	author, headline, ok := strings.Cut(rest, ": ")
	if !ok {
		t.Fatalf("%q is not DATE AUTHOR: HEADLINE", line)
	}
	c := pipeline.Commit{OID: line, CommittedDate: at(t, date), Parents: 1}
	if i := strings.LastIndex(headline, ", "); i >= 0 {
		var s pipeline.CommitSize
		if n, _ := fmt.Sscanf(headline[i+2:], "%d +%d -%d", &s.ChangedFiles, &s.Additions, &s.Deletions); n == 3 {
			c.Size, headline = &s, headline[:i]
		}
	}
	c.Headline = headline
	if login, ok := strings.CutPrefix(author, "@"); ok {
		c.Author.Login = &login
		c.Bot = pipeline.BuiltinBot("", login, "", false)
	} else if author != "" {
		c.Author.Name = &author
		c.Bot = pipeline.BuiltinBot(author, "", "", false)
	}
	return c
}

// published reads NAME DATE.
func published(t *testing.T, text string) *pipeline.Release {
	if text == "" {
		return nil
	}
	i := strings.LastIndex(text, " ")
	return &pipeline.Release{TagName: text[:i], PublishedAt: new(at(t, text[i+1:]))}
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
