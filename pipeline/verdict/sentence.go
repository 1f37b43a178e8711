package verdict

import (
	"fmt"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// explain puts a verdict into words: the value that decided, the limit, and
// what was left out of account.
func (p *Policy) explain(f pipeline.Finding, v verdict, asOf time.Time) pipeline.Reason {
	r := pipeline.Reason{Rule: v.rule}
	switch v.rule {
	case ruleUnread, ruleNeverRead, ruleNotSearched:
		r.Sentence = unreadSentence(f, v.rule)
	case ruleArchived:
		r.Sentence = archivedSentence(f, asOf)
	case ruleEmpty:
		r.Sentence = fmt.Sprintf("It holds no commit. It was created on %s, %s ago.", day(f.CreatedAt), pipeline.AgeWords(f.CreatedAt, asOf))
	case ruleNoBranch:
		r.Sentence = fmt.Sprintf("It has no commit on a default branch, so there is nothing to judge by. It was created on %s, %s ago.",
			day(f.CreatedAt), pipeline.AgeWords(f.CreatedAt, asOf))
	case ruleBotsToLimit:
		r.Sentence = sentence(p.botsToLimitSentence(f, asOf), branchClause(f), laneClause(f))
	case ruleBotsOnly:
		r.Sentence = sentence(botsOnlySentence(f, v, p.rules.Tiers, asOf), branchClause(f), laneClause(f))
	default:
		r.Sentence = sentence(ageSentence(f, p.rules.Tiers, asOf), clampClause(f, v, asOf), botsClause(f), branchClause(f), laneClause(f))
	}
	r.NotCounted = notCounted(f)
	return r
}

// ageSentence tells how long ago a person committed. Who did is not said: the
// report is about repositories.
func ageSentence(f pipeline.Finding, tiers pipeline.Tiers, asOf time.Time) string {
	when, age := day(*f.DecidedBy), pipeline.AgeWords(*f.DecidedBy, asOf)
	limit := limitWords(tiers, f.Status)
	if f.Status == pipeline.Fresh || f.Status == pipeline.Active {
		return fmt.Sprintf("A person committed to %s %s ago, on %s; %s.", branchName(f), age, when, limit)
	}
	return fmt.Sprintf("No person has committed to %s for %s, since %s; %s.", branchName(f), age, when, limit)
}

// limitWords names the limit that put the status where it is.
func limitWords(tiers pipeline.Tiers, s pipeline.Status) string {
	switch s {
	case pipeline.Fresh:
		return "fresh ends at " + tiers.Fresh.Words()
	case pipeline.Active:
		return "active begins at " + tiers.Fresh.Words()
	case pipeline.Aging:
		return "aging begins at " + tiers.Active.Words()
	case pipeline.Stale:
		return "stale begins at " + tiers.Aging.Words()
	}
	return "dormant begins at " + tiers.Stale.Words()
}

// botsToLimitSentence claims no more than the search saw: one that was made
// under other limits may have ended earlier.
func (p *Policy) botsToLimitSentence(f pipeline.Finding, asOf time.Time) string {
	search, branch := f.Detail.Search, branchName(f)
	if !p.pastLimit(search.Reach, asOf) {
		return fmt.Sprintf("No person is among the newest authors on %s, only %s; the search went no further.", branch, botsWords(f))
	}
	return fmt.Sprintf("No person has committed to %s for at least %s, where dormant begins and the search ends. Since then only %s.",
		branch, p.rules.Tiers.Stale.Words(), botsWords(f))
}

func botsOnlySentence(f pipeline.Finding, v verdict, tiers pipeline.Tiers, asOf time.Time) string {
	what := "created"
	if v.clamped != nil {
		what = "last pushed to"
	}
	return fmt.Sprintf("No person has ever committed to %s, only %s. It was %s on %s, %s ago, which decides; %s.",
		branchName(f), botsWords(f), what, day(*v.date), pipeline.AgeWords(*v.date, asOf), limitWords(tiers, v.status))
}

func archivedSentence(f pipeline.Finding, asOf time.Time) string {
	if f.LastHumanCommit == nil {
		return "It is archived on GitHub and therefore read-only."
	}
	date := f.LastHumanCommit.CommittedDate
	return fmt.Sprintf("It is archived on GitHub and therefore read-only. The last commit by a person on %s is of %s, %s ago.",
		branchName(f), day(date), pipeline.AgeWords(date, asOf))
}

func unreadSentence(f pipeline.Finding, rule string) string {
	why := "It could not be read this time."
	switch {
	case rule == ruleNeverRead:
		return "It has not been read so far."
	case rule == ruleNotSearched:
		why = "Its newest commit is a bot's, and the history behind that commit has not been read."
	case f.ReadError != "":
		why = "It could not be read this time: " + strings.TrimSuffix(pipeline.Plain(f.ReadError, pipeline.TextLimit), ".") + "."
	}
	if f.Detail == nil {
		return why
	}
	return sentence(why, fmt.Sprintf("The values shown are of %s.", day(f.Detail.ReadAt)))
}

// botsClause says who kept the branch moving after the last person.
func botsClause(f pipeline.Finding) string {
	if !f.TipIsBot || f.LastHumanCommit == nil {
		return ""
	}
	return fmt.Sprintf("Since then only %s.", botsWords(f))
}

// botsWords names the bots of a search: "dependabot[bot] (14 commits)".
func botsWords(f pipeline.Finding) string {
	const shown = 3
	s := f.Detail.Search
	names := make([]string, 0, shown+1)
	for _, b := range s.Bots[:min(len(s.Bots), shown)] {
		names = append(names, orElse(pipeline.Plain(b, pipeline.NameLimit), "a bot"))
	}
	if more := len(s.Bots) - shown; more > 0 {
		names = append(names, pipeline.Plural(more, "other bot"))
	}
	who := orElse(pipeline.ListWords(names), "bots")
	if s.BotCommits == 0 {
		return who
	}
	return fmt.Sprintf("%s (%s)", who, pipeline.Plural(s.BotCommits, "commit"))
}

// clampClause explains why another date than the commit's own decided. Clocks
// that differ by less than a day need no words.
func clampClause(f pipeline.Finding, v verdict, asOf time.Time) string {
	switch {
	case v.clamped == nil || day(*v.clamped) == day(*v.date):
		return ""
	case f.PushedAt != nil && !asOf.Before(*f.PushedAt):
		return fmt.Sprintf("The commit is dated %s, after the last push, so the push decides.", day(*v.clamped))
	}
	return fmt.Sprintf("The commit is dated %s, in the future, so the time of this report decides.", day(*v.clamped))
}

func branchClause(f pipeline.Finding) string {
	b := activeBranch(f)
	if b == nil {
		return ""
	}
	return fmt.Sprintf("Newer commits are on %s, the latest of %s.", pipeline.Plain(b.Name, pipeline.NameLimit), day(b.CommittedDate))
}

// activeBranch is the branch that is ahead of the default one, nil for none.
func activeBranch(f pipeline.Finding) *pipeline.Branch {
	if f.Detail == nil || f.Detail.ActiveBranch == nil {
		return nil
	}
	b := f.Detail.ActiveBranch
	if f.Detail.Tip != nil && !b.CommittedDate.After(f.Detail.Tip.CommittedDate) {
		return nil
	}
	return b
}

func laneClause(f pipeline.Finding) string {
	switch f.Lane {
	case pipeline.LaneDisabled:
		return "GitHub has disabled it."
	case pipeline.LaneLocked:
		return "It is locked."
	case pipeline.LaneMirror:
		return "It is a mirror of a repository that lives elsewhere."
	case pipeline.LaneFork:
		if f.Parent != nil {
			return "It is a fork of " + pipeline.Plain(f.Parent.NameWithOwner, pipeline.NameLimit) + "."
		}
		return "It is a fork."
	case pipeline.LaneTemplate:
		return "It is a template."
	case pipeline.LaneReadmeOnly:
		return "It holds a README and no code."
	}
	return ""
}

// notCounted tells what moved the repository and was left out of account.
func notCounted(f pipeline.Finding) []string {
	var out []string
	if f.TipIsBot && f.Detail.Search != nil {
		out = append(out, fmt.Sprintf("Commits by %s, the newest of %s.", botsWords(f), day(f.Detail.Tip.CommittedDate)))
	}
	if b := activeBranch(f); b != nil {
		out = append(out, fmt.Sprintf("Commits on the branch %s, the newest of %s.", pipeline.Plain(b.Name, pipeline.NameLimit), day(b.CommittedDate)))
	}
	return out
}

func branchName(f pipeline.Finding) string {
	if f.DefaultBranch == nil {
		return "the default branch"
	}
	return orElse(pipeline.Plain(*f.DefaultBranch, pipeline.NameLimit), "the default branch")
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// sentence joins clauses with spaces, leaving out empty ones.
func sentence(clauses ...string) string {
	var b strings.Builder
	for _, c := range clauses {
		if c == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(c)
	}
	return b.String()
}
