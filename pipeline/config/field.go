package config

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/goccy/go-yaml/ast"

	"github.com/stalewatch/stalewatch/pipeline"
)

// field is one key that fills a part of a T.
type field[T any] struct {
	key    string // with dots between levels
	schema schema
	read   func(d *decoder, what string, n ast.Node, into *T)
	// set reads the text of a flag or variable; nil for what only a file can say.
	set func(into *T, text string) error
	// setAll reads texts that stand apart already; nil for what is no list.
	setAll func(into *T, texts []string) error
	// show returns the value as one would write it; for rows, one text each.
	show func(*T) []string
	rows bool
}

// kind is a type of values: how they are written, read and shown.
type kind[V any] struct {
	form   form
	schema schema
	parse  func(string) (V, error)
	show   func(V) string
}

// one is a key with a single value.
func one[T, V any](key string, k kind[V], at func(*T) *V, about string) field[T] {
	set := func(into *T, text string) error {
		v, err := k.parse(text)
		if err == nil {
			*at(into) = v
		}
		return err
	}
	return field[T]{
		key: key, schema: k.schema.with("description", about), set: set,
		read: func(d *decoder, what string, n ast.Node, into *T) {
			if d.scalar(what, n, k.form, func(text string) error { return set(into, text) }) {
				d.found(what, n)
			}
		},
		show: func(t *T) []string { return []string{k.show(*at(t))} },
	}
}

// many is a key with a list of texts that may not repeat, whatever their case.
func many[T any](key string, k kind[string], at func(*T) *[]string, about string) field[T] {
	add := func(list *[]string, text string) error {
		if _, err := k.parse(text); err != nil {
			return err
		}
		if slices.ContainsFunc(*list, func(s string) bool { return strings.EqualFold(s, text) }) {
			return &mistake{fmt.Sprintf("%q is named twice", shorten(text)), "name it once"}
		}
		*list = append(*list, text)
		return nil
	}
	setAll := func(into *T, texts []string) error {
		var list []string
		for _, text := range texts {
			if err := add(&list, text); err != nil {
				return err
			}
		}
		*at(into) = list
		return nil
	}
	return field[T]{
		key: key, schema: schema{"type": "array", "items": k.schema, "uniqueItems": true, "description": about}, setAll: setAll,
		read: func(d *decoder, what string, n ast.Node, into *T) {
			d.found(what, n)
			d.sequence(what, n, func(what string, n ast.Node) {
				d.scalar(what, n, formText, func(text string) error { return add(at(into), text) })
			})
		},
		set: func(into *T, text string) error {
			var texts []string
			for part := range strings.FieldsFuncSeq(text, k.separates) {
				texts = append(texts, strings.TrimSpace(part))
			}
			return setAll(into, texts)
		},
		show: func(t *T) []string {
			shown := slices.Clone(*at(t))
			for i, s := range shown {
				if !loginSyntax.MatchString(s) {
					shown[i] = strconv.Quote(s)
				}
			}
			return []string{strings.Join(shown, ", ")}
		},
	}
}

// lists is a key with a mapping from names of custom properties to texts.
func lists[T any](key string, at func(*T) *map[string][]string, about string) field[T] {
	names := properties
	return field[T]{
		key: key, schema: schema{"type": "object", "propertyNames": names.schema, "description": about,
			"additionalProperties": schema{"type": "array", "items": texts.schema, "minItems": 1, "uniqueItems": true}},
		read: func(d *decoder, what string, n ast.Node, into *T) {
			m, ok := n.(*ast.MappingNode)
			if !ok {
				d.addNode(n, what+" is "+kindOf(n), "write names and lists of values, such as lifecycle: [production]")
				return
			}
			d.found(what, n)
			found := make(map[string][]string)
			for _, entry := range m.Values {
				key, _, _ := scalarText(entry.Key.(ast.Node))
				if _, err := names.parse(key); err != nil {
					wrong, right := tell(err)
					d.addNode(entry.Key, wrong, right)
					continue
				}
				if pipeline.Property(found, key) != nil {
					d.addNode(entry.Key, fmt.Sprintf("the key %q stands here twice", key), "keep one of the two")
					continue
				}
				values := many(key, texts, func(into *[]string) *[]string { return into }, "")
				var list []string
				before := len(d.problems)
				if values.read(d, what+"."+key, entry.Value, &list); len(list) == 0 && len(d.problems) == before {
					d.addNode(entry.Key, fmt.Sprintf("%q has no value", key), "write one, or take the key out")
				}
				found[key] = list
			}
			*at(into) = found
		},
		show: func(t *T) []string {
			var parts []string
			for _, name := range slices.Sorted(maps.Keys(*at(t))) {
				parts = append(parts, name+": "+strings.Join((*at(t))[name], " or "))
			}
			return []string{strings.Join(parts, ", ")}
		},
	}
}

// separates reports where a flag's list is cut: at commas, and at spaces where
// no value holds any.
func (k kind[V]) separates(r rune) bool {
	_, err := k.parse("a b")
	return r == ',' || err != nil && unicode.IsSpace(r)
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
