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
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// Config is a configuration in force. Create one with [Default], [Load] or
// [Parse].
type Config struct {
	// Owners are the logins to survey; empty when the command line names them.
	Owners  []string
	Include pipeline.Include
	// Properties are custom properties of repositories that the report shows,
	// besides those that Include and Ownership name.
	Properties []string
	Tiers      pipeline.Tiers
	// Count lets people's commits count that do not by default.
	Count pipeline.Count
	// Ignore switches off what packages tell.
	Ignore pipeline.Ignore
	// Bots are globs over author name and login, besides the built-in ones.
	Bots   []string
	Exempt []pipeline.ExemptionRule
	// LongestExemption bounds exemptions set inside a repository; zero means
	// no limit.
	LongestExemption pipeline.Span
	Ownership        Ownership
	AllowUnread      pipeline.Allowance
	Site             Site
	NuGet            NuGet
	// Deadline is how long a run may take; zero means as long as it needs.
	Deadline time.Duration
	// Concurrency is the most GraphQL requests in flight, 1 to 100.
	Concurrency int

	origins map[string]Origin // by the keys that Values lists
}

// Ownership says who answers for a repository.
type Ownership struct {
	Codeowners bool // whether CODEOWNERS files count
	// Property is the custom property that names the owners; empty for none.
	Property string
	Rules    []pipeline.OwnershipRule
}

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

// Default returns the configuration in force without a file.
func Default() *Config {
	rules := pipeline.DefaultRules()
	return &Config{
		Include:     rules.Include,
		Tiers:       rules.Tiers,
		Ownership:   Ownership{Codeowners: rules.Codeowners},
		AllowUnread: rules.AllowUnread,
		Concurrency: 4,
		origins:     map[string]Origin{},
	}
}

// Load reads the configuration in a file. Mistakes in it are an [*Error]; a
// file that cannot be opened is an error that wraps [os.ErrNotExist] or the
// like.
func Load(path string) (*Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	return Parse(path, data)
}

// Rules returns what the configuration says about judging.
func (c *Config) Rules() pipeline.Rules {
	include := c.Include
	include.Private = include.Private || slices.ContainsFunc(include.Visibility, func(v string) bool { return v != string(pipeline.Public) })
	return pipeline.Rules{
		Tiers:         c.Tiers,
		Count:         c.Count,
		Ignore:        c.Ignore,
		Bots:          c.Bots,
		Exemptions:    c.Exempt,
		Codeowners:    c.Ownership.Codeowners,
		Ownership:     c.Ownership.Rules,
		AllowUnread:   c.AllowUnread,
		OwnerProperty: c.Ownership.Property,
		Properties:    c.Properties,
		Include:       include,
		MaxExemption:  c.LongestExemption,
	}
}
