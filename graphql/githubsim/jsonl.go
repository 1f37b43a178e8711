package githubsim

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"
)

// LoadJSONL creates a repository for each line of JSON and returns how many; an
// error names the line. A line sums a repository up: name_with_owner,
// default_branch, head_oid, committed_date, head_by_bot, last_human_oid,
// last_human_committed_date, first_commit_date, commit_count, parents,
// has_license, has_readme, root_entries, top_extensions; other fields are
// skipped. The tip is as given; below a bot's tip comes the human commit; the
// rest of commit_count is made up, back to first_commit_date.
func (w *World) LoadJSONL(r io.Reader) (int, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 4<<20)
	n := 0
	for line := 1; lines.Scan(); line++ {
		if len(strings.TrimSpace(lines.Text())) == 0 {
			continue
		}
		if err := w.load(lines.Bytes()); err != nil {
			return n, fmt.Errorf("line %d: %w", line, err)
		}
		n++
	}
	return n, lines.Err()
}

// load creates the repository of one line.
func (w *World) load(line []byte) error {
	var s summary
	if err := json.Unmarshal(line, &s); err != nil {
		return err
	}
	if owner, name, _ := strings.Cut(s.NameWithOwner, "/"); owner == "" || name == "" || strings.Contains(name, "/") {
		return fmt.Errorf("the name is %q; it has to be OWNER/NAME", s.NameWithOwner)
	}
	w.mu.RLock()
	taken := w.repos[strings.ToLower(s.NameWithOwner)] != nil
	w.mu.RUnlock()
	if taken {
		return fmt.Errorf("%s is there already", s.NameWithOwner)
	}
	made := s.repository()
	for _, c := range made.Commits {
		if c.CommittedDate.IsZero() {
			return fmt.Errorf("%s: commit %s has no date", made.Name, c.OID)
		}
	}
	w.Create(made)
	return nil
}

// summary is a line that sums a repository up.
type summary struct {
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
}

func (s summary) repository() Repository {
	r := Repository{Name: s.NameWithOwner, DefaultBranch: s.DefaultBranch, CreatedAt: s.FirstCommit, Language: language(s.TopExtensions)}
	if s.HasReadme {
		r.Files = append(r.Files, File{"README.md", "README.md\n"})
	}
	if s.HasLicense {
		r.License = "MIT"
		r.Files = append(r.Files, File{"LICENSE", "MIT License\n"})
	}
	for i := len(r.Files); i < min(s.RootEntries, 1000); i++ { // more than any real root directory
		r.Files = append(r.Files, File{fmt.Sprintf("sample-%02d.txt", i), "sample\n"})
	}
	if s.HeadOID == "" {
		return r
	}
	r.Commits = []Commit{{OID: s.HeadOID, CommittedDate: s.CommittedDate, Merge: s.Parents > 1}}
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

// language is that of the commonest extension that stands for one.
func language(extensions map[string]int) string {
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
