package site_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/site"
	"github.com/stalewatch/stalewatch/site/publish"
)

// compiled is a published schema, ready to validate.
func compiled(t *testing.T, files map[string][]byte, name string) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(files["data/v1/schema/"+name+".json"]))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	if err := c.AddResource(name+".json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := c.Compile(name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func validate(t *testing.T, s *jsonschema.Schema, what string, b []byte) {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if err := s.Validate(doc); err != nil {
		t.Errorf("%s: %v", what, err)
	}
}

// TestSchemas validates all data in every situation against what is published
// beside it.
func TestSchemas(t *testing.T) {
	schemas := map[string]*jsonschema.Schema{}
	for _, s := range site.Schemas() {
		schemas[s.Name] = compiled(t, siteOf(t, "sample"), s.Name)
	}
	inEach(t, func(name string, snap *pipeline.Snapshot, files map[string][]byte) {
		for _, f := range []string{"summary", "history", "changes", "status"} {
			validate(t, schemas[f], name+": "+f, files["data/v1/"+f+".json"])
		}
		for _, f := range []struct {
			schema, file string
			want         int
		}{{"repository", "repositories.ndjson", len(snap.Findings)}, {"package", "packages.ndjson", len(snap.Packages)}} {
			n := 0
			for line := range bytes.Lines(files["data/v1/"+f.file]) {
				if n++; n < 200 || everything() { // a thousand made-up ones differ in little
					validate(t, schemas[f.schema], fmt.Sprintf("%s: line %d of %s", name, n, f.file), line)
				}
			}
			if n != f.want {
				t.Errorf("%s: %s has %d lines, want %d", name, f.file, n, f.want)
			}
		}
	})
}

// TestSchemasRefuse breaks a valid line in ways that a schema must notice.
func TestSchemasRefuse(t *testing.T) {
	files := siteOf(t, "sample")
	s := compiled(t, files, "repository")
	line, _, _ := bytes.Cut(files["data/v1/repositories.ndjson"], []byte("\n"))
	for field, value := range map[string]any{
		"status": "dead", "statusSince": "2026-11-22", "ageDays": -1, "topics": nil, "stargazerCount": "12", "isFork": nil, "reason": "old", "readAt": "2026-11-22T07:00:00+01:00",
	} {
		var doc map[string]any
		if err := json.Unmarshal(line, &doc); err != nil {
			t.Fatal(err)
		}
		doc[field] = value
		if s.Validate(doc) == nil {
			t.Errorf("%s may be %v", field, value)
		}
		delete(doc, field)
		if s.Validate(doc) == nil {
			t.Errorf("%s may be missing", field)
		}
	}
}

// lineFields is the table of the contract.
var lineFields = strings.Fields(`id nameWithOwner url description status statusSince previousStatus defaultBranch lastCommit lastHumanCommit
	decidingCommit notCounted retired staleFrom ageDays pushedAt isArchived isFork isTemplate isMirror isEmpty isDisabled isPrivate stargazerCount forkCount openIssueCount
	openPullRequestCount primaryLanguage license topics owners latestRelease reason exemption suggestion readAt readError outdated visibility properties`)

// TestFields finds every field in every line, in the order of the contract.
func TestFields(t *testing.T) {
	files := siteOf(t, "sample")
	for line := range bytes.Lines(files["data/v1/repositories.ndjson"]) {
		d := json.NewDecoder(bytes.NewReader(line))
		var got []string
		depth := 0
		key := true
		for {
			tok, err := d.Token()
			if err != nil {
				break
			}
			switch tok {
			case json.Delim('{'), json.Delim('['):
				depth++
				key = depth == 1
				continue
			case json.Delim('}'), json.Delim(']'):
				depth--
				key = true
				continue
			}
			if depth == 1 {
				if key {
					got = append(got, tok.(string))
				}
				key = !key
			}
		}
		if !slices.Equal(got, lineFields) {
			t.Fatalf("fields are %v", got)
		}
	}
}

// TestValues reads some repositories back and compares what matters.
func TestValues(t *testing.T) {
	lines := map[string]map[string]any{}
	var order []string
	for line := range bytes.Lines(siteOf(t, "sample")["data/v1/repositories.ndjson"]) {
		var doc map[string]any
		if err := json.Unmarshal(line, &doc); err != nil {
			t.Fatal(err)
		}
		name := doc["nameWithOwner"].(string)
		lines[name] = doc
		order = append(order, strings.ToLower(name))
	}
	if !slices.IsSorted(order) {
		t.Error("lines are not ordered by nameWithOwner, case folded")
	}
	for _, c := range []struct{ name, field, want string }{
		{"stale-bot-kept", "lastCommit", `{"author":{"login":null,"name":"dependabot[bot]"},"committedDate":"2026-11-13T07:00:00Z","isBot":true,"oid":"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"}`},
		{"stale-bot-kept", "suggestion", `{"action":"Merge or close the bot's pull requests.","command":null}`},
		{"iot-course", "exemption", `{"reason":"kept for the certification course","rule":"match \"iot-*\"","until":"2027-06-30"}`},
		{"fresh-app", "latestRelease", `{"publishedAt":"2026-10-23T07:00:00Z","tagName":"v1.2.0"}`},
		{"empty-one", "topics", `[]`}, {"empty-one", "pushedAt", `null`}, {"empty-one", "lastCommit", `null`},
		{"dormant-iot", "owners", `[]`}, {"dormant-iot", "previousStatus", `"stale"`}, {"dormant-iot", "statusSince", `"2026-11-22T07:00:00Z"`},
		{"hostile-text", "owners", ``},
		{"private-one", "visibility", `"internal"`}, {"private-one", "properties", `{"lifecycle":["production","beta"]}`}, {"fresh-app", "visibility", `"public"`}, {"fresh-app", "properties", `{}`},
		{"unread-new", "readError", `"FORBIDDEN: Resource protected by organization SAML enforcement"`}, {"unread-new", "readAt", `"2026-11-22T07:00:00Z"`},
		{"carried-over", "readAt", `"2026-11-10T07:00:00Z"`}, {"stale-functions", "ageDays", `731`}, {"dormant-undated", "ageDays", `null`},
	} {
		b, err := json.Marshal(lines["contoso/"+c.name][c.field])
		if err != nil {
			t.Fatal(err)
		}
		if c.want != "" && string(b) != c.want {
			t.Errorf("%s: %s is %s, want %s", c.name, c.field, b, c.want)
		}
		if strings.Contains(string(b), "@example.com") {
			t.Errorf("%s: %s holds an e-mail address", c.name, c.field)
		}
	}
}

func TestSummaryFile(t *testing.T) {
	var s struct {
		Total, Exempt int
		Counts        map[pipeline.Status]int
		Run           struct{ State string }
		ChangesSince  *struct{ ID string }
	}
	for name, want := range map[string]string{"sample": "partial", "failed": "partial", "suspended": "suspended", "first": "complete"} {
		if err := json.Unmarshal(siteOf(t, name)["data/v1/summary.json"], &s); err != nil {
			t.Fatal(err)
		}
		sum := 0
		for _, n := range s.Counts {
			sum += n
		}
		if s.Run.State != want || len(s.Counts) != 8 || sum != s.Total {
			t.Errorf("%s: state %s, counts %v of %d", name, s.Run.State, s.Counts, s.Total)
		}
		if first := name == "first"; first != (s.ChangesSince == nil) {
			t.Errorf("%s: changesSince %v", name, s.ChangesSince)
		}
	}
}

// TestCSV reads the file back and finds no cell that a spreadsheet would run.
func TestCSV(t *testing.T) {
	snap := sample()
	b := siteOf(t, "sample")["data/v1/repositories.csv"]
	records, err := csv.NewReader(bytes.NewReader(b)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	scalars := slices.DeleteFunc(slices.Clone(lineFields), func(f string) bool {
		return slices.Contains([]string{"lastCommit", "lastHumanCommit", "decidingCommit", "notCounted", "retired", "topics", "owners", "latestRelease", "reason", "exemption", "suggestion", "outdated", "properties"}, f)
	})
	if !slices.Equal(records[0], scalars) {
		t.Errorf("the header is %v", records[0])
	}
	if len(records) != len(snap.Findings)+1 {
		t.Errorf("%d rows for %d repositories", len(records)-1, len(snap.Findings))
	}
	for _, record := range records[1:] {
		for i, cell := range record {
			if cell != "" && strings.ContainsRune("=+-@\t\r\x00", rune(cell[0])) {
				t.Errorf("%s: %s starts a formula: %q", record[1], records[0][i], cell)
			}
		}
		if record[1] == "contoso/formula-start" && record[3] != `'=HYPERLINK("http://example.com")` {
			t.Errorf("the description became %q", record[3])
		}
	}
	if !bytes.Contains(b, []byte("visibility\r\n")) {
		t.Error("lines do not end in CRLF")
	}
}

// TestReadBack takes the history and the changes of a published site back.
func TestReadBack(t *testing.T) {
	snap, files := sample(), siteOf(t, "sample")
	history, err := publish.ReadHistory(bytes.NewReader(files["data/v1/history.json"]))
	if err != nil {
		t.Fatal(err)
	}
	same := func(a, b pipeline.HistoryEntry) bool {
		return a.ID == b.ID && a.AsOf.Equal(b.AsOf) && a.State == b.State && a.RuleVersion == b.RuleVersion && a.Total == b.Total && maps.Equal(a.Counts, b.Counts)
	}
	if !slices.EqualFunc(history, snap.History, same) {
		t.Error("the history did not survive")
	}
	events, err := publish.ReadChanges(bytes.NewReader(files["data/v1/changes.json"]))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(events, snap.Events) {
		t.Error("the changes did not survive")
	}
}

// TestReadRefuses changes one thing in a good file and expects a sentence.
func TestReadRefuses(t *testing.T) {
	files := siteOf(t, "sample")
	for _, c := range []struct{ file, old, new string }{
		{"history", `"schemaVersion": 1`, `"schemaVersion": 2`}, {"history", `"state": "complete"`, `"state": "running"`},
		{"history", `"total": 43`, `"total": 44`}, {"history", `"fresh": 10`, `"fresh": -10`}, {"history", `"fresh": 10`, `"frosh": 10`},
		{"history", `"asOf": "2026-07-26T07:00:00Z"`, `"asOf": "2026-07-24T07:00:00Z"`}, {"history", `"id": "2026-07-25/contoso"`, `"id": ""`},
		{"history", `"asOf": "2026-07-25T07:00:00Z"`, `"asOf": "0001-01-01T00:00:00Z"`},
		{"changes", `"type": "new"`, `"type": "newer"`}, {"changes", `"nameWithOwner": null`, `"nameWithOwner": "a/b"`},
		{"changes", `"date": "2026-11-20T07:00:00Z"`, `"date": "2026-11-23T07:00:00Z"`}, {"changes", "{", "[{"}, {"changes", "}", "}}"},
	} {
		b := bytes.Replace(files["data/v1/"+c.file+".json"], []byte(c.old), []byte(c.new), 1)
		if bytes.Equal(b, files["data/v1/"+c.file+".json"]) {
			t.Fatalf("%s.json has no %s", c.file, c.old)
		}
		var err error
		if c.file == "history" {
			_, err = publish.ReadHistory(bytes.NewReader(b))
		} else {
			_, err = publish.ReadChanges(bytes.NewReader(b))
		}
		if err == nil || !strings.HasPrefix(err.Error(), c.file+".json: ") {
			t.Errorf("with %s for %s: %v", c.new, c.old, err)
		}
	}
	huge := strings.NewReader(strings.Repeat(" ", 17<<20))
	if _, err := publish.ReadHistory(huge); err == nil || !strings.Contains(err.Error(), "16 MiB") {
		t.Errorf("a huge file: %v", err)
	}
}

// FuzzReadHistory: what is accepted survives being published again.
func FuzzReadHistory(f *testing.F) {
	f.Add([]byte(`{"schemaVersion":1,"runs":[]}`))
	f.Add([]byte(`{"schemaVersion":1,"runs":[{"id":"2026-11-22/a","asOf":"2026-11-22T07:00:00Z","state":"complete","ruleVersion":"r","total":1,"counts":{"fresh":1,"active":0,"aging":0,"stale":0,"dormant":0,"archived":0,"empty":0,"unknown":0}}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		history, err := publish.ReadHistory(bytes.NewReader(b))
		if err != nil {
			return
		}
		s := snapshot(nil)
		s.History = history
		files := render(t, s, options)
		if _, err := publish.ReadHistory(bytes.NewReader(files["data/v1/history.json"])); err != nil {
			t.Error(err)
		}
	})
}

// FuzzReadChanges is the same for changes.
func FuzzReadChanges(f *testing.F) {
	f.Add([]byte(`{"schemaVersion":1,"events":[{"date":"2026-11-22T07:00:00Z","type":"status","nameWithOwner":"a/b","from":"aging","to":"stale"}]}`))
	f.Add([]byte(`{"schemaVersion":1,"events":[{"date":"2026-11-22T07:00:00Z","type":"rules-changed","nameWithOwner":null,"from":null,"to":null}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		events, err := publish.ReadChanges(bytes.NewReader(b))
		if err != nil {
			return
		}
		s := snapshot(nil)
		s.Events = events
		files := render(t, s, options)
		if _, err := publish.ReadChanges(bytes.NewReader(files["data/v1/changes.json"])); err != nil {
			t.Error(err)
		}
	})
}
