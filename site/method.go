package site

import (
	"bytes"
	"cmp"
	"fmt"
	"html/template"
	"maps"
	"regexp"
	"slices"
	"strings"
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

// methodRows bounds a table of the method page that grows with the data.
const methodRows = 200

// tablePrefix begins a line of the prose where a table is put.
const tablePrefix = "%% "

func (r *brief) methodPage() (methodPage, error) {
	p := methodPage{chrome: r.page("method/", "method", "How a verdict is reached", "The rules by which stalewatch judges repositories, as they are in force for this report.")}
	src, err := embedded.ReadFile("pages/method.md")
	if err != nil {
		return p, err
	}
	t, err := ttemplate.New("method").Parse(string(src))
	if err != nil {
		return p, err
	}
	var b bytes.Buffer
	// Only spans of time and switches go into the prose: no text from outside.
	if err := t.Execute(&b, struct {
		pipeline.Rules
		Packages bool
	}{r.snap.Rules, surveysPackages(r.snap)}); err != nil {
		return p, err
	}
	tables := r.methodTables()
	var prose strings.Builder
	end := func(table *plainTable) error {
		h, err := markdown([]byte(prose.String()))
		p.Parts = append(p.Parts, methodPart{h, table})
		for _, m := range headings.FindAllStringSubmatch(string(h), -1) {
			p.Contents = append(p.Contents, heading{m[1], m[2]})
		}
		prose.Reset()
		return err
	}
	for line := range strings.Lines(b.String()) {
		name, ok := strings.CutPrefix(line, tablePrefix)
		if !ok {
			prose.WriteString(line)
			continue
		}
		table, ok := tables[strings.TrimSpace(name)]
		if !ok {
			return p, fmt.Errorf("site: the method page asks for an unknown table %q", strings.TrimSpace(name))
		}
		if err := end(table); err != nil {
			return p, err
		}
	}
	return p, end(nil)
}

func (r *brief) methodTables() map[string]*plainTable {
	rules := &r.snap.Rules
	tiers := &plainTable{Caption: "Statuses and what they mean", Head: []string{"Status", "Age of the commit that decides"}}
	for _, s := range pipeline.Statuses {
		tiers.Rows = append(tiers.Rows, []string{title(s), tierWords(s, rules.Tiers)})
	}
	bots := &plainTable{Caption: "Bots named in the configuration", Head: []string{"Name or login fits"}, None: "The configuration names no further bots."}
	for _, b := range rules.Bots {
		bots.Rows = append(bots.Rows, []string{clean(b)})
	}
	exemptions := &plainTable{Caption: "Exemptions in the configuration", Head: []string{"Fits", "Reason", "Until", "By"}, None: "The configuration exempts nothing."}
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
		exemptions.Rows = append(exemptions.Rows, []string{clean(fits), clean(e.Reason), until, clean(e.By)})
	}
	builtin := &plainTable{Caption: "Services known by name", Head: []string{"Services known by name"}, Rows: [][]string{{strings.Join(pipeline.BuiltinBots(), ", ")}}}
	idle := &plainTable{Caption: "Exemptions that do nothing", Head: []string{"Where", "Rule", "Why it does nothing"}, None: "Every exemption is in use."}
	if p, err := verdict.NewPolicy(*rules); err == nil {
		for _, issue := range p.ExemptionReport(r.snap.Findings, r.asOf) {
			if len(idle.Rows) == methodRows {
				break
			}
			idle.Rows = append(idle.Rows, []string{cmp.Or(clean(issue.NameWithOwner), "configuration"), clean(issue.Rule), clean(issue.Sentence)})
		}
	}
	owners := &plainTable{Caption: "Owners in the configuration", Head: []string{"Name fits", "Owner"}, None: "The configuration names no owners."}
	if name := rules.OwnerProperty; name != "" {
		owners.Rows = append(owners.Rows, []string{"any", "what its custom property " + clean(name) + " says, before CODEOWNERS"})
	}
	for _, o := range rules.Ownership {
		if !isMail(o.Owner) {
			owners.Rows = append(owners.Rows, []string{clean(o.Match), clean(o.Owner)})
		}
	}
	include := &plainTable{Caption: "Repositories surveyed", Head: []string{"Kind", "Included"}}
	for _, k := range []struct {
		name string
		in   bool
	}{{"Forks", rules.Include.Forks}, {"Archived", rules.Include.Archived}, {"Templates", rules.Include.Templates}, {"Private", rules.Include.Private}} {
		include.Rows = append(include.Rows, []string{k.name, yesNo(k.in)})
	}
	narrow := []struct {
		name string
		only []string
	}{{"Topics", rules.Include.Topics}, {"Languages", rules.Include.Languages}, {"Visibility", rules.Include.Visibility}}
	for _, name := range slices.Sorted(maps.Keys(rules.Include.Properties)) {
		narrow = append(narrow, struct {
			name string
			only []string
		}{"Custom property " + clean(name), rules.Include.Properties[name]})
	}
	for _, k := range narrow {
		if len(k.only) > 0 {
			include.Rows = append(include.Rows, []string{k.name, clean("only " + strings.Join(k.only, ", "))})
		}
	}
	changes := &plainTable{Caption: "Changes of the rules", Head: []string{"From the run of", "What changed"}, None: "The history has no run yet."}
	before := ""
	for i, h := range r.snap.History {
		if i > 0 && h.RuleVersion == before {
			continue
		}
		words := "The history begins, under the rules " + clean(h.RuleVersion) + "."
		if i > 0 {
			words = "The rules " + clean(h.RuleVersion) + " took the place of " + clean(before) + "; numbers moved without a change in any repository."
		}
		if h.RuleVersion == r.snap.RuleVersion {
			words += " They are in force now."
		}
		changes.Rows = slices.Insert(changes.Rows, 0, []string{longDate(h.AsOf), words})
		before = h.RuleVersion
	}
	steps := &plainTable{Caption: "Steps of the worklist", Head: []string{"Group", "Why"}}
	for _, s := range pipeline.Steps {
		steps.Rows = append(steps.Rows, []string{stepWords[s].title, stepWords[s].why})
	}
	return map[string]*plainTable{
		"counted": r.countedTable(),
		"tiers":   tiers, "builtin": builtin, "bots": bots, "exemptions": exemptions, "idle": idle, "owners": owners, "include": include, "changes": changes, "steps": steps,
	}
}

// countedTable tells how many of people's commits this run passed over.
func (r *brief) countedTable() *plainTable {
	commits, repos := make(map[pipeline.NotCountedReason]int), make(map[pipeline.NotCountedReason]int)
	for i := range r.snap.Findings {
		seen := make(map[pipeline.NotCountedReason]bool)
		for _, c := range r.snap.Findings[i].NotCountedCommits {
			commits[c.Why]++
			if !seen[c.Why] {
				seen[c.Why] = true
				repos[c.Why]++
			}
		}
	}
	t := &plainTable{Caption: "People's commits that were passed over", Head: []string{"Kind", "Counts", "Commits", "Repositories"}}
	rules := r.snap.Rules.Count
	for _, k := range []struct {
		why    pipeline.NotCountedReason
		title  string
		counts bool
	}{{pipeline.BotMerge, "Merges of bots' branches", rules.BotMerges}, {pipeline.Campaign, "Campaigns", rules.Campaigns}, {pipeline.Notice, "Notices", rules.Notices}} {
		t.Rows = append(t.Rows, []string{k.title, yesNo(k.counts), count(commits[k.why]), count(repos[k.why])})
	}
	return t
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
