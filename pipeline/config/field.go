package config

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"github.com/stalewatch/stalewatch/pipeline"
)

// field is one key that fills a part of a T.
type field[T any] struct {
	key    string // with dots between levels
	schema schema
	read   func(d *decoder, what string, n ast.Node, into *T)
	// set reads the text of a flag or variable, or the texts of a list; nil for
	// what only a file can say.
	set  func(into *T, texts ...string) *mistake
	list bool
	// show returns the value as one would write it; for rows, one text each.
	show func(*T) []string
	rows bool
}

// one is a key with a single value.
func one[T, V any](key string, k kind[V], at func(*T) *V, about string) field[T] {
	set := func(into *T, texts ...string) *mistake {
		v, wrong := k.parse(texts[0])
		if wrong == nil {
			*at(into) = v
		}
		return wrong
	}
	return field[T]{
		key: key, schema: k.schema.with("description", about), set: set,
		read: func(d *decoder, what string, n ast.Node, into *T) {
			if d.scalar(what, n, k.form, func(text string) *mistake { return set(into, text) }) {
				d.found(what, n)
			}
		},
		show: func(t *T) []string { return []string{k.show(*at(t))} },
	}
}

// many is a key with a list of texts that may not repeat, whatever their case.
func many[T any](key string, k kind[string], at func(*T) *[]string, about string) field[T] {
	add := func(list *[]string, text string) *mistake {
		if _, wrong := k.parse(text); wrong != nil {
			return wrong
		}
		if slices.ContainsFunc(*list, func(s string) bool { return strings.EqualFold(s, text) }) {
			return &mistake{fmt.Sprintf("%q is named twice", shorten(text)), "name it once"}
		}
		*list = append(*list, text)
		return nil
	}
	return field[T]{
		key: key, schema: schema{"type": "array", "items": k.schema, "uniqueItems": true, "description": about}, list: true,
		read: func(d *decoder, what string, n ast.Node, into *T) {
			d.found(what, n)
			d.sequence(what, n, func(what string, n ast.Node) {
				d.scalar(what, n, formText, func(text string) *mistake { return add(at(into), text) })
			})
		},
		set: func(into *T, texts ...string) *mistake {
			var list []string
			for _, text := range texts {
				if wrong := add(&list, text); wrong != nil {
					return wrong
				}
			}
			*at(into) = list
			return nil
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
	return field[T]{
		key: key, schema: schema{"type": "object", "propertyNames": properties.schema, "description": about,
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
				if _, wrong := properties.parse(key); wrong != nil {
					d.addNode(entry.Key, wrong.what, wrong.right)
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
