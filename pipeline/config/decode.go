package config

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// decoder turns a YAML tree into a configuration and collects what is wrong
// with it. It goes on after a mistake, so that all of them are told at once.
type decoder struct {
	name     string
	config   *Config
	nodes    map[string]ast.Node // the value of every key that is known, by its path
	problems []Problem
}

func (d *decoder) add(line, column int, what, right string) {
	d.problems = append(d.problems, Problem{Name: d.name, Line: max(line, 1), Column: max(column, 1), What: what, Right: right})
}

func (d *decoder) addNode(n ast.Node, what, right string) {
	line, column := position(n)
	d.add(line, column, what, right)
}

// found notes that the value under a path is in force.
func (d *decoder) found(path string, n ast.Node) {
	line, column := position(n)
	d.config.origins[path] = Origin{Kind: FromFile, Where: fmt.Sprintf("%s:%d:%d", d.name, line, column)}
}

// position is where a node begins. The library places a block mapping at its
// first colon and block text at its first line.
func position(n ast.Node) (line, column int) {
	t := n.GetToken()
	switch n := n.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return position(n.Values[0].Key)
		}
		t = n.Start
	case *ast.MappingValueNode:
		return position(n.Key)
	case *ast.SequenceNode:
		t = n.Start
	case *ast.LiteralNode:
		t = n.Start
	}
	if t == nil || t.Position == nil {
		return 1, 1
	}
	return t.Position.Line, t.Position.Column
}

// sequence calls each for every entry of a list, counting from 1.
func (d *decoder) sequence(what string, n ast.Node, each func(what string, n ast.Node)) {
	s, ok := n.(*ast.SequenceNode)
	if !ok {
		d.addNode(n, what+" is "+kindOf(n), "write a list, such as [a, b]")
		return
	}
	for i, v := range s.Values {
		each(fmt.Sprintf("%s[%d]", what, i+1), v)
	}
}

// scalar hands the text of a single value that is written in the given form to
// set. In another form it only tells whether the text would do: then the form
// alone is wrong.
func (d *decoder) scalar(what string, n ast.Node, want form, set func(string) *mistake) bool {
	text, written, single := scalarText(n)
	fits := single && (written == want || want == formShare && (written == formInteger || written == formText && strings.HasSuffix(text, "%")))
	if fits || single && want == formText {
		if m := set(text); m != nil {
			d.addNode(n, what+": "+m.what, m.right)
			return false
		}
	}
	switch {
	case fits:
		return true
	case single && want == formText:
		d.addNode(n, what+" is "+kindOf(n), fmt.Sprintf("put it in quotes: %q", text))
	default:
		d.addNode(n, what+" is "+kindOf(n), want.hint())
	}
	return false
}

// scalarText returns a single value as it stands in the file, and its form.
func scalarText(n ast.Node) (string, form, bool) {
	switch n := n.(type) {
	case *ast.StringNode:
		return n.Value, formText, true
	case *ast.LiteralNode:
		return strings.TrimSuffix(n.Value.Value, "\n"), formText, true
	case *ast.IntegerNode:
		return n.Token.Value, formInteger, true
	case *ast.BoolNode:
		return n.Token.Value, formBool, true
	case *ast.FloatNode:
		return n.Token.Value, formFloat, true
	}
	return "", formText, false
}

func isNull(n ast.Node) bool {
	_, null := n.(*ast.NullNode)
	return n == nil || null
}

// kindOf names what stands in the file in the words of its author.
func kindOf(n ast.Node) string {
	switch n := n.(type) {
	case *ast.StringNode:
		return fmt.Sprintf("the text %q", shorten(n.Value))
	case *ast.LiteralNode:
		return "a block of text"
	case *ast.IntegerNode, *ast.FloatNode, *ast.InfinityNode, *ast.NanNode:
		return "the number " + shorten(n.GetToken().Value)
	case *ast.BoolNode:
		return n.Token.Value
	case *ast.NullNode:
		return "empty"
	case *ast.SequenceNode:
		return "a list"
	case *ast.MappingNode, *ast.MappingValueNode:
		return "a group of keys"
	}
	return "something else"
}

func shorten(s string) string {
	const limit = 60
	if r := []rune(s); len(r) > limit {
		return string(r[:limit-1]) + "…"
	}
	return s
}
