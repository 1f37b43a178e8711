package verdict

import (
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// judgingRevision is part of every rule version. Raise it when the code below gives
// other verdicts for the same rules and facts.
const judgingRevision = "3"

// Policy judges repositories by a set of rules. It is immutable, so any number
// of goroutines may share one; create it with [NewPolicy].
type Policy struct {
	rules        pipeline.Rules
	bots         []glob
	exemptions   []exemption
	ownership    []ownership
	botsRevision string
	version      string
}

// NewPolicy compiles rules. It fails on a glob that does not parse, on tiers
// that do not ascend, and on an exemption that is not exactly one of match,
// topic and language or gives no reason.
func NewPolicy(rules pipeline.Rules) (*Policy, error) {
	if err := rules.Tiers.Check(); err != nil {
		return nil, err
	}
	p := &Policy{rules: rules}
	for _, pattern := range rules.Bots {
		g, err := newGlob(pattern)
		if err != nil {
			return nil, fmt.Errorf("bots: %w", err)
		}
		p.bots = append(p.bots, g)
	}
	var err error
	if p.exemptions, err = newExemptions(rules.Exemptions); err != nil {
		return nil, err
	}
	if p.ownership, err = newOwnership(rules.Ownership); err != nil {
		return nil, err
	}
	p.botsRevision = botsRevision(rules.Bots)
	p.version, err = ruleVersion(rules, p.botsRevision)
	return p, err
}

// Rules returns the rules it was made from. Callers must not change them.
func (p *Policy) Rules() pipeline.Rules { return p.rules }

// Version identifies everything that decides verdicts: two policies with the
// same version judge every repository alike. The tolerance for unread
// repositories, which judges the run and not a repository, is not part of it.
func (p *Policy) Version() string { return p.version }

func botsRevision(patterns []string) string {
	folded := make([]string, len(patterns))
	for i, s := range patterns {
		folded[i] = strings.ToLower(s)
	}
	slices.Sort(folded)
	return durable.Digest(append([]string{pipeline.ReadingRevision}, slices.Compact(folded)...)...)
}

func ruleVersion(rules pipeline.Rules, bots string) (string, error) {
	rules.AllowUnread = pipeline.Allowance{}
	rules.Bots, rules.Properties = nil, nil
	text, err := json.Marshal(rules)
	if err != nil {
		return "", fmt.Errorf("rules cannot be written as JSON: %w", err)
	}
	return durable.Digest(judgingRevision, bots, string(text)), nil
}

// exemption is a compiled [pipeline.ExemptionRule].
type exemption struct {
	pipeline.ExemptionRule
	name string // as [pipeline.Exemption] tells it
	fits func(pipeline.Repository) bool
}

func newExemptions(rules []pipeline.ExemptionRule) ([]exemption, error) {
	var compiled []exemption
	for i, r := range rules {
		if err := r.Check(); err != nil {
			return nil, fmt.Errorf("exempt, entry %d: %w", i+1, err)
		}
		e := exemption{ExemptionRule: r}
		switch {
		case r.Match != "":
			g, _ := newGlob(r.Match) // parses: Check has seen it
			e.name = "match " + strconv.Quote(r.Match)
			e.fits = func(repo pipeline.Repository) bool { return g.matchRepository(repo.NameWithOwner) }
		case r.Topic != "":
			e.name = "topic " + r.Topic
			e.fits = func(repo pipeline.Repository) bool { return pipeline.ContainsFold(repo.Topics, r.Topic) }
		default:
			e.name = "language " + r.Language
			e.fits = func(repo pipeline.Repository) bool {
				return repo.PrimaryLanguage != nil && strings.EqualFold(*repo.PrimaryLanguage, r.Language)
			}
		}
		compiled = append(compiled, e)
	}
	return compiled, nil
}

// ownership is a compiled [pipeline.OwnershipRule].
type ownership struct {
	glob  glob
	owner string
}

func newOwnership(rules []pipeline.OwnershipRule) ([]ownership, error) {
	var compiled []ownership
	for i, r := range rules {
		g, err := newGlob(r.Match)
		if err == nil && strings.TrimSpace(r.Owner) == "" {
			err = errors.New("an ownership rule needs an owner")
		}
		if err != nil {
			return nil, fmt.Errorf("ownership.rules, entry %d: %w", i+1, err)
		}
		compiled = append(compiled, ownership{glob: g, owner: r.Owner})
	}
	return compiled, nil
}

// glob is a compiled pattern in the syntax of [path.Match], blind to case.
type glob struct {
	folded string
	// whole makes it look at owner/name, not at the name alone.
	whole bool
}

func newGlob(pattern string) (glob, error) {
	if err := pipeline.CheckGlob(pattern); err != nil {
		return glob{}, err
	}
	return glob{folded: strings.ToLower(pattern), whole: strings.Contains(pattern, "/")}, nil
}

// matchRepository reports whether the pattern fits the name, or, when it holds
// a slash, owner/name.
func (g glob) matchRepository(nameWithOwner string) bool {
	if !g.whole {
		_, nameWithOwner = pipeline.SplitName(nameWithOwner)
	}
	ok, _ := path.Match(g.folded, strings.ToLower(nameWithOwner))
	return ok
}

// matchText reports whether the pattern fits the whole of a text in which a
// slash means nothing, such as a person's name.
func (g glob) matchText(text string) bool {
	const notSlash = "\u2215"
	ok, _ := path.Match(strings.ReplaceAll(g.folded, "/", notSlash),
		strings.ReplaceAll(strings.ToLower(text), "/", notSlash))
	return ok
}
