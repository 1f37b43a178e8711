package graphql

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/shurcooL/githubv4"

	"github.com/stalewatch/stalewatch/graphql/budget"
	"github.com/stalewatch/stalewatch/pipeline/github"
)

// nodesQuery asks about several things by their ids.
type nodesQuery[N any] struct {
	envelope
	Nodes []*N `graphql:"nodes(ids: $ids)"`
}

// node is a pointer to an element of a [nodesQuery].
type node[N any] interface {
	*N
	self() *identity
}

// askNodes asks about ids and maps each element, found by the id that it tells
// rather than by its place. The mapping gets nil for one that cannot be used; the
// seat then says why.
func askNodes[N, E any, P node[N]](ctx context.Context, c *Client, want budget.Ask, ids []string, vars map[string]any, k kind, element func(s seat, n P) E) (github.Answer[E], error) {
	var r nodesQuery[N]
	a, err := c.ask(ctx, want, &r, vars)
	if err != nil {
		return github.Answer[E]{}, err
	}
	if len(r.Nodes) != len(ids) {
		return github.Answer[E]{}, &EmptyAnswerError{Message: fmt.Sprintf("%d elements for %d ids", len(r.Nodes), len(ids))}
	}
	told := make(map[string]int)
	for i, n := range r.Nodes {
		if n != nil {
			told[id(P(n).self().ID)] = i
		}
	}
	spoilt := errorsBelow(a, "nodes")
	out := github.Answer[E]{Spent: a.spent(), Elements: make([]E, len(ids))}
	for i, asked := range ids {
		at, ok := told[asked]
		if !ok {
			at = i
		}
		n, s := P(r.Nodes[at]), seat{github.Element{ID: asked}, spoilt[at]}
		if n == nil {
			s.check(nil, k)
		} else if s.check(n.self(), k); s.Error != "" {
			n = nil
		}
		out.Elements[i] = element(s, n)
	}
	return out, nil
}

// kind is what the elements of a [nodesQuery] have to be.
type kind struct {
	typename string
	// tolerates reports an error that leaves an element usable; it is given the
	// path below the element. Nil tolerates none.
	tolerates func(below []any) bool
}

// identity is what every element of nodes(ids:) tells of itself.
type identity struct {
	Typename text `graphql:"__typename"`
	ID       githubv4.ID
}

func (i *identity) self() *identity { return i }

// seat is the place in an answer that belongs to one of the ids asked for.
type seat struct {
	github.Element
	errors []queryError
}

// check says in the seat why its element cannot be used, if it cannot: most of
// all because an error lies in it where its kind tolerates none.
func (s *seat) check(told *identity, k kind) {
	spoil := func(again bool, format string, a ...any) { s.Error, s.Again = fmt.Sprintf(format, a...), again }
	bad := slices.IndexFunc(s.errors, func(e queryError) bool { return len(e.Path) <= 2 || k.tolerates == nil || !k.tolerates(e.Path[2:]) })
	switch {
	case bad >= 0 && s.errors[bad].is("NOT_FOUND"):
		spoil(false, "GitHub no longer knows it: it was deleted, or hidden from this token, while the run was going on")
	case bad >= 0 && s.errors[bad].is(forbidden...):
		spoil(false, "GitHub forbids this token to read it: %s", s.errors[bad].Message)
	case bad >= 0:
		spoil(true, "GitHub could not read it: %s", cmp.Or(s.errors[bad].Message, "it names no reason"))
	case told == nil:
		spoil(true, "GitHub returned nothing for it and named no reason")
	case id(told.ID) != s.ID:
		spoil(true, "GitHub answered about something else")
	case told.Typename.string != k.typename:
		spoil(false, "GitHub calls it a %s", told.Typename.string)
	}
}

// errorsBelow sorts an answer's errors by the element of a list in which they
// lie. The path leads to the list.
func errorsBelow(a *answer, path ...string) map[int][]queryError {
	below := make(map[int][]queryError)
	for _, e := range a.errors {
		if len(e.Path) <= len(path) || !slices.EqualFunc(e.Path[:len(path)], path, func(have any, want string) bool { return have == want }) {
			continue
		}
		if i, ok := e.Path[len(path)].(float64); ok {
			below[int(i)] = append(below[int(i)], e)
		}
	}
	return below
}

func idVariables(ids []string) map[string]any { return map[string]any{"ids": nodeIDs(ids)} }

func nodeIDs(ids []string) []githubv4.ID {
	out := make([]githubv4.ID, len(ids))
	for i, s := range ids {
		out[i] = s
	}
	return out
}

func id(v githubv4.ID) string {
	s, _ := v.(string)
	return s
}
