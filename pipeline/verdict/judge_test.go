package verdict_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/verdict"
)

const morning = "2026-11-22T07:00:00Z"

// asOf is morning for examples, which have no t.
var asOf = time.Date(2026, time.November, 22, 7, 0, 0, 0, time.UTC)

func mustPolicy(t testing.TB, change func(*pipeline.Rules)) *verdict.Policy {
	t.Helper()
	rules := pipeline.DefaultRules()
	if change != nil {
		change(&rules)
	}
	p, err := verdict.NewPolicy(rules)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// sample is an ordinary repository with a person's commit at its tip.
func sample(t testing.TB, committed string, changes ...func(*pipeline.Repository)) pipeline.Repository {
	t.Helper()
	pushed := at(t, "2026-11-20")
	r := pipeline.Repository{
		ID: "R_1", NameWithOwner: "Azure-Samples/todo", URL: "https://github.com/Azure-Samples/todo",
		CreatedAt: at(t, "2019-05-01"), PushedAt: &pushed, DefaultBranch: new("main"),
		Detail: &pipeline.Detail{ReadAt: at(t, morning), Revision: "r1", Tip: commit(t, "c1", committed, "Ada", false)},
	}
	for _, change := range changes {
		change(&r)
	}
	return r
}

func commit(t testing.TB, oid, date, name string, bot bool) *pipeline.Commit {
	t.Helper()
	return &pipeline.Commit{OID: oid, CommittedDate: at(t, date), Author: pipeline.Author{Name: &name}, Bot: bot,
		Size: &pipeline.CommitSize{ChangedFiles: 3, Additions: 100}}
}

// behindBot puts a bot's commit at the tip and a search behind it.
func behindBot(t testing.TB, tip string, s *pipeline.Search) func(*pipeline.Repository) {
	return func(r *pipeline.Repository) {
		r.Detail.Tip = commit(t, "b1", tip, "dependabot[bot]", true)
		r.Detail.Search = s
	}
}

func judge(p *verdict.Policy, r pipeline.Repository, asOf time.Time) pipeline.Finding {
	return p.Judge([]pipeline.Repository{r}, asOf)[0]
}

func at(t testing.TB, s string) time.Time {
	t.Helper()
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if v, err := time.Parse(layout, s); err == nil {
			return v.UTC()
		}
	}
	t.Fatalf("%q is neither a date nor a time", s)
	return time.Time{}
}

func TestJudgeEveryLimitToTheSecond(t *testing.T) {
	p := mustPolicy(t, nil)
	for _, test := range []struct {
		limit         string
		before, after pipeline.Status
	}{
		{"2026-05-22T07:00:00Z", pipeline.Fresh, pipeline.Active},
		{"2025-11-22T07:00:00Z", pipeline.Active, pipeline.Aging},
		{"2024-11-22T07:00:00Z", pipeline.Aging, pipeline.Stale},
		{"2022-11-22T07:00:00Z", pipeline.Stale, pipeline.Dormant},
	} {
		for offset, want := range map[time.Duration]pipeline.Status{-time.Second: test.after, 0: test.after, time.Second: test.before} {
			r := sample(t, test.limit)
			r.Detail.Tip.CommittedDate = r.Detail.Tip.CommittedDate.Add(offset)
			if got := judge(p, r, at(t, morning)); got.Status != want {
				t.Errorf("committed %s: %s, want %s", r.Detail.Tip.CommittedDate.Format(time.RFC3339), got.Status, want)
			}
		}
	}
}

func TestJudgeLeapDays(t *testing.T) {
	p := mustPolicy(t, nil)
	for _, test := range []struct {
		committed, asOf string
		want            pipeline.Status
	}{
		{"2024-02-29T12:00:00Z", "2025-02-28T11:59:59Z", pipeline.Active},
		{"2024-02-29T12:00:00Z", "2025-02-28T12:00:00Z", pipeline.Aging},
		{"2024-02-29T12:00:00Z", "2028-02-29T11:59:59Z", pipeline.Stale},
		{"2024-02-29T12:00:00Z", "2028-02-29T12:00:00Z", pipeline.Dormant},
		{"2023-08-31T00:00:00Z", "2024-02-28T23:59:59Z", pipeline.Fresh},
		{"2023-08-31T00:00:00Z", "2024-02-29T00:00:00Z", pipeline.Active},
	} {
		r := sample(t, test.committed)
		r.PushedAt = nil
		if got := judge(p, r, at(t, test.asOf)); got.Status != test.want {
			t.Errorf("committed %s, as of %s: %s, want %s", test.committed, test.asOf, got.Status, test.want)
		}
	}
}

func TestJudge(t *testing.T) {
	human := commit(t, "h1", "2024-06-01", "Ada", false)
	tests := []struct {
		name      string
		repo      pipeline.Repository
		status    pipeline.Status
		rule      string
		decidedBy string // empty for nil
		ageDays   int
		human     string // oid; empty for nil
	}{
		{"a person's tip", sample(t, "2026-11-19"), pipeline.Fresh, "age", "2026-11-19", 3, "c1"},
		{"a day later than the push", sample(t, "2026-11-21"), pipeline.Fresh, "age", "2026-11-20", 2, "c1"},
		{"hours ago", sample(t, "2026-11-21T08:00:00Z", pushedOn(t, "2026-11-22")), pipeline.Fresh, "age", "2026-11-21T08:00:00Z", 0, "c1"},
		{"1970", sample(t, "1970-01-01"), pipeline.Dormant, "age", "1970-01-01", 20779, "c1"},
		{"later than the push", sample(t, "2026-11-21", pushedOn(t, "2024-01-01")), pipeline.Stale, "age", "2024-01-01", 1056, "c1"},
		{"in the future", sample(t, "2031-01-01", pushedOn(t, "2031-01-02")), pipeline.Fresh, "age", morning, 0, "c1"},
		{"in the future, never pushed", sample(t, "2031-01-01", func(r *pipeline.Repository) { r.PushedAt = nil }), pipeline.Fresh, "age", morning, 0, "c1"},
		{"null author", sample(t, "2026-11-19", func(r *pipeline.Repository) { r.Detail.Tip.Author = pipeline.Author{} }), pipeline.Fresh, "age", "2026-11-19", 3, "c1"},
		{"a person before a bot", sample(t, "2026-01-01", behindBot(t, "2026-11-19", &pipeline.Search{People: []pipeline.Commit{*human}, Reach: at(t, "2026-01-05"), BotCommits: 3})),
			pipeline.Stale, "age", "2024-06-01", 904, "h1"},
		{"bots to the limit", sample(t, "2026-01-01", behindBot(t, "2026-11-19", &pipeline.Search{Reach: at(t, "2022-11-22T07:00:00Z"), BotCommits: 3})),
			pipeline.Dormant, "bots-to-the-limit", "", 0, ""},
		{"a person of late behind bots beyond the limit", sample(t, "2026-01-01", behindBot(t, "2026-11-19", &pipeline.Search{People: []pipeline.Commit{*human}, Reach: at(t, "2022-11-22T07:00:00Z"), BotCommits: 3})),
			pipeline.Stale, "age", "2024-06-01", 904, "h1"},
		{"a person a second within the limit", sample(t, "2026-01-01", behindBot(t, "2026-11-19", &pipeline.Search{People: []pipeline.Commit{*human}, Reach: at(t, "2022-11-22T07:00:01Z"), BotCommits: 3})),
			pipeline.Stale, "age", "2024-06-01", 904, "h1"},
		{"bots only", sample(t, "2026-01-01", behindBot(t, "2026-11-19", &pipeline.Search{Exhausted: true, Reach: at(t, "2025-01-01"), BotCommits: 3}), createdOn(t, "2025-10-01")),
			pipeline.Aging, "bots-only", "2025-10-01", 417, ""},
		{"bots only, created after the push", sample(t, "2026-01-01", behindBot(t, "2020-11-19", &pipeline.Search{Exhausted: true, BotCommits: 1}), createdOn(t, "2026-11-01"), pushedOn(t, "2026-10-30")),
			pipeline.Fresh, "bots-only", "2026-10-30", 23, ""},
		{"nothing known behind a bot", sample(t, "2026-01-01", behindBot(t, "2026-11-19", nil)), pipeline.Unknown, "not-searched", "", 0, ""},
		{"archived", sample(t, "2026-11-21", func(r *pipeline.Repository) { r.IsArchived = true }), pipeline.Archived, "archived", "", 0, "c1"},
		{"archived and empty", sample(t, "2026-11-21", func(r *pipeline.Repository) { r.IsArchived, r.IsEmpty, r.Detail = true, true, nil }), pipeline.Archived, "archived", "", 0, ""},
		{"empty", sample(t, "2026-11-21", func(r *pipeline.Repository) { r.IsEmpty, r.DefaultBranch, r.Detail = true, nil, nil }), pipeline.Empty, "empty", "", 0, ""},
		{"no default branch", sample(t, "2026-11-21", func(r *pipeline.Repository) { r.DefaultBranch, r.Detail.Tip = nil, nil }), pipeline.Empty, "no-default-branch", "", 0, ""},
		{"no tip", sample(t, "2026-11-21", func(r *pipeline.Repository) { r.Detail.Tip = nil }), pipeline.Empty, "no-default-branch", "", 0, ""},
		{"never read", sample(t, "2026-11-21", func(r *pipeline.Repository) { r.Detail = nil }), pipeline.Unknown, "never-read", "", 0, ""},
		{"unread", sample(t, "2026-11-21", func(r *pipeline.Repository) { r.Detail, r.ReadError = nil, "timeout" }), pipeline.Unknown, "unread", "", 0, ""},
		{"unread, archived, earlier values", sample(t, "2026-11-21", func(r *pipeline.Repository) { r.IsArchived, r.ReadError = true, "timeout" }), pipeline.Unknown, "unread", "", 0, "c1"},
	}
	p := mustPolicy(t, nil)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := judge(p, test.repo, at(t, morning))
			if f.Status != test.status || f.Reason.Rule != test.rule {
				t.Errorf("%s by %s, want %s by %s", f.Status, f.Reason.Rule, test.status, test.rule)
			}
			if (test.decidedBy == "") != (f.DecidedBy == nil) || (f.DecidedBy == nil) != (f.AgeDays == nil) {
				t.Fatalf("decided by %v, age %v, want %q", f.DecidedBy, f.AgeDays, test.decidedBy)
			}
			if f.DecidedBy != nil && (!f.DecidedBy.Equal(at(t, test.decidedBy)) || *f.AgeDays != test.ageDays) {
				t.Errorf("decided by %s, %d days, want %s, %d", f.DecidedBy, *f.AgeDays, test.decidedBy, test.ageDays)
			}
			oid := ""
			if f.LastHumanCommit != nil {
				oid = f.LastHumanCommit.OID
			}
			if oid != test.human {
				t.Errorf("last human commit %q, want %q", oid, test.human)
			}
			if f.Reason.Sentence == "" || !strings.HasSuffix(f.Reason.Sentence, ".") {
				t.Errorf("the reason is no sentence: %q", f.Reason.Sentence)
			}
		})
	}
}

func pushedOn(t testing.TB, date string) func(*pipeline.Repository) {
	return func(r *pipeline.Repository) { r.PushedAt = new(at(t, date)) }
}

func createdOn(t testing.TB, date string) func(*pipeline.Repository) {
	return func(r *pipeline.Repository) { r.CreatedAt = at(t, date) }
}

// Two real samples, kept going by dependabot after the last person left.
func TestJudgeBotsKeepNothingAlive(t *testing.T) {
	p := mustPolicy(t, nil)
	for _, test := range []struct {
		name, bot, human string
		daysBetween      int
		status           pipeline.Status
	}{
		{"todo-csharp-sql", "2025-05-08T22:56:31Z", "2022-09-08T20:48:03Z", 973, pipeline.Dormant},
		{"iot-edge-watchdog", "2023-03-01T21:35:48Z", "2022-09-09T17:31:29Z", 173, pipeline.Dormant},
	} {
		r := sample(t, test.bot, pushedOn(t, test.bot), behindBot(t, test.bot, &pipeline.Search{
			People: []pipeline.Commit{*commit(t, "h", test.human, "Ada", false)}, Reach: at(t, test.bot), BotCommits: 1, Bots: []string{"dependabot[bot]"}}))
		f := judge(p, r, at(t, morning))
		if f.Status != test.status || !f.DecidedBy.Equal(at(t, test.human)) {
			t.Errorf("%s: %s by %s, want %s by the person's commit", test.name, f.Status, f.DecidedBy, test.status)
		}
		if days := int(at(t, test.bot).Sub(*f.DecidedBy).Hours() / 24); days != test.daysBetween {
			t.Errorf("%s: the person is %d days before the bot, want %d", test.name, days, test.daysBetween)
		}
	}
}

func TestJudgeIsPure(t *testing.T) {
	p := mustPolicy(t, nil)
	r := sample(t, "2024-01-01", behindBot(t, "2026-01-01", &pipeline.Search{People: []pipeline.Commit{*commit(t, "h", "2023-01-01", "Ada", false)}, BotCommits: 2, Bots: []string{"renovate"}}))
	before, _ := json.Marshal(r)
	first, second := judge(p, r, at(t, morning)), judge(p, r, at(t, morning))
	if !reflect.DeepEqual(first, second) {
		t.Error("two verdicts on the same facts differ")
	}
	if after, _ := json.Marshal(r); string(after) != string(before) {
		t.Error("judging changed the repository")
	}
	first.LastHumanCommit, first.Owners = nil, append(first.Owners, "x")
	if third := judge(p, r, at(t, morning)); !reflect.DeepEqual(second, third) {
		t.Error("a changed finding changed a later verdict")
	}
}

func TestVersion(t *testing.T) {
	base := mustPolicy(t, func(r *pipeline.Rules) { r.Bots = []string{"a-*", "B"} })
	for name, test := range map[string]struct {
		change           func(*pipeline.Rules)
		sameAll, sameBot bool
	}{
		"order and case of bots": {func(r *pipeline.Rules) { r.Bots = []string{"b", "A-*"} }, true, true},
		"tolerance":              {func(r *pipeline.Rules) { r.AllowUnread = pipeline.Allowance{Count: 9} }, true, true},
		"a bot":                  {func(r *pipeline.Rules) { r.Bots = append(r.Bots, "c") }, false, false},
		"a tier":                 {func(r *pipeline.Rules) { r.Tiers.Fresh = pipeline.Span{Days: 90} }, false, true},
		"what counts":            {func(r *pipeline.Rules) { r.Count.Campaigns = true }, false, true},
		"include":                {func(r *pipeline.Rules) { r.Include.Private = true }, false, true},
		"codeowners":             {func(r *pipeline.Rules) { r.Codeowners = false }, false, true},
		"what is shown":          {func(r *pipeline.Rules) { r.Properties = []string{"tier"} }, true, true},
		"the owners' property":   {func(r *pipeline.Rules) { r.OwnerProperty = "team" }, false, true},
		"an owner":               {func(r *pipeline.Rules) { r.Ownership = []pipeline.OwnershipRule{{Match: "*", Owner: "@a"}} }, false, true},
		"an exemption": {func(r *pipeline.Rules) {
			r.Exemptions = []pipeline.ExemptionRule{{Match: "x", Reason: "y"}}
		}, false, true},
		"the longest exemption": {func(r *pipeline.Rules) { r.MaxExemption = pipeline.Span{Years: 1} }, false, true},
	} {
		other := mustPolicy(t, func(r *pipeline.Rules) { r.Bots = []string{"a-*", "B"}; test.change(r) })
		if same := other.Version() == base.Version(); same != test.sameAll {
			t.Errorf("%s: same version: %t", name, same)
		}
		if same := other.Search(nil, true, time.Time{}).Revision == base.Search(nil, true, time.Time{}).Revision; same != test.sameBot {
			t.Errorf("%s: same bots revision: %t", name, same)
		}
	}
}

func TestNewPolicyRefuses(t *testing.T) {
	for name, change := range map[string]func(*pipeline.Rules){
		"no tiers":                func(r *pipeline.Rules) { r.Tiers = pipeline.Tiers{} },
		"tiers that do not climb": func(r *pipeline.Rules) { r.Tiers.Aging = r.Tiers.Active },
		"bots":                    func(r *pipeline.Rules) { r.Bots = []string{"[a"} },
		"an empty glob":           func(r *pipeline.Rules) { r.Bots = []string{""} },
		"two selectors": func(r *pipeline.Rules) {
			r.Exemptions = []pipeline.ExemptionRule{{Match: "a", Topic: "b", Reason: "c"}}
		},
		"no selector": func(r *pipeline.Rules) { r.Exemptions = []pipeline.ExemptionRule{{Reason: "c"}} },
		"no reason":   func(r *pipeline.Rules) { r.Exemptions = []pipeline.ExemptionRule{{Topic: "b", Reason: " "}} },
		"an exempt glob": func(r *pipeline.Rules) {
			r.Exemptions = []pipeline.ExemptionRule{{Match: `a\`, Reason: "c"}}
		},
		"an owner glob": func(r *pipeline.Rules) { r.Ownership = []pipeline.OwnershipRule{{Match: "[", Owner: "@a"}} },
		"no owner":      func(r *pipeline.Rules) { r.Ownership = []pipeline.OwnershipRule{{Match: "*"}} },
	} {
		rules := pipeline.DefaultRules()
		change(&rules)
		if _, err := verdict.NewPolicy(rules); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
