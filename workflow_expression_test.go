package main

import (
	"encoding/json"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/rhysd/actionlint"
)

// An expression of a workflow is parsed by actionlint and evaluated here, with
// the semantics that GitHub documents (docs.github.com/actions/reference/
// evaluate-expressions-in-workflows-and-actions). Values are nil, bool, float64,
// string, []any and map[string]any, as JSON has them. What no test understands
// is an error, so that a workflow cannot mean something else than it was tested
// for.

// calls are the functions of an expression that depend on the run.
type calls map[string]func() bool

// evaluate returns what an expression comes to in the contexts.
func evaluate(text string, contexts map[string]any, status calls) (v any, err error) {
	node, parseErr := actionlint.NewExprParser().Parse(actionlint.NewExprLexer(text + "}}"))
	if parseErr != nil {
		return nil, fmt.Errorf("expression %q: %s", text, parseErr.Message)
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("expression %q: %v", text, r)
		}
	}()
	return (&evaluation{contexts, status}).value(node), nil
}

type evaluation struct {
	contexts map[string]any
	status   calls
}

func (e *evaluation) value(n actionlint.ExprNode) any {
	switch n := n.(type) {
	case *actionlint.NullNode:
		return nil
	case *actionlint.BoolNode:
		return n.Value
	case *actionlint.IntNode:
		return float64(n.Value)
	case *actionlint.FloatNode:
		return n.Value
	case *actionlint.StringNode:
		return n.Value
	case *actionlint.VariableNode:
		v, ok := e.contexts[strings.ToLower(n.Name)]
		if !ok {
			panic("the context " + n.Name + " cannot be used here")
		}
		return v
	case *actionlint.ObjectDerefNode:
		return property(e.value(n.Receiver), n.Property)
	case *actionlint.IndexAccessNode:
		return property(e.value(n.Operand), asText(e.value(n.Index)))
	case *actionlint.NotOpNode:
		return !truth(e.value(n.Operand))
	case *actionlint.LogicalOpNode:
		left := e.value(n.Left)
		if truth(left) == (n.Kind == actionlint.LogicalOpNodeKindOr) {
			return left
		}
		return e.value(n.Right)
	case *actionlint.CompareOpNode:
		return compare(n.Kind, e.value(n.Left), e.value(n.Right))
	case *actionlint.FuncCallNode:
		return e.call(n)
	}
	panic(fmt.Sprintf("%T is not understood", n))
}

func (e *evaluation) call(n *actionlint.FuncCallNode) any {
	name := strings.ToLower(n.Callee)
	if f, ok := e.status[name]; ok {
		return f()
	}
	args := make([]any, len(n.Args))
	for i, a := range n.Args {
		args[i] = e.value(a)
	}
	switch name {
	case "fromjson":
		var v any
		if err := json.Unmarshal([]byte(asText(args[0])), &v); err != nil {
			panic(fmt.Sprintf("fromJSON of %q: %v", asText(args[0]), err))
		}
		return v
	case "contains":
		return strings.Contains(strings.ToLower(asText(args[0])), strings.ToLower(asText(args[1])))
	case "startswith":
		return strings.HasPrefix(strings.ToLower(asText(args[0])), strings.ToLower(asText(args[1])))
	}
	panic("the function " + n.Callee + " cannot be used here")
}

// property is a member of an object, whatever its case; null of all else.
func property(v any, name string) any {
	object, _ := v.(map[string]any)
	for k, member := range object {
		if strings.EqualFold(k, name) {
			return member
		}
	}
	return nil
}

func truth(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case bool:
		return v
	case float64:
		return v != 0 && !math.IsNaN(v)
	case string:
		return v != ""
	}
	return true
}

func asText(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case bool:
		return strconv.FormatBool(v)
	case float64:
		return strconv.FormatFloat(v, 'g', 15, 64)
	case string:
		return v
	case []any:
		return "Array"
	}
	return "Object"
}

func asNumber(v any) float64 {
	switch v := v.(type) {
	case nil:
		return 0
	case bool:
		if v {
			return 1
		}
		return 0
	case float64:
		return v
	case string:
		if v == "" {
			return 0
		}
		if f, err := strconv.ParseFloat(v, 64); err == nil {
			return f
		}
	}
	return math.NaN()
}

// compare is loose: texts ignore case, and what differs in type becomes numbers,
// so that true == 'true' is false.
func compare(kind actionlint.CompareOpNodeKind, a, b any) bool {
	equal := false
	s, bothText := a.(string)
	t, ok := b.(string)
	if bothText = bothText && ok; bothText {
		equal = strings.EqualFold(s, t)
	} else {
		equal = asNumber(a) == asNumber(b)
	}
	less := asNumber(a) < asNumber(b)
	switch kind {
	case actionlint.CompareOpNodeKindEq:
		return equal
	case actionlint.CompareOpNodeKindNotEq:
		return !equal
	case actionlint.CompareOpNodeKindLess:
		return less
	case actionlint.CompareOpNodeKindGreater:
		return asNumber(a) > asNumber(b)
	}
	panic("the comparison " + kind.String() + " is not understood")
}

var inBraces = regexp.MustCompile(`\$\{\{(.*?)\}\}`)

// expand evaluates every expression within a text.
func expand(text string, contexts map[string]any, status calls) (string, error) {
	var failed error
	out := inBraces.ReplaceAllStringFunc(text, func(m string) string {
		v, err := evaluate(m[3:len(m)-2], contexts, status)
		if err != nil {
			failed = err
		}
		return asText(v)
	})
	return out, failed
}

// condition evaluates an if, in braces or not. One that asks for no status means
// success() too.
func condition(text string, contexts map[string]any, status calls) (bool, error) {
	if m := inBraces.FindStringSubmatch(text); m != nil && m[0] == strings.TrimSpace(text) {
		text = m[1]
	}
	asks := false
	if strings.TrimSpace(text) == "" {
		text = "success()"
	}
	node, parseErr := actionlint.NewExprParser().Parse(actionlint.NewExprLexer(text + "}}"))
	if parseErr != nil {
		return false, fmt.Errorf("condition %q: %s", text, parseErr.Message)
	}
	actionlint.VisitExprNode(node, func(n, _ actionlint.ExprNode, entering bool) {
		if f, ok := n.(*actionlint.FuncCallNode); ok && entering {
			_, status := status[strings.ToLower(f.Callee)]
			asks = asks || status
		}
	})
	if !asks && !status["success"]() {
		return false, nil
	}
	v, err := evaluate(text, contexts, status)
	return truth(v), err
}

func TestExpressions(t *testing.T) {
	var secrets, matrix any = map[string]any{"K": "secret"}, map[string]any{"k": "K"}
	contexts := map[string]any{"a": map[string]any{"b": "x", "yes": true}, "secrets": secrets, "matrix": matrix, "inputs": nil}
	status := calls{"always": func() bool { return true }, "success": func() bool { return false }}
	tests := map[string]string{
		"a.b":                                    "x",
		"a.b == 'X'":                             "true",
		"a.missing || 'other'":                   "other",
		"a.missing.deeper == null":               "true",
		"false && 'yes' || 'not'":                "not",
		"!(a.b == 'y') && always()":              "true",
		"inputs.missing != ''":                   "false",
		"secrets[matrix.k]":                      "secret",
		"fromJSON(a.missing || '60')":            "60",
		"fromJSON('{}')[matrix.k] || 'none'":     "none",
		"true == 'true'":                         "false", // as numbers: 1 and none
		"a.yes == true":                          "true",
		"'1' != 1":                               "false",
		"'' == 0":                                "true",
		"null == false":                          "true",
		"'abc' == 0":                             "false",
		"a.b == 'x' && (false || a.b != 'z')":    "true",
		"fromJSON('3') > 2 && fromJSON('1') < 2": "true",
	}
	for text, want := range tests {
		if got, err := evaluate(text, contexts, status); err != nil || asText(got) != want {
			t.Errorf("%s: %q, %v; want %q", text, asText(got), err, want)
		}
	}
	for _, text := range []string{"", "a.b ==", "a.b 'x'", "hashFiles('x')", "(a.b", "unknown.b", "cancelled()"} {
		if v, err := evaluate(text, contexts, status); err == nil {
			t.Errorf("%s: %v, want an error", text, v)
		}
	}
	for text, want := range map[string]bool{"": false, "a.b == 'x'": false, "always() && a.b == 'x'": true, "${{ always() }}": true, "${{ !a.b }}": false} {
		if got, err := condition(text, contexts, status); err != nil || got != want {
			t.Errorf("the condition %q: %t, %v; want %t", text, got, err, want)
		}
	}
}
