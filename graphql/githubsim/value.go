package githubsim

import (
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// value is what a resolver returns: nil, string, int, bool, time.Time, object,
// []object, or *failure for a value that could not be had. A fault may put raw
// JSON there.
type value any

type raw string

// object is a value with fields.
type object interface {
	// typeName is the concrete GraphQL type.
	typeName() string
}

// entry is an object with its place in an order: a string that no other has.
type entry struct {
	key string
	object
}

// byKey sorts entries by their keys and returns them.
func byKey(entries []entry) []entry {
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.key, b.key) })
	return entries
}

// responseError is one element of a response's errors, as GitHub writes it.
type responseError struct {
	Type       string         `json:"type,omitempty"`
	Code       string         `json:"code,omitempty"`
	Path       []any          `json:"path,omitempty"` // response keys and indexes
	Extensions map[string]any `json:"extensions,omitempty"`
	Locations  []location     `json:"locations,omitempty"`
	Message    string         `json:"message"`
}

type location struct {
	Line   int `json:"line"`
	Column int `json:"column"`
}

// failure is a value that could not be had: it becomes null, and an error
// with the path to it.
type failure struct {
	typ, message string
	extensions   map[string]any
}

func (*failure) typeName() string { return "" }

// error makes the response's error out of f, at the given place.
func (f *failure) error(path []any, at *ast.Position) responseError {
	return responseError{Type: f.typ, Message: f.message, Path: slices.Clone(path), Extensions: f.extensions,
		Locations: []location{{at.Line, at.Column}}}
}

func notFound(message string) *failure { return &failure{typ: "NOT_FOUND", message: message} }

func notFoundID(id string) *failure {
	return notFound("Could not resolve to a node with the global id of '" + id + "'")
}
