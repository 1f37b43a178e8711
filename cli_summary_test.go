package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	table "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/text"
	"golang.org/x/oauth2"

	"github.com/stalewatch/stalewatch/graphql"
	"github.com/stalewatch/stalewatch/graphql/budget"
	"github.com/stalewatch/stalewatch/graphql/githubsim"
	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/github"
	"github.com/stalewatch/stalewatch/pipeline/verdict"
	"github.com/stalewatch/stalewatch/site"
)

// hostileTexts break what does not escape: markup, quotes, links, direction marks,
// templates, formats, spreadsheet formulas, Markdown and length.
var hostileTexts = []string{
	`<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, `'; DROP TABLE repositories; --`,
	"javascript:alert(1)", "[click](javascript:alert(1))", "\u202egnp.exe \u2066hidden\u2069",
	"{{.Token}} ${7*7} #{7*7} %s %n %!d(MISSING)", `=HYPERLINK("https://evil.example","x")`, "@SUM(1+1)*cmd|'/c calc'!A0",
	"</title></style><svg/onload=alert(1)>", "a\tb\r\nc\x00d", "& &amp; &lt;b&gt; <!-- ]]>", "| a | b |\n|---|---|\n# heading `code` **bold**",
	"::error file=x::annotation\n::set-output name=a::b", strings.Repeat("long ", 70), "Ünïcödé 漢字 🏳️‍🌈 e\u0301",
}

// hostileNames are names GitHub allows for repositories that trip up paths,
// scripts and objects in JavaScript.
var hostileNames = []string{".github", "_", "-rf", "--help", "__proto__", "constructor", "con", "index.html", "..well-known", "a.b.c",
	"data", "badge.svg", "r", strings.Repeat("x", 100), "NULL", "true", "0", "1e3", "status", "UPPER-lower"}

// hostile is a snapshot of 10,000 repositories with names that try to break
// whoever shows them, all of which changed since the day before.
func hostile(t *testing.T) *pipeline.Snapshot {
	t.Helper()
	world := githubsim.NewWorld()
	world.AddOrganization("contoso")
	world.Populate("contoso", 7_000, 9, day)
	for i := range 3_000 {
		world.Create(githubsim.Repository{Name: fmt.Sprintf("contoso/%s-%d", hostileNames[i%len(hostileNames)], i), Commits: []githubsim.Commit{{CommittedDate: day}}})
	}
	for i, name := range world.Names("contoso") {
		world.Edit(name, day, func(r *githubsim.Repository) { r.Description = hostileTexts[i%len(hostileTexts)] })
	}
	w := newWorkspace(t, world)
	account := budget.New(budget.Config{Concurrency: 1})
	client := graphql.New(graphql.Options{URL: w.url, Tokens: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: testToken}),
		Share: account.Pipeline(), UserAgent: "test"})
	policy, err := verdict.NewPolicy(pipeline.DefaultRules())
	if err != nil {
		t.Fatal(err)
	}
	var before, after []pipeline.Finding
	for cursor := ""; ; {
		page, err := client.List(t.Context(), github.ListQuery{Owner: "contoso", Order: "NAME", Cursor: cursor, Size: 100, Branches: true})
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range page.Repositories {
			tip := &pipeline.Commit{OID: fmt.Sprintf("%040d", i), CommittedDate: day.AddDate(-2, 0, 0)}
			r.Detail = &pipeline.Detail{ReadAt: day, Tip: tip}
			before = append(before, policy.Judge([]pipeline.Repository{r}, day.AddDate(0, 0, -1))...)
			if i%3 == 0 {
				r.Detail, r.ReadError = nil, "<script>alert(1)</script> | "+r.NameWithOwner+"\n\n# ![x](http://evil.example/) @octocat"
			}
			after = append(after, policy.Judge([]pipeline.Repository{r}, day)...)
		}
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	yesterday := pipeline.HistoryEntry{ID: "2026-11-21/contoso", AsOf: day.AddDate(0, 0, -1), State: pipeline.Complete, RuleVersion: policy.Version(), Total: len(before), Counts: pipeline.CountStatuses(before)}
	changes := pipeline.Compare(policy, pipeline.Baseline{AsOf: yesterday.AsOf, RuleVersion: policy.Version(), Rules: policy.Rules(), Findings: before}, after, day)
	return &pipeline.Snapshot{
		Run: pipeline.Run{ID: "2026-11-22/contoso", Scope: "contoso", Owners: []string{"contoso"}, AsOf: day, State: pipeline.Partial,
			Counters: pipeline.Counters{Unread: pipeline.CountStatuses(after)[pipeline.Unknown]}},
		GeneratedAt: day.Add(time.Minute), Rules: policy.Rules(), Since: &yesterday,
		Findings: changes.Findings, Events: changes.Events, Tombstones: changes.Tombstones,
		Notices: []string{"contoso | <b>says</b>\n```\n| a | b |"},
	}
}

// TestSummaryOfHostileNames: the job summary stays small whatever the size of
// the survey, and no name in it becomes markup.
func TestSummaryOfHostileNames(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes too long for a short run")
	}
	t.Parallel()
	snap := hostile(t)
	if len(snap.Findings) < 9_000 || len(snap.Events) < 1_000 {
		t.Fatalf("%d findings and %d events are too few to show anything", len(snap.Findings), len(snap.Events))
	}
	source := site.SummaryMarkdown(snap, site.Options{BaseURL: "https://contoso.github.io/stale/"})
	if len(source) > 200_000 {
		t.Errorf("the summary has %d bytes, want at most 200 kB", len(source))
	}
	doc := goldmark.New(goldmark.WithExtensions(extension.GFM)).Parser().Parse(text.NewReader(source))
	tables, rows := 0, 0
	err := ast.Walk(doc, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.RawHTML, *ast.HTMLBlock, *ast.Image, *ast.CodeBlock, *ast.FencedCodeBlock, *ast.AutoLink:
			t.Errorf("a name became %s", n.Kind())
		case *ast.Link:
			if !strings.HasPrefix(string(n.Destination), "https://contoso.github.io/stale/") && !strings.HasPrefix(string(n.Destination), "https://github.com/") {
				t.Errorf("a link to %s", n.Destination)
			}
		case *ast.Heading:
			if n.Level > 3 {
				t.Errorf("a heading of level %d", n.Level)
			}
		case *table.Table:
			tables++
		case *table.TableRow:
			rows++
			if n.ChildCount() != 3 {
				t.Errorf("a row of %d cells", n.ChildCount())
			}
		}
		return ast.WalkContinue, nil
	})
	if err != nil || tables != 1 || rows < len(pipeline.Statuses)-1 {
		t.Errorf("%d tables with %d rows: %v\n%s", tables, rows, err, source)
	}
}
