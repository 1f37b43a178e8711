package pipeline

import (
	"fmt"
	"strings"
	"time"
)

// explain puts a verdict into words: the value that decided, the limit, and
// what was left out of account.
func (p *Policy) explain(f Finding, v verdict, asOf time.Time) Reason {
	r := Reason{Rule: v.rule}
	switch v.rule {
	case ruleUnread, ruleNeverRead, ruleNotSearched:
		r.Sentence = unreadSentence(f, v.rule)
	case ruleArchived:
		r.Sentence = archivedSentence(f, asOf)
	case ruleEmpty:
		r.Sentence = fmt.Sprintf("It holds no commit. It was created on %s, %s ago.", day(f.CreatedAt), AgeWords(f.CreatedAt, asOf))
	case ruleNoBranch:
		r.Sentence = fmt.Sprintf("It has no commit on a default branch, so there is nothing to judge by. It was created on %s, %s ago.",
			day(f.CreatedAt), AgeWords(f.CreatedAt, asOf))
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
func ageSentence(f Finding, tiers Tiers, asOf time.Time) string {
	when, age := day(*f.DecidedBy), AgeWords(*f.DecidedBy, asOf)
	limit := limitWords(tiers, f.Status)
	if f.Status == Fresh || f.Status == Active {
		return fmt.Sprintf("A person committed to %s %s ago, on %s; %s.", branchName(f), age, when, limit)
	}
	return fmt.Sprintf("No person has committed to %s for %s, since %s; %s.", branchName(f), age, when, limit)
}

// limitWords names the limit that put the status where it is.
func limitWords(tiers Tiers, s Status) string {
	switch s {
	case Fresh:
		return "fresh ends at " + tiers.Fresh.Words()
	case Active:
		return "active begins at " + tiers.Fresh.Words()
	case Aging:
		return "aging begins at " + tiers.Active.Words()
	case Stale:
		return "stale begins at " + tiers.Aging.Words()
	}
	return "dormant begins at " + tiers.Stale.Words()
}

// botsToLimitSentence claims no more than the search saw: one that was made
// under other limits may have ended earlier.
func (p *Policy) botsToLimitSentence(f Finding, asOf time.Time) string {
	search, branch := f.Detail.Search, branchName(f)
	if !p.pastLimit(search.Reach, asOf) {
		return fmt.Sprintf("No person is among the newest authors on %s, only %s; the search went no further.", branch, botsWords(f))
	}
	return fmt.Sprintf("No person has committed to %s for at least %s, where dormant begins and the search ends. Since then only %s.",
		branch, p.rules.Tiers.Stale.Words(), botsWords(f))
}

func botsOnlySentence(f Finding, v verdict, tiers Tiers, asOf time.Time) string {
	what := "created"
	if v.clamped != nil {
		what = "last pushed to"
	}
	return fmt.Sprintf("No person has ever committed to %s, only %s. It was %s on %s, %s ago, which decides; %s.",
		branchName(f), botsWords(f), what, day(*v.date), AgeWords(*v.date, asOf), limitWords(tiers, v.status))
}

func archivedSentence(f Finding, asOf time.Time) string {
	if f.LastHumanCommit == nil {
		return "It is archived on GitHub and therefore read-only."
	}
	date := f.LastHumanCommit.CommittedDate
	return fmt.Sprintf("It is archived on GitHub and therefore read-only. The last commit by a person on %s is of %s, %s ago.",
		branchName(f), day(date), AgeWords(date, asOf))
}

func unreadSentence(f Finding, rule string) string {
	why := "It could not be read this time."
	switch {
	case rule == ruleNeverRead:
		return "It has not been read so far."
	case rule == ruleNotSearched:
		why = "Its newest commit is a bot's, and the history behind that commit has not been read."
	case f.ReadError != "":
		why = "It could not be read this time: " + strings.TrimSuffix(plain(f.ReadError, textLimit), ".") + "."
	}
	if f.Detail == nil {
		return why
	}
	return sentence(why, fmt.Sprintf("The values shown are of %s.", day(f.Detail.ReadAt)))
}

// botsClause says who kept the branch moving after the last person.
func botsClause(f Finding) string {
	if !f.TipIsBot || f.LastHumanCommit == nil {
		return ""
	}
	return fmt.Sprintf("Since then only %s.", botsWords(f))
}

// botsWords names the bots of a search: "dependabot[bot] (14 commits)".
func botsWords(f Finding) string {
	const shown = 3
	s := f.Detail.Search
	names := make([]string, 0, shown+1)
	for _, b := range s.Bots[:min(len(s.Bots), shown)] {
		names = append(names, orElse(plain(b, nameLimit), "a bot"))
	}
	if more := len(s.Bots) - shown; more > 0 {
		names = append(names, plural(more, "other bot"))
	}
	who := orElse(listWords(names), "bots")
	if s.BotCommits == 0 {
		return who
	}
	return fmt.Sprintf("%s (%s)", who, plural(s.BotCommits, "commit"))
}

// clampClause explains why another date than the commit's own decided. Clocks
// that differ by less than a day need no words.
func clampClause(f Finding, v verdict, asOf time.Time) string {
	switch {
	case v.clamped == nil || day(*v.clamped) == day(*v.date):
		return ""
	case f.PushedAt != nil && !asOf.Before(*f.PushedAt):
		return fmt.Sprintf("The commit is dated %s, after the last push, so the push decides.", day(*v.clamped))
	}
	return fmt.Sprintf("The commit is dated %s, in the future, so the time of this report decides.", day(*v.clamped))
}

func branchClause(f Finding) string {
	b := activeBranch(f)
	if b == nil {
		return ""
	}
	return fmt.Sprintf("Newer commits are on %s, the latest of %s.", plain(b.Name, nameLimit), day(b.CommittedDate))
}

// activeBranch is the branch that is ahead of the default one, nil for none.
func activeBranch(f Finding) *Branch {
	if f.Detail == nil || f.Detail.ActiveBranch == nil {
		return nil
	}
	b := f.Detail.ActiveBranch
	if f.Detail.Tip != nil && !b.CommittedDate.After(f.Detail.Tip.CommittedDate) {
		return nil
	}
	return b
}

func laneClause(f Finding) string {
	switch f.Lane {
	case LaneDisabled:
		return "GitHub has disabled it."
	case LaneLocked:
		return "It is locked."
	case LaneMirror:
		return "It is a mirror of a repository that lives elsewhere."
	case LaneFork:
		if f.Detail != nil && f.Detail.Parent != nil {
			return "It is a fork of " + plain(f.Detail.Parent.NameWithOwner, nameLimit) + "."
		}
		return "It is a fork."
	case LaneTemplate:
		return "It is a template."
	case LaneReadmeOnly:
		return "It holds a README and no code."
	}
	return ""
}

// notCounted tells what moved the repository and was left out of account.
func notCounted(f Finding) []string {
	var out []string
	if f.TipIsBot && f.Detail.Search != nil {
		out = append(out, fmt.Sprintf("Commits by %s, the newest of %s.", botsWords(f), day(f.Detail.Tip.CommittedDate)))
	}
	if b := activeBranch(f); b != nil {
		out = append(out, fmt.Sprintf("Commits on the branch %s, the newest of %s.", plain(b.Name, nameLimit), day(b.CommittedDate)))
	}
	return out
}

func branchName(f Finding) string {
	if f.DefaultBranch == nil {
		return "the default branch"
	}
	return orElse(plain(*f.DefaultBranch, nameLimit), "the default branch")
}

// AgeWords tells the calendar time between two moments in its two largest
// units: "2 years and 1 day", "3 months", "less than a day". The units are those
// the limits are reckoned in, so "2 years" is reached exactly when a limit of
// "2y" is.
func AgeWords(from, to time.Time) string {
	from, to = from.UTC(), to.UTC()
	months := max(0, (to.Year()-from.Year())*12+int(to.Month())-int(from.Month()))
	for months > 0 && (Span{Months: months}).After(from).After(to) {
		months--
	}
	days := int(max(0, to.Unix()-(Span{Months: months}).After(from).Unix()) / secondsPerDay)
	var parts []string
	for _, u := range []struct {
		n    int
		unit string
	}{{months / 12, "year"}, {months % 12, "month"}, {days, "day"}} {
		if u.n > 0 {
			parts = append(parts, plural(u.n, u.unit))
		}
	}
	if len(parts) == 0 {
		return "less than a day"
	}
	return listWords(parts[:min(2, len(parts))])
}

func day(t time.Time) string { return t.UTC().Format(time.DateOnly) }

func plural(n int, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

// listWords joins names as English does: "a, b and c".
func listWords(names []string) string {
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}
