package config

import (
	"fmt"
	"strings"
)

// Problem is one mistake in a configuration.
type Problem struct {
	Name string // the file as it was given, or the flag or variable
	// Line and Column count from 1, columns in characters; both are 0 for what
	// did not come from a file.
	Line, Column int
	What         string // what is wrong
	Right        string // what would be right
}

// String returns FILE:LINE:COLUMN: what; what would be right.
func (p Problem) String() string {
	if p.Line == 0 {
		return fmt.Sprintf("%s: %s; %s", p.Name, p.What, p.Right)
	}
	return fmt.Sprintf("%s:%d:%d: %s; %s", p.Name, p.Line, p.Column, p.What, p.Right)
}

// Error holds every mistake of one configuration, in the order of the file.
type Error struct {
	Problems []Problem
}

// Error tells each problem on a line of its own.
func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, p := range e.Problems {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// mistake is what is wrong with a value, before it is known where it stands.
type mistake struct{ what, right string }
