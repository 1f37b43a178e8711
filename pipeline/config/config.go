// Package config reads stalewatch.yml: what a survey covers, how it judges and
// where the report goes.
//
// Reading is strict, because a misspelt key would otherwise be a rule that
// silently does not hold. Every mistake is reported with its file, line and
// column and what would be right, and all of them at once.
// What [Schema] refuses, [Parse] refuses too.
//
// Values that the file leaves out have defaults; flags and environment win over
// both by [Config.Set]. A Config remembers where each value came from.
package config

import (
	"slices"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// Config is a configuration in force. Create one with [Default], [Load] or
// [Parse].
type Config struct {
	// Owners are the logins to survey; empty when the command line names them.
	Owners []string
	// The rules as the file has them; [Config.Rules] returns those in force.
	rules
	Site  Site
	NuGet NuGet
	// Deadline is how long a run may take; zero means as long as it needs.
	Deadline time.Duration
	// Concurrency is the most GraphQL requests in flight, 1 to 100.
	Concurrency int

	origins map[string]Origin // by the keys that Values lists
}

// rules embeds [pipeline.Rules] beside a method of that name.
type rules = pipeline.Rules

// Site says how the report presents itself.
type Site struct {
	Title string // empty for one made from the owners
	URL   string // where it is published, absolute; empty when not known
	Notes string // a directory of Markdown notes, relative to the file; empty for none
}

// NuGet says which packages are surveyed.
type NuGet struct {
	Owners     []string // on the feed, whose packages are surveyed
	References bool     // whether the packages are that repositories refer to
	URL        string   // of the feed's service index; empty for nuget.org's
}

// On reports that packages are surveyed at all.
func (n NuGet) On() bool { return n.References || len(n.Owners) > 0 }

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

// Default returns the configuration in force without a file.
func Default() *Config {
	return &Config{rules: pipeline.DefaultRules(), Concurrency: 4, origins: map[string]Origin{}}
}

// Rules returns the rules in force. A visibility that is not public stands for
// include.private.
func (c *Config) Rules() pipeline.Rules {
	rules := c.rules
	if slices.ContainsFunc(c.Include.Visibility, func(v string) bool { return v != string(pipeline.Public) }) {
		rules.Include.Private = true
	}
	return rules
}
