package config

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"github.com/stalewatch/stalewatch/pipeline"
)

// Load reads the configuration in a file. Mistakes in it are an [*Error]; a
// file that cannot be opened is an error that wraps [os.ErrNotExist] or the
// like.
func Load(path string) (*Config, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("configuration: %w", err)
	}
	return Parse(path, data)
}

// Parse reads a configuration from data; name stands for it in errors. An
// empty file is the default configuration. Every mistake is in the [*Error]
// that is returned.
func Parse(name string, data []byte) (*Config, error) {
	d := &decoder{name: name, config: Default(), nodes: map[string]ast.Node{}}
	if root := d.parseYAML(data); !isNull(root) {
		readMapping(d, rootName, root, keys(), d.config)
		d.checkTiers()
	}
	if len(d.problems) > 0 {
		slices.SortStableFunc(d.problems, func(a, b Problem) int {
			return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
		})
		return nil, &Error{Problems: d.problems}
	}
	return d.config, nil
}

// parseYAML returns the root node, or nil when there is none or the text is
// not the YAML that a configuration needs.
func (d *decoder) parseYAML(data []byte) (root ast.Node) {
	// The parser counts neither the byte order mark nor other line ends right.
	text := strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(strings.TrimPrefix(string(data), "\ufeff"))
	if !utf8.ValidString(text) {
		before, _, _ := strings.Cut(strings.ToValidUTF8(text, "\x00"), "\x00")
		d.add(strings.Count(before, "\n")+1, utf8.RuneCountInString(before[strings.LastIndexByte(before, '\n')+1:])+1,
			"the text is not UTF-8", "save the file as UTF-8")
		return nil
	}
	defer func() { // the parser is a library that reads foreign text
		if r := recover(); r != nil {
			d.add(1, 1, fmt.Sprintf("the file could not be read as YAML (%v)", r), "simplify it")
			root = nil
		}
	}()
	tokens := lexer.Tokenize(text)
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
			d.addNode(doc.Body, "a second YAML document begins here", "put everything into one document, without ---")
			return nil
		default:
			root = doc.Body
		}
	}
	return root
}

// checkTokens refuses what would let a text stand for another: anchors,
// aliases, merge keys, tags and directives.
func (d *decoder) checkTokens(tokens token.Tokens) bool {
	for _, t := range tokens {
		line, column := t.Position.Line, t.Position.Column
		switch t.Type {
		case token.AnchorType, token.AliasType, token.MergeKeyType:
			d.add(line, column, "anchors, aliases and merge keys are not supported", "write the value out")
		case token.TagType:
			d.add(line, column, "tags are not supported", "write the value without "+strings.TrimSpace(t.Value))
		case token.DirectiveType:
			d.add(line, column, "directives are not supported", "take the line out")
		}
	}
	return len(d.problems) == 0
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
