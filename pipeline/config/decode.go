package config

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// decoder turns a YAML tree into a configuration and collects what is wrong
// with it. It goes on after a mistake, so that all of them are told at once.
type decoder struct {
	name     string
	text     string
	lines    []string
	config   *Config
	problems []Problem
}

func (d *decoder) add(line, column int, what, right string) {
	p := Problem{Name: d.name, Line: max(line, 1), Column: max(column, 1), What: what, Right: right}
	if line >= 1 && line <= len(d.lines) {
		p.Source = d.lines[line-1]
	}
	d.problems = append(d.problems, p)
}

// addAt reports a byte of a text that was not taken apart into lines yet.
func (d *decoder) addAt(data []byte, offset int, what, right string) {
	before := normalize(data[:offset])
	start := strings.LastIndexByte(before, '\n') + 1
	d.add(strings.Count(before, "\n")+1, utf8.RuneCountInString(before[start:])+1, what, right)
}

func (d *decoder) addToken(t *token.Token, what, right string) {
	d.add(t.Position.Line, t.Position.Column, what, right)
}

func (d *decoder) addNode(n ast.Node, what, right string) {
	line, column := position(n)
	d.add(line, column, what, right)
}

func (d *decoder) origin(n ast.Node) Origin {
	line, column := position(n)
	return Origin{Kind: FromFile, Where: fmt.Sprintf("%s:%d:%d", d.name, line, column)}
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

// field is one key that a mapping may have. what names it in messages.
type field struct {
	key  string
	read func(what string, value ast.Node)
}

// mapping reads the keys of a mapping in the order of the file and reports
// those that are unknown, doubled or without a value.
func (d *decoder) mapping(what string, n ast.Node, fields []field) bool {
	m, ok := n.(*ast.MappingNode)
	if !ok {
		d.addNode(n, what+" is "+kindOf(n), "write keys and values, such as "+fields[0].key+": …")
		return false
	}
	seen := map[string]bool{}
	for _, entry := range m.Values {
		key, ok := entry.Key.(ast.Node).(*ast.StringNode)
		if !ok {
			d.addNode(entry.Key, "a key is "+kindOf(entry.Key), "write one of "+keyList(fields))
			continue
		}
		i := slices.IndexFunc(fields, func(f field) bool { return f.key == key.Value })
		switch {
		case i < 0:
			d.addNode(key, fmt.Sprintf("unknown key %q%s", shorten(key.Value), inside(what)), didYouMean(key.Value, fields))
		case seen[key.Value]:
			d.addNode(key, fmt.Sprintf("the key %q stands here twice", key.Value), "keep one of the two")
		case isNull(entry.Value):
			d.addNode(key, fmt.Sprintf("%q has no value", key.Value), "write one, or take the key out")
		default:
			fields[i].read(qualified(what, key.Value), entry.Value)
		}
		seen[key.Value] = true
	}
	return true
}

// rootName names the document as a whole.
const rootName = "the file"

func qualified(what, key string) string {
	if what == rootName {
		return key
	}
	return what + "." + key
}

func inside(what string) string {
	if what == rootName {
		return ""
	}
	return " in " + what
}

// sequence calls each for every entry of a list, counting from 1.
func (d *decoder) sequence(what string, n ast.Node, each func(what string, n ast.Node)) bool {
	s, ok := n.(*ast.SequenceNode)
	if !ok {
		d.addNode(n, what+" is "+kindOf(n), "write a list, such as [a, b]")
		return false
	}
	for i, v := range s.Values {
		each(fmt.Sprintf("%s[%d]", what, i+1), v)
	}
	return true
}

// scalar returns the text of a single value that is written in the given form.
// When it is written in another, check tells whether the text would do: then
// only its form is wrong.
func (d *decoder) scalar(what string, n ast.Node, want form, check func(string) error) (string, bool) {
	text, written, ok := scalarText(n)
	switch {
	case ok && written == want, ok && want == formTextOrInteger && written == formInteger:
		return text, true
	case ok && want == formTextOrInteger && written == formText && strings.HasSuffix(text, "%"):
		return text, true
	case ok && want == formText && check(text) != nil:
		d.addError(n, what, check(text))
	case ok && want == formText:
		d.addNode(n, what+" is "+kindOf(n), fmt.Sprintf("put it in quotes: %q", text))
	default:
		d.addNode(n, what+" is "+kindOf(n), want.hint())
	}
	return "", false
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

// read parses a text value and reports what is wrong with it in its place.
func read[T any](d *decoder, what string, n ast.Node, parse func(string) (T, error)) (T, bool) {
	var zero T
	s, ok := d.scalar(what, n, formText, func(s string) error { _, err := parse(s); return err })
	if !ok {
		return zero, false
	}
	v, err := parse(s)
	if err != nil {
		d.addError(n, what, err)
		return zero, false
	}
	return v, true
}

func (d *decoder) addError(n ast.Node, what string, err error) {
	wrong, right := tell(err)
	d.addNode(n, what+": "+wrong, right)
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

func keyList(fields []field) string {
	keys := make([]string, len(fields))
	for i, f := range fields {
		keys[i] = f.key
	}
	return strings.Join(keys, ", ")
}

// didYouMean proposes the key that a misspelling is nearest to, if it is near.
func didYouMean(key string, fields []field) string {
	const farthest = 3
	best, distance := "", farthest+1
	for _, f := range fields {
		if n := levenshtein.ComputeDistance(strings.ToLower(shorten(key)), f.key); n < distance && n <= (len(f.key)+1)/2 {
			best, distance = f.key, n
		}
	}
	if best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	return "write one of " + keyList(fields)
}
