package githubsim_test

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"testing"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
)

// Two repositories of the real file: one whose tip is a bot's, one whose tip is
// a person's; and one that is made up and empty.
const samples = `{"name_with_owner":"Azure-Samples/todo-csharp-sql","default_branch":"main","head_oid":"b46851da1ac87b9d46a620b05ceea44afb681721","committed_date":"2025-05-08T22:56:31Z","head_by_bot":true,"last_human_oid":"8f6a8ab0843d6b5765ab5db35fdf07fa90fd935c","last_human_committed_date":"2022-09-08T20:48:03Z","first_commit_date":"2022-01-25T21:11:50Z","commit_count":109,"parents":1,"has_license":true,"has_readme":true,"root_entries":5,"top_extensions":{"bicep":30,"cs":12,"md":50},"nuget":[]}

{"name_with_owner":"Azure-Samples/active-directory-angularjs-singlepageapp","default_branch":"archive","head_oid":"95bc3fcdcdd09f78826a88a477bd3c9459dd5ab2","committed_date":"2020-02-06T19:28:04Z","head_by_bot":false,"last_human_oid":"95bc3fcdcdd09f78826a88a477bd3c9459dd5ab2","last_human_committed_date":"2020-02-06T19:28:04Z","first_commit_date":"2014-10-22T06:56:38Z","commit_count":88,"parents":2,"has_license":false,"has_readme":true,"root_entries":1,"top_extensions":{"md":1}}
{"name_with_owner":"o/empty"}
`

func TestLoadJSONL(t *testing.T) {
	w := githubsim.NewWorld()
	n, err := w.LoadJSONL(strings.NewReader(samples))
	if n != 3 || err != nil {
		t.Fatal(n, err)
	}
	c := serve(t, w)
	got := c.repo(w.ID("Azure-Samples/todo-csharp-sql"), `pushedAt createdAt primaryLanguage { name } licenseInfo { spdxId }
		object(expression: "HEAD:") { ... on Tree { entries { name } } }
		defaultBranchRef { name target { oid ... on Commit { parents(first: 2) { totalCount } history(first: 2) { totalCount nodes { oid committedDate author { name } } } } } }`)
	want := `{"pushedAt":"2025-05-08T22:56:31Z","createdAt":"2022-01-25T21:11:50Z","primaryLanguage":{"name":"Bicep"},"licenseInfo":{"spdxId":"MIT"},` +
		`"object":{"entries":[{"name":"LICENSE"},{"name":"README.md"},{"name":"sample-02.txt"},{"name":"sample-03.txt"},{"name":"sample-04.txt"}]},` +
		`"defaultBranchRef":{"name":"main","target":{"oid":"b46851da1ac87b9d46a620b05ceea44afb681721","parents":{"totalCount":1},"history":{"totalCount":109,"nodes":[` +
		`{"oid":"b46851da1ac87b9d46a620b05ceea44afb681721","committedDate":"2025-05-08T22:56:31Z","author":{"name":"dependabot[bot]"}},` +
		`{"oid":"8f6a8ab0843d6b5765ab5db35fdf07fa90fd935c","committedDate":"2022-09-08T20:48:03Z","author":{"name":"Imre Lindqvist"}}]}}}}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	got = c.repo(w.ID("azure-samples/active-directory-angularjs-singlepageapp"), `licenseInfo { spdxId } defaultBranchRef { name target { ... on Commit {
		parents(first: 2) { totalCount } history(last: 1) { totalCount nodes { committedDate } } } } }`)
	want = `{"licenseInfo":null,"defaultBranchRef":{"name":"archive","target":{"parents":{"totalCount":2},"history":{"totalCount":88,"nodes":[{"committedDate":"2014-10-22T06:56:38Z"}]}}}}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got = c.repo(w.ID("o/empty"), `isEmpty`); got != `{"isEmpty":true}` {
		t.Error(got)
	}
}

// A history with three commits of which one has no size, after which there was
// more.
const told = `{"full":"o/told","branch":"master","createdAt":"2017-05-02T18:08:31Z","entries":[".github","LICENSE","README.md","index.js","src"],"files":{"README.md":"# Told\n"},` +
	`"history":[{"oid":"a3","date":"2024-07-08T16:09:04Z","author":{"name":"P","email":"p@people.example","login":"p"},"parents":2,"message":"Merge it","changedFiles":1,"additions":4,"deletions":0},` +
	`{"oid":"a2","date":"2024-07-01T00:00:00Z","author":{"name":"Bot","email":"b@x","login":null},"parents":1,"message":"Bump","changedFiles":0,"additions":0,"deletions":0},` +
	`{"oid":"a1","date":"2024-07-02T00:00:00Z","author":{"name":"P","email":"p@people.example","login":"p"},"parents":1,"message":"Add","changedFiles":null,"additions":null,"deletions":null}]}`

func TestLoadHistories(t *testing.T) {
	w := githubsim.NewWorld()
	if n, err := w.LoadJSONL(strings.NewReader(told)); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	c := serve(t, w)
	got := c.repo(w.ID("o/told"), `createdAt pushedAt primaryLanguage { name } licenseInfo { spdxId } root: object(expression: "HEAD:") { ... on Tree { entries { name type } } }
		readme: object(expression: "HEAD:README.md") { ... on Blob { text } }
		defaultBranchRef { name target { oid ... on Commit { history(first: 3) { totalCount nodes { oid messageHeadline parents { totalCount } author { name user { login } } } } } } }
		a: object(expression: "a3") { ... on Commit { changedFilesIfAvailable additions deletions } } b: object(expression: "a2") { ... on Commit { changedFilesIfAvailable additions deletions } }`)
	want := `{"createdAt":"2017-05-02T18:08:31Z","pushedAt":"2024-07-08T16:09:04Z","primaryLanguage":{"name":"JavaScript"},"licenseInfo":{"spdxId":"MIT"},` +
		`"root":{"entries":[{"name":".github","type":"tree"},{"name":"LICENSE","type":"blob"},{"name":"README.md","type":"blob"},{"name":"index.js","type":"blob"},{"name":"src","type":"tree"}]},` +
		`"readme":{"text":"# Told\n"},"defaultBranchRef":{"name":"master","target":{"oid":"a3","history":{"totalCount":13,"nodes":[` +
		`{"oid":"a3","messageHeadline":"Merge it","parents":{"totalCount":2},"author":{"name":"P","user":{"login":"p"}}},` +
		`{"oid":"a2","messageHeadline":"Bump","parents":{"totalCount":1},"author":{"name":"Bot","user":null}},` +
		`{"oid":"a1","messageHeadline":"Add","parents":{"totalCount":1},"author":{"name":"P","user":{"login":"p"}}}]}}},` +
		`"a":{"changedFilesIfAvailable":1,"additions":4,"deletions":0},"b":{"changedFilesIfAvailable":0,"additions":0,"deletions":0}}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// TestLoadRealHistories loads what was read from real repositories.
func TestLoadRealHistories(t *testing.T) {
	f, err := os.Open("../../../shared/data/histories.jsonl")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("the real histories are not here")
	} else if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := githubsim.NewWorld()
	if n, err := w.LoadJSONL(f); n != 257 || err != nil {
		t.Fatal(n, err)
	}
	names := w.Names("Azure-Samples")
	if all := serve(t, w).everything("Azure-Samples"); len(all) != len(names) || len(all) < 200 {
		t.Errorf("%d repositories of %d", len(all), len(names))
	}
}

func TestLoadJSONLRefuses(t *testing.T) {
	for text, want := range map[string]string{
		"{\"name_with_owner\":\"o/a\"}\n{":                             "line 2: ",
		`{"name_with_owner":"a"}`:                                      "line 1: the name is \"a\"; it has to be OWNER/NAME",
		"{\"name_with_owner\":\"o/a\"}\n{\"name_with_owner\":\"O/A\"}": "line 2: O/A is there already",
		`{"name_with_owner":"o/a","head_oid":"1"}`:                     "o/a: commit 1 has no date",
	} {
		if _, err := githubsim.NewWorld().LoadJSONL(strings.NewReader(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", text, err, want)
		}
	}
}
