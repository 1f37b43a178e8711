package verdict

import (
	"slices"
	"strings"

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

// BotsRevision identifies everything that tells bots from people: the built-in
// rules and the configured globs, whatever their order and case. A [Search] made
// with another revision has to be made again.
func (p *Policy) BotsRevision() string { return p.botsRevision }
