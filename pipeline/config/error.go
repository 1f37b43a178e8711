package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Problem is one mistake in a configuration.
type Problem struct {
	Name string // the file as it was given, or the flag or variable
	// Line and Column count from 1, columns in characters; both are 0 for what
	// did not come from a file.
	Line, Column int
	What         string // what is wrong
	Right        string // what would be right
	Source       string // the line as it stands in the file
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

// maxShown bounds how many problems a message tells.
const maxShown = 50

// Error tells each problem on a line, followed by the offending line of the
// file with a mark under the place.
func (e *Error) Error() string {
	var b strings.Builder
	for i, p := range e.Problems {
		if i == maxShown {
			fmt.Fprintf(&b, "\nand %d more problems like these", len(e.Problems)-i)
			break
		}
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(p.String())
		b.WriteString(p.excerpt())
	}
	return b.String()
}

// excerpt shows the part of the source line around the column.
func (p Problem) excerpt() string {
	const before, width = 60, 100
	line := []rune(p.Source)
	if p.Line == 0 || len(line) == 0 {
		return ""
	}
	at := min(max(p.Column-1, 0), len(line))
	from := 0
	if at > width-20 {
		from = at - before
	}
	shown := line[from:min(len(line), from+width)]
	return fmt.Sprintf("\n%6d | %s\n       | %s^", p.Line, strings.Map(visible, string(shown)), strings.Repeat(" ", at-from))
}

// visible keeps an excerpt on its line and its mark under the right column.
func visible(r rune) rune {
	if unicode.IsPrint(r) {
		return r
	}
	return ' '
}

func sortProblems(problems []Problem) {
	slices.SortStableFunc(problems, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
}

// mistake is what is wrong with a value, before it is known where it stands.
type mistake struct{ what, right string }

func (m *mistake) Error() string { return m.what + "; " + m.right }

// tell splits an error of a parser into what is wrong and what would be right.
func tell(err error) (what, right string) {
	if m, ok := errors.AsType[*mistake](err); ok {
		return m.what, m.right
	}
	return err.Error(), "see the documentation of stalewatch.yml"
}
