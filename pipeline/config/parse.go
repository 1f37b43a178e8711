package config

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// Parse reads a configuration from data; name stands for it in errors. An
// empty file is the default configuration. Every mistake is in the [*Error]
// that is returned.
func Parse(name string, data []byte) (*Config, error) {
	d := &decoder{name: name, config: Default()}
	if d.checkBytes(data) {
		d.text = normalize(data)
		d.lines = strings.Split(d.text, "\n")
		if root := d.parseYAML(); root != nil {
			d.document(root)
		}
	}
	if len(d.problems) > 0 {
		sortProblems(d.problems)
		return nil, &Error{Problems: d.problems}
	}
	return d.config, nil
}

// checkBytes refuses what is no text, before a parser sees it.
func (d *decoder) checkBytes(data []byte) bool {
	if len(data) > MaxSize {
		d.add(1, 1, fmt.Sprintf("the file is larger than %d bytes", MaxSize), "a configuration is a short text; is this the right file?")
		return false
	}
	if bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}) {
		d.add(1, 1, "the file is UTF-16", "save it as UTF-8")
		return false
	}
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			d.addAt(data, i, "the text is not UTF-8", "save the file as UTF-8")
			return false
		case r < ' ' && r != '\n' && r != '\r' && r != '\t' || r == 0x7f:
			d.addAt(data, i, fmt.Sprintf("the character U+%04X is not text", r), "remove it")
			return false
		}
		i += size
	}
	return true
}

// normalize takes away the byte order mark and turns all line ends into \n,
// neither of which the YAML parser counts right.
func normalize(data []byte) string {
	text := strings.TrimPrefix(string(data), "\ufeff")
	return strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)
}

// parseYAML returns the root node, or nil when there is none or the text is
// not the YAML that a configuration needs.
func (d *decoder) parseYAML() (root ast.Node) {
	defer func() {
		// The parser is a library that reads foreign text; should it panic,
		// the user still gets a sentence.
		if r := recover(); r != nil {
			d.add(1, 1, fmt.Sprintf("the file could not be read as YAML (%v)", r), "simplify it")
			root = nil
		}
	}()
	tokens := lexer.Tokenize(d.text)
	if !d.checkTokens(tokens) {
		return nil
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		d.syntax(err)
		return nil
	}
	for _, doc := range file.Docs {
		switch {
		case doc.Body == nil:
		case root != nil:
			line, column := position(doc.Body)
			d.add(line, column, "a second YAML document begins here", "put everything into one document, without ---")
			return nil
		default:
			root = doc.Body
		}
	}
	return root
}

// checkTokens refuses what has no place in a configuration: anchors, aliases,
// merge keys, tags and directives, which let a short text stand for a huge one
// or for other types, and sizes that no configuration needs.
func (d *decoder) checkTokens(tokens token.Tokens) bool {
	before, size := len(d.problems), shape{keys: map[int]int{}}
	for _, t := range tokens {
		switch t.Type {
		case token.AnchorType, token.AliasType, token.MergeKeyType:
			d.addToken(t, "anchors, aliases and merge keys are not supported", "write the value out")
		case token.TagType:
			d.addToken(t, "tags are not supported", "write the value without "+strings.TrimSpace(t.Value))
		case token.DirectiveType:
			d.addToken(t, "directives are not supported", "take the line out")
		}
		if what := size.add(t); what != "" {
			d.addToken(t, what, "a configuration needs far less; is this the right file?")
			break
		}
	}
	return len(d.problems) == before
}

// shape bounds what the YAML parser is given: its time grows with the square of
// the nesting and of the keys of one block.
type shape struct {
	brackets int
	dashes   int // list marks on the current line
	line     int
	keys     map[int]int // of the open blocks, by their column
}

const (
	maxDepth = 20  // the configuration needs three levels
	maxKeys  = 200 // and eleven keys side by side
)

// add returns what is too much at a token, empty while it is in bounds.
func (s *shape) add(t *token.Token) string {
	column := t.Position.Column
	switch t.Type {
	case token.SequenceStartType, token.MappingStartType:
		s.brackets++
	case token.SequenceEndType, token.MappingEndType:
		s.brackets--
	case token.SequenceEntryType, token.MappingKeyType:
		if t.Position.Line != s.line {
			s.dashes, s.line = 0, t.Position.Line
		}
		s.dashes++
		s.close(column)
	case token.MappingValueType:
		if t.Prev != nil {
			column = t.Prev.Position.Column
		}
		if s.brackets <= 0 {
			s.close(column)
			s.keys[column]++
		}
	}
	switch {
	case s.brackets+s.dashes > maxDepth:
		return fmt.Sprintf("more than %d levels are nested here", maxDepth)
	case s.keys[column] > maxKeys:
		return fmt.Sprintf("more than %d keys stand side by side here", maxKeys)
	}
	return ""
}

// close forgets the blocks that are indented further than column.
func (s *shape) close(column int) {
	for c := range s.keys {
		if c > column {
			delete(s.keys, c)
		}
	}
}

// syntax reports an error of the YAML parser in its place.
func (d *decoder) syntax(err error) {
	what, line, column := err.Error(), 1, 1
	if e, ok := errors.AsType[yaml.Error](err); ok {
		what = e.GetMessage()
		if t := e.GetToken(); t != nil && t.Position != nil {
			line, column = t.Position.Line, t.Position.Column
		}
	}
	right := "check the indentation and the brackets of this line and the one before"
	switch {
	case strings.Contains(what, "'@' is a reserved"):
		right = `put the name in quotes, such as "@user"`
	case strings.Contains(what, "found character '\t'"):
		what, right = "a tab stands where indentation is expected", "indent with spaces"
	case strings.Contains(what, "could not find end character"):
		right = "close the quotes"
	}
	d.add(line, column, what, right)
}
