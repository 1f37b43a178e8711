package site

import (
	"embed"
	"path"
)

//go:embed schema/*.json
var schemaFiles embed.FS

// Schema is the JSON Schema (draft 2020-12) of one data file.
type Schema struct {
	// Name is the file's name under data/v1/schema, without its extension.
	Name string
	JSON []byte
}

// Schemas returns the schemas of data/v1: summary.json, a line of
// repositories.ndjson, history.json, changes.json, status.json and a line of packages.ndjson.
func Schemas() []Schema {
	names := []string{"summary", "repository", "history", "changes", "status", "package"}
	schemas := make([]Schema, len(names))
	for i, name := range names {
		b, err := schemaFiles.ReadFile(path.Join("schema", name+".json"))
		if err != nil {
			panic("site: an embedded file is missing: " + err.Error())
		}
		schemas[i] = Schema{name, b}
	}
	return schemas
}
