package githubsim

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// selection is what a query selects of one value: the selection sets of all
// fields that share its response key, and the fields these amount to for each
// concrete type so far.
type selection struct {
	sets   []ast.SelectionSet
	byType map[string][]*plannedField
}

// plannedField is one response key of one concrete type, with its arguments
// evaluated: work done once per request, not once per object.
type plannedField struct {
	key     string
	field   *ast.Field // the first of those that share the key
	name    string     // Type.field
	args    arguments
	sub     *selection
	resolve resolver
}

// resolver gives a field's value. See [value].
type resolver func(x *execution, o object, f *plannedField) value

// on makes a resolver of a function that needs the object only.
func on[T object](get func(T) value) resolver {
	return func(_ *execution, o object, _ *plannedField) value { return get(o.(T)) }
}

// with makes a resolver of a function that needs the request too.
func with[T object](get func(x *execution, o T, f *plannedField) value) resolver {
	return func(x *execution, o object, f *plannedField) value { return get(x, o.(T), f) }
}

// fields returns the planned fields of sel for a concrete type.
func (x *execution) fields(sel *selection, typ string) []*plannedField {
	if fields, ok := sel.byType[typ]; ok {
		return fields
	}
	fields := x.collect(sel.sets, typ)
	for _, f := range fields {
		x.prepare(f, typ)
	}
	if sel.byType == nil {
		sel.byType = map[string][]*plannedField{}
	}
	sel.byType[typ] = fields
	return fields
}

// collect is CollectFields of the GraphQL specification. Fields that share a
// key are merged, so a fragment that is spread twice counts once.
func (x *execution) collect(sets []ast.SelectionSet, typ string) (all []*plannedField) {
	for _, set := range sets {
		eachField(set, x.vars, func(condition string) bool { return fits(condition, typ) }, func(s *ast.Field) {
			i := slices.IndexFunc(all, func(f *plannedField) bool { return f.key == s.Alias })
			if i < 0 {
				i = len(all)
				all = append(all, &plannedField{key: s.Alias, field: s, sub: &selection{}})
			}
			all[i].sub.sets = append(all[i].sub.sets, s.SelectionSet)
		})
	}
	return all
}

// eachField calls f with each field of a selection set that @skip and @include
// let in, and with those of the fragments whose type conditions enter accepts.
func eachField(set ast.SelectionSet, vars map[string]any, enter func(condition string) bool, f func(*ast.Field)) {
	for _, s := range set {
		switch s := s.(type) {
		case *ast.Field:
			if included(s.Directives, vars) {
				f(s)
			}
		case *ast.InlineFragment:
			if included(s.Directives, vars) && enter(s.TypeCondition) {
				eachField(s.SelectionSet, vars, enter, f)
			}
		case *ast.FragmentSpread:
			if included(s.Directives, vars) && enter(s.Definition.TypeCondition) {
				eachField(s.Definition.SelectionSet, vars, enter, f)
			}
		}
	}
}

// included evaluates @skip and @include.
func included(ds ast.DirectiveList, vars map[string]any) bool {
	skip, include := ds.ForName("skip"), ds.ForName("include")
	return (skip == nil || skip.ArgumentMap(vars)["if"] != true) && (include == nil || include.ArgumentMap(vars)["if"] == true)
}

// fits reports whether a concrete type satisfies a fragment's type condition.
func fits(condition, typ string) bool {
	return condition == "" || condition == typ ||
		slices.ContainsFunc(loadSchema().PossibleTypes[condition], func(d *ast.Definition) bool { return d.Name == typ })
}

func (x *execution) prepare(f *plannedField, typ string) {
	f.name, f.args = typ+"."+f.field.Name, f.field.ArgumentMap(x.vars)
	switch refused := f.pageRules(x); {
	case refused != nil:
		f.resolve = func(*execution, object, *plannedField) value { return refused }
	case f.field.Name == "__typename":
		f.resolve = func(_ *execution, o object, _ *plannedField) value { return o.typeName() }
	default:
		f.resolve = x.resolvers[f.name]
	}
	if f.resolve == nil {
		f.resolve = func(*execution, object, *plannedField) value {
			return &failure{message: "githubsim does not simulate introspection; its schema is what Schema() returns"}
		}
	}
}

// isConnection reports whether a field is a connection that can be paged.
func isConnection(f *ast.Field) bool {
	return strings.HasSuffix(f.Definition.Type.Name(), "Connection") && f.Definition.Arguments.ForName("first") != nil
}

// maxPage is the most first, last and ids may ask for
// (docs.github.com/graphql/overview/rate-limits-and-node-limits).
const maxPage = 100

// pageRules checks first and last as GitHub does; nil means they are fine.
func (f *plannedField) pageRules(x *execution) *failure {
	if !isConnection(f.field) {
		return nil
	}
	name := f.field.Name
	first, hasFirst := f.args.int("first")
	last, hasLast := f.args.int("last")
	selectsNodes := slices.ContainsFunc(x.collect(f.sub.sets, f.field.Definition.Type.Name()), func(p *plannedField) bool { return p.field.Name == "nodes" })
	switch {
	case !hasFirst && !hasLast && selectsNodes:
		return &failure{typ: "MISSING_PAGINATION_BOUNDARIES", message: fmt.Sprintf(
			"You must provide a `first` or `last` value to properly paginate the `%s` connection.", name)}
	case hasFirst && hasLast:
		return &failure{typ: "INVALID_PAGINATION_BOUNDARIES", message: fmt.Sprintf(
			"Passing both `first` and `last` to paginate the `%s` connection is not supported.", name)}
	case max(first, last) > maxPage:
		arg := map[bool]string{true: "first", false: "last"}[hasFirst]
		return &failure{typ: "EXCESSIVE_PAGINATION", message: fmt.Sprintf(
			"Requesting %d records on the `%s` connection exceeds the `%s` limit of %d records.", max(first, last), name, arg, maxPage)}
	case min(first, last) < 0:
		return &failure{typ: "INVALID_PAGINATION_BOUNDARIES", message: fmt.Sprintf("`first` and `last` on the `%s` connection cannot be less than zero.", name)}
	}
	return nil
}

// arguments are a field's arguments by name. One that was left out and has no
// default is missing; a null is nil.
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

// strings returns an argument that is a list of string-like values, nil when left
// out or null. The list may stand as a single value, as GraphQL allows.
func (a arguments) strings(name string) []string {
	switch v := a[name].(type) {
	case string:
		return []string{v}
	case []string:
		return v
	case []any:
		out := make([]string, 0, len(v))
		for _, e := range v {
			out = append(out, fmt.Sprint(e))
		}
		return out
	}
	return nil
}

// order returns an argument of type RepositoryOrder.
func (a arguments) order(name string) (field string, descending bool) {
	m, _ := a[name].(map[string]any)
	return arguments(m).string("field"), arguments(m).string("direction") == "DESC"
}
