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

// askNodes asks about ids and maps each element, found by its id. The mapping
// gets nil for one that cannot be used; the seat then says why.
func askNodes[N, E any, P node[N]](ctx context.Context, c *Client, want budget.Ask, ids []string, vars map[string]any, k kind, element func(s seat, n P) E) (github.Answer[E], error) {
	var r nodesQuery[N]
	a, err := c.ask(ctx, want, &r, vars)
	if err != nil {
		return github.Answer[E]{}, err
	}
	told := make([]*identity, len(r.Nodes))
	for i, n := range r.Nodes {
		if n != nil {
			told[i] = P(n).self()
		}
	}
	seats, err := seats(a, ids, told, k)
	if err != nil {
		return github.Answer[E]{}, err
	}
	out := github.Answer[E]{Spent: r.spent(a), Elements: make([]E, len(ids))}
	for i, s := range seats {
		var n P
		if s.at >= 0 {
			n = r.Nodes[s.at]
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
	at     int // the element's index; -1 when there is none to use
	errors []queryError
}

func (s *seat) spoil(again bool, format string, a ...any) {
	s.at, s.Error, s.Again = -1, fmt.Sprintf(format, a...), again
}

// seats finds the elements of an answer to nodes(ids:), by the ids that they
// tell rather than by their order. A spoilt element is one that an error lies
// in, unless its kind tolerates it there.
func seats(a *answer, ids []string, elements []*identity, k kind) ([]seat, error) {
	if len(elements) != len(ids) {
		return nil, &EmptyAnswerError{Message: fmt.Sprintf("%d elements for %d ids", len(elements), len(ids))}
	}
	told := make(map[string]int)
	for i, e := range elements {
		if e != nil {
			told[id(e.ID)] = i
		}
	}
	spoilt := errorsBelow(a, "nodes")
	out := make([]seat, len(ids))
	for i, want := range ids {
		s := seat{Element: github.Element{ID: want}, at: i}
		if at, ok := told[want]; ok {
			s.at = at
		}
		s.errors = spoilt[s.at]
		e := elements[s.at]
		bad := slices.IndexFunc(s.errors, func(e queryError) bool { return len(e.Path) <= 2 || k.tolerates == nil || !k.tolerates(e.Path[2:]) })
		switch {
		case bad >= 0 && s.errors[bad].is("NOT_FOUND"):
			s.spoil(false, "GitHub no longer knows it: it was deleted, or hidden from this token, while the run was going on")
		case bad >= 0 && s.errors[bad].is("FORBIDDEN", "INSUFFICIENT_SCOPES"):
			s.spoil(false, "GitHub forbids this token to read it: %s", s.errors[bad].Message)
		case bad >= 0:
			s.spoil(true, "GitHub could not read it: %s", cmp.Or(s.errors[bad].Message, "it names no reason"))
		case e == nil:
			s.spoil(true, "GitHub returned nothing for it and named no reason")
		case id(e.ID) != want:
			s.spoil(true, "GitHub answered about something else")
		case e.Typename.string != k.typename:
			s.spoil(false, "GitHub calls it a %s", e.Typename.string)
		}
		out[i] = s
	}
	return out, nil
}

// errorsBelow sorts an answer's errors by the element of a list in which they
// lie. The path leads to the list.
func errorsBelow(a *answer, path ...string) map[int][]queryError {
	below := make(map[int][]queryError)
	for _, e := range a.errors {
		if len(e.Path) <= len(path) {
			continue
		}
		fits := true
		for i, name := range path {
			fits = fits && e.Path[i] == name
		}
		if i, ok := e.Path[len(path)].(float64); ok && fits {
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
