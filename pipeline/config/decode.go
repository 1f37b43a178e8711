package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/goccy/go-yaml/ast"

	"github.com/stalewatch/stalewatch/pipeline"
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

// rootName names the document as a whole.
const rootName = "the file"

// readMapping reads the keys of a mapping in the order of the file and reports
// those that are unknown, doubled or without a value. It returns the keys that
// are there, and false when one is unknown or n is no mapping.
func readMapping[T any](d *decoder, what string, n ast.Node, fields []field[T], into *T) (present map[string]bool, ok bool) {
	names, prefix, inside := topKeys(fields), what+".", " in "+what
	if what == rootName {
		prefix, inside = "", ""
	}
	m, ok := n.(*ast.MappingNode)
	if !ok {
		d.addNode(n, what+" is "+kindOf(n), "write keys and values, such as "+names[0]+": …")
		return nil, false
	}
	present = map[string]bool{}
	for _, entry := range m.Values {
		key, isText := entry.Key.(ast.Node).(*ast.StringNode)
		switch {
		case !isText:
			d.addNode(entry.Key, "a key is "+kindOf(entry.Key), "write one of "+strings.Join(names, ", "))
		case !slices.Contains(names, key.Value):
			d.addNode(key, fmt.Sprintf("unknown key %q%s", shorten(key.Value), inside), didYouMean(key.Value, names))
			ok = false
		case present[key.Value]:
			d.addNode(key, fmt.Sprintf("the key %q stands here twice", key.Value), "keep one of the two")
		case isNull(entry.Value):
			d.addNode(key, fmt.Sprintf("%q has no value", key.Value), "write one, or take the key out")
			present[key.Value] = true
		default:
			present[key.Value] = true
			d.nodes[prefix+key.Value] = entry.Value
			readKey(d, prefix+key.Value, entry.Value, fields, key.Value, into)
		}
	}
	return present, ok
}

// readKey reads the value of one key, or the group of those under it.
func readKey[T any](d *decoder, what string, n ast.Node, fields []field[T], key string, into *T) {
	var group []field[T]
	for _, f := range fields {
		if f.key == key {
			f.read(d, what, n, into)
			return
		}
		if member, ok := strings.CutPrefix(f.key, key+"."); ok {
			f.key = member
			group = append(group, f)
		}
	}
	readMapping(d, what, n, group, into)
}

// topKeys are the first parts of the fields' keys, each once.
func topKeys[T any](fields []field[T]) []string {
	var names []string
	for _, f := range fields {
		name, _, _ := strings.Cut(f.key, ".")
		names = append(names, name)
	}
	return slices.Compact(names)
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
func (d *decoder) scalar(what string, n ast.Node, want form, set func(string) error) bool {
	text, written, single := scalarText(n)
	fits := single && (written == want || want == formShare && (written == formInteger || written == formText && strings.HasSuffix(text, "%")))
	if fits || single && want == formText {
		if err := set(text); err != nil {
			wrong, right := tell(err)
			d.addNode(n, what+": "+wrong, right)
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

// checkTiers reports the tiers that do not end after the one before, each at
// the later of the two that the file sets. A tier that was misread has no end
// to compare.
func (d *decoder) checkTiers() {
	t := d.config.Tiers
	names, ends := []string{"tiers.fresh", "tiers.active", "tiers.aging", "tiers.stale"}, []pipeline.Span{t.Fresh, t.Active, t.Aging, t.Stale}
	byDefault := func(i int) string {
		if d.nodes[names[i]] == nil {
			return " by default"
		}
		return ""
	}
	misread := func(i int) bool { return d.nodes[names[i]] != nil && d.config.origins[names[i]].Kind == FromDefault }
	for i := 1; i < len(names); i++ {
		if ends[i].Compare(ends[i-1]) > 0 || misread(i) || misread(i-1) {
			continue
		}
		n := d.nodes[names[i]]
		if n == nil {
			n = d.nodes[names[i-1]]
		}
		d.addNode(n, fmt.Sprintf("%s ends at %s%s, but %s at %s%s", names[i], ends[i], byDefault(i), names[i-1], ends[i-1], byDefault(i-1)),
			"each tier must end later than the one before it: fresh, active, aging, stale")
	}
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

// didYouMean proposes the key that a misspelling is nearest to, if it is near.
func didYouMean(key string, names []string) string {
	const farthest = 3
	best, distance := "", farthest+1
	for _, name := range names {
		if n := levenshtein.ComputeDistance(strings.ToLower(shorten(key)), name); n < distance && n <= (len(name)+1)/2 {
			best, distance = name, n
		}
	}
	if best != "" {
		return fmt.Sprintf("did you mean %q?", best)
	}
	return "write one of " + strings.Join(names, ", ")
}
