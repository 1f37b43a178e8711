package pipeline

import (
	"fmt"
	"path"
	"strings"
)

// glob is a compiled pattern in the syntax of [path.Match], blind to case.
type glob struct {
	folded string
	// whole makes it look at owner/name, not at the name alone.
	whole bool
}

// CheckGlob reports what is wrong with a pattern of the configuration: nil, or
// an error that shows the syntax.
func CheckGlob(pattern string) error {
	if pattern == "" {
		return fmt.Errorf("the pattern is empty; write * to match everything")
	}
	if _, err := path.Match(strings.ToLower(pattern), ""); err != nil {
		return fmt.Errorf("%q does not parse as a pattern; * stands for any characters, ? for one, [a-z] for one of a range, and \\ makes the next one literal", pattern)
	}
	return nil
}

func newGlob(pattern string) (glob, error) {
	if err := CheckGlob(pattern); err != nil {
		return glob{}, err
	}
	return glob{folded: strings.ToLower(pattern), whole: strings.Contains(pattern, "/")}, nil
}

// matchRepository reports whether the pattern fits the name, or, when it holds
// a slash, owner/name.
func (g glob) matchRepository(nameWithOwner string) bool {
	if !g.whole {
		_, nameWithOwner = splitName(nameWithOwner)
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

// splitName cuts owner/name in two.
func splitName(nameWithOwner string) (owner, name string) {
	owner, name, found := strings.Cut(nameWithOwner, "/")
	if !found {
		return "", nameWithOwner
	}
	return owner, name
}
