package verdict

import (
	"slices"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline"
)

// laneOf classifies r; the first lane that fits wins. retired says that it calls
// itself so.
func laneOf(r pipeline.Repository, retired bool) pipeline.Lane {
	bare := r.Detail != nil && readmeOnly(r.Detail.RootEntries)
	switch {
	case r.IsDisabled:
		return pipeline.LaneDisabled
	case r.IsLocked:
		return pipeline.LaneLocked
	case r.IsArchived:
		return pipeline.LaneArchived
	case r.IsEmpty:
		return pipeline.LaneEmpty
	case r.IsMirror:
		return pipeline.LaneMirror
	case isProfile(r):
		return pipeline.LaneProfile
	case r.IsFork:
		return pipeline.LaneFork
	case r.IsTemplate:
		return pipeline.LaneTemplate
	case bare && retired:
		return pipeline.LaneNotice
	case bare:
		return pipeline.LaneReadmeOnly
	}
	return pipeline.LaneNone
}

// isProfile reports a repository whose files GitHub shows elsewhere: OWNER/.github
// and a profile. They are small and rest for years by their nature.
func isProfile(r pipeline.Repository) bool {
	_, name := pipeline.SplitName(r.NameWithOwner)
	return r.IsUserConfigurationRepository || name == ".github" || name == ".github-private"
}

// readmeOnly reports whether a root directory holds a README and otherwise
// only what goes with any repository. False for a root that was not read.
func readmeOnly(entries []string) bool {
	readme := false
	for _, name := range entries {
		name = strings.ToLower(name)
		stem, _, _ := strings.Cut(name, ".")
		switch {
		case stem == "readme":
			readme = true
		case !slices.Contains(boilerplate, stem) && !slices.Contains(boilerplate, name):
			return false
		}
	}
	return readme
}

// boilerplate goes with any repository: whole names, and names without what
// follows a dot.
var boilerplate = []string{".gitignore", ".gitattributes", ".github", ".editorconfig", ".mailmap",
	"license", "licence", "copying", "notice", "codeowners", "security", "support",
	"code_of_conduct", "code-of-conduct", "contributing", "authors", "changelog"}

func laneClause(f pipeline.Finding) string {
	if f.Lane == pipeline.LaneFork && f.Parent != nil {
		return "A fork of " + pipeline.Plain(f.Parent.NameWithOwner, pipeline.NameLimit) + "."
	}
	return laneWords[f.Lane]
}

var laneWords = map[pipeline.Lane]string{
	pipeline.LaneDisabled:   "GitHub has disabled it.",
	pipeline.LaneLocked:     "It is locked.",
	pipeline.LaneMirror:     "It mirrors a repository that lives elsewhere.",
	pipeline.LaneProfile:    "It holds what GitHub shows on its owner's page.",
	pipeline.LaneFork:       "A fork.",
	pipeline.LaneTemplate:   "A template.",
	pipeline.LaneNotice:     "It holds a notice and no code.",
	pipeline.LaneReadmeOnly: "It holds a README and no code.",
}
