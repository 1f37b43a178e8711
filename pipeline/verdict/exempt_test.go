package verdict_test

import (
	"cmp"
	"fmt"
	"strings"
	"testing"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/verdict"
)

func withDescription(text string) func(*pipeline.Repository) {
	return func(r *pipeline.Repository) { r.Description = &text }
}

func withCodeowners(text string) func(*pipeline.Repository) {
	return func(r *pipeline.Repository) { r.Detail.Codeowners = &text }
}

func withTopics(topics ...string) func(*pipeline.Repository) {
	return func(r *pipeline.Repository) { r.Topics = topics }
}

func withLanguage(language string) func(*pipeline.Repository) {
	return func(r *pipeline.Repository) { r.PrimaryLanguage = &language }
}

func named(name string) func(*pipeline.Repository) {
	return func(r *pipeline.Repository) { r.NameWithOwner = name }
}

func TestExemptionByConfiguration(t *testing.T) {
	until := func(s string) pipeline.ExemptionRule {
		return pipeline.ExemptionRule{Match: "iot-*", Reason: "course", Until: new(at(t, s)), By: "@Azure-Samples/iot"}
	}
	for _, test := range []struct {
		name   string
		rule   pipeline.ExemptionRule
		change func(*pipeline.Repository)
		want   string // Exemption.Rule; empty for not exempt
	}{
		{"by name", pipeline.ExemptionRule{Match: "iot-*", Reason: "r"}, named("A/IoT-edge"), `match "iot-*"`},
		{"another name", pipeline.ExemptionRule{Match: "iot-*", Reason: "r"}, named("iot-x/aks"), ""},
		{"the owner is not the name", pipeline.ExemptionRule{Match: "a*", Reason: "r"}, named("azure/todo"), ""},
		{"by owner and name", pipeline.ExemptionRule{Match: "azure/*", Reason: "r"}, named("Azure/todo"), `match "azure/*"`},
		{"another owner", pipeline.ExemptionRule{Match: "azure/*", Reason: "r"}, named("Azure-Samples/todo"), ""},
		{"by topic", pipeline.ExemptionRule{Topic: "keep", Reason: "r"}, withTopics("a", "keep"), "topic keep"},
		{"part of a topic", pipeline.ExemptionRule{Topic: "keep", Reason: "r"}, withTopics("keeper"), ""},
		{"by language", pipeline.ExemptionRule{Language: "powershell", Reason: "r"}, withLanguage("PowerShell"), "language powershell"},
		{"without a language", pipeline.ExemptionRule{Language: "Go", Reason: "r"}, func(*pipeline.Repository) {}, ""},
		{"the last second of its last day", until("2026-11-22"), named("a/iot-1"), `match "iot-*"`},
		{"the day after", until("2026-11-21"), named("a/iot-1"), ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			p := mustPolicy(t, func(r *pipeline.Rules) { r.Exemptions = []pipeline.ExemptionRule{test.rule} })
			f := judge(p, sample(t, "2020-01-01", test.change), at(t, "2026-11-22T23:59:59Z"))
			if got := exemptBy(f); got != test.want {
				t.Errorf("exempt by %q, want %q", got, test.want)
			}
			if f.Status != pipeline.Dormant {
				t.Errorf("the exemption changed the status to %s", f.Status)
			}
			if f.Exemption != nil && (f.Exemption.Reason != test.rule.Reason || f.Exemption.By != test.rule.By) {
				t.Errorf("exemption %+v does not say what the rule does", f.Exemption)
			}
		})
	}
}

func exemptBy(f pipeline.Finding) string {
	if f.Exemption == nil {
		return ""
	}
	return f.Exemption.Rule
}

func TestExemptionInRepository(t *testing.T) {
	for _, test := range []struct {
		name, description, codeowners string
		topics                        []string
		want, reason, until           string
	}{
		{name: "topic", topics: []string{"stalewatch-keep"}, want: "topic stalewatch-keep", reason: "its owners set the topic stalewatch-keep"},
		{name: "dated", description: "stalewatch: keep until 2027-06-30, used by the course", want: "description", reason: "used by the course", until: "2027-06-30"},
		{name: "undated", description: "stalewatch: keep, finished", want: "description", reason: "finished"},
		{name: "after other text", description: "A sample. Stalewatch: KEEP until 2027-06-30 , finished", want: "description", reason: "finished", until: "2027-06-30"},
		{name: "the last day", description: "stalewatch: keep until 2026-11-22, finished", want: "description", reason: "finished", until: "2026-11-22"},
		{name: "over", description: "stalewatch: keep until 2026-11-21, finished"},
		{name: "no such day", description: "stalewatch: keep until 2027-02-30, finished"},
		{name: "no date", description: "stalewatch: keep until, finished"},
		{name: "no reason", description: "stalewatch: keep until 2027-06-30"},
		{name: "empty reason", description: "stalewatch: keep until 2027-06-30, "},
		{name: "no comma", description: "stalewatch: keep until 2027-06-30 finished"},
		{name: "something else", description: "stalewatch: keep forever, finished"},
		{name: "another word", description: "stalewatch: keeper, finished"},
		{name: "another tool", description: "not-stalewatch: keep, finished"},
		{name: "comment", codeowners: "# Owners\n# stalewatch: keep until 2027-06-30, kept for the course\n* @a\n", want: "CODEOWNERS", reason: "kept for the course", until: "2027-06-30"},
		{name: "after a rule", codeowners: "* @a # stalewatch: keep, finished\r\n", want: "CODEOWNERS", reason: "finished"},
		{name: "not a comment", codeowners: "stalewatch: keep, finished\n"},
		{name: "second line counts when the first is over", codeowners: "# stalewatch: keep until 2020-01-01, a\n# stalewatch: keep until 2030-01-01, b\n", want: "CODEOWNERS", reason: "b", until: "2030-01-01"},
		{name: "description before file", description: "stalewatch: keep, a", codeowners: "# stalewatch: keep, b", want: "description", reason: "a"},
		{name: "hostile", description: "stalewatch: keep, a\u202eb\x1b[31m jane@example.org", want: "description", reason: "ab[31m -@-"},
	} {
		t.Run(test.name, func(t *testing.T) {
			r := sample(t, "2020-01-01", withTopics(test.topics...), withDescription(test.description), withCodeowners(test.codeowners))
			f := judge(mustPolicy(t, nil), r, at(t, morning))
			if exemptBy(f) != test.want {
				t.Fatalf("exempt by %q, want %q", exemptBy(f), test.want)
			}
			if f.Exemption == nil {
				return
			}
			if f.Exemption.Reason != test.reason {
				t.Errorf("reason %q, want %q", f.Exemption.Reason, test.reason)
			}
			if until := f.Exemption.Until; (until == nil) != (test.until == "") || until != nil && !until.Equal(at(t, test.until)) {
				t.Errorf("until %v, want %s", until, test.until)
			}
		})
	}
}

func TestExemptionPrecedence(t *testing.T) {
	p := mustPolicy(t, func(r *pipeline.Rules) {
		r.Exemptions = []pipeline.ExemptionRule{
			{Match: "todo", Reason: "over", Until: new(at(t, "2020-01-01"))},
			{Topic: "keep", Reason: "first"},
			{Match: "*", Reason: "second"},
		}
	})
	f := judge(p, sample(t, "2020-01-01", withTopics("keep", "stalewatch-keep"), withDescription("stalewatch: keep, own")), at(t, morning))
	if f.Exemption == nil || f.Exemption.Reason != "first" {
		t.Errorf("exemption %+v, want the first of the configuration that holds", f.Exemption)
	}
}

func TestLongestExemption(t *testing.T) {
	p := mustPolicy(t, func(r *pipeline.Rules) { r.MaxExemption = pipeline.Span{Years: 1} })
	for text, want := range map[string]bool{
		"stalewatch: keep until 2027-11-22, a": true,
		"stalewatch: keep until 2027-11-23, a": false,
		"stalewatch: keep, a":                  false,
	} {
		if f := judge(p, sample(t, "2020-01-01", withDescription(text)), at(t, morning)); (f.Exemption != nil) != want {
			t.Errorf("%q: exempt: %t", text, f.Exemption != nil)
		}
	}
	if f := judge(p, sample(t, "2020-01-01", withTopics(verdict.KeepTopic)), at(t, morning)); f.Exemption != nil {
		t.Error("a topic, which has no end, exempts although there is a longest span")
	}
}

func ExamplePolicy_ExemptionReport() {
	rules := pipeline.DefaultRules()
	rules.MaxExemption = pipeline.Span{Years: 2}
	until := asOf.AddDate(0, 0, -5)
	rules.Exemptions = []pipeline.ExemptionRule{
		{Match: "iot-*", Reason: "course", Until: &until},
		{Topic: "nobody-has-it", Reason: "typo"},
		{Language: "Go", Reason: "finished"},
	}
	p, _ := verdict.NewPolicy(rules)
	repo := func(name, language, description string) pipeline.Finding {
		return judge(p, pipeline.Repository{NameWithOwner: name, PrimaryLanguage: &language, Description: &description}, asOf)
	}
	findings := []pipeline.Finding{
		repo("a/iot-edge", "C", ""),
		repo("a/tool", "Go", "stalewatch: keep until 2026-01-31, finished"),
		repo("a/lab", "C", "stalewatch: keep, finished"),
	}
	for _, issue := range p.ExemptionReport(findings, asOf) {
		where := cmp.Or(issue.NameWithOwner, "stalewatch.yml")
		fmt.Printf("%s: %s\n  %s\n", where, issue.Rule, issue.Sentence)
	}
	// Output:
	// stalewatch.yml: match "iot-*"
	//   Its last day was 2026-11-17; set a later one or take it out.
	// stalewatch.yml: topic nobody-has-it
	//   It fits no repository; correct it or take it out of the configuration.
	// a/tool: description
	//   Its last day was 2026-01-31; set a later one or take it out.
	// a/lab: description
	//   It does not hold: it has no end, and the configuration allows 2 years at most; write: stalewatch: keep until 2027-06-30, and the reason.
}

func FuzzMarker(f *testing.F) {
	f.Add("stalewatch: keep until 2027-06-30, reason")
	f.Add("# stalewatch: keep, a\n* @b # stalewatch:keep until\n")
	f.Add("stalewatch:stalewatch: keep ,,,\u202e")
	f.Fuzz(func(t *testing.T, text string) {
		p := mustPolicy(t, nil)
		r := sample(t, "2020-01-01", withDescription(text), withCodeowners(text))
		finding := judge(p, r, at(t, morning))
		p.ExemptionReport([]pipeline.Finding{finding}, at(t, morning))
		if e := finding.Exemption; e != nil {
			if strings.TrimSpace(e.Reason) == "" || strings.ContainsAny(e.Reason, "\n\r\x1b\u202e") {
				t.Errorf("exempt for the reason %q", e.Reason)
			}
			if !strings.Contains(strings.ToLower(text), "stalewatch:") {
				t.Errorf("%q exempts", text)
			}
		}
	})
}
