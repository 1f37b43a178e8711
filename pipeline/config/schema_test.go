package config_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/stalewatch/stalewatch/pipeline/config"
)

func compileSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(config.Schema()))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(config.SchemaID, doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(config.SchemaID)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// refuses reports whether the schema refuses a YAML text, and whether the text
// can be put to it at all.
func refuses(s *jsonschema.Schema, text []byte) (refused, judged bool) {
	var value any
	if err := yaml.Unmarshal(text, &value); err != nil || value == nil {
		return false, false // no YAML, or the empty file, which is the default
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		return false, false
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(encoded))
	if err != nil {
		return false, false
	}
	return s.Validate(doc) != nil, true
}

func TestSchemaAcceptsTheExamples(t *testing.T) {
	s := compileSchema(t)
	for _, name := range []string{"minimal.yml", "full.yml"} {
		text, err := os.ReadFile(filepath.Join("../../testdata/config", name))
		if err != nil {
			t.Fatal(err)
		}
		if refused, judged := refuses(s, text); refused || !judged {
			t.Errorf("%s: refused: %t, judged: %t", name, refused, judged)
		}
	}
}

// The schema and the decoder know the same keys: each key of the schema is
// known to the decoder, and each that the decoder proposes to the schema.
func TestSchemaHasTheDecodersKeys(t *testing.T) {
	var schema struct {
		Properties map[string]struct {
			Properties map[string]any
			Items      struct{ Properties map[string]any }
		}
	}
	if err := json.Unmarshal(config.Schema(), &schema); err != nil {
		t.Fatal(err)
	}
	compare := func(where, text string, keys []string) {
		t.Helper()
		_, err := config.Parse("x.yml", []byte(text))
		if err == nil {
			t.Errorf("%s: a key that does not exist is accepted", where)
			return
		}
		_, list, _ := strings.Cut(err.Error(), "write one of ")
		list, _, _ = strings.Cut(list, "\n")
		known := strings.Split(list, ", ")
		slices.Sort(known)
		slices.Sort(keys)
		if !slices.Equal(known, keys) {
			t.Errorf("%s: the decoder knows %q, the schema %q", where, known, keys)
		}
	}
	const nowhere = "{a-key-that-is-like-nothing: 1}"
	compare("the file", nowhere, slices.Collect(maps.Keys(schema.Properties)))
	for key, p := range schema.Properties {
		if len(p.Properties) > 0 {
			compare(key, key+": "+nowhere, slices.Collect(maps.Keys(p.Properties)))
		}
		if len(p.Items.Properties) > 0 {
			compare(key, key+": ["+nowhere+"]", slices.Collect(maps.Keys(p.Items.Properties)))
		}
	}
}

// FuzzParse: no panic, no acceptance of what the schema refuses, every mistake
// with a place and a remedy, and a configuration that is accepted makes a
// policy.
func FuzzParse(f *testing.F) {
	for _, pattern := range []string{"testdata/errors/*.yml", "../../testdata/config/*.yml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			f.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(text)
		}
	}
	for _, text := range []string{
		"allow-unread: 5\nconcurrency: 4\n", "include: {forks: false}\ndeadline: 1h\n", "concurrency: 0x10\n", "concurrency: 1_0\n",
		"allow-unread: 1e2\n", "site:\n  title: >-\n    a\n    b\n", "owners:\n- a\n- b\n", "\"owners\": ['a']\n", "tiers: {fresh: 1d, active: 2d}\n",
		"exempt:\n- topic: keep\n  reason: x\n  until: 2024-02-29\n", "ownership: {rules: [{match: '*', owner: '@a/b'}]}\n",
	} {
		f.Add([]byte(text))
	}
	schema := compileSchema(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		cfg, err := config.Parse("stalewatch.yml", text)
		if err != nil {
			checkError(t, err)
			return
		}
		if refused, judged := refuses(schema, text); refused && judged {
			t.Errorf("accepted, but the schema refuses it")
		}
		if err := checkConfig(cfg); err != nil {
			t.Errorf("accepted, but %v", err)
		}
	})
}

// TestSchemaIsPublished: editors read the schema at the address that it names
// itself by, which is this file on the default branch.
func TestSchemaIsPublished(t *testing.T) {
	const file = "testdata/config/stalewatch.schema.json"
	b, err := os.ReadFile("../../" + file)
	if err != nil || !strings.HasSuffix(config.SchemaID, "/main/"+file) {
		t.Fatalf("%s: %v", config.SchemaID, err)
	}
	if strings.TrimSpace(string(b)) != strings.TrimSpace(string(config.Schema())) {
		t.Errorf("%s is not the schema; write it with: go run . schema config > %s", file, file)
	}
}
