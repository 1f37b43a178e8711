package githubsim

import (
	_ "embed"
	"sync"

	"github.com/vektah/gqlparser/v2/ast"
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

// document is a query text, parsed and validated; errs is what is wrong with
// it, in the parser's words and with GitHub's shape.
type document struct {
	query *ast.QueryDocument
	errs  []responseError
}

// documents caches parsed and validated queries by their text, because
// programs send the same few texts over and over.
type documents struct {
	rules *rules.Rules

	mu     sync.Mutex
	byText map[string]document
}

// Limits on what is parsed: GitHub has the like, and the cache must not grow
// without end under a fuzzer.
const (
	maxTokens          = 50_000
	maxCachedDocuments = 512
)

func (d *documents) get(text string) document {
	d.mu.Lock()
	defer d.mu.Unlock()
	if doc, ok := d.byText[text]; ok {
		return doc
	}
	if d.byText == nil || len(d.byText) >= maxCachedDocuments {
		d.byText, d.rules = map[string]document{}, rules.NewDefaultRules()
	}
	doc := d.parse(text)
	d.byText[text] = doc
	return doc
}

func (d *documents) parse(text string) document {
	query, err := parser.ParseQueryWithTokenLimit(&ast.Source{Input: text}, maxTokens)
	if err != nil {
		return document{errs: []responseError{{Message: err.Error()}}}
	}
	var errs []responseError
	for _, e := range validator.ValidateWithRules(loadSchema(), query, d.rules) {
		wrong := responseError{Message: e.Message, Extensions: map[string]any{"code": e.Rule}}
		for _, l := range e.Locations {
			wrong.Locations = append(wrong.Locations, location(l))
		}
		errs = append(errs, wrong)
	}
	return document{query: query, errs: errs}
}
