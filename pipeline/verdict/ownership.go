package verdict

import (
	"strings"

	"github.com/hmarr/codeowners"

	"github.com/stalewatch/stalewatch/pipeline"
)

// owners names who answers for r: what the custom property says that the
// configuration names, else those of the CODEOWNERS rule that applies to
// everything, else of the first configured rule that fits, else nobody.
func (p *Policy) owners(r pipeline.Repository) []string {
	if name := p.rules.OwnerProperty; name != "" {
		var owners []string
		for _, o := range pipeline.Property(r.Properties, name) {
			if _, err := matchAddress(o); err == nil {
				o = hiddenOwner
			}
			owners = append(owners, o)
		}
		if len(owners) > 0 {
			return owners
		}
	}
	if p.rules.Codeowners && r.Detail != nil && r.Detail.Codeowners != nil {
		if owners := DefaultOwners(*r.Detail.Codeowners); len(owners) > 0 {
			return owners
		}
	}
	for _, o := range p.ownership {
		if o.glob.matchRepository(r.NameWithOwner) {
			return []string{o.owner}
		}
	}
	return nil
}

// hiddenOwner is shown for an owner given as an e-mail address.
const hiddenOwner = "(e-mail address)"

// anyPath fits only those CODEOWNERS patterns that fit every path: no literal
// pattern can hold a tilde.
const anyPath = "~~~~~~~~/~~~~~~~~/~~~~~~~~"

// DefaultOwners returns the owners of the last rule in a CODEOWNERS file that
// applies to every path, usually the "*" rule: nil when there is none or it
// names nobody. Teams and users begin with @; an e-mail address, masked by
// [pipeline.MaskEmails] or not, becomes "(e-mail address)". Lines that do not parse
// are skipped one by one, as GitHub does.
func DefaultOwners(codeownersText string) []string {
	var names []string
	for line := range strings.Lines(codeownersText) {
		rule := ruleForAll(strings.TrimPrefix(line, "\ufeff"))
		if rule == nil {
			continue
		}
		names = nil
		for _, o := range rule.Owners {
			if o.Type == codeowners.EmailOwner {
				names = append(names, hiddenOwner)
			} else {
				names = append(names, o.String())
			}
		}
	}
	return names
}

// ruleForAll returns the rule of a line if it applies to every path, nil
// otherwise. Without a wildcard none does, and the library panics on the pattern
// "/".
func ruleForAll(line string) *codeowners.Rule {
	matchers := []codeowners.OwnerMatcher{
		codeowners.OwnerMatchFunc(codeowners.MatchTeamOwner),
		codeowners.OwnerMatchFunc(codeowners.MatchUsernameOwner),
		codeowners.OwnerMatchFunc(matchAddress),
	}
	rules, err := codeowners.ParseFile(strings.NewReader(line), codeowners.WithOwnerMatchers(matchers))
	if err != nil || len(rules) != 1 || !strings.Contains(rules[0].RawPattern(), "*") {
		return nil
	}
	if ok, err := rules[0].Match(anyPath); err != nil || !ok {
		return nil
	}
	return &rules[0]
}

// matchAddress takes anything with an @ inside for an address, a masked one
// included. The library's own matcher refuses long top-level domains.
func matchAddress(s string) (codeowners.Owner, error) {
	if at := strings.Index(s, "@"); at < 1 || at == len(s)-1 {
		return codeowners.Owner{}, codeowners.ErrNoMatch
	}
	return codeowners.Owner{Value: s, Type: codeowners.EmailOwner}, nil
}

// CondenseCodeowners keeps of a CODEOWNERS file what judging looks at: the last
// rule that applies to every path, and comments that mark an exemption. The
// rest, often hundreds of lines, would be kept for nothing; e-mail addresses
// are masked. The result is a CODEOWNERS file again.
func (*Policy) CondenseCodeowners(text string) string {
	var rule string
	var kept []string
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		line = strings.TrimSpace(line)
		entry, comment, _ := strings.Cut(line, "#")
		if markerStart.MatchString(strings.TrimSpace(comment)) && len(kept) < maxMarkers {
			kept = append(kept, "#"+comment)
		}
		if ruleForAll(line) != nil {
			rule = strings.TrimSpace(entry)
		}
	}
	if rule != "" {
		kept = append(kept, rule)
	}
	return pipeline.MaskEmails(strings.Join(kept, "\n"))
}
