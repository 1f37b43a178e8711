package config

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// kind is a type of values: how they are written, read and shown.
type kind[V any] struct {
	form   form
	schema schema
	parse  func(string) (V, *mistake)
	show   func(V) string
}

// form is the YAML type in which a value is written.
type form int

const (
	formText form = iota
	formBool
	formInteger
	formShare // a percentage or a whole number
	formFloat // no value is written so
)

// hint says how to write a value of the form.
func (f form) hint() string {
	switch f {
	case formBool:
		return "write true or false, without quotes"
	case formInteger:
		return "write a whole number, without quotes"
	case formShare:
		return "write a share such as 1%, or a whole number without quotes"
	}
	return "write one text here"
}

// schema is a JSON Schema of draft 2020-12.
type schema map[string]any

// with returns a copy with one keyword more.
func (s schema) with(keyword string, value any) schema {
	s = maps.Clone(s)
	s[keyword] = value
	return s
}

func patterned(syntax *regexp.Regexp) schema {
	return schema{"type": "string", "pattern": syntax.String()}
}

// text is a kind of text that stays as it is written.
func text(s schema, check func(string) *mistake) kind[string] {
	return kind[string]{formText, s, func(s string) (string, *mistake) { return s, check(s) }, func(s string) string { return s }}
}

// line is text on one line, with something in it.
func line(s schema, check func(string) *mistake) kind[string] {
	return text(s, func(s string) *mistake { return cmp.Or(checkLine(s), check(s)) })
}

// matching is text of one syntax; what and right are about text that has another.
func matching(syntax *regexp.Regexp, what, right string) kind[string] {
	return text(patterned(syntax), unless(syntax.MatchString, what, right))
}

// unless accepts what fits; what is wrong with the rest goes on from the text.
func unless(fits func(string) bool, what, right string) func(string) *mistake {
	return func(s string) *mistake {
		if fits(s) {
			return nil
		}
		return &mistake{fmt.Sprintf("%q %s", s, what), right}
	}
}

// maxText bounds reasons, titles and names, in characters.
const maxText = 500

func checkLine(s string) *mistake {
	switch {
	case strings.TrimSpace(s) == "":
		return &mistake{"the text is empty", "write at least a word, or take the key out"}
	case utf8.RuneCountInString(s) > maxText:
		return &mistake{fmt.Sprintf("the text has %d characters", utf8.RuneCountInString(s)), fmt.Sprintf("%d are allowed", maxText)}
	case strings.ContainsFunc(strings.TrimSuffix(s, "\n"), func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Cf) }):
		return &mistake{"the text holds a line break or an invisible character", "write it on one line"}
	}
	return nil
}
