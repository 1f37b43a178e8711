package githubsim

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/vektah/gqlparser/v2/ast"
)

// execution answers one operation. It writes JSON as it goes and takes back
// what a null above makes void, so the data is never built in memory first.
type execution struct {
	world     *World // read-locked
	resolvers map[string]resolver
	vars      map[string]any
	access    Access
	rate      rateLimit
	// resolved sees every field's value, and returns what is answered instead.
	resolved func(o object, f *plannedField, v value) value

	buf  []byte
	errs []responseError
	path []any
}

type queryRoot struct{}

func (queryRoot) typeName() string { return "Query" }

// run executes an operation and returns the data as JSON, "null" when a null
// came all the way up.
func (x *execution) run(op *ast.OperationDefinition) []byte {
	x.world.mu.RLock()
	defer x.world.mu.RUnlock()
	if !x.object(queryRoot{}, &selection{sets: []ast.SelectionSet{op.SelectionSet}}) {
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
		x.buf = append(appendString(x.buf, f.key), ':')
		v := x.resolved(o, f, f.resolve(x, o, f))
		if !x.at(f.key, f.field.Definition.Type, v, f) {
			x.buf = x.buf[:mark]
			return false
		}
	}
	x.buf = append(x.buf, '}')
	return true
}

// at is complete, one step further down the path.
func (x *execution) at(s any, t *ast.Type, v value, f *plannedField) bool {
	x.path = append(x.path, s)
	ok := x.complete(t, v, f)
	x.path = x.path[:len(x.path)-1]
	return ok
}

// complete writes v, which has type t. It returns false, having written
// nothing, when v is null and t does not allow it.
func (x *execution) complete(t *ast.Type, v value, f *plannedField) bool {
	switch v := v.(type) {
	case *failure:
		x.errs = append(x.errs, v.error(x.path, f.field.Position))
		return x.null(t)
	case nil:
		if t.NonNull {
			null := &failure{message: "Cannot return null for non-nullable field " + f.name}
			x.errs = append(x.errs, null.error(x.path, f.field.Position))
		}
		return x.null(t)
	case []object:
		return x.list(t, v, f) || x.null(t)
	case object:
		return x.object(v, f.sub) || x.null(t)
	case raw:
		x.buf = append(x.buf, v...)
	case string:
		x.buf = appendString(x.buf, v)
	case int:
		x.buf = strconv.AppendInt(x.buf, int64(v), 10)
	case bool:
		x.buf = strconv.AppendBool(x.buf, v)
	case time.Time:
		x.buf = append(v.UTC().AppendFormat(append(x.buf, '"'), time.RFC3339), '"')
	default:
		panic(fmt.Sprintf("githubsim: a resolver returned a %T", v))
	}
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
		if !x.at(i, t.Elem, item, f) {
			x.buf = x.buf[:mark]
			return false
		}
	}
	x.buf = append(x.buf, ']')
	return true
}

// appendString writes s as JSON. Plain ASCII, which nearly everything is, is
// copied; the rest goes through encoding/json.
func appendString(b []byte, s string) []byte {
	if strings.IndexFunc(s, func(c rune) bool { return c < ' ' || c > '~' || strings.ContainsRune(`"\<>&`, c) }) < 0 {
		return append(append(append(b, '"'), s...), '"')
	}
	quoted, err := json.Marshal(s)
	if err != nil {
		panic(err) // cannot be: a string always marshals
	}
	return append(b, quoted...)
}
