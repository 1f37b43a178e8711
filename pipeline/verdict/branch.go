package verdict

import (
	"fmt"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// activeBranch is the branch on which people are ahead of the default one, nil
// for none. One that a bot moved is none, nor is one that holds a built site.
func (p *Policy) activeBranch(f pipeline.Finding) *pipeline.Branch {
	if f.Detail == nil || f.Detail.ActiveBranch == nil {
		return nil
	}
	b := f.Detail.ActiveBranch
	switch {
	case f.Detail.Tip != nil && !b.CommittedDate.After(f.Detail.Tip.CommittedDate),
		b.Name == "gh-pages",
		p.IsBot(pipeline.Commit{Author: b.Author, Bot: b.Bot}),
		serviceBranch.MatchString(b.Name):
		return nil
	}
	return b
}

func (p *Policy) branchClause(f pipeline.Finding) string {
	b := p.activeBranch(f)
	if b == nil {
		return ""
	}
	return fmt.Sprintf("Newer commits are on %s, the latest from %s.", branchWord(b.Name), day(b.CommittedDate))
}

// branchSignal tells a repository that goes on elsewhere from one that rests.
func (p *Policy) branchSignal(f pipeline.Finding, asOf time.Time) string {
	b := p.activeBranch(f)
	if b == nil {
		return pushSignal(f, asOf)
	}
	at := dayAgo(b.CommittedDate, asOf)
	if needsAttention(f.Status) {
		return fmt.Sprintf("Work goes on only on %s: the newest commit there is from %s.", branchWord(b.Name), at)
	}
	return fmt.Sprintf("The newest commit is on %s: %s.", branchWord(b.Name), at)
}

// pushSignal tells of a push that the default branch does not show. Commits are
// pushed some days after they were made, so a month has to lie between.
func pushSignal(f pipeline.Finding, asOf time.Time) string {
	if f.Detail == nil || f.Detail.Tip == nil || f.PushedAt == nil || f.PushedAt.Before(f.Detail.Tip.CommittedDate.AddDate(0, 1, 0)) {
		return ""
	}
	return fmt.Sprintf("Last push: %s, long after the newest commit on %s: most likely to another branch.", dayAgo(*f.PushedAt, asOf), branchName(f))
}

func branchName(f pipeline.Finding) string {
	if f.DefaultBranch == nil || pipeline.Plain(*f.DefaultBranch, pipeline.NameLimit) == "" {
		return "the default branch"
	}
	return branchWord(*f.DefaultBranch)
}

// branchWord sets a branch's name in code.
func branchWord(name string) string {
	return "`" + strings.ReplaceAll(pipeline.Plain(name, pipeline.NameLimit), "`", "'") + "`"
}
