package verdict

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// IsBot reports whether the author of c counts as a bot: by the built-in rules,
// which looked at it when it was read, or by a configured glob over name or
// login. An author without name and login is a person unless c.Bot says so.
func (p *Policy) IsBot(c pipeline.Commit) bool {
	if c.Bot {
		return true
	}
	return p.isNamedBot(c.Author.Name) || p.isNamedBot(c.Author.Login)
}

func (p *Policy) isNamedBot(name *string) bool {
	if name == nil {
		return false
	}
	trimmed := strings.TrimSpace(*name)
	return trimmed != "" && slices.ContainsFunc(p.bots, func(g glob) bool { return g.matchText(trimmed) })
}

// people are a repository's commits by people, newest first, as far as read,
// and how many of them are recent.
func (p *Policy) people(r pipeline.Repository) (people []pipeline.Commit, recent int) {
	switch {
	case r.Detail == nil:
		return nil, 0
	case r.Detail.Search != nil:
		s := r.Detail.Search
		return s.People, min(s.Recent, len(s.People))
	case r.Detail.Tip == nil || p.IsBot(*r.Detail.Tip):
		return nil, 0
	}
	return []pipeline.Commit{*r.Detail.Tip}, 1
}

// authorName is what to call an author: the login, else the name.
func authorName(a pipeline.Author) string {
	switch {
	case a.Login != nil:
		return *a.Login
	case a.Name != nil:
		return *a.Name
	}
	return "unknown"
}

// What makes an author look like a machine: many repositories, on several days,
// and nearly always the same headline.
const (
	machineRepositories = 5
	machineDays         = 3
	machineShare        = 80 // percent of its commits that have the same headline
	mostSuggested       = 10
)

// SuggestBots names the authors who commit like a machine and count as people,
// those of most repositories first: whether they are bots is the owner's choice,
// because some mirror what people do elsewhere.
func (p *Policy) SuggestBots(repos []pipeline.Repository) []pipeline.SuggestedBot {
	authors := make(map[string]*habits)
	for i, r := range repos {
		people, _ := p.people(r)
		for _, c := range people {
			name := authorName(c.Author)
			if p.IsBot(c) || c.Author == (pipeline.Author{}) || isBotMerge(c) {
				continue
			}
			h := authors[strings.ToLower(name)]
			if h == nil {
				h = &habits{name: name, headlines: make(map[string]int), days: make(map[string]bool), repos: make(map[int]bool)}
				authors[strings.ToLower(name)] = h
			}
			h.commits++
			h.headlines[withoutNumbers(c.Headline)]++
			h.days[c.CommittedDate.UTC().Format(time.DateOnly)] = true
			h.repos[i] = true
		}
	}
	var suggested []pipeline.SuggestedBot
	for _, h := range authors {
		if b, ok := h.machine(); ok {
			suggested = append(suggested, b)
		}
	}
	slices.SortFunc(suggested, func(a, b pipeline.SuggestedBot) int {
		return cmp.Or(cmp.Compare(b.Repositories, a.Repositories), cmp.Compare(a.Glob, b.Glob))
	})
	return suggested[:min(len(suggested), mostSuggested)]
}

// habits is how an author commits, as far as it was read.
type habits struct {
	name      string
	commits   int
	headlines map[string]int // without numbers
	days      map[string]bool
	repos     map[int]bool
}

func (h *habits) machine() (pipeline.SuggestedBot, bool) {
	headline := slices.MaxFunc(slices.Sorted(maps.Keys(h.headlines)), func(a, b string) int { return cmp.Compare(h.headlines[a], h.headlines[b]) })
	share := 100 * h.headlines[headline] / h.commits
	b := pipeline.SuggestedBot{Glob: globOf(h.name), Commits: h.commits, Repositories: len(h.repos), Days: len(h.days),
		Headline: pipeline.Plain(headline, pipeline.NameLimit), Percent: share}
	regular := headline != "" && !typedByPeople.MatchString(headline)
	return b, regular && len(h.repos) >= machineRepositories && len(h.days) >= machineDays && share >= machineShare
}

// typedByPeople finds headlines that GitHub or git proposes to everybody.
var typedByPeople = regexp.MustCompile(`(?i)^(?:(?:update|create|delete|rename|add files|edit)\b|initial commit|first commit|merge\b|revert\b)`)

var number = regexp.MustCompile(`#?\d[\d.]*`)

func withoutNumbers(headline string) string {
	return strings.TrimSpace(number.ReplaceAllString(headline, "…"))
}

// globOf is a pattern that fits a name and nothing else.
func globOf(name string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(pipeline.Plain(name, pipeline.NameLimit))
}
