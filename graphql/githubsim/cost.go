package githubsim

import (
	"fmt"
	"slices"

	"github.com/vektah/gqlparser/v2/ast"
)

// maxNodes is the most nodes one query may ask for
// (docs.github.com/graphql/overview/rate-limits-and-node-limits).
const maxNodes = 500_000

// survey walks a query before it runs: what it asks for, and what that costs in
// points and nodes, every first and last taken as full.
type survey struct {
	vars     map[string]any
	requests int // connections times how often each is asked
	nodes    int
	asks     map[string]bool // fields, as Type.field
	ids      []string        // given to nodes(ids:)
	onward   bool            // from a cursor
	exceeded *responseError
}

// points is the documented cost: the requests over 100, rounded, at least 1.
func (s *survey) points() int { return max((s.requests+50)/100, 1) }

// walk walks a selection set that is executed times times over.
func (s *survey) walk(set ast.SelectionSet, times int) {
	everywhere := func(string) bool { return true }
	eachField(set, s.vars, everywhere, func(f *ast.Field) { s.field(f, times) })
}

func (s *survey) field(f *ast.Field, times int) {
	args := arguments(f.ArgumentMap(s.vars))
	name := f.ObjectDefinition.Name + "." + f.Name
	s.asks[name] = true
	size := 0
	if name == "Query.nodes" {
		ids := args.strings("ids")
		s.ids, size = append(s.ids, ids...), len(ids)
	} else if isConnection(f) {
		size = s.page(f, args, times)
	}
	if size > 0 {
		times *= size
		s.nodes += times
	}
	if s.nodes > maxNodes && s.exceeded == nil {
		s.exceeded = &responseError{
			Type:      "MAX_NODE_LIMIT_EXCEEDED",
			Locations: []location{{f.Position.Line, f.Position.Column}},
			Message: fmt.Sprintf("By the time this query traverses to the %s connection, it is requesting up to %d possible nodes "+
				"which exceeds the maximum limit of %d.", f.Name, s.nodes, maxNodes),
		}
	}
	if s.exceeded == nil {
		s.walk(f.SelectionSet, times)
	}
}

// page counts a page of a connection and returns its size. A connection that is
// merely counted costs no request.
func (s *survey) page(f *ast.Field, args arguments, times int) int {
	size, ok := args.int("first")
	if !ok {
		size, ok = args.int("last")
	}
	if !ok {
		return 0
	}
	s.requests += times
	s.onward = s.onward || args["after"] != nil || args["before"] != nil
	return max(min(size, maxPage), 0)
}

// kind is the first that fits.
func (s *survey) kind() Kind {
	asks := func(fields ...string) bool {
		return slices.ContainsFunc(fields, func(f string) bool { return s.asks[f] })
	}
	switch {
	case asks("RepositoryOwner.repositories", "Organization.repositories", "User.repositories"):
		return Listing
	case asks("Commit.history"):
		return History
	case asks("Repository.object", "Repository.ref", "Repository.issues", "Repository.pullRequests"):
		return Details
	case asks("Commit.additions", "Commit.deletions", "Commit.changedFilesIfAvailable"):
		return Sizes
	case s.ids != nil:
		return Tips
	}
	return Other
}
