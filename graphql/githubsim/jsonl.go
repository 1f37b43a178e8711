package githubsim

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// sample is a line of the format that [World.LoadJSONL] reads.
type sample struct {
	NameWithOwner string         `json:"name_with_owner"`
	DefaultBranch string         `json:"default_branch"`
	HeadOID       string         `json:"head_oid"`
	CommittedDate time.Time      `json:"committed_date"`
	AuthoredDate  time.Time      `json:"authored_date"`
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
}

// LoadJSONL creates a repository for each line of JSON, in the format of
// testdata/azure-samples.jsonl: name_with_owner, default_branch, head_oid,
// committed_date, authored_date, head_by_bot, last_human_oid,
// last_human_committed_date, first_commit_date, commit_count, parents,
// has_license, has_readme, root_entries, top_extensions. Other fields are
// skipped.
//
// The tip has the date, id and kind of author given; below a bot's tip comes
// the human commit given; the rest of commit_count is made up, back to
// first_commit_date. pushedAt is the tip's date. It returns how many
// repositories were created, and an error that names the line.
func (w *World) LoadJSONL(r io.Reader) (int, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 4<<20)
	n := 0
	for line := 1; lines.Scan(); line++ {
		if len(strings.TrimSpace(lines.Text())) == 0 {
			continue
		}
		var s sample
		if err := json.Unmarshal(lines.Bytes(), &s); err != nil {
			return n, fmt.Errorf("line %d: %w", line, err)
		}
		if err := w.check(s); err != nil {
			return n, fmt.Errorf("line %d: %w", line, err)
		}
		w.Create(s.repository())
		n++
	}
	return n, lines.Err()
}

// check reports what would make Create panic, or a history impossible.
func (w *World) check(s sample) error {
	owner, name, ok := strings.Cut(s.NameWithOwner, "/")
	w.mu.RLock()
	defer w.mu.RUnlock()
	switch {
	case !ok || owner == "" || name == "" || strings.Contains(name, "/"):
		return fmt.Errorf("name_with_owner is %q; it has to be OWNER/NAME", s.NameWithOwner)
	case w.repos[strings.ToLower(s.NameWithOwner)] != nil:
		return fmt.Errorf("%s is there already", s.NameWithOwner)
	case s.HeadOID != "" && s.CommittedDate.IsZero():
		return fmt.Errorf("%s has a head_oid and no committed_date", s.NameWithOwner)
	}
	return nil
}

func (s sample) repository() Repository {
	r := Repository{Name: s.NameWithOwner, DefaultBranch: s.DefaultBranch, CreatedAt: s.FirstCommit, Files: s.files(), Language: s.language()}
	if s.HasLicense {
		r.License = "MIT"
	}
	if s.HeadOID == "" {
		return r
	}
	tip := Commit{OID: s.HeadOID, CommittedDate: s.CommittedDate, AuthoredDate: s.AuthoredDate, Merge: s.Parents > 1}
	r.Commits = []Commit{tip}
	if s.HeadByBot {
		r.Commits[0].Author = Dependabot()
		if s.LastHumanOID != "" {
			r.Commits = []Commit{{OID: s.LastHumanOID, CommittedDate: s.LastHumanDate}, r.Commits[0]}
		}
	}
	if rest := s.CommitCount - len(r.Commits); rest > 0 && !s.FirstCommit.IsZero() {
		r.Older = Older{Count: rest, First: s.FirstCommit}
	}
	return r
}

// files makes up a root directory of the size given.
func (s sample) files() []File {
	n := min(s.RootEntries, 1000) // more than any real root directory
	var files []File
	add := func(path string) {
		if len(files) < n {
			files = append(files, File{Path: path, Text: path + "\n"})
		}
	}
	if s.HasReadme {
		add("README.md")
	}
	if s.HasLicense {
		add("LICENSE")
	}
	for i := len(files); i < n; i++ {
		add(fmt.Sprintf("sample-%02d.txt", i))
	}
	return files
}

// language is that of the commonest extension that stands for one.
func (s sample) language() string {
	byExtension := map[string]string{"cs": "C#", "js": "JavaScript", "ts": "TypeScript", "py": "Python", "java": "Java",
		"go": "Go", "ps1": "PowerShell", "bicep": "Bicep", "tf": "HCL", "html": "HTML", "css": "CSS", "ipynb": "Jupyter Notebook",
		"cpp": "C++", "c": "C", "swift": "Swift", "kt": "Kotlin", "php": "PHP", "rb": "Ruby", "sh": "Shell"}
	best, most := "", 0
	for extension, n := range s.TopExtensions {
		if language := byExtension[extension]; language != "" && (n > most || n == most && language < best) {
			best, most = language, n
		}
	}
	return best
}
