package verdict

import (
	"path"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline"
)

// glob is a compiled pattern in the syntax of [path.Match], blind to case.
type glob struct {
	folded string
	// whole makes it look at owner/name, not at the name alone.
	whole bool
}

func newGlob(pattern string) (glob, error) {
	if err := pipeline.CheckGlob(pattern); err != nil {
		return glob{}, err
	}
	return glob{folded: strings.ToLower(pattern), whole: strings.Contains(pattern, "/")}, nil
}

// matchRepository reports whether the pattern fits the name, or, when it holds
// a slash, owner/name.
func (g glob) matchRepository(nameWithOwner string) bool {
	if !g.whole {
		_, nameWithOwner = pipeline.SplitName(nameWithOwner)
	}
	ok, _ := path.Match(g.folded, strings.ToLower(nameWithOwner))
	return ok
}

// matchText reports whether the pattern fits the whole of a text in which a
// slash means nothing, such as a person's name.
func (g glob) matchText(text string) bool {
	const notSlash = "\u2215"
	ok, _ := path.Match(strings.ReplaceAll(g.folded, "/", notSlash),
		strings.ReplaceAll(strings.ToLower(text), "/", notSlash))
	return ok
}
