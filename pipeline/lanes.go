package pipeline

import (
	"slices"
	"strings"
)

// laneOf classifies r; the first lane that fits wins.
func laneOf(r Repository) Lane {
	switch {
	case r.IsDisabled:
		return LaneDisabled
	case r.IsLocked:
		return LaneLocked
	case r.IsArchived:
		return LaneArchived
	case r.IsEmpty:
		return LaneEmpty
	case r.IsMirror:
		return LaneMirror
	case r.IsFork:
		return LaneFork
	case r.IsTemplate:
		return LaneTemplate
	case r.Detail != nil && readmeOnly(r.Detail.RootEntries):
		return LaneReadmeOnly
	}
	return LaneNone
}

// readmeOnly reports whether a root directory holds a README and otherwise
// only what goes with any repository. False for a root that was not read.
func readmeOnly(entries []string) bool {
	readme := false
	for _, name := range entries {
		stem, _, _ := strings.Cut(strings.ToLower(name), ".")
		switch {
		case stem == "readme":
			readme = true
		case !isBoilerplate(strings.ToLower(name), stem):
			return false
		}
	}
	return readme
}

func isBoilerplate(name, stem string) bool {
	return slices.Contains([]string{".gitignore", ".gitattributes", ".github", ".editorconfig"}, name) ||
		slices.Contains([]string{"license", "licence", "copying", "notice", "codeowners",
			"security", "support", "code_of_conduct", "contributing", "authors"}, stem)
}

// Covers reports whether a survey with this choice lists r.
func (i Include) Covers(r Repository) bool {
	return (i.Forks || !r.IsFork) && (i.Archived || !r.IsArchived) &&
		(i.Templates || !r.IsTemplate) && (i.Private || !r.IsPrivate)
}
