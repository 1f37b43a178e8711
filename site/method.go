package site

import (
	"cmp"
	"html/template"
	"regexp"
	"slices"
	"strings"
	"sync"
	ttemplate "text/template"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/verdict"
)

// methodPage explains verdicts: prose written once in Markdown, every number
// and name from the rules in force.
type methodPage struct {
	chrome
	Contents []heading
	Parts    []methodPart
}

// heading is a section of the page.
type heading struct{ ID, Text string }

var headings = regexp.MustCompile(`<h2 id="([^"]+)">([^<]+)</h2>`)

// methodPart is a piece of prose and the table that follows it.
type methodPart struct {
	Prose template.HTML
	Table *plainTable
}

// plainTable is a table of text.
type plainTable struct {
	Caption string
	Head    []string
	Rows    [][]string
	None    string // instead of a table without rows
}

// add adds a row of cells, which may hold anybody's text.
func (t *plainTable) add(cells ...string) {
	for i := range cells {
		cells[i] = clean(cells[i])
	}
	t.Rows = append(t.Rows, cells)
}

// methodProse is the page's prose. A line that begins with tablePrefix names a
// table, which is put there.
var methodProse = sync.OnceValue(func() *ttemplate.Template {
	return ttemplate.Must(ttemplate.New("method").Parse(string(source("pages/method.md"))))
})

const tablePrefix = "%% "

func (r *brief) methodPage() (methodPage, error) {
	p := methodPage{chrome: r.page("method/", "method", "How a verdict is reached", "The rules by which stalewatch judges repositories, as they are in force for this report.")}
	var b strings.Builder
	// Only spans of time and switches go into the prose: no text from outside.
	if err := methodProse().Execute(&b, struct {
		pipeline.Rules
		Packages bool
	}{r.snap.Rules, surveysPackages(r.snap)}); err != nil {
		return p, err
	}
	tables := r.methodTables()
	for i, part := range strings.Split("\n"+b.String(), tablePrefix) {
		name, prose, _ := strings.Cut(part, "\n")
		if i > 0 {
			p.Parts[i-1].Table = tables[name]
		}
		html, err := markdown([]byte(prose))
		if err != nil {
			return p, err
		}
		p.Parts = append(p.Parts, methodPart{Prose: html})
		for _, m := range headings.FindAllStringSubmatch(string(html), -1) {
			p.Contents = append(p.Contents, heading{m[1], m[2]})
		}
	}
	return p, nil
}

// methodRows bounds a table of the method page that grows with the data.
const methodRows = 200

func (r *brief) methodTables() map[string]*plainTable {
	rules := &r.snap.Rules
	tables := map[string]*plainTable{}
	table := func(key, caption, none string, head ...string) *plainTable {
		tables[key] = &plainTable{Caption: caption, Head: head, None: none}
		return tables[key]
	}
	tiers := table("tiers", "Statuses and what they mean", "", "Status", "Age of the commit that decides")
	for _, s := range pipeline.Statuses {
		tiers.add(title(s), tierWords(s, rules.Tiers))
	}
	builtin := table("builtin", "Services known by name", "", "Services known by name")
	builtin.Rows = [][]string{{strings.Join(pipeline.BuiltinBots(), ", ")}}
	bots := table("bots", "Bots named in the configuration", "The configuration names no further bots.", "Name or login fits")
	for _, b := range rules.Bots {
		bots.add(b)
	}
	exemptions := table("exemptions", "Exemptions in the configuration", "The configuration exempts nothing.", "Fits", "Reason", "Until", "By")
	for _, e := range rules.Exemptions {
		fits := "name " + e.Match
		switch {
		case e.Topic != "":
			fits = "topic " + e.Topic
		case e.Language != "":
			fits = "language " + e.Language
		}
		until := "without end"
		if e.Until != nil {
			until = isoDate(*e.Until)
			if pipeline.LastDayOver(e.Until, r.asOf) {
				until += " (expired)"
			}
		}
		exemptions.add(fits, e.Reason, until, e.By)
	}
	idle := table("idle", "Exemptions that do nothing", "Every exemption is in use.", "Where", "Rule", "Why it does nothing")
	if p, err := verdict.NewPolicy(*rules); err == nil {
		issues := p.ExemptionReport(r.snap.Findings, r.asOf)
		for _, issue := range issues[:min(len(issues), methodRows)] {
			idle.add(cmp.Or(clean(issue.NameWithOwner), "configuration"), issue.Rule, issue.Sentence)
		}
	}
	owners := table("owners", "Owners in the configuration", "The configuration names no owners.", "Name fits", "Owner")
	if name := rules.OwnerProperty; name != "" {
		owners.add("any", "what its custom property "+clean(name)+" says, before CODEOWNERS")
	}
	for _, o := range rules.Ownership {
		if !isMail(o.Owner) {
			owners.add(o.Match, o.Owner)
		}
	}
	in := rules.Include
	include := table("include", "Repositories surveyed", "", "Kind", "Included")
	include.add("Forks", yesNo(in.Forks))
	include.add("Archived", yesNo(in.Archived))
	include.add("Templates", yesNo(in.Templates))
	include.add("Private", yesNo(in.Private))
	only := func(name string, values []string) {
		if len(values) > 0 {
			include.add(name, "only "+strings.Join(values, ", "))
		}
	}
	only("Topics", in.Topics)
	only("Languages", in.Languages)
	only("Visibility", in.Visibility)
	for _, name := range sortedKeys(in.Properties) {
		only("Custom property "+name, in.Properties[name])
	}
	changes := table("changes", "Changes of the rules", "The history has no run yet.", "From the run of", "What changed")
	before := ""
	for i, h := range r.snap.History {
		if i > 0 && h.RuleVersion == before {
			continue
		}
		words := "The history begins, under the rules " + h.RuleVersion + "."
		if i > 0 {
			words = "The rules " + h.RuleVersion + " took the place of " + before + "; numbers moved without a change in any repository."
		}
		if h.RuleVersion == r.snap.RuleVersion {
			words += " They are in force now."
		}
		changes.add(longDate(h.AsOf), words)
		before = h.RuleVersion
	}
	slices.Reverse(changes.Rows)
	steps := table("steps", "Steps of the worklist", "", "Group", "Why")
	for _, s := range pipeline.Steps {
		steps.add(stepWords[s].title, stepWords[s].why)
	}
	counted := table("counted", "People's commits that were passed over", "", "Kind", "Counts", "Commits", "Repositories")
	for _, k := range []struct {
		why    pipeline.NotCountedReason
		title  string
		counts bool
	}{{pipeline.BotMerge, "Merges of bots' branches", rules.Count.BotMerges}, {pipeline.Campaign, "Campaigns", rules.Count.Campaigns}, {pipeline.Notice, "Notices", rules.Count.Notices}} {
		commits, repositories := 0, 0
		for i := range r.snap.Findings {
			n := 0
			for _, c := range r.snap.Findings[i].NotCountedCommits {
				n += boolRank(c.Why == k.why)
			}
			commits, repositories = commits+n, repositories+min(n, 1)
		}
		counted.add(k.title, yesNo(k.counts), count(commits), count(repositories))
	}
	return tables
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
