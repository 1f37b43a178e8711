package verdict_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/verdict"
)

// realData holds real repositories with their last commits, and what somebody
// who read them by hand made of some.
const realData = "../../../shared/data/"

// leastRight is how many of the judged repositories have to come into the tier
// of the commit by which somebody last maintained them.
const leastRight = 76

// TestRealRepositories measures the verdicts: go test ./pipeline/verdict -run
// TestRealRepositories -v prints every repository that comes out otherwise.
func TestRealRepositories(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes too long for a short run")
	}
	fleet := realHistories(t)
	right, total := tiersRight(t, fleet, mustPolicy(t, nil))
	t.Logf("%d of %d right", right, total)
	if right < leastRight {
		t.Errorf("%d of %d tiers are right, want %d", right, total, leastRight)
	}
	if os.Getenv("STALEWATCH_TESTS") == "all" {
		right, _ := tiersRight(t, fleet, mustPolicy(t, countAll))
		t.Logf("%d when every person's commit counts", right)
	}
}

func tiersRight(t *testing.T, fleet []*source, p *verdict.Policy) (right, total int) {
	t.Helper()
	surveys := make(map[time.Time][]pipeline.Finding) // many were read on the same day
	for _, j := range lines[judgedRepository](t, "judged.jsonl") {
		asOf, err := time.Parse(time.DateOnly, j.SnapshotDate)
		if err != nil {
			t.Fatal(err)
		}
		asOf = asOf.Add(24*time.Hour - time.Second)
		if surveys[asOf] == nil {
			repos, _ := survey(p, fleet, asOf)
			surveys[asOf] = p.Judge(repos, asOf)
		}
		f := findNamed(t, surveys[asOf], j.NameWithOwner)
		total++
		if string(f.Status) == j.Tier {
			right++
			continue
		}
		t.Logf("%-70s %-8s judged %-8s (%s, confidence %.2f)\n\t%s", j.NameWithOwner, f.Status, j.Tier, j.Date, j.Confidence, f.Reason.Sentence)
	}
	return right, total
}

func countAll(r *pipeline.Rules) {
	r.Count = pipeline.Count{BotMerges: true, Campaigns: true, Notices: true}
}

// judgedRepository is a line of judged.jsonl.
type judgedRepository struct {
	NameWithOwner string  `json:"name_with_owner"`
	SnapshotDate  string  `json:"snapshot_date"`
	Tier          string  `json:"tier_meaningful"`
	Date          string  `json:"last_meaningful_date"`
	Confidence    float64 `json:"confidence"`
}

// realHistory is a line of histories.jsonl.
type realHistory struct {
	Full      string            `json:"full"`
	Branch    string            `json:"branch"`
	CreatedAt time.Time         `json:"createdAt"`
	Entries   []string          `json:"entries"`
	Files     map[string]string `json:"files"`
	History   []struct {
		OID    string    `json:"oid"`
		Date   time.Time `json:"date"`
		Author struct {
			Name  string  `json:"name"`
			Email string  `json:"email"`
			Login *string `json:"login"`
		} `json:"author"`
		Parents      int    `json:"parents"`
		Message      string `json:"message"`
		ChangedFiles *int   `json:"changedFiles"`
		Additions    *int   `json:"additions"`
		Deletions    *int   `json:"deletions"`
	} `json:"history"`
}

// realHistories reads the histories as what GitHub would tell.
func realHistories(t *testing.T) []*source {
	var all []*source
	p := mustPolicy(t, nil)
	for _, h := range lines[realHistory](t, "histories.jsonl") {
		s := &source{name: h.Full, branch: h.Branch, createdAt: h.CreatedAt, entries: h.Entries}
		for name, text := range h.Files {
			if strings.HasPrefix(strings.ToLower(name), "readme") && len(text) > len(s.readme) {
				s.readme = text
			}
		}
		s.readme = p.CondenseReadme(s.readme)
		for _, c := range h.History {
			login := ""
			if c.Author.Login != nil {
				login = *c.Author.Login
			}
			commit := pipeline.Commit{OID: c.OID, CommittedDate: c.Date, Author: pipeline.Author{Name: &c.Author.Name, Login: c.Author.Login},
				Headline: c.Message, Parents: c.Parents, Bot: pipeline.BuiltinBot(c.Author.Name, login, c.Author.Email, false)}
			if c.ChangedFiles != nil && c.Additions != nil && c.Deletions != nil {
				commit.Size = &pipeline.CommitSize{ChangedFiles: *c.ChangedFiles, Additions: *c.Additions, Deletions: *c.Deletions}
			}
			s.commits = append(s.commits, commit)
		}
		all = append(all, s)
	}
	return all
}

func lines[T any](t *testing.T, name string) []T {
	t.Helper()
	data, err := os.ReadFile(realData + name)
	if errors.Is(err, fs.ErrNotExist) {
		t.Skipf("%s%s is not here", realData, name)
	} else if err != nil {
		t.Fatal(err)
	}
	var all []T
	s := bufio.NewScanner(bytes.NewReader(data))
	s.Buffer(nil, 1<<20)
	for s.Scan() {
		var v T
		if err := json.Unmarshal(s.Bytes(), &v); err != nil {
			t.Fatal(err)
		}
		all = append(all, v)
	}
	return all
}

// source is what GitHub knows of a repository; its commits have their sizes, and
// its README is condensed, as every policy condenses it.
type source struct {
	name, branch, readme string
	createdAt            time.Time
	entries              []string
	commits              []pipeline.Commit
}

// asked is what a survey had to ask for, and for how many commits.
type asked struct{ rounds, histories, commits, sizes int }

// survey asks for what a policy wants until it wants nothing more, as a survey
// of GitHub does: tips first, then what does not decide, then the details.
func survey(p *verdict.Policy, all []*source, asOf time.Time) ([]pipeline.Repository, asked) {
	var repos []pipeline.Repository
	var cost asked
	read := make(map[string][]pipeline.Commit)
	for _, s := range all {
		commits := slices.Clone(s.commits)
		commits = slices.DeleteFunc(commits, func(c pipeline.Commit) bool { return c.CommittedDate.After(asOf) })
		if len(commits) == 0 {
			continue
		}
		read[s.name] = commits
		tip := commits[0]
		tip.Size = nil
		pushed := tip.CommittedDate
		repos = append(repos, pipeline.Repository{ID: s.name, NameWithOwner: s.name, URL: "https://github.com/" + s.name,
			CreatedAt: s.createdAt, PushedAt: &pushed, DefaultBranch: &s.branch, Detail: &pipeline.Detail{Tip: &tip}})
	}
	at := make(map[string]int)
	for i, r := range repos {
		at[r.ID] = i
	}
	answer := func() {
		refused := make(map[string]bool)
		for {
			progress := false
			for _, w := range p.Wants(repos, asOf) {
				d, commits := repos[at[w.ID]].Detail, read[w.ID]
				if w.History && !refused[w.ID] {
					cost.histories++
					have := 0
					if d.Search != nil {
						have = d.Search.Commits
					}
					n := min(have+pipeline.RecentCommits, len(commits))
					refused[w.ID] = n == len(commits) // the file holds no more
					cost.commits += n - have
					further := slices.Clone(commits[:n])
					for i := range further {
						if !refused[further[i].OID] {
							further[i].Size = nil
						}
					}
					d.Search = p.Search(further, false, asOf)
					progress = true
				}
				for _, oid := range w.Sizes {
					if refused[oid] {
						continue
					}
					refused[oid] = true
					cost.sizes++
					progress = true
					size := commits[slices.IndexFunc(commits, func(c pipeline.Commit) bool { return c.OID == oid })].Size
					if d.Tip.OID == oid {
						d.Tip.Size = size
					}
					if d.Search != nil {
						for i := range d.Search.People {
							if d.Search.People[i].OID == oid {
								d.Search.People[i].Size = size
							}
						}
					}
				}
			}
			if !progress {
				return
			}
			cost.rounds++
		}
	}
	answer()
	for _, s := range all {
		i, listed := at[s.name]
		if !listed {
			continue
		}
		repos[i].Detail.RootEntries = s.entries
		repos[i].Detail.Readme = &s.readme
	}
	answer()
	return repos, cost
}

func findNamed(t *testing.T, findings []pipeline.Finding, name string) pipeline.Finding {
	t.Helper()
	i := slices.IndexFunc(findings, func(f pipeline.Finding) bool { return f.NameWithOwner == name })
	if i < 0 {
		t.Fatalf("%s is not among the histories", name)
	}
	return findings[i]
}

// TestCampaignsCostLittle reckons GitHub's time by public reports: a listed row
// with its counts 15 ms, a tip 11, a root tree, a README and the rest of the
// details 300, a history 30 and 3 a commit, a commit's size 60.
func TestCampaignsCostLittle(t *testing.T) {
	fleet := realHistories(t)
	const survey1 = 15 + 11 + 300
	for _, day := range []string{"2024-03-28", "2026-11-22"} {
		cost := func(change func(*pipeline.Rules)) (ms, requests, repos int) {
			found, c := survey(mustPolicy(t, change), fleet, at(t, day))
			return c.histories*30 + c.commits*3 + c.sizes*60, c.rounds, len(found)
		}
		with, rounds, repos := cost(nil)
		without, roundsWithout, _ := cost(func(r *pipeline.Rules) { r.Count.Campaigns = true })
		bots, _, _ := cost(countAll)
		total := repos*survey1 + without
		t.Logf("%s: campaigns cost %.1f %% more of GitHub's time, all that does not count %.1f %%; %d rounds instead of %d", day,
			100*float64(with-without)/float64(total), 100*float64(with-bots)/float64(repos*survey1+bots), rounds, roundsWithout)
		if with-without > total/20 {
			t.Errorf("%s: campaigns cost %d ms in %d repositories, more than a twentieth of %d", day, with-without, repos, total)
		}
	}
}
