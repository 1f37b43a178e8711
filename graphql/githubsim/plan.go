package githubsim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// selection is what a query selects of one value: the selection sets of every
// field that shares its response key, and for each concrete type that turns
// up the fields they come to.
type selection struct {
	sets   []ast.SelectionSet
	byType map[string][]*plannedField
}

// plannedField is one response key of one concrete type, with its arguments
// evaluated: work done once per request, not once per object.
type plannedField struct {
	key     string
	field   *ast.Field // the first of those that share the key
	parent  string     // concrete type
	args    arguments
	sub     *selection
	resolve resolver
	// refused is set on a connection whose page arguments break GitHub's rules.
	refused *failure
}

// resolver gives a field's value. See [value].
type resolver func(x *execution, o object, f *plannedField) value

// fields returns the planned fields of sel for a concrete type.
func (x *execution) fields(sel *selection, typ string) []*plannedField {
	if fields, ok := sel.byType[typ]; ok {
		return fields
	}
	var fields []*plannedField
	for _, set := range sel.sets {
		fields = x.collect(fields, set, typ, map[string]bool{})
	}
	for _, f := range fields {
		x.prepare(f)
	}
	if sel.byType == nil {
		sel.byType = map[string][]*plannedField{}
	}
	sel.byType[typ] = fields
	return fields
}

// collect is CollectFields of the GraphQL specification: a fragment that is
// spread twice counts once.
func (x *execution) collect(into []*plannedField, set ast.SelectionSet, typ string, spread map[string]bool) []*plannedField {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if x.included(s.Directives) {
				into = addField(into, s, typ)
			}
		case *ast.InlineFragment:
			if x.included(s.Directives) && x.fits(s.TypeCondition, typ) {
				into = x.collect(into, s.SelectionSet, typ, spread)
			}
		case *ast.FragmentSpread:
			if !spread[s.Name] && x.included(s.Directives) && x.fits(s.Definition.TypeCondition, typ) {
				spread[s.Name] = true
				into = x.collect(into, s.Definition.SelectionSet, typ, spread)
			}
		}
	}
	return into
}

func addField(into []*plannedField, s *ast.Field, typ string) []*plannedField {
	for _, f := range into {
		if f.key == s.Alias {
			f.sub.sets = append(f.sub.sets, s.SelectionSet)
			return into
		}
	}
	return append(into, &plannedField{key: s.Alias, field: s, parent: typ, sub: &selection{sets: []ast.SelectionSet{s.SelectionSet}}})
}

func (x *execution) included(ds ast.DirectiveList) bool {
	if d := ds.ForName("skip"); d != nil && d.ArgumentMap(x.vars)["if"] == true {
		return false
	}
	if d := ds.ForName("include"); d != nil && d.ArgumentMap(x.vars)["if"] != true {
		return false
	}
	return true
}

// fits reports whether a concrete type satisfies a fragment's type condition.
func (x *execution) fits(condition, typ string) bool {
	if condition == "" || condition == typ {
		return true
	}
	for _, d := range x.schema.PossibleTypes[condition] {
		if d.Name == typ {
			return true
		}
	}
	return false
}

func (x *execution) prepare(f *plannedField) {
	f.args = arguments(f.field.ArgumentMap(x.vars))
	f.resolve = x.resolvers[f.parent+"."+f.field.Name]
	if strings.HasPrefix(f.field.Name, "__") || f.resolve == nil {
		f.resolve = resolveOther
	}
	if isConnection(f.field) {
		f.refused = f.pageRules(x.selects(f.sub.sets, f.field.Definition.Type.Name(), "nodes", "edges"))
	}
}

// isConnection reports whether a field is a connection that can be paged.
func isConnection(f *ast.Field) bool {
	return strings.HasSuffix(f.Definition.Type.Name(), "Connection") && f.Definition.Arguments.ForName("first") != nil
}

// selects reports whether the sets select, of a concrete type, a field of one
// of the names.
func (x *execution) selects(sets []ast.SelectionSet, typ string, names ...string) bool {
	for _, set := range sets {
		for _, f := range x.collect(nil, set, typ, map[string]bool{}) {
			if slices.Contains(names, f.field.Name) {
				return true
			}
		}
	}
	return false
}

// pageRules checks first and last as GitHub does; nil means they are fine.
func (f *plannedField) pageRules(selectsNodes bool) *failure {
	first, hasFirst := f.args.int("first")
	last, hasLast := f.args.int("last")
	name := f.field.Name
	switch {
	case !hasFirst && !hasLast && selectsNodes:
		return &failure{typ: "MISSING_PAGINATION_BOUNDARIES", message: fmt.Sprintf(
			"You must provide a `first` or `last` value to properly paginate the `%s` connection.", name)}
	case hasFirst && hasLast:
		return &failure{typ: "INVALID_PAGINATION_BOUNDARIES", message: fmt.Sprintf(
			"Passing both `first` and `last` to paginate the `%s` connection is not supported.", name)}
	}
	for _, arg := range []struct {
		name string
		n    int
	}{{"first", first}, {"last", last}} {
		if arg.n > maxPage {
			return &failure{typ: "EXCESSIVE_PAGINATION", message: fmt.Sprintf(
				"Requesting %d records on the `%s` connection exceeds the `%s` limit of %d records.", arg.n, name, arg.name, maxPage)}
		}
		if arg.n < 0 {
			return &failure{typ: "INVALID_PAGINATION_BOUNDARIES", message: fmt.Sprintf(
				"`%s` on the `%s` connection cannot be less than zero.", arg.name, name)}
		}
	}
	return nil
}

// arguments are a field's arguments by name. One that was left out and has no
// default is missing; one that is null is there and nil.
type arguments map[string]any

// int returns an argument of type Int. A null counts as left out.
func (a arguments) int(name string) (int, bool) {
	switch n := a[name].(type) {
	case int64:
		return int(n), true
	case json.Number:
		i, err := n.Int64()
		return int(i), err == nil
	}
	return 0, false
}

// string returns an argument of a string-like type, an ID given as a number
// included; "" when left out or null.
func (a arguments) string(name string) string {
	if a[name] == nil {
		return ""
	}
	return fmt.Sprint(a[name])
}

// bool returns an argument of type Boolean. A null counts as left out.
func (a arguments) bool(name string) (value, ok bool) {
	value, ok = a[name].(bool)
	return value, ok
}

// strings returns an argument that is a list of string-like values. The list
// may stand as a single value, as GraphQL allows.
func (a arguments) strings(name string) ([]string, bool) {
	switch v := a[name].(type) {
	case string:
		return []string{v}, true
	case []string:
		return v, true
	case []any:
		out := make([]string, 0, len(v))
		for _, e := range v {
			out = append(out, fmt.Sprint(e))
		}
		return out, true
	}
	return nil, false
}

// object returns an argument of an input type.
func (a arguments) object(name string) (arguments, bool) {
	m, ok := a[name].(map[string]any)
	return m, ok
}
