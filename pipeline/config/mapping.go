package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/agnivade/levenshtein"
	"github.com/goccy/go-yaml/ast"
)

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

// row says how the entries of a list of mappings are written.
type row[R any] struct {
	fields   []field[R]
	required []string
	oneOf    []string // exactly one of these keys stands in an entry; nil for no such rule
	example  string
	// same reports two entries of which the second would never count.
	same func(a, b R) bool
}

// rows is a key with a list of mappings.
func rows[T, R any](key string, at func(*T) *[]R, r row[R], about string) field[T] {
	return field[T]{
		key: key, rows: true, schema: schema{"type": "array", "items": r.schema(), "description": about},
		read: func(d *decoder, what string, n ast.Node, into *T) {
			d.sequence(what, n, func(what string, n ast.Node) {
				var entry R
				before := len(d.problems)
				r.read(d, what, n, &entry)
				switch {
				case len(d.problems) > before:
				case slices.ContainsFunc(*at(into), func(e R) bool { return r.same(e, entry) }):
					d.addNode(n, what+" fits the same repositories as an entry before it, and the first counts", "keep one of the two")
				default:
					*at(into) = append(*at(into), entry)
					d.found(what, n)
				}
			})
		},
		show: func(t *T) []string {
			var lines []string
			for _, entry := range *at(t) {
				lines = append(lines, r.show(&entry))
			}
			return lines
		},
	}
}

// read reads one entry and reports what it lacks as a whole, unless a key in it
// is misspelt.
func (r row[R]) read(d *decoder, what string, n ast.Node, entry *R) {
	present, ok := readMapping(d, what, n, r.fields, entry)
	if !ok {
		return
	}
	var selectors []string
	for _, key := range r.oneOf {
		if present[key] {
			selectors = append(selectors, key)
		}
	}
	switch {
	case len(selectors) > 1:
		d.addNode(n, what+" has "+strings.Join(selectors, " and "), "keep one of them, and write a further entry for each of the others")
	case len(selectors) == 0 && r.oneOf != nil:
		d.addNode(n, what+" has none of "+strings.Join(r.oneOf, ", "), "add one of them, such as "+r.example)
	}
	for _, key := range r.required {
		if !present[key] {
			d.addNode(n, what+" has no "+key, "add one, such as "+r.example)
		}
	}
}

func (r row[R]) schema() schema {
	s := object(r.fields)
	s["required"] = r.required
	var choice []schema
	for _, key := range r.oneOf {
		choice = append(choice, schema{"required": []string{key}})
	}
	if choice != nil {
		s["oneOf"] = choice
	}
	return s
}

func (r row[R]) show(entry *R) string {
	var parts []string
	for _, f := range r.fields {
		if text := f.show(entry)[0]; text != "" {
			parts = append(parts, f.key+": "+strconv.Quote(text))
		}
	}
	return "{" + strings.Join(parts, ", ") + "}"
}

// object is the schema of a mapping with the given keys and no others.
func object[T any](fields []field[T]) schema {
	properties := schema{}
	for _, f := range fields {
		group, member, nested := strings.Cut(f.key, ".")
		if !nested {
			properties[f.key] = f.schema
			continue
		}
		if properties[group] == nil {
			properties[group] = object[T](nil).with("description", groups[group])
		}
		properties[group].(schema)["properties"].(schema)[member] = f.schema
	}
	return schema{"type": "object", "properties": properties, "additionalProperties": false}
}

// groups tells editors about the keys that hold others.
var groups = map[string]string{
	"include":   "Which kinds of repositories the survey covers.",
	"tiers":     "Where each status by age ends; dormant is what lies beyond stale. They must ascend.",
	"count":     "People's commits that do not count by default, because they do not show that somebody maintains the repository.",
	"ownership": "Who answers for a repository.",
	"ignore":    "What NuGet packages tell and the report passes over.",
	"nuget":     "Which NuGet packages the survey covers; none without this key.",
	"site":      "How the report presents itself.",
}
