package pipeline

import (
	"maps"
	"slices"
)

// BuiltinBots returns the names and logins, folded to lower case and sorted,
// of the services that [BuiltinBot] knows by name: what a report shows beside
// the rules for "[bot]" and GitHub Apps.
func BuiltinBots() []string { return slices.Sorted(maps.Keys(botNames)) }
