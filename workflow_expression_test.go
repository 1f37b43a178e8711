package main

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// value is what an expression of a workflow comes to: a text, or a truth,
// which differs from its text in that "false" the text is true.
type value struct {
	text  string
	truth bool
}

func textValue(s string) value { return value{s, s != ""} }
func truthValue(b bool) value  { return value{fmt.Sprint(b), b} }

// expression evaluates what the workflows use of GitHub's expressions
// (docs.github.com/actions/reference/evaluate-expressions-in-workflows-and-actions):
// literals, contexts with an index, comparison, logic, and functions without or
// with one argument. Anything else is an error, so that a workflow cannot mean
// what no test understood.
type expression struct {
	tokens []string
	lookup func(path string) value
	calls  map[string]func(value) value
}

var token = regexp.MustCompile(`\s*('(?:[^']|'')*'|[A-Za-z_][\w.-]*|\|\||&&|==|!=|[!()\[\]])`)

func evaluate(text string, lookup func(string) value, calls map[string]func(value) value) (v value, err error) {
	e := &expression{lookup: lookup, calls: calls}
	rest := strings.TrimSpace(text)
	for rest != "" {
		m := token.FindStringSubmatch(rest)
		if m == nil || !strings.HasPrefix(rest, m[0]) {
			return value{}, fmt.Errorf("expression %q: cannot read %q", text, rest)
		}
		e.tokens = append(e.tokens, m[1])
		rest = strings.TrimSpace(rest[len(m[0]):])
	}
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("expression %q: %v", text, r)
		}
	}()
	v = e.or()
	if len(e.tokens) > 0 {
		panic(fmt.Sprintf("%q is left over", e.tokens))
	}
	return v, nil
}

func (e *expression) next() string {
	if len(e.tokens) == 0 {
		return ""
	}
	return e.tokens[0]
}

func (e *expression) take(t string) bool {
	if e.next() != t {
		return false
	}
	e.tokens = e.tokens[1:]
	return true
}

func (e *expression) must(t string) {
	if !e.take(t) {
		panic(fmt.Sprintf("%q instead of %q", e.next(), t))
	}
}

func (e *expression) or() value {
	v := e.and()
	for e.take("||") {
		if right := e.and(); !v.truth {
			v = right
		}
	}
	return v
}

func (e *expression) and() value {
	v := e.comparison()
	for e.take("&&") {
		if right := e.comparison(); v.truth {
			v = right
		}
	}
	return v
}

func (e *expression) comparison() value {
	v := e.unary()
	switch {
	case e.take("=="):
		return truthValue(strings.EqualFold(v.text, e.unary().text))
	case e.take("!="):
		return truthValue(!strings.EqualFold(v.text, e.unary().text))
	}
	return v
}

func (e *expression) unary() value {
	if e.take("!") {
		return truthValue(!e.unary().truth)
	}
	if e.take("(") {
		v := e.or()
		e.must(")")
		return v
	}
	t := e.next()
	if t == "" {
		panic("it ends early")
	}
	e.tokens = e.tokens[1:]
	switch {
	case t[0] == '\'':
		return textValue(strings.ReplaceAll(t[1:len(t)-1], "''", "'"))
	case e.take("("):
		var arg value
		if e.next() != ")" {
			arg = e.or()
		}
		e.must(")")
		call, ok := e.calls[t]
		if !ok {
			panic("there is no function " + t)
		}
		return call(arg)
	case e.take("["):
		index := e.or()
		e.must("]")
		return e.lookup(t + "." + index.text)
	}
	return e.lookup(t)
}

var inBraces = regexp.MustCompile(`\$\{\{(.*?)\}\}`)

// expand evaluates every expression within a text.
func expand(text string, lookup func(string) value, calls map[string]func(value) value) (string, error) {
	var failed error
	out := inBraces.ReplaceAllStringFunc(text, func(m string) string {
		v, err := evaluate(m[3:len(m)-2], lookup, calls)
		if err != nil {
			failed = err
		}
		return v.text
	})
	return out, failed
}

func TestExpressions(t *testing.T) {
	values := map[string]value{"a.b": textValue("x"), "no": truthValue(false), "s.K": textValue("secret"), "m.k": textValue("K")}
	lookup := func(path string) value { return values[path] }
	calls := map[string]func(value) value{
		"always": func(value) value { return truthValue(true) },
		"fromJSON": func(v value) value {
			var n json.Number
			_ = json.Unmarshal([]byte(v.text), &n)
			return textValue(n.String())
		},
	}
	tests := map[string]string{
		"a.b":                              "x",
		"a.b == 'X'":                       "true",
		"missing || 'other'":               "other",
		"no && 'yes' || 'not'":             "not",
		"!(a.b == 'y') && always()":        "true",
		"missing != ''":                    "false",
		"s[m.k]":                           "secret",
		"fromJSON(missing || '60')":        "60",
		"a.b == 'x' && (no || a.b != 'z')": "true",
	}
	for text, want := range tests {
		if got, err := evaluate(text, lookup, calls); err != nil || got.text != want {
			t.Errorf("%s: %q, %v; want %q", text, got.text, err, want)
		}
	}
	for _, text := range []string{"", "a.b ==", "a.b 'x'", "hashFiles('x')", "a.b > 'x'", "(a.b"} {
		if v, err := evaluate(text, lookup, calls); err == nil {
			t.Errorf("%s: %q, want an error", text, v.text)
		}
	}
}
