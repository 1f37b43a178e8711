package main

import (
	"os"
	"testing"

	"github.com/goccy/go-yaml"
)

// workflow is a file of .github/workflows, as far as tests look at it.
type workflow struct {
	On          map[string]any         `yaml:"on"`
	Permissions map[string]string      `yaml:"permissions"`
	Concurrency map[string]any         `yaml:"concurrency"`
	Env         map[string]string      `yaml:"env"`
	Jobs        map[string]workflowJob `yaml:"jobs"`
	Defaults    struct {
		Run struct{ Shell string }
	}
}

type workflowJob struct {
	If          string
	Needs       names
	Permissions map[string]string
	Timeout     string `yaml:"timeout-minutes"`
	Env         map[string]string
	Outputs     map[string]string
	Steps       []workflowStep
	Strategy    struct {
		Matrix   map[string]any
		FailFast string `yaml:"fail-fast"`
	}
	Environment struct{ Name, URL string }
}

type workflowStep struct {
	Name, ID, If, Uses, Run, Shell string
	Dir                            string `yaml:"working-directory"`
	Env, With                      map[string]string
}

// names are one name or a list of them.
type names []string

// UnmarshalYAML reads either.
func (n *names) UnmarshalYAML(b []byte) error {
	var list []string
	if err := yaml.Unmarshal(b, &list); err == nil {
		*n = list
		return nil
	}
	var one string
	err := yaml.Unmarshal(b, &one)
	*n = names{one}
	return err
}

// compositeAction is action.yml.
type compositeAction struct {
	Inputs  map[string]struct{ Description, Default string }
	Outputs map[string]struct{ Description, Value string }
	Runs    struct {
		Using string
		Steps []workflowStep
	}
}

func parseAction(t testing.TB, b []byte) (a compositeAction) {
	t.Helper()
	if err := yaml.Unmarshal(b, &a); err != nil || a.Runs.Using != "composite" {
		t.Fatalf("action.yml: using %q: %v", a.Runs.Using, err)
	}
	return a
}

func loadWorkflow(t testing.TB, file string) workflow {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return parseWorkflow(t, file, b)
}

func parseWorkflow(t testing.TB, name string, b []byte) workflow {
	t.Helper()
	var w workflow
	if err := yaml.Unmarshal(b, &w); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return w
}
