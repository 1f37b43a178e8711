package config

import (
	"encoding/json"
	"maps"
)

// SchemaID is the address that the schema names itself by and can be read at;
// every report publishes it too, as data/v1/schema/config.json.
const SchemaID = "https://raw.githubusercontent.com/stalewatch/stalewatch/main/testdata/config/stalewatch.schema.json"

// Schema returns the JSON Schema of stalewatch.yml, draft 2020-12, indented,
// for editors to complete and check by. It knows the form of each value, but
// not what only the whole shows, such as tiers that do not ascend.
func Schema() []byte {
	fields := keys()
	for i, f := range fields {
		if shown := f.show(Default()); len(shown) == 1 && shown[0] != "" {
			fields[i].schema = f.schema.with("default", defaultOf(f.schema, shown[0]))
		}
	}
	s := object(fields)
	maps.Copy(s, schema{
		"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": SchemaID,
		"title": "stalewatch.yml", "description": "The configuration of stalewatch.",
	})
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		panic("config: the schema cannot be written as JSON: " + err.Error()) // a mistake in the tables
	}
	return append(text, '\n')
}

// defaultOf gives a default the type that the file writes it in.
func defaultOf(s schema, shown string) any {
	if s["type"] == "boolean" || s["type"] == "integer" {
		return json.RawMessage(shown)
	}
	return shown
}
