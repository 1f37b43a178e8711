package main

import (
	"os"
	"strings"
	"testing"
)

// TestReadmeShowsTheConfigurations: what the README tells people to copy is
// what the tests of package config read.
func TestReadmeShowsTheConfigurations(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"testdata/config/minimal.yml", "testdata/config/full.yml"} {
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(readme), "```yaml\n"+string(want)+"```") {
			t.Errorf("README.md does not hold %s as it is; copy it there", name)
		}
	}
}

// TestReadmeShowsTheSource: the source that the README adds is the one that is
// compiled and run.
func TestReadmeShowsTheSource(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	example, err := os.ReadFile("pipeline/example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, code, _ := strings.Cut(string(example), ")\n\n") // behind the imports
	if !strings.Contains(string(readme), "```go\n"+code+"```") {
		t.Error("README.md does not hold the code of pipeline/example_test.go as it is; copy it there")
	}
	if n := strings.Count(code, "\n"); n >= 40 {
		t.Errorf("the source takes %d lines; fewer than 40 is what is promised", n)
	}
}
