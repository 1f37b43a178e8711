package githubsim_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/vektah/gqlparser/v2/ast"
	"github.com/vektah/gqlparser/v2/parser"
	"github.com/vektah/gqlparser/v2/validator"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
)

func parseSchema(t *testing.T, name, text string) *ast.Schema {
	t.Helper()
	s, err := validator.LoadSchema(validator.Prelude, &ast.Source{Name: name, Input: text})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestSchemaIsSubset holds the simulator's schema against GitHub's published
// one, so that a query that is valid here is valid there.
func TestSchemaIsSubset(t *testing.T) {
	path := os.Getenv("STALEWATCH_GITHUB_SCHEMA")
	if path == "" {
		const how = "set STALEWATCH_GITHUB_SCHEMA to schema.graphql of npm's @octokit/graphql-schema 15.25.0 to compare with GitHub's schema"
		if os.Getenv("CI") == "true" {
			t.Fatal(how)
		}
		t.Skip(how)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	theirs := parseSchema(t, path, string(text))
	ours := parseSchema(t, "schema.graphql", githubsim.Schema())
	for name, def := range ours.Types {
		if def.BuiltIn || strings.HasPrefix(name, "__") {
			continue
		}
		for _, problem := range notWithin(def, theirs.Types[name]) {
			t.Errorf("%s: %s", name, problem)
		}
	}
}

// notWithin lists what a type has that GitHub's has not, or has otherwise.
func notWithin(ours, theirs *ast.Definition) (problems []string) {
	if theirs == nil {
		return []string{"GitHub has no such type"}
	}
	if ours.Kind != theirs.Kind {
		return []string{fmt.Sprintf("is a %s, GitHub's is a %s", ours.Kind, theirs.Kind)}
	}
	for _, i := range ours.Interfaces {
		if !slices.Contains(theirs.Interfaces, i) {
			problems = append(problems, "GitHub's does not implement "+i)
		}
	}
	for _, v := range ours.EnumValues {
		if theirs.EnumValues.ForName(v.Name) == nil {
			problems = append(problems, "GitHub has no value "+v.Name)
		}
	}
	for _, f := range ours.Fields {
		if strings.HasPrefix(f.Name, "__") {
			continue
		}
		their := theirs.Fields.ForName(f.Name)
		if their == nil {
			problems = append(problems, "GitHub has no field "+f.Name)
			continue
		}
		problems = append(problems, fieldNotWithin(f, their)...)
	}
	if ours.Kind == ast.InputObject {
		for _, f := range theirs.Fields {
			if f.Type.NonNull && ours.Fields.ForName(f.Name) == nil {
				problems = append(problems, "lacks the required "+f.Name)
			}
		}
	}
	return problems
}

func fieldNotWithin(ours, theirs *ast.FieldDefinition) (problems []string) {
	if ours.Type.String() != theirs.Type.String() {
		problems = append(problems, fmt.Sprintf("%s is %s, GitHub's is %s", ours.Name, ours.Type, theirs.Type))
	}
	for _, a := range ours.Arguments {
		their := theirs.Arguments.ForName(a.Name)
		switch {
		case their == nil:
			problems = append(problems, fmt.Sprintf("GitHub has no %s(%s:)", ours.Name, a.Name))
		case a.Type.String() != their.Type.String():
			problems = append(problems, fmt.Sprintf("%s(%s:) is %s, GitHub's is %s", ours.Name, a.Name, a.Type, their.Type))
		case a.DefaultValue.String() != their.DefaultValue.String():
			problems = append(problems, fmt.Sprintf("%s(%s:) is %s by default, GitHub's is %s", ours.Name, a.Name, a.DefaultValue, their.DefaultValue))
		}
	}
	for _, a := range theirs.Arguments {
		if a.Type.NonNull && a.DefaultValue == nil && ours.Arguments.ForName(a.Name) == nil {
			problems = append(problems, fmt.Sprintf("%s lacks the required argument %s", ours.Name, a.Name))
		}
	}
	return problems
}

// TestNotWithin sees that the comparison finds each kind of difference.
func TestNotWithin(t *testing.T) {
	theirs := parseSchema(t, "theirs", `type Query { a(n: Int! = 1, must: Int!): String! } interface I { id: ID } enum E { X } input In { x: Int! }`)
	for _, ours := range []string{
		`type Query { b: Int }`,
		`type Query { a(n: Int! = 1, must: Int!): String }`,
		`type Query { a(n: Int = 1, must: Int!): String! }`,
		`type Query { a(n: Int! = 2, must: Int!): String! }`,
		`type Query { a(must: Int!, more: Int): String! }`,
		`type Query { a(n: Int! = 1): String! }`,
		`type Query implements I { a(must: Int!): String! } interface I { a(must: Int!): String! }`,
		`type Query { a(must: Int!): String! } enum E { Y }`,
		`type Query { a(must: Int!): String! } input In { y: Int }`,
		`type Query { a(must: Int!): String! } type E { id: ID }`,
		`type Query { a(must: Int!): String! } type New { id: ID }`,
	} {
		found := 0
		for name, def := range parseSchema(t, "ours", ours).Types {
			if !def.BuiltIn {
				found += len(notWithin(def, theirs.Types[name]))
			}
		}
		if found == 0 {
			t.Errorf("nothing found wrong with %s", ours)
		}
	}
}

// TestEveryFieldAnswers asks for every field of every type that can be
// reached, so that none of the schema is an empty promise.
func TestEveryFieldAnswers(t *testing.T) {
	w := githubsim.NewWorld()
	w.AddUser("ada")
	w.AddEnterprise("e", "o")
	w.Create(githubsim.Repository{Name: "o/parent", Commits: []githubsim.Commit{{CommittedDate: day(1)}}})
	id := w.Create(githubsim.Repository{Name: "ada/r", Description: "d", Topics: []string{"x"}, Language: "Go", License: "MIT",
		ArchivedAt: day(9), Fork: true, Parent: "o/parent",
		Older: githubsim.Older{Count: 3, First: day(0)}, Commits: []githubsim.Commit{{CommittedDate: day(5), Message: "a\n\nb", Merge: true}},
		Releases: []githubsim.Release{{Tag: "v1", PublishedAt: day(6)}},
		Files:    []githubsim.File{{Path: "README.md", Text: "hi"}, {Path: "src/a.go", Text: "x"}}})
	c := serve(t, w, githubsim.WithLimits(githubsim.Limits{}))

	g := generator{schema: parseSchema(t, "schema.graphql", githubsim.Schema()), seen: map[string]bool{}, args: map[string]string{
		"login": `"ada"`, "slug": `"e"`, "ids": fmt.Sprintf("[%q]", id), "qualifiedName": `"main"`, "expression": `"HEAD:"`, "first": "1",
	}}
	for _, f := range g.schema.Query.Fields {
		if strings.HasPrefix(f.Name, "__") {
			continue
		}
		query := "{ " + g.call(f) + g.selections(f.Type.Name(), 6) + " }"
		if _, err := parser.ParseQuery(&ast.Source{Input: query}); err != nil {
			t.Fatal(err)
		}
		if a := c.ask(query, nil); a.Status != 200 || len(a.Errors) > 0 {
			t.Errorf("%s: %.1000s", f.Name, a.Raw)
		}
	}
	for name, def := range g.schema.Types {
		if def.Kind != ast.Object || strings.HasPrefix(name, "__") || name == "Query" {
			continue
		}
		for _, f := range def.Fields {
			if !g.seen[name+"."+f.Name] {
				t.Errorf("%s.%s was not asked for", name, f.Name)
			}
		}
	}
}

// generator writes queries that select everything.
type generator struct {
	schema *ast.Schema
	args   map[string]string
	seen   map[string]bool
}

// call is a field with the arguments it needs, and a page for connections.
func (g generator) call(f *ast.FieldDefinition) string {
	var args []string
	for _, a := range f.Arguments {
		if v, ok := g.args[a.Name]; ok && (a.Type.NonNull || a.Name == "first" || a.Name == "expression") {
			args = append(args, a.Name+": "+v)
		}
	}
	if len(args) == 0 {
		return f.Name
	}
	return f.Name + "(" + strings.Join(args, ", ") + ")"
}

func (g generator) selections(typ string, depth int) string {
	def := g.schema.Types[typ]
	if def.IsLeafType() {
		return ""
	}
	if def.IsAbstractType() {
		out := " { __typename"
		for _, possible := range g.schema.PossibleTypes[typ] {
			out += " ... on " + possible.Name + g.aliased(possible, depth)
		}
		return out + " }"
	}
	return g.aliased(def, depth)
}

// aliased selects all fields under aliases that hold the type's name, so that
// fields of several types never collide.
func (g generator) aliased(def *ast.Definition, depth int) string {
	out := " { __typename"
	for _, f := range def.Fields {
		if strings.HasPrefix(f.Name, "__") || depth == 0 && !g.schema.Types[f.Type.Name()].IsLeafType() {
			continue
		}
		if depth < 4 && g.seen[def.Name+"."+f.Name] && !g.schema.Types[f.Type.Name()].IsLeafType() {
			continue
		}
		g.seen[def.Name+"."+f.Name] = true
		out += fmt.Sprintf(" %s_%s: %s%s", def.Name, f.Name, g.call(f), g.selections(f.Type.Name(), depth-1))
	}
	return out + " }"
}
