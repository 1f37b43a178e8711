package verdict

import (
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

// BotsRevision identifies everything that tells bots from people: the built-in
// rules and the configured globs, whatever their order and case. A [Search] made
// with another revision has to be made again.
func (p *Policy) BotsRevision() string { return p.botsRevision }

// SearchLimit is the moment past which a search for a person's commit need not
// look: who committed then or before makes the repository dormant at asOf.
func (p *Policy) SearchLimit(asOf time.Time) time.Time { return p.rules.Tiers.Stale.Before(asOf) }

// Wants asks for the history behind tips that bots made, as far as the
// repository cannot be judged at asOf without it.
func (p *Policy) Wants(repos []pipeline.Repository, asOf time.Time) []pipeline.Want {
	var wants []pipeline.Want
	for _, r := range repos {
		if p.needsSearch(r, asOf) {
			wants = append(wants, pipeline.Want{ID: r.ID, History: true})
		}
	}
	return wants
}

// needsSearch reports whether r cannot be judged at asOf before the history
// behind its tip was searched: the tip's author is a bot, and there is no
// search yet, or one that told bots from people otherwise, or one that ended
// without a person before it came to the dormant limit.
func (p *Policy) needsSearch(r pipeline.Repository, asOf time.Time) bool {
	if r.Detail == nil || r.Detail.Tip == nil || !p.IsBot(*r.Detail.Tip) {
		return false
	}
	s := r.Detail.Search
	if s == nil || s.Revision != p.botsRevision {
		return true
	}
	if s.Human != nil {
		return p.IsBot(*s.Human)
	}
	return !s.Exhausted && !p.pastLimit(s.Reach, asOf)
}

// pastLimit reports whether a search that reached t had looked far enough at
// asOf; never for the zero time. It compares with [Policy.SearchLimit] because
// that keeps the order of moments, which adding months does not where they end.
func (p *Policy) pastLimit(t, asOf time.Time) bool {
	return !t.IsZero() && !t.After(p.SearchLimit(asOf))
}
