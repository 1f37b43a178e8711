package githubsim_test

import (
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
