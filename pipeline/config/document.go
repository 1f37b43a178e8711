package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/stalewatch/stalewatch/pipeline"
)

// document reads the whole configuration from its root.
func (d *decoder) document(root ast.Node) {
	if isNull(root) {
		return
	}
	d.mapping(rootName, root, d.documentFields())
	d.checkTiers(root)
}

// documentFields are the keys of the file, in the order of the documentation.
func (d *decoder) documentFields() []field {
	return []field{
		{"owners", func(what string, n ast.Node) { d.list(what, n, &d.config.Owners, parseLogin) }},
		d.group("include"),
		d.group("tiers"),
		{"bots", func(what string, n ast.Node) { d.list(what, n, &d.config.Bots, parseGlob) }},
		{"exempt", d.exempt},
		d.single("longest-exemption"),
		d.group("ownership", field{"rules", d.ownershipRules}),
		d.single("allow-unread"),
		d.group("site"),
		d.single("deadline"),
		d.single("concurrency"),
	}
}

// group is a mapping of all settings whose keys begin with key and a dot, and
// of further fields.
func (d *decoder) group(key string, further ...field) field {
	var fields []field
	for _, s := range settings() {
		if member, ok := strings.CutPrefix(s.key, key+"."); ok {
			fields = append(fields, field{member, d.reader(s)})
		}
	}
	fields = append(fields, further...)
	return field{key, func(what string, n ast.Node) { d.mapping(what, n, fields) }}
}

func (d *decoder) single(key string) field {
	all := settings()
	i := slices.IndexFunc(all, func(s setting) bool { return s.key == key })
	return field{key, d.reader(all[i])}
}

// reader reads one setting and notes where it was set.
func (d *decoder) reader(s setting) func(string, ast.Node) {
	return func(what string, n ast.Node) {
		text, ok := d.scalar(what, n, s.form, func(text string) error { return s.set(Default(), text) })
		if !ok {
			return
		}
		if err := s.set(d.config, text); err != nil {
			d.addError(n, what, err)
			return
		}
		d.config.origins[s.key] = d.origin(n)
	}
}

// list reads texts that may not repeat, whatever their case.
func (d *decoder) list(what string, n ast.Node, into *[]string, parse func(string) (string, error)) {
	seen := map[string]bool{}
	d.config.origins[what] = d.origin(n)
	d.sequence(what, n, func(what string, n ast.Node) {
		s, ok := read(d, what, n, parse)
		if !ok {
			return
		}
		folded := strings.ToLower(s)
		if seen[folded] {
			d.addNode(n, fmt.Sprintf("%s: %q is named twice", what, shorten(s)), "name it once")
			return
		}
		seen[folded] = true
		*into = append(*into, s)
	})
}

func (d *decoder) exempt(what string, n ast.Node) {
	seen := map[string]bool{}
	d.sequence(what, n, func(what string, n ast.Node) {
		rule, ok := d.exemption(what, n)
		if !ok {
			return
		}
		identity := strings.ToLower(rule.Match + "\x00" + rule.Topic + "\x00" + rule.Language)
		if seen[identity] {
			d.addNode(n, what+" exempts the same repositories as an entry before it", "keep one of the two")
			return
		}
		seen[identity] = true
		d.config.Exempt = append(d.config.Exempt, rule)
		d.config.origins[fmt.Sprintf("exempt[%d]", len(d.config.Exempt))] = d.origin(n)
	})
}

// exemption reads one entry and reports what it lacks as a whole.
func (d *decoder) exemption(what string, n ast.Node) (pipeline.ExemptionRule, bool) {
	var rule pipeline.ExemptionRule
	before, present := len(d.problems), map[string]bool{}
	text := func(into *string, parse func(string) (string, error)) func(string, ast.Node) {
		return func(what string, n ast.Node) { *into, _ = read(d, what, n, parse) }
	}
	fields := []field{
		{"match", text(&rule.Match, parseGlob)},
		{"topic", text(&rule.Topic, parseTopic)},
		{"language", text(&rule.Language, parseText)},
		{"reason", text(&rule.Reason, parseText)},
		{"until", func(what string, n ast.Node) { rule.Until, _ = read(d, what, n, parseDate) }},
		{"by", text(&rule.By, parseText)},
	}
	if !d.mapping(what, n, noting(fields, present)) {
		return rule, false
	}
	var selectors []string
	for _, key := range []string{"match", "topic", "language"} {
		if present[key] {
			selectors = append(selectors, key)
		}
	}
	switch {
	case len(selectors) > 1:
		d.addNode(n, what+" has "+strings.Join(selectors, " and "), "keep one of them, and write a further entry for each of the others")
	case len(selectors) == 0 && len(d.problems) == before:
		d.addNode(n, what+" does not say what is exempt", "add one of match, topic and language")
	}
	if !present["reason"] {
		d.addNode(n, what+" gives no reason", `add one, such as reason: "kept for the course"`)
	}
	return rule, len(d.problems) == before
}

// noting records which of the fields are there, valid or not.
func noting(fields []field, present map[string]bool) []field {
	noted := make([]field, len(fields))
	for i, f := range fields {
		noted[i] = field{f.key, func(what string, n ast.Node) {
			present[f.key] = true
			f.read(what, n)
		}}
	}
	return noted
}

func (d *decoder) ownershipRules(what string, n ast.Node) {
	seen := map[string]bool{}
	d.sequence(what, n, func(what string, n ast.Node) {
		rule, ok := d.ownershipRule(what, n)
		if !ok {
			return
		}
		if seen[strings.ToLower(rule.Match)] {
			d.addNode(n, fmt.Sprintf("%s: the pattern %q stands before already, and the first that fits counts", what, shorten(rule.Match)), "keep one of the two")
			return
		}
		seen[strings.ToLower(rule.Match)] = true
		d.config.Ownership.Rules = append(d.config.Ownership.Rules, rule)
		d.config.origins[fmt.Sprintf("ownership.rules[%d]", len(d.config.Ownership.Rules))] = d.origin(n)
	})
}

func (d *decoder) ownershipRule(what string, n ast.Node) (pipeline.OwnershipRule, bool) {
	var rule pipeline.OwnershipRule
	before, present := len(d.problems), map[string]bool{}
	fields := []field{
		{"match", func(what string, n ast.Node) { rule.Match, _ = read(d, what, n, parseGlob) }},
		{"owner", func(what string, n ast.Node) { rule.Owner, _ = read(d, what, n, parseOwner) }},
	}
	if !d.mapping(what, n, noting(fields, present)) {
		return rule, false
	}
	for _, key := range []string{"match", "owner"} {
		if !present[key] && len(d.problems) == before {
			d.addNode(n, what+" has no "+key, `write both, such as {match: "aks-*", owner: "@Azure-Samples/aks"}`)
		}
	}
	return rule, len(d.problems) == before
}

// checkTiers reports the tiers that do not end after the one before, each at
// the later of the two that the file sets.
func (d *decoder) checkTiers(root ast.Node) {
	if d.config.Check() == nil {
		return
	}
	tiers := []struct {
		name string
		end  pipeline.Span
	}{{"fresh", d.config.Tiers.Fresh}, {"active", d.config.Tiers.Active}, {"aging", d.config.Tiers.Aging}, {"stale", d.config.Tiers.Stale}}
	for i := 1; i < len(tiers); i++ {
		earlier, later := tiers[i-1], tiers[i]
		if later.end.Compare(earlier.end) > 0 || d.misread(root, earlier.name) || d.misread(root, later.name) {
			continue
		}
		what := fmt.Sprintf("tiers.%s ends at %s%s, but tiers.%s at %s%s",
			later.name, later.end, d.byDefault(later.name), earlier.name, earlier.end, d.byDefault(earlier.name))
		n := tierNode(root, later.name)
		if n == nil {
			n = tierNode(root, earlier.name)
		}
		d.addNode(n, what, "each tier must end later than the one before it: fresh, active, aging, stale")
	}
}

func (d *decoder) byDefault(tier string) string {
	if d.config.origins["tiers."+tier].Kind == FromDefault {
		return " by default"
	}
	return ""
}

// misread reports whether the file sets a tier to something that was reported
// already, so that its default says nothing.
func (d *decoder) misread(root ast.Node, tier string) bool {
	return d.config.origins["tiers."+tier].Kind == FromDefault && tierNode(root, tier) != nil
}

// tierNode finds the value of a tier in the tree, nil when it is not there.
func tierNode(root ast.Node, tier string) ast.Node {
	for _, key := range []string{"tiers", tier} {
		m, ok := root.(*ast.MappingNode)
		if !ok {
			return nil
		}
		i := slices.IndexFunc(m.Values, func(v *ast.MappingValueNode) bool {
			s, ok := v.Key.(ast.Node).(*ast.StringNode)
			return ok && s.Value == key
		})
		if i < 0 {
			return nil
		}
		root = m.Values[i].Value
	}
	return root
}
