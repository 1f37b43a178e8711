package config

import "fmt"

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
// there has an origin that wins over it. Owners and bots are lists, separated
// by commas, owners also by spaces. The error is an [*Error] with one problem
// that names the origin. Tiers set one by one are not compared with each other
// before [Config.Check].
func (c *Config) Set(key, text string, from Origin) error {
	return c.put(key, from, func(f field[Config]) error {
		if f.set == nil {
			return &mistake{fmt.Sprintf("%q cannot be set here", key), "set it in stalewatch.yml"}
		}
		return f.set(c, text)
	})
}

// SetOwners is [Config.Set] of owners that stand apart already.
func (c *Config) SetOwners(owners []string, from Origin) error {
	return c.put("owners", from, func(f field[Config]) error { return f.setAll(c, owners) })
}

func (c *Config) put(key string, from Origin, set func(field[Config]) error) error {
	if c.origins[key].Kind > from.Kind {
		return nil
	}
	var f field[Config] // of a key that there is not, it sets nothing
	for _, known := range keys() {
		if known.key == key {
			f = known
		}
	}
	if err := set(f); err != nil {
		what, right := tell(err)
		return &Error{Problems: []Problem{{Name: from.String(), What: what, Right: right}}}
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
