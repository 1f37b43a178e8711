package verdict

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// explain puts a verdict into words: the date that decided, its age, and what
// was left out of account. Branches stand in backquotes. Who committed is not
// said: the report is about repositories.
func (p *Policy) explain(f pipeline.Finding, v verdict, asOf time.Time) pipeline.Reason {
	r := pipeline.Reason{Rule: v.rule, NotCounted: p.notCounted(f)}
	switch v.rule {
	case ruleUnread, ruleNeverRead, ruleNotSearched:
		r.Sentence = unreadSentence(f, v.rule)
	case ruleArchived:
		r.Sentence = sentence("Archived on GitHub.", lastCommit(f, v, asOf), skippedClause(v.skipped, asOf))
	case ruleEmpty:
		r.Sentence = sentence("No commit yet.", dated("Created", f.CreatedAt, asOf))
	case ruleNoBranch:
		r.Sentence = sentence("No commit on a default branch.", dated("Created", f.CreatedAt, asOf))
	case ruleBotsToLimit:
		r.Sentence = sentence(p.toLimitSentence(f, v, asOf), skippedClause(v.skipped, asOf), p.branchClause(f), laneClause(f))
	case ruleBotsOnly:
		r.Sentence = sentence(botsOnlySentence(f, v, asOf), p.branchClause(f), laneClause(f))
	default:
		r.Sentence = sentence(lastCommit(f, v, asOf), clampClause(f, v, asOf), skippedClause(v.skipped, asOf), botsClause(f), p.branchClause(f), laneClause(f))
	}
	return r
}

// lastCommit is the commit that decided, with its date and age.
func lastCommit(f pipeline.Finding, v verdict, asOf time.Time) string {
	if v.deciding == nil {
		return ""
	}
	at := v.deciding.CommittedDate
	if v.date != nil {
		at = *v.date
	}
	if imported(f, at, asOf) {
		return sentence(dated("Imported", f.CreatedAt, asOf), fmt.Sprintf("Last commit: %s.", day(at)))
	}
	what := "Last commit"
	switch {
	case v.clamped != nil && day(*v.clamped) != day(at) && f.PushedAt != nil && at.Equal(f.PushedAt.UTC()):
		what = "Last push"
	case len(v.skipped) > 0:
		what = "Last commit that counts"
	case f.TipIsBot:
		what = "Last commit by a person"
	}
	if b := f.DefaultBranch; b != nil && *b != "main" && *b != "master" && pipeline.Plain(*b, pipeline.NameLimit) != "" {
		what += " on " + branchName(f)
	}
	return dated(what, at, asOf)
}

// dated is what happened, when, and how long ago: "Created: 3 May 2015, 11 years
// and 6 months ago."
func dated(what string, at, asOf time.Time) string {
	return fmt.Sprintf("%s: %s.", what, dayAgo(at, asOf))
}

func dayAgo(at, asOf time.Time) string {
	return fmt.Sprintf("%s, %s ago", day(at), pipeline.AgeWords(at, asOf))
}

// imported reports that a repository was made lately from an older history: its
// newest commit says little about whether somebody cares.
func imported(f pipeline.Finding, newest, asOf time.Time) bool {
	const between = 30 * 24 * time.Hour // people commit for some weeks before they share
	return f.CreatedAt.Sub(newest) > between && (pipeline.Span{Years: 1}).After(f.CreatedAt).After(asOf) && !asOf.Before(f.CreatedAt)
}

// skippedClause tells of the commits that are newer and do not count: at most
// one of each kind, the newest, and how many there are.
func skippedClause(skipped []skipped, asOf time.Time) string {
	var parts []string
	for _, kind := range []pipeline.NotCountedReason{pipeline.Notice, pipeline.Campaign, pipeline.BotMerge} {
		n, first := 0, -1
		for i, s := range skipped {
			if s.why != kind {
				continue
			}
			if n++; first < 0 {
				first = i
			}
		}
		if n > 0 {
			parts = append(parts, skippedWords(skipped[first], n))
		}
	}
	switch {
	case len(parts) == 0:
		return ""
	case len(skipped) == 1:
		return "A newer one is " + parts[0] + "."
	}
	return "Newer ones are " + pipeline.ListWords(parts) + "."
}

// skippedWords tells of n commits of one kind by the newest of them.
func skippedWords(s skipped, n int) string {
	headline := strings.ReplaceAll(pipeline.Plain(s.Headline, headlineLimit), `"`, "'")
	quoted := ""
	if headline != "" {
		quoted = fmt.Sprintf("%q, ", headline)
	}
	what := map[pipeline.NotCountedReason][2]string{
		pipeline.Notice:   {"a notice", "notices"},
		pipeline.Campaign: {"a campaign", "campaigns"},
		pipeline.BotMerge: {"the merge of a bot's branch", "merges of bots' branches"},
	}[s.why]
	if s.why == pipeline.BotMerge {
		quoted = ""
	}
	if s.why == pipeline.Campaign && n == 1 {
		return fmt.Sprintf("%s (%s%s in %d repositories)", what[0], quoted, day(s.CommittedDate), s.repositories)
	}
	if n == 1 {
		return fmt.Sprintf("%s (%s%s)", what[0], quoted, day(s.CommittedDate))
	}
	return fmt.Sprintf("%d %s (the newest %s%s)", n, what[1], quoted, day(s.CommittedDate))
}

// headlineLimit is how much of a headline a sentence quotes, in characters.
const headlineLimit = 60

// toLimitSentence claims no more than the search saw: one that was made under
// other limits may have ended earlier.
func (p *Policy) toLimitSentence(f pipeline.Finding, v verdict, asOf time.Time) string {
	search := f.Detail.Search
	who := ", only by " + botsWords(f)
	if len(v.skipped) > 0 || search.BotCommits == 0 {
		who = ""
	}
	if !p.pastLimit(search.Reach, asOf) {
		return fmt.Sprintf("No commit by a person among the newest%s; the search went no further.", who)
	}
	what := "by a person"
	if len(v.skipped) > 0 {
		what = "that counts"
	}
	return fmt.Sprintf("No commit %s since %s%s.", what, day(p.rules.Tiers.Stale.Before(asOf)), who)
}

func botsOnlySentence(f pipeline.Finding, v verdict, asOf time.Time) string {
	what := "Created"
	if v.clamped != nil {
		what = "Last push"
	}
	return fmt.Sprintf("%s No person has ever committed, only %s.", dated(what, *v.date, asOf), botsWords(f))
}

func unreadSentence(f pipeline.Finding, rule string) string {
	why := "Could not be read this time."
	switch {
	case rule == ruleNeverRead:
		return "Not read so far."
	case rule == ruleNotSearched:
		why = "The newest commit is a bot's, and the history behind it has not been read."
	case f.ReadError != "":
		why = "Could not be read this time: " + strings.TrimSuffix(pipeline.Plain(f.ReadError, pipeline.TextLimit), ".") + "."
	}
	if f.Detail == nil {
		return why
	}
	return sentence(why, fmt.Sprintf("The values shown are from %s.", day(f.Detail.ReadAt)))
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
	s := f.Detail.Search
	names := make([]string, 0, maxBots+1)
	for _, b := range s.Bots[:min(len(s.Bots), maxBots)] {
		names = append(names, cmp.Or(pipeline.Plain(b, pipeline.NameLimit), "a bot"))
	}
	if more := len(s.Bots) - maxBots; more > 0 {
		names = append(names, pipeline.Plural(more, "other bot"))
	}
	who := cmp.Or(pipeline.ListWords(names), "bots")
	if s.BotCommits == 0 {
		return who
	}
	return fmt.Sprintf("%s (%s)", who, pipeline.Plural(s.BotCommits, "commit"))
}

// clampClause explains why another date than the commit's own decided. Clocks that
// differ by less than a day need no words, nor does a commit that was made after
// asOf, while the report was being made.
func clampClause(f pipeline.Finding, v verdict, asOf time.Time) string {
	switch {
	case v.clamped == nil || day(*v.clamped) == day(*v.date):
		return ""
	case f.PushedAt != nil && !asOf.Before(*f.PushedAt):
		return fmt.Sprintf("The commit is dated %s, after that push.", day(*v.clamped))
	case f.PushedAt != nil && !f.PushedAt.Before(*v.clamped):
		return "" // it was pushed after asOf: nothing is wrong with its date
	}
	return fmt.Sprintf("The commit is dated %s, which has not come yet.", day(*v.clamped))
}

// notCounted tells what else moved the repository and was left out of account.
func (p *Policy) notCounted(f pipeline.Finding) []string {
	var out []string
	if f.TipIsBot && f.Detail.Search != nil {
		out = append(out, fmt.Sprintf("Commits by %s, the newest from %s.", botsWords(f), day(f.Detail.Tip.CommittedDate)))
	}
	if b := p.activeBranch(f); b != nil {
		out = append(out, fmt.Sprintf("Commits on the branch %s, the newest from %s.", branchWord(b.Name), day(b.CommittedDate)))
	}
	return out
}

// day is a date as people write it: 11 December 2017.
func day(t time.Time) string { return t.UTC().Format("2 January 2006") }

// sentence joins clauses with spaces, leaving out empty ones.
func sentence(clauses ...string) string {
	return strings.Join(slices.DeleteFunc(clauses, func(c string) bool { return c == "" }), " ")
}
