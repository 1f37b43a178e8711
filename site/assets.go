package site

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"path"
	"regexp"
	"strings"
	"sync"
)

//go:embed assets templates pages
var embedded embed.FS

// asset is the stylesheet or the script as it is served. Its name carries a hash
// of its content, because Pages lets browsers keep any file for ten minutes.
type asset struct {
	name    string
	content []byte
}

// assets are the stylesheet and the script, which includes the table's: together
// they compress better.
var assets = sync.OnceValue(func() (all struct{ css, js asset }) {
	css, js := source("assets/style.css"), comments.ReplaceAll(append(source("assets/script.js"), source("assets/table.js")...), nil)
	all.css, all.js = asset{"assets/style-" + hash(css) + ".css", css}, asset{"assets/script-" + hash(js) + ".js", js}
	return all
})

// comments are the lines of comment and the indentation in scripts, which are
// not served.
var comments = regexp.MustCompile(`(?m)^ *(// .*\n)?`)

// source reads an embedded file.
func source(name string) []byte {
	b, err := embedded.ReadFile(name)
	if err != nil {
		panic("site: an embedded file is missing: " + err.Error())
	}
	return b
}

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:5])
}

// palette is the colours of the stylesheet's tokens, each written there as
// --name: light-dark(#light, #dark), so that badges and tests use the same.
var palette = sync.OnceValue(func() map[string][2]string {
	colours := map[string][2]string{}
	for line := range strings.Lines(string(source("assets/style.css"))) {
		name, value, ok := strings.Cut(strings.TrimSpace(line), ":")
		var light, dark string
		if n, _ := fmt.Sscanf(strings.NewReplacer("(", " ", ",", " ", ")", " ").Replace(value), " light-dark %s %s", &light, &dark); ok && n == 2 {
			colours[strings.TrimPrefix(name, "--")] = [2]string{light, dark}
		}
	}
	return colours
})

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
