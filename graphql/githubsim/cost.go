package githubsim

import (
	"fmt"

	"github.com/vektah/gqlparser/v2/ast"
)

// maxNodes is the most nodes one query may ask for
// (docs.github.com/graphql/overview/rate-limits-and-node-limits).
const maxNodes = 500_000

// costing reckons a query's points and nodes before it runs, every first and
// last taken as full.
type costing struct {
	vars     map[string]any
	requests int // connections times how often each is asked
	nodes    int
	exceeded *responseError
}

// points is the documented cost: the requests over 100, rounded, at least 1.
func (c *costing) points() int { return max((c.requests+50)/100, 1) }

// add walks a selection set that is executed times times over.
func (c *costing) add(set ast.SelectionSet, times int) {
	for _, s := range set {
		if c.exceeded != nil {
			return
		}
		switch s := s.(type) {
		case *ast.Field:
			c.addField(s, times)
		case *ast.InlineFragment:
			c.add(s.SelectionSet, times)
		case *ast.FragmentSpread:
			c.add(s.Definition.SelectionSet, times)
		}
	}
}

func (c *costing) addField(f *ast.Field, times int) {
	size, pages := c.size(f)
	if pages {
		c.requests += times
	}
	if size > 0 {
		times *= size
		c.nodes += times
	}
	if c.nodes > maxNodes {
		c.exceeded = &responseError{
			Type:      "MAX_NODE_LIMIT_EXCEEDED",
			Locations: []location{{f.Position.Line, f.Position.Column}},
			Message: fmt.Sprintf("By the time this query traverses to the %s connection, it is requesting up to %s possible nodes "+
				"which exceeds the maximum limit of %s.", f.Name, thousands(c.nodes), thousands(maxNodes)),
		}
		return
	}
	c.add(f.SelectionSet, times)
}

// size is how many nodes a field may give: the page of a connection, or the
// ids of nodes(ids:). Only a connection that is paged costs requests; one that
// is merely counted does not.
func (c *costing) size(f *ast.Field) (size int, pages bool) {
	args := arguments(f.ArgumentMap(c.vars))
	if ids, ok := args.strings("ids"); ok && f.Name == "nodes" {
		return len(ids), false
	}
	if !isConnection(f) {
		return 0, false
	}
	for _, name := range [...]string{"first", "last"} {
		if n, ok := args.int(name); ok {
			return min(n, maxPage), true
		}
	}
	return 0, false
}

// thousands writes n with commas.
func thousands(n int) string {
	if n < 1000 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf("%s,%03d", thousands(n/1000), n%1000)
}
