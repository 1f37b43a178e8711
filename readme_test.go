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
