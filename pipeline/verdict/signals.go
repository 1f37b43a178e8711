package verdict

import (
	"fmt"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// signals tells what stands beside the verdict, most telling first. None of it
// changes the status.
func (p *Policy) signals(f pipeline.Finding, asOf time.Time) []string {
	var out []string
	add := func(s string) {
		if s != "" {
			out = append(out, s)
		}
	}
	add(retiredSignal(f.Retired))
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

// retiredSignal quotes what a repository says of itself.
func retiredSignal(r *pipeline.Retired) string {
	if r == nil {
		return ""
	}
	s := fmt.Sprintf("Its %s says %q", map[string]string{"readme": "README", "description": "description", "topic": "topic"}[r.Where], r.Words)
	if r.MovedTo != "" {
		s += " and names " + r.MovedTo
	}
	return s + "."
}
