package pipeline

import "time"

// Judge turns what was gathered into findings, and says what it still needs to
// know for that. It is pure: no clock, no I/O, the same results for the same
// arguments. Package verdict implements it.
type Judge interface {
	// Judge returns a finding for each repository, in the same order. It sees
	// them together, because only then does it show what one person did to many
	// repositories on one day.
	Judge(repos []Repository, asOf time.Time) []Finding
	// Wants returns what has to be read before the repositories can be judged
	// at asOf; nothing for those that can be judged already. It has to see all
	// repositories of an owner that are known so far. Ask again after each answer,
	// and once more when the details were read. It may want again what could not
	// be read: leave that out.
	Wants(repos []Repository, asOf time.Time) []Want
	// SuggestBots names authors who commit like a machine and count as people.
	SuggestBots(repos []Repository) []SuggestedBot
	// Rules returns the rules in force. Callers must not change them.
	Rules() Rules
	// Version identifies everything that decides verdicts: two judges of the
	// same version judge alike.
	Version() string
}

// Want is what has to be read of one repository before it can be judged.
type Want struct {
	ID string
	// History asks for commits of the default branch behind those that were
	// summed up so far, from the tip on when there are none.
	History bool
	// Sizes asks for the size of these commits, by their oids.
	Sizes []string
}

// SuggestedBot is an author whom the owner may want to configure as a bot, with
// the numbers that say so. They are of the commits that were read: tips, and
// what lies behind some.
type SuggestedBot struct {
	Glob         string `json:"glob"` // as it would stand under bots
	Commits      int    `json:"commits"`
	Repositories int    `json:"repositories"`
	Days         int    `json:"days"`
	Headline     string `json:"headline"` // the most frequent, without its numbers
	Percent      int    `json:"percent"`  // of the commits that have it
}
