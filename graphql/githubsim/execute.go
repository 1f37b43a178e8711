package githubsim

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// value is what a resolver returns: nil, string, int, bool, time.Time, object,
// []object, or *failure for a value that could not be had.
type value any

// object is a value with fields. A nil object is null.
type object interface {
	// typeName is the concrete GraphQL type.
	typeName() string
}

// execution answers one operation. It writes JSON as it goes and takes back
// what a null above makes void, so the data is never built in memory first.
type execution struct {
	schema    *ast.Schema
	resolvers map[string]resolver
	world     *World // read-locked
	vars      map[string]any
	access    Access
	viewer    string
	// silentOwner leaves out the NOT_FOUND of an unknown repositoryOwner.
	silentOwner bool
	legacyIDs   bool
	rate        rateLimit

	buf  []byte
	errs []responseError
	path []step

	facts facts
	spoil spoiler
}

// facts are what an execution learns about the request, for counting it and
// for conditions of faults.
type facts struct {
	ids   []string
	pages []Page
}

// spoiler makes single elements fail, for faults; the zero value makes none.
type spoiler struct {
	// element returns a failure to put in place of an element of nodes(ids:)
	// or of a repositories page; nil leaves it.
	element func(id string, index, of int) *failure
}

// run executes an operation and returns the data as JSON, "null" when a null
// came all the way up.
func (x *execution) run(op *ast.OperationDefinition) []byte {
	sel := &selection{sets: []ast.SelectionSet{op.SelectionSet}}
	if !x.object(queryRoot{}, sel) {
		x.buf = append(x.buf[:0], "null"...)
	}
	return x.buf
}

// object writes o with the selected fields. It returns false, having written
// nothing, when a field that cannot be null is.
func (x *execution) object(o object, sel *selection) bool {
	mark := len(x.buf)
	x.buf = append(x.buf, '{')
	for i, f := range x.fields(sel, o.typeName()) {
		if i > 0 {
			x.buf = append(x.buf, ',')
		}
		x.buf = appendString(x.buf, f.key)
		x.buf = append(x.buf, ':')
		x.path = append(x.path, step{name: f.key})
		ok := x.complete(f.field.Definition.Type, x.resolveField(o, f), f)
		x.path = x.path[:len(x.path)-1]
		if !ok {
			x.buf = x.buf[:mark]
			return false
		}
	}
	x.buf = append(x.buf, '}')
	return true
}

func (x *execution) resolveField(o object, f *plannedField) value {
	if f.refused != nil {
		return f.refused
	}
	return f.resolve(x, o, f)
}

// complete writes v, which has type t. It returns false, having written
// nothing, when v is null and t does not allow it.
func (x *execution) complete(t *ast.Type, v value, f *plannedField) bool {
	if fail, ok := v.(*failure); ok {
		x.errs = append(x.errs, fail.error(x.path, f.field.Position))
		return x.null(t)
	}
	if v == nil {
		if t.NonNull {
			x.errs = append(x.errs, responseError{Path: (&failure{}).error(x.path, nil).Path,
				Message: fmt.Sprintf("Cannot return null for non-nullable field %s.%s", f.parent, f.field.Name)})
		}
		return x.null(t)
	}
	if t.Elem != nil {
		return x.list(t, v.([]object), f) || x.null(t)
	}
	if o, ok := v.(object); ok {
		return x.object(o, f.sub) || x.null(t)
	}
	x.leaf(v)
	return true
}

// null writes null where t allows it.
func (x *execution) null(t *ast.Type) bool {
	if t.NonNull {
		return false
	}
	x.buf = append(x.buf, "null"...)
	return true
}

func (x *execution) list(t *ast.Type, items []object, f *plannedField) bool {
	mark := len(x.buf)
	x.buf = append(x.buf, '[')
	for i, item := range items {
		if i > 0 {
			x.buf = append(x.buf, ',')
		}
		x.path = append(x.path, step{index: i})
		ok := x.complete(t.Elem, x.element(item, f, i, len(items)), f)
		x.path = x.path[:len(x.path)-1]
		if !ok {
			x.buf = x.buf[:mark]
			return false
		}
	}
	x.buf = append(x.buf, ']')
	return true
}

// element is the value of a list's element, as a fault may have spoilt it.
func (x *execution) element(item object, f *plannedField, i, n int) value {
	if item == nil {
		return nil
	}
	if r, ok := item.(*repo); ok && x.spoil.element != nil && (f.parent == "Query" || f.parent == "RepositoryConnection") {
		if fail := x.spoil.element(r.nodeID(), i, n); fail != nil {
			return fail
		}
	}
	return item
}

func (x *execution) leaf(v value) {
	switch v := v.(type) {
	case string:
		x.buf = appendString(x.buf, v)
	case int:
		x.buf = strconv.AppendInt(x.buf, int64(v), 10)
	case bool:
		x.buf = strconv.AppendBool(x.buf, v)
	case time.Time:
		x.buf = append(x.buf, '"')
		x.buf = v.UTC().AppendFormat(x.buf, time.RFC3339)
		x.buf = append(x.buf, '"')
	default:
		panic(fmt.Sprintf("githubsim: a resolver returned a %T", v))
	}
}

// appendString writes s as JSON. Plain ASCII, which nearly everything is, is
// copied; the rest goes through encoding/json.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			quoted, err := json.Marshal(s)
			if err != nil {
				panic(err) // cannot be: a string always marshals
			}
			return append(b, quoted...)
		}
	}
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}
