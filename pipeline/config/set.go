package config

import (
	"fmt"
	"strings"
	"unicode"
)

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
	for _, f := range keys() {
		for i, text := range f.show(c) {
			key := f.key
			if f.rows {
				key = fmt.Sprintf("%s[%d]", f.key, i+1)
			}
			values = append(values, Value{key, text, c.origins[key]})
		}
	}
	return values
}

// Set puts the text of a flag or variable in force under a key, unless a value
// there has an origin that wins over it. Lists are separated by commas or
// spaces. The error is an [*Error] with one problem that names the origin.
// Tiers set one by one are not compared with each other before [Config.Check].
func (c *Config) Set(key, text string, from Origin) error {
	return c.put(key, from, func(f field[Config]) *mistake {
		if !f.list {
			return f.set(c, text)
		}
		return f.set(c, strings.FieldsFunc(text, func(r rune) bool { return r == ',' || unicode.IsSpace(r) })...)
	})
}

// SetOwners is [Config.Set] of owners that stand apart already.
func (c *Config) SetOwners(owners []string, from Origin) error {
	return c.put("owners", from, func(f field[Config]) *mistake { return f.set(c, owners...) })
}

func (c *Config) put(key string, from Origin, set func(field[Config]) *mistake) error {
	if c.origins[key].Kind > from.Kind {
		return nil
	}
	wrong := &mistake{fmt.Sprintf("%q cannot be set here", key), "set it in stalewatch.yml"}
	for _, f := range keys() {
		if f.key == key && f.set != nil {
			wrong = set(f)
		}
	}
	if wrong != nil {
		return &Error{Problems: []Problem{{Name: from.String(), What: wrong.what, Right: wrong.right}}}
	}
	c.origins[key] = from
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
