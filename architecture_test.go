package main_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const module = "github.com/stalewatch/stalewatch"

// allowed says which of our packages a folder's program files may import; tests
// may import what they like. The root knows everybody, so it has no line. A
// folder without a line of its own has that of the folder above it.
func allowed() map[string][]string {
	return map[string][]string{
		"pipeline":                     {"pipeline/durable"},
		"pipeline/":                    {"pipeline", "pipeline/durable", "graphql/budget"}, // further sources
		"pipeline/github":              {"pipeline", "pipeline/durable"},
		"pipeline/nuget":               {"pipeline", "pipeline/durable", "pipeline/github", "graphql/budget"},
		"pipeline/nuget/nugetsim":      {},
		"pipeline/verdict":             {"pipeline", "pipeline/durable"},
		"pipeline/config":              {"pipeline"},
		"pipeline/durable":             {},
		"pipeline/durable/journaltest": {"pipeline/durable"},
		"graphql":                      {"pipeline", "pipeline/github", "pipeline/nuget", "pipeline/durable", "graphql/budget"},
		"graphql/budget":               {"pipeline/durable"},
		"graphql/githubsim":            {"graphql/githubsim/"},
		"store":                        {"pipeline", "pipeline/durable", "store/"},
		"site":                         {"pipeline", "pipeline/verdict"},
		"site/publish":                 {"pipeline", "site"},
	}
}

// TestArrows holds who may import whom.
func TestArrows(t *testing.T) {
	rules, seen := allowed(), make(map[string]bool)
	for file, parsed := range sources(t, ".", parser.ImportsOnly) {
		folder := path.Dir(file)
		if folder == "." {
			continue
		}
		rule, may := ruleFor(rules, folder)
		if rule == "" {
			t.Errorf("%s: the folder %s has no line in allowed(); decide whom it may import, or move it below a folder that has one", file, folder)
			continue
		}
		seen[rule] = true
		for _, spec := range parsed.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			ours, isOurs := strings.CutPrefix(imported, module)
			ours = strings.TrimPrefix(ours, "/")
			if !isOurs || slices.ContainsFunc(may, func(m string) bool { return ours == m || strings.HasSuffix(m, "/") && strings.HasPrefix(ours, m) }) {
				continue
			}
			t.Errorf("%s imports %q, but %s may import only %s of ours; move what both need down into pipeline, or hand it in from the root", file, ours, folder, list(may))
		}
	}
	for _, rule := range []string{"pipeline", "pipeline/github", "pipeline/verdict", "pipeline/durable", "graphql", "graphql/budget", "store", "site"} {
		if !seen[rule] {
			t.Errorf("no program file of %s was found; correct allowed() if the folder moved", rule)
		}
	}
}

// ruleFor returns the line for a folder: its own, else the nearest above it.
func ruleFor(rules map[string][]string, folder string) (string, []string) {
	for f := folder; f != "."; f = path.Dir(f) {
		if may, ok := rules[f]; ok && f == folder {
			return f, may
		}
		if may, ok := rules[f+"/"]; ok {
			return f + "/", may
		}
		if may, ok := rules[f]; ok {
			return f, may
		}
	}
	return "", nil
}

func list(may []string) string {
	if len(may) == 0 {
		return "nothing"
	}
	return strings.Join(may, ", ")
}

// sources parses the program files below a folder, by their slashed paths.
func sources(t *testing.T, root string, mode parser.Mode) map[string]*ast.File {
	t.Helper()
	files, fset := make(map[string]*ast.File), token.NewFileSet()
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && p != root && (name == "testdata" || name == "node_modules" || name[0] == '.' || name[0] == '_') {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		src, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		files[filepath.ToSlash(p)], err = parser.ParseFile(fset, p, src, mode)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestOrchestratorsAreDeterministic reads the orchestrators' source: an
// orchestrator that starts goroutines or looks at the clock would see something
// else in a replay.
func TestOrchestratorsAreDeterministic(t *testing.T) {
	folders := make(map[string]map[string]*ast.File)
	for file, parsed := range sources(t, "pipeline", parser.SkipObjectResolution) {
		folder := path.Dir(file)
		if strings.HasPrefix(folder, "pipeline/durable") {
			continue // the engine, which does all that for them
		}
		if folders[folder] == nil {
			folders[folder] = make(map[string]*ast.File)
		}
		folders[folder][file] = parsed
	}
	for _, files := range folders {
		for _, offence := range offences(files) {
			t.Error(offence)
		}
	}
	found := slices.Concat(orchestrators(declarations(folders["pipeline"])), orchestrators(declarations(folders["pipeline/github"])))
	for _, name := range []string{"Source.Orchestrate", "githubRun.statuses", "listing.sweep", "listing.deepen", "githubRun.page", "githubRun.details", "read", "Survey.orchestrate"} {
		if !slices.ContainsFunc(found, func(d declaration) bool { return d.name == name }) {
			t.Errorf("%s is no longer seen as an orchestrator; correct this test if it was renamed", name)
		}
	}
}

// TestOffencesAreSeen shows the rule red.
func TestOffencesAreSeen(t *testing.T) {
	const source = `package p
import ("time"; dice "math/rand/v2"; "os"; "github.com/stalewatch/stalewatch/pipeline/durable")
type state struct { o *durable.Orchestration }
func orchestrate(o *durable.Orchestration, in int) { go func() {}(); helper() }
func (s *state) pages() { select {} }
func helper() { _ = time.Now(); deeper() }
func deeper() { _ = dice.IntN(6); durable.Call(nil, activity) }
func activity() { _ = time.Now(); os.Exit(1) }
func (s *state) quiet() { _ = time.Unix(0, 0); func() { os.Remove("x") }() }
func elsewhere() { f := func(o *durable.Orchestration) { time.Sleep(1) }; f(nil) }
`
	file, err := parser.ParseFile(token.NewFileSet(), "p.go", source, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	got := strings.Join(offences(map[string]*ast.File{"p.go": file}), "\n")
	for _, want := range []string{"orchestrate has a go statement", "state.pages has a select statement", "helper uses time.Now", "deeper uses math/rand/v2.IntN", "state.quiet uses os.Remove", "elsewhere uses time.Sleep"} {
		if !strings.Contains(got, want) {
			t.Errorf("not seen: %s", want)
		}
	}
	if n := strings.Count(got, "\n") + 1; n != 6 {
		t.Errorf("%d offences, want 6:\n%s", n, got)
	}
}

// declaration is a function, and what its file calls the packages it imports.
type declaration struct {
	file    string
	name    string // with the receiver's type
	node    *ast.FuncDecl
	imports map[string]string // path by local name
	keepsO  bool              // whether its receiver keeps an orchestration
}

func declarations(files map[string]*ast.File) []declaration {
	keepers := make(map[string]bool)
	for _, f := range files {
		ast.Inspect(f, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok {
				if s, ok := spec.Type.(*ast.StructType); ok && hasOrchestration(s.Fields) {
					keepers[spec.Name.Name] = true
				}
			}
			return true
		})
	}
	var all []declaration
	for _, name := range slices.Sorted(maps.Keys(files)) {
		f := files[name]
		imports := make(map[string]string)
		for _, spec := range f.Imports {
			p, _ := strconv.Unquote(spec.Path.Value)
			local := path.Base(strings.TrimSuffix(p, "/v2"))
			if spec.Name != nil {
				local = spec.Name.Name
			}
			imports[local] = p
		}
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok || fn.Body == nil {
				continue
			}
			receiver := receiverOf(fn)
			full := strings.TrimPrefix(receiver+"."+fn.Name.Name, ".")
			all = append(all, declaration{name, full, fn, imports, keepers[receiver]})
		}
	}
	return all
}

func receiverOf(fn *ast.FuncDecl) string {
	if fn.Recv == nil {
		return ""
	}
	expr := fn.Recv.List[0].Type
	if star, ok := expr.(*ast.StarExpr); ok {
		expr = star.X
	}
	if id, ok := expr.(*ast.Ident); ok {
		return id.Name
	}
	return ""
}

// hasOrchestration reports a parameter or field of type *durable.Orchestration.
func hasOrchestration(fields *ast.FieldList) bool {
	return fields != nil && slices.ContainsFunc(fields.List, func(f *ast.Field) bool {
		star, ok := f.Type.(*ast.StarExpr)
		if !ok {
			return false
		}
		sel, ok := star.X.(*ast.SelectorExpr)
		return ok && sel.Sel.Name == "Orchestration"
	})
}

// orchestrators are the functions that get an orchestration, keep one in their
// receiver, or hold a function literal that gets one.
func orchestrators(all []declaration) []declaration {
	var found []declaration
	for _, d := range all {
		is := d.keepsO || hasOrchestration(d.node.Type.Params)
		ast.Inspect(d.node.Body, func(n ast.Node) bool {
			if lit, ok := n.(*ast.FuncLit); ok && hasOrchestration(lit.Type.Params) {
				is = true
			}
			return !is
		})
		if is {
			found = append(found, d)
		}
	}
	return found
}

// offences are sentences about what orchestrators, and the package's functions
// that they call, must not do. Activities are handed over, not called.
func offences(files map[string]*ast.File) []string {
	all := declarations(files)
	byName := make(map[string][]declaration)
	for _, d := range all {
		byName[d.node.Name.Name] = append(byName[d.node.Name.Name], d)
	}
	var found []string
	queue, seen := orchestrators(all), make(map[*ast.FuncDecl]bool)
	for len(queue) > 0 {
		d := queue[0]
		queue = queue[1:]
		if seen[d.node] {
			continue
		}
		seen[d.node] = true
		ast.Inspect(d.node.Body, func(n ast.Node) bool {
			what := offence(n, d.imports)
			if what != "" {
				found = append(found, fmt.Sprintf("%s: %s %s; a replay would not see the same: do it in an activity, or let durable.Go and durable.Sub do it", d.file, d.name, what))
			}
			if call, ok := n.(*ast.CallExpr); ok {
				queue = append(queue, byName[callee(call, d.imports)]...)
			}
			return true
		})
	}
	return found
}

// callee is the name of a function or method of the same package, as far as it
// can be told without types.
func callee(call *ast.CallExpr, imports map[string]string) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		if id, ok := f.X.(*ast.Ident); ok && imports[id.Name] != "" {
			return "" // another package's
		}
		return f.Sel.Name
	}
	return ""
}

func offence(n ast.Node, imports map[string]string) string {
	switch n := n.(type) {
	case *ast.GoStmt:
		return "has a go statement"
	case *ast.SelectStmt:
		return "has a select statement"
	case *ast.SelectorExpr:
		id, ok := n.X.(*ast.Ident)
		if !ok {
			return ""
		}
		switch p := imports[id.Name]; p {
		case "time":
			clock := []string{"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "Tick", "NewTimer", "NewTicker"}
			if slices.Contains(clock, n.Sel.Name) {
				return "uses time." + n.Sel.Name
			}
		case "math/rand", "math/rand/v2", "crypto/rand", "os", "net", "net/http":
			return "uses " + p + "." + n.Sel.Name
		}
	}
	return ""
}
