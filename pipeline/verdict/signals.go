package verdict

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// signals tells what stands beside the verdict, most telling first. None of it
// changes the status.
func signals(f pipeline.Finding, asOf time.Time) []string {
	var out []string
	add := func(s string) {
		if s != "" {
			out = append(out, s)
		}
	}
	add(retiredSignal(f.Repository))
	if f.Detail == nil {
		return out
	}
	add(branchSignal(f, asOf))
	add(parentSignal(f, asOf))
	add(releaseSignal(f.LatestRelease, asOf))
	add(openSignal(f.Detail))
	return out
}

// branchSignal tells a repository that goes on elsewhere from one that rests.
func branchSignal(f pipeline.Finding, asOf time.Time) string {
	b := activeBranch(f)
	if b == nil {
		return pushSignal(f)
	}
	name, age := pipeline.Plain(b.Name, pipeline.NameLimit), pipeline.AgeWords(b.CommittedDate, asOf)
	if needsAttention(f.Status) {
		return fmt.Sprintf("It is active only on %s: the newest commit there is %s old.", name, age)
	}
	return fmt.Sprintf("The newest commit is on %s, %s ago.", name, age)
}

// pushSignal tells of a push that the default branch does not show. Commits are
// pushed some days after they were made, so a month has to lie between.
func pushSignal(f pipeline.Finding) string {
	tip := f.Detail.Tip
	if f.PushedAt == nil || tip == nil || f.PushedAt.Before(tip.CommittedDate.AddDate(0, 1, 0)) {
		return ""
	}
	return fmt.Sprintf("Something was pushed on %s, long after the newest commit on %s: most likely to another branch.", day(*f.PushedAt), branchName(f))
}

// retiredWords finds a description that speaks of the repository itself: where a
// sentence begins, in brackets, or with "this" or "it" before. "Archived" and
// "moved to" elsewhere stand in descriptions of what samples do. The group that
// took part is what is quoted.
var retiredWords = regexp.MustCompile(`(?i)` + strings.Join([]string{
	`^\W*(deprecated|obsolete|archived|retired|unmaintained|discontinued)(?:\s*$|\s*[^\w\s]|\s+(?:in|since|as|and|use|by)\b)`,
	`(?:^\W*|[.;:!]\s+)((?:moved|superseded|replaced) (?:to|by))\b`,
	`[\[(*](deprecated|obsolete|archived|retired|unmaintained|discontinued)[\])*]`,
	`\b(?:this|it)\b[^.]{0,40}\b(?:is|has been|was|has) (?:now |officially )?(deprecated|obsolete|archived|retired|unmaintained|discontinued|moved|superseded|replaced)\b`,
	`\b(no longer (?:actively )?(?:maintained|supported)|not (?:actively )?maintained|unmaintained|superseded by|use \S+ instead)(?:\W|$)`,
}, "|"))

var whereTo = regexp.MustCompile(`https://[^\s<>"'()\[\]]+|\b[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9_.-]+\b`)

// retiredTopics are topics by which owners say that a repository is over.
var retiredTopics = []string{"deprecated", "archived", "obsolete", "unmaintained", "retired", "moved", "end-of-life"}

// isRetired reports whether the description or a topic says so.
func isRetired(r pipeline.Repository) bool { return retiredSignal(r) != "" }

func retiredSignal(r pipeline.Repository) string {
	if s := retiredByDescription(r.Description); s != "" {
		return s
	}
	for _, t := range r.Topics {
		if slices.Contains(retiredTopics, strings.ToLower(t)) {
			return fmt.Sprintf("It carries the topic %s.", pipeline.Plain(t, pipeline.NameLimit))
		}
	}
	return ""
}

func retiredByDescription(description *string) string {
	if description == nil || !mayBeRetired(*description) {
		return ""
	}
	text := pipeline.Plain(*description, 2*pipeline.TextLimit)
	m := retiredWords.FindStringSubmatch(text)
	if m == nil {
		return ""
	}
	s := fmt.Sprintf("Its description says %q", strings.ToLower(cmp.Or(m[1:]...)))
	if target := whereTo.FindString(text); target != "" {
		s += " and names " + strings.TrimRight(target, ".,;:!")
	}
	return s + "."
}

// mayBeRetired spares nearly all descriptions the long pattern: each of its
// branches holds one of these stems.
func mayBeRetired(description string) bool {
	folded := strings.ToLower(description)
	return slices.ContainsFunc([]string{"deprecated", "obsolete", "archived", "retired", "maintained", "supported", "discontinued",
		"moved", "superseded", "replaced", "instead"}, func(stem string) bool { return strings.Contains(folded, stem) })
}

// behindParent reports whether a fork's parent was pushed to after the fork.
func behindParent(f pipeline.Finding) bool {
	if f.Lane != pipeline.LaneFork || f.Parent == nil {
		return false
	}
	parent := f.Parent
	return parent.PushedAt != nil && (f.PushedAt == nil || parent.PushedAt.After(*f.PushedAt))
}

func parentSignal(f pipeline.Finding, asOf time.Time) string {
	if f.Lane != pipeline.LaneFork || f.Parent == nil {
		return ""
	}
	parent := f.Parent
	name := pipeline.Plain(parent.NameWithOwner, pipeline.NameLimit)
	switch {
	case parent.IsArchived:
		return fmt.Sprintf("Its parent %s is archived.", name)
	case behindParent(f):
		return fmt.Sprintf("It is behind its parent %s, which was pushed to %s ago.", name, pipeline.AgeWords(*parent.PushedAt, asOf))
	}
	return fmt.Sprintf("Its parent %s has no newer push.", name)
}

func releaseSignal(r *pipeline.Release, asOf time.Time) string {
	if r == nil {
		return ""
	}
	tag := pipeline.Plain(r.TagName, pipeline.NameLimit)
	if r.PublishedAt == nil {
		return fmt.Sprintf("Its latest release is %s.", tag)
	}
	return fmt.Sprintf("Its latest release, %s, was published on %s, %s ago.", tag, day(*r.PublishedAt), pipeline.AgeWords(*r.PublishedAt, asOf))
}

func openSignal(d *pipeline.Detail) string {
	var parts []string
	if d.OpenIssueCount > 0 {
		parts = append(parts, pipeline.Plural(d.OpenIssueCount, "open issue"))
	}
	if d.OpenPullRequestCount > 0 {
		parts = append(parts, pipeline.Plural(d.OpenPullRequestCount, "open pull request"))
	}
	if len(parts) == 0 {
		return ""
	}
	return "It has " + pipeline.ListWords(parts) + "."
}
