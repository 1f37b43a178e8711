package verdict_test

import (
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/verdict"
)

func TestBuiltinBot(t *testing.T) {
	for _, test := range []struct {
		name, login, email string
		app, want          bool
	}{
		{"dependabot[bot]", "", "", false, true},
		{"Dependabot[BOT]", "", "", false, true},
		{"", "renovate[bot]", "", false, true},
		{"Jane", "", "49699333+dependabot[bot]@users.noreply.github.com", false, true},
		{"microsoft-github-operations[bot]", "", "", false, true},
		{"Some App", "", "", true, true},
		{"dependabot", "", "", false, true},
		{"Renovate Bot", "", "", false, true},
		{"", "renovate-bot", "", false, true},
		{"GitHub Action", "", "action@github.com", false, true},
		{"Jane", "", "41898282+github-actions[bot]@users.noreply.github.com", false, true},
		{"greenkeeper", "", "", false, true},
		{"", "snyk-bot", "", false, true},
		{"", "imgbot", "", false, true},
		{"allcontributors", "", "", false, true},
		{"pre-commit-ci", "", "", false, true},
		{"Azure DevOps", "", "", false, true},
		{"azure-pipelines", "", "", false, true},
		{"semantic-release-bot", "", "", false, true},
		{"anybody", "", "support@dependabot.com", false, true},

		{"Azure Samples Bot", "", "", false, true},
		{"Microsoft Open Source", "microsoftopensource", "", false, true},
		{"Microsoft GitHub User", "msgithub", "", false, true},
		{"docs.microsoft.com Product Bot", "", "", false, true},
		{"docs", "docs-product", "", false, true},
		{"Azure-Fluent", "", "", false, true},
		{"actions-user", "", "", false, true},
		{"GitHub Actions Bot", "", "", false, true},
		{"Crowdin Bot", "", "", false, true},
		{"Travis CI", "", "", false, true},
		{"Release", "contoso-release-bot", "", false, true},
		{"Copilot", "", "198982749+Copilot@users.noreply.github.com", false, true},
		{"copilot-swe-agent[bot]", "", "", false, true},
		{"anthropic-code-agent[bot]", "", "", false, true},

		{"", "", "", false, false},
		{"Jack Abbott", "jabbott", "jack@abbott.example", false, false},
		{"Ian Bothwell", "bothwell", "", false, false},
		{"Robotman", "robotman", "robot@example.org", false, false},
		{"Talbot", "talbot", "", false, false},
		{"bot", "bot", "bot@example.org", false, false},
		{"[bot] Jane", "", "", false, false},
		{"Theo Bot", "theobot", "", false, false},
		{"Jan-Bot", "", "", false, false},
		{"Copilot", "", "copilot@example.org", false, false},
		{"Azure Samples Bots", "", "", false, false},
		{"azure-sdk", "", "", false, false},
		{"GitHub", "web-flow", "noreply@github.com", false, false},
		{"Jane", "", "jane@dependabot[bot].example", false, false},
	} {
		if got := pipeline.BuiltinBot(test.name, test.login, test.email, test.app); got != test.want {
			t.Errorf("name %q, login %q, e-mail %q, app %t: %t", test.name, test.login, test.email, test.app, got)
		}
	}
}

func TestIsBotByConfiguredGlobs(t *testing.T) {
	p := mustPolicy(t, func(r *pipeline.Rules) { r.Bots = []string{"Azure Samples Bot", "*-Automation", "ci/*"} })
	for _, test := range []struct {
		name, login string
		want        bool
	}{
		{"Azure Samples Bot", "", true},
		{"azure samples bot", "", true},
		{" Azure Samples Bot ", "", true},
		{"", "Azure Samples Bot", true},
		{"", "docs-automation", true},
		{"CI/nightly build", "", true},
		{"Docs / weekly-automation", "", true},

		{"Azure Samples Bots", "", false},
		{"Azure Samples Bottomley", "", false},
		{"The Azure Samples Bot", "", false},
		{"automation", "", false},
		{"", "", false},
	} {
		c := pipeline.Commit{}
		if test.name != "" {
			c.Author.Name = &test.name
		}
		if test.login != "" {
			c.Author.Login = &test.login
		}
		if got := p.IsBot(c); got != test.want {
			t.Errorf("name %q, login %q: %t", test.name, test.login, got)
		}
	}
	if !p.IsBot(pipeline.Commit{Bot: true}) {
		t.Error("a bot by the built-in rules is a person")
	}
}

func TestNeedsSearch(t *testing.T) {
	p := mustPolicy(t, nil)
	revision := p.Search(nil, true, time.Time{}).Revision
	human, bot := commit(t, "h", "2024-01-01", "Ada", false), commit(t, "b", "2024-01-01", "x[bot]", true)
	for _, test := range []struct {
		name   string
		search *pipeline.Search
		want   bool
	}{
		{"none yet", nil, true},
		{"a person", &pipeline.Search{People: []pipeline.Commit{*human}, Commits: 25, Revision: revision}, false},
		{"made with other bots", &pipeline.Search{People: []pipeline.Commit{*human}, Revision: "other"}, true},
		{"the person is a bot now", &pipeline.Search{People: []pipeline.Commit{*bot}, Revision: revision}, true},
		{"bots only", &pipeline.Search{Exhausted: true, Revision: revision}, false},
		{"to the limit", &pipeline.Search{Reach: at(t, "2022-11-22T07:00:00Z"), Revision: revision}, false},
		{"not to the limit", &pipeline.Search{Reach: at(t, "2022-11-22T07:00:01Z"), Revision: revision}, true},
		{"nowhere", &pipeline.Search{Revision: revision}, true},
	} {
		r := sample(t, "2026-01-01", behindBot(t, "2026-01-01", test.search))
		if got := needs(p, r, at(t, morning)); got != test.want {
			t.Errorf("%s: %t", test.name, got)
		}
	}
	if needs(p, sample(t, "2020-01-01"), at(t, morning)) {
		t.Error("a person's tip needs a search")
	}
	if needs(p, pipeline.Repository{}, at(t, morning)) {
		t.Error("a repository without a tip needs a search")
	}
}

// A search that reached the limit has looked far enough for the verdict, and so
// has one that reached further.
func TestSearchLimitSuffices(t *testing.T) {
	p := mustPolicy(t, nil)
	for _, asOf := range []string{morning, "2028-02-29T00:00:00Z", "2028-02-28T23:59:59Z", "2027-03-01T00:00:00Z"} {
		limit := p.Rules().Tiers.Stale.Before(at(t, asOf))
		r := sample(t, "2026-01-01", behindBot(t, "2026-01-01", &pipeline.Search{Reach: limit, Revision: p.Search(nil, true, time.Time{}).Revision}))
		for range 3 {
			if len(p.Wants([]pipeline.Repository{r}, at(t, asOf))) > 0 || judge(p, r, at(t, asOf)).Status != pipeline.Dormant {
				t.Errorf("as of %s a search back to %s does not suffice", asOf, r.Detail.Search.Reach)
			}
			r.Detail.Search.Reach = r.Detail.Search.Reach.Add(-20 * time.Hour)
		}
		if got := judge(p, sample(t, limit.Format(time.RFC3339)), at(t, asOf)).Status; got != pipeline.Dormant {
			t.Errorf("as of %s a person's commit at the limit is %s", asOf, got)
		}
	}
}

func needs(p *verdict.Policy, r pipeline.Repository, asOf time.Time) bool {
	return len(p.Wants([]pipeline.Repository{r}, asOf)) > 0
}
