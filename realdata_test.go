package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/graphql/githubsim"
)

// realData holds 144 repositories with their real last commits. It is not part
// of the project, so the tests that read it run only where it lies beside it.
const realData = "../shared/data/azure-samples.jsonl"

// realWorld is a world of the real repositories, with the lines that tell them.
func realWorld(t *testing.T) (*githubsim.World, []realLine) {
	t.Helper()
	data, err := os.ReadFile(realData)
	if err != nil {
		t.Skipf("the real data is not here: %v", err)
	}
	world := githubsim.NewWorld()
	var lines []realLine
	for line := range bytes.Lines(data) {
		var r realLine
		if err := json.Unmarshal(line, &r); err != nil {
			t.Fatal(err)
		}
		world.Create(r.repository())
		lines = append(lines, r)
	}
	return world, lines
}

// realLine is a line of the real data: a repository, summed up.
type realLine struct {
	NameWithOwner string         `json:"name_with_owner"`
	DefaultBranch string         `json:"default_branch"`
	HeadOID       string         `json:"head_oid"`
	CommittedDate time.Time      `json:"committed_date"`
	HeadByBot     bool           `json:"head_by_bot"`
	LastHumanOID  string         `json:"last_human_oid"`
	LastHumanDate time.Time      `json:"last_human_committed_date"`
	FirstCommit   time.Time      `json:"first_commit_date"`
	CommitCount   int            `json:"commit_count"`
	Parents       int            `json:"parents"`
	HasLicense    bool           `json:"has_license"`
	HasReadme     bool           `json:"has_readme"`
	RootEntries   int            `json:"root_entries"`
	TopExtensions map[string]int `json:"top_extensions"`
	NuGet         []struct {
		Package, File string
		Version       *string
	}
}

// repository has the tip as given; below a bot's tip comes the human commit; the
// rest of the commits is made up, back to the first.
func (s realLine) repository() githubsim.Repository {
	r := githubsim.Repository{Name: s.NameWithOwner, DefaultBranch: s.DefaultBranch, CreatedAt: s.FirstCommit, Language: languageOf(s.TopExtensions)}
	if s.HasReadme {
		r.Files = append(r.Files, githubsim.File{Path: "README.md", Text: "README.md\n"})
	}
	if s.HasLicense {
		r.License = "MIT"
		r.Files = append(r.Files, githubsim.File{Path: "LICENSE", Text: "MIT License\n"})
	}
	for i := len(r.Files); i < min(s.RootEntries, 1000); i++ { // more than any real root directory
		r.Files = append(r.Files, githubsim.File{Path: fmt.Sprintf("sample-%02d.txt", i), Text: "sample\n"})
	}
	if s.HeadOID == "" {
		return r
	}
	r.Commits = []githubsim.Commit{{OID: s.HeadOID, CommittedDate: s.CommittedDate, Merge: s.Parents > 1}}
	if s.HeadByBot {
		r.Commits[0].Author = githubsim.Dependabot()
		if s.LastHumanOID != "" {
			r.Commits = []githubsim.Commit{{OID: s.LastHumanOID, CommittedDate: s.LastHumanDate}, r.Commits[0]}
		}
	}
	if rest := s.CommitCount - len(r.Commits); rest > 0 && !s.FirstCommit.IsZero() {
		r.Older = githubsim.Older{Count: rest, First: s.FirstCommit}
	}
	return r
}

// languageOf is that of the commonest extension that stands for one.
func languageOf(extensions map[string]int) string {
	byExtension := map[string]string{"cs": "C#", "js": "JavaScript", "ts": "TypeScript", "py": "Python", "java": "Java",
		"go": "Go", "ps1": "PowerShell", "bicep": "Bicep", "tf": "HCL", "html": "HTML", "css": "CSS", "ipynb": "Jupyter Notebook",
		"cpp": "C++", "c": "C", "swift": "Swift", "kt": "Kotlin", "php": "PHP", "rb": "Ruby", "sh": "Shell"}
	best, most := "", 0
	for extension, n := range extensions {
		if language := byExtension[extension]; language != "" && (n > most || n == most && language < best) {
			best, most = language, n
		}
	}
	return best
}
