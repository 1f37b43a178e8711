package graphql_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/stalewatch/stalewatch/graphql"
	"github.com/stalewatch/stalewatch/graphql/githubsim"
	"github.com/stalewatch/stalewatch/pipeline/nuget"
)

// withFiles serves a repository with the given files, and an empty one, and
// returns their ids.
func withFiles(t *testing.T, files ...githubsim.File) (graphql.Files, []string) {
	t.Helper()
	world := githubsim.NewWorld()
	ids := []string{
		world.Create(githubsim.Repository{Name: "contoso/app", Files: files, Commits: []githubsim.Commit{{CommittedDate: now}}}),
		world.Create(githubsim.Repository{Name: "contoso/empty"}),
	}
	c, _ := serve(t, world)
	return graphql.Files{Client: c}, ids
}

func TestFiles(t *testing.T) {
	var files []githubsim.File
	var paths []string
	for i := range 9 {
		path := fmt.Sprintf("a/b/%d.csproj", i)
		paths = append(paths, path)
		files = append(files, githubsim.File{Path: path, Text: fmt.Sprintf("<Project>%d</Project>", i)})
	}
	files = append(files, githubsim.File{Path: "root.csproj", Text: "x"}, githubsim.File{Path: "a/one.props", Text: "xy"})
	f, ids := withFiles(t, files...)
	roots, err := f.Roots(t.Context(), append(ids, "R_nobody"))
	if err != nil {
		t.Fatal(err)
	}
	if want := (nuget.Object{Files: []string{"root.csproj"}, Folders: []string{"a"}}); !reflect.DeepEqual(roots.Objects[0], want) || roots.Cost != 1 {
		t.Errorf("the root is %+v for %d points", roots.Objects[0], roots.Cost)
	}
	if !reflect.DeepEqual(roots.Objects[1], nuget.Object{}) {
		t.Errorf("an empty repository is read as %+v", roots.Objects[1])
	}
	if !strings.Contains(roots.Objects[2].Error, "no longer knows") {
		t.Errorf("a repository that is gone is read as %+v", roots.Objects[2])
	}

	got, err := f.Objects(t.Context(), ids[0], append(paths, "a"))
	if err != nil || got.Objects[0].Text != "<Project>0</Project>" || got.Objects[8].Text != "<Project>8</Project>" || got.Cost != 1 {
		t.Errorf("ten objects are %+v, %v", got, err)
	}
	if want := (nuget.Object{Files: []string{"one.props"}, Folders: []string{"b"}}); !reflect.DeepEqual(got.Objects[9], want) {
		t.Errorf("a folder is read as %+v", got.Objects[9])
	}
	got, err = f.Objects(t.Context(), ids[0], []string{"gone.csproj", "root.csproj"})
	if want := []nuget.Object{{Error: "it is not there, or was removed meanwhile"}, {Text: "x"}}; err != nil || !reflect.DeepEqual(got.Objects, want) {
		t.Errorf("two objects are %+v, %v", got, err)
	}
	got, err = f.Objects(t.Context(), "R_nobody", []string{"root.csproj"})
	if err != nil || !strings.Contains(got.Objects[0].Error, "no longer knows") {
		t.Errorf("a file of nobody's is %+v, %v", got, err)
	}
}

func TestFilesThatHaveNoText(t *testing.T) {
	f, ids := withFiles(t, githubsim.File{Path: "utf16.csproj", Text: "\xff\xfe<\x00"}, githubsim.File{Path: "long.csproj", Text: strings.Repeat("x", 600_000)})
	got, err := f.Objects(t.Context(), ids[0], []string{"utf16.csproj", "long.csproj"})
	if err != nil || !strings.Contains(got.Objects[0].Error, "no text") || !strings.Contains(got.Objects[1].Error, "too large") {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestFilesOfAnotherType: a text that is none spoils its own file and no other.
func TestFilesOfAnotherType(t *testing.T) {
	world := githubsim.NewWorld()
	id := world.Create(githubsim.Repository{Name: "contoso/app", Commits: []githubsim.Commit{{CommittedDate: now}},
		Files: []githubsim.File{{Path: "app.csproj", Text: "x"}, {Path: "lib/lib.csproj", Text: "y"}}})
	c, _ := serve(t, world, githubsim.Fault{Effects: []githubsim.Effect{githubsim.FieldValue("Blob.text", `7`)}})
	got, err := graphql.Files{Client: c}.Objects(t.Context(), id, []string{"app.csproj", "lib"})
	if err != nil || !strings.Contains(got.Objects[0].Error, "no text") || len(got.Objects[1].Files) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}
