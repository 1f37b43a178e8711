package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/stalewatch/stalewatch/pipeline"
)

// Origin says where a value comes from. The zero Origin is the default.
type Origin struct {
	Kind OriginKind
	// Where is FILE:LINE:COLUMN, the flag, or the variable with $ before it;
	// empty for a default.
	Where string
}

// OriginKind orders origins: a later kind wins over an earlier one.
type OriginKind int

const (
	FromDefault OriginKind = iota
	FromFile
	FromEnvironment
	FromFlag
)

// String returns "default", or the place: "stalewatch.yml:3:1", "--deadline",
// "$STALEWATCH_OWNERS".
func (o Origin) String() string {
	if o.Kind == FromDefault {
		return "default"
	}
	return o.Where
}

// Value is one line of what is in force.
type Value struct {
	Key    string // such as "tiers.fresh" or "exempt[2]", counted from 1
	Text   string // as one would write it in the file; empty for none
	Origin Origin
}

// Values lists everything that is in force and where it comes from, in the
// order of the documentation. Each entry of exempt and of ownership.rules is a
// line of its own.
func (c *Config) Values() []Value {
	var values []Value
	add := func(key, text string) { values = append(values, Value{key, text, c.origins[key]}) }
	add("owners", strings.Join(c.Owners, ", "))
	for _, s := range settings() {
		switch s.key {
		case "longest-exemption":
			add("bots", quoteList(c.Bots))
			for i, e := range c.Exempt {
				add(fmt.Sprintf("exempt[%d]", i+1), showExemption(e))
			}
		case "allow-unread":
			for i, r := range c.Ownership.Rules {
				add(fmt.Sprintf("ownership.rules[%d]", i+1), fmt.Sprintf("match %q, owner %q", r.Match, r.Owner))
			}
		}
		add(s.key, s.show(c))
	}
	return values
}

func quoteList(items []string) string {
	quoted := make([]string, len(items))
	for i, s := range items {
		quoted[i] = strconv.Quote(s)
	}
	return strings.Join(quoted, ", ")
}

func showExemption(e pipeline.ExemptionRule) string {
	var parts []string
	add := func(key, text string) {
		if text != "" {
			parts = append(parts, fmt.Sprintf("%s %q", key, text))
		}
	}
	add("match", e.Match)
	add("topic", e.Topic)
	add("language", e.Language)
	add("reason", e.Reason)
	if e.Until != nil {
		parts = append(parts, "until "+e.Until.Format(time.DateOnly))
	}
	add("by", e.By)
	return strings.Join(parts, ", ")
}

// Set puts the text of a flag or variable in force under a key, unless a value
// there has an origin that wins over it. Owners and bots are lists, separated
// by commas, owners also by spaces. The error is an [*Error] with one problem
// that names the origin. Tiers set one by one are not compared with each other
// before [Config.Check].
func (c *Config) Set(key, text string, from Origin) error {
	if c.origins[key].Kind > from.Kind {
		return nil
	}
	if err := c.set(key, text); err != nil {
		what, right := tell(err)
		return &Error{Problems: []Problem{{Name: from.String(), What: what, Right: right}}}
	}
	c.origins[key] = from
	return nil
}

func (c *Config) set(key, text string) error {
	switch key {
	case "owners":
		return setList(&c.Owners, strings.FieldsFunc(text, func(r rune) bool { return r == ',' || unicode.IsSpace(r) }), parseLogin)
	case "bots":
		var patterns []string
		for part := range strings.SplitSeq(text, ",") {
			patterns = append(patterns, strings.TrimSpace(part))
		}
		return setList(&c.Bots, patterns, parseGlob)
	}
	for _, s := range settings() {
		if s.key == key {
			return s.set(c, text)
		}
	}
	return &mistake{fmt.Sprintf("%q cannot be set here", key), "set it in stalewatch.yml"}
}

func setList(list *[]string, items []string, parse func(string) (string, error)) error {
	seen := map[string]bool{}
	for _, item := range items {
		if _, err := parse(item); err != nil {
			return err
		}
		folded := strings.ToLower(item)
		if seen[folded] {
			return &mistake{fmt.Sprintf("%q is named twice", item), "name it once"}
		}
		seen[folded] = true
	}
	*list = items
	return nil
}

// Check reports, as an [*Error], what only shows in the whole: tiers that do
// not ascend. [Parse] has done so for a file; call it again after [Config.Set]
// of a tier.
func (c *Config) Check() error {
	if err := c.Tiers.Check(); err != nil {
		return &Error{Problems: []Problem{{Name: "configuration", What: err.Error(), Right: "choose other ends"}}}
	}
	return nil
}
