package githubsim

import (
	_ "embed"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"unicode"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/gqlerror"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"
	"github.com/vektah/gqlparser/v2/validator/rules"
)

//go:embed testdata/schema.graphql
var schemaText string

// Schema returns the GraphQL schema in force, in the schema language. It is a
// true subset of GitHub's published one, so a query that is valid here is
// valid there.
func Schema() string { return schemaText }

// loadSchema parses the embedded schema once for all servers; nobody changes
// what it returns.
var loadSchema = sync.OnceValue(func() *ast.Schema {
	schema, err := validator.LoadSchema(validator.Prelude, &ast.Source{Name: "schema.graphql", Input: schemaText})
	if err != nil {
		panic("githubsim: testdata/schema.graphql: " + err.Error())
	}
	return schema
})

// document is a query text, parsed and validated; errs is what is wrong with it.
type document struct {
	query *ast.QueryDocument
	errs  []responseError
}

// documents caches parsed and validated queries by their text, because
// programs send the same few texts over and over.
type documents struct {
	schema *ast.Schema
	rules  *rules.Rules

	mu     sync.Mutex
	byText map[string]document
}

// Limits on what is parsed: GitHub has the like, and the cache must not grow
// without end under a fuzzer.
const (
	maxTokens          = 50_000
	maxCachedDocuments = 512
)

func newDocuments() *documents {
	return &documents{schema: loadSchema(), rules: rules.NewDefaultRules(), byText: map[string]document{}}
}

func (d *documents) get(text string) document {
	d.mu.Lock()
	defer d.mu.Unlock()
	if doc, ok := d.byText[text]; ok {
		return doc
	}
	doc := d.parse(text)
	if len(d.byText) >= maxCachedDocuments {
		clear(d.byText)
	}
	d.byText[text] = doc
	return doc
}

func (d *documents) parse(text string) document {
	query, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, maxTokens)
	if err != nil {
		return document{errs: []responseError{parseError(err)}}
	}
	list := validator.ValidateWithRules(d.schema, query, d.rules)
	if len(list) == 0 {
		return document{query: query}
	}
	errs := make([]responseError, len(list))
	for i, e := range list {
		errs[i] = validationError(query, e)
	}
	return document{errs: errs}
}

func parseError(err error) responseError {
	if e, ok := errors.AsType[*gqlerror.Error](err); ok {
		return responseError{Message: e.Message, Locations: locations(e)}
	}
	return responseError{Message: err.Error()}
}

func locations(e *gqlerror.Error) []location {
	at := make([]location, len(e.Locations))
	for i, l := range e.Locations {
		at[i] = location(l)
	}
	return at
}

// wording says how GitHub words a validation rule: the pattern takes the
// parser's message apart, message puts it together again.
type wording struct {
	pattern *regexp.Regexp
	message string   // with $1, $2 … of the pattern
	code    string   // extensions.code
	names   []string // extensions named after the pattern's groups; "" for none
}

// wordings are known for the mistakes that a client makes; other rules keep
// the parser's words and a code made from the rule's name.
var wordings = sync.OnceValue(func() map[string]wording {
	return map[string]wording{
		"FieldsOnCorrectType": {regexp.MustCompile(`^Cannot query field "(\w+)" on type "(\w+)"`),
			"Field '$1' doesn't exist on type '$2'", "undefinedField", []string{"fieldName", "typeName"}},
		"KnownArgumentNames": {regexp.MustCompile(`^Unknown argument "(\w+)" on field "\w+\.(\w+)"`),
			"Field '$2' doesn't accept argument '$1'", "argumentNotAccepted", []string{"argumentName", "name"}},
		"ProvidedRequiredArguments": {regexp.MustCompile(`^Field "(\w+)" argument "(\w+)"`),
			"Field '$1' is missing required arguments: $2", "missingRequiredArguments", []string{"name", "arguments"}},
		"ScalarLeafs": {regexp.MustCompile(`^Field "(\w+)" of type "([^"!]+)!?" must have`),
			"Field must have selections (field '$1' returns $2 but has no selections. Did you mean '$1 { ... }'?)",
			"selectionMismatch", []string{"nodeName", "typeName"}},
		"NoUnusedVariables": {regexp.MustCompile(`^Variable "\$(\w+)" is never used`),
			"Variable $$$1 is declared by anonymous query but not used", "variableNotUsed", []string{"variableName"}},
		"NoUndefinedVariables": {regexp.MustCompile(`^Variable "\$?(\w+)" is not defined`),
			"Variable $$$1 is used by anonymous query but not declared", "variableNotDefined", []string{"variableName"}},
	}
})

// validationError words an error as GitHub does (graphql-ruby's texts and
// extension codes), with the path through the query to where it is.
func validationError(query *ast.QueryDocument, e *gqlerror.Error) responseError {
	out := responseError{Message: e.Message, Locations: locations(e), Path: queryPath(query, e)}
	rule := []rune(e.Rule)
	if len(rule) > 0 {
		rule[0] = unicode.ToLower(rule[0])
	}
	out.Extensions = map[string]string{"code": string(rule)}
	w, known := wordings()[e.Rule]
	if !known {
		return out
	}
	m := w.pattern.FindStringSubmatchIndex(e.Message)
	if m == nil {
		return out
	}
	out.Message = string(w.pattern.ExpandString(nil, w.message, e.Message, m))
	out.Extensions["code"] = w.code
	for i, name := range w.names {
		out.Extensions[name] = e.Message[m[2*i+2]:m[2*i+3]]
	}
	return out
}

// queryPath is the way from the operation to the selection an error points at,
// as GitHub tells it: ["query", "viewer", "login"].
func queryPath(query *ast.QueryDocument, e *gqlerror.Error) []step {
	if len(e.Locations) == 0 {
		return nil
	}
	at := e.Locations[0]
	here := func(p *ast.Position) bool { return p != nil && p.Line == at.Line && p.Column == at.Column }
	for _, op := range query.Operations {
		root := step{name: strings.TrimSpace(string(op.Operation) + " " + op.Name)}
		if path := pathIn(op.SelectionSet, here); path != nil {
			return append([]step{root}, path...)
		}
	}
	for _, f := range query.Fragments {
		if path := pathIn(f.SelectionSet, here); path != nil {
			return append([]step{{name: "fragment " + f.Name}}, path...)
		}
	}
	return nil
}

func pathIn(set ast.SelectionSet, here func(*ast.Position) bool) []step {
	for _, s := range set {
		var own step
		var below ast.SelectionSet
		switch s := s.(type) {
		case *ast.Field:
			own, below = step{name: s.Alias}, s.SelectionSet
		case *ast.InlineFragment:
			own, below = step{name: fmt.Sprintf("... on %s", s.TypeCondition)}, s.SelectionSet
		case *ast.FragmentSpread:
			own = step{name: "... " + s.Name}
		}
		if here(s.GetPosition()) {
			return []step{own}
		}
		if path := pathIn(below, here); path != nil {
			return append([]step{own}, path...)
		}
	}
	return nil
}
