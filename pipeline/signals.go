package pipeline

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

// signals tells what stands beside the verdict, most telling first. None of it
// changes the status.
func signals(f Finding, asOf time.Time) []string {
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
	if b := activeBranch(f); b != nil {
		add(fmt.Sprintf("The newest commit is on %s, %s ago.", plain(b.Name, nameLimit), AgeWords(b.CommittedDate, asOf)))
	}
	add(parentSignal(f, asOf))
	add(releaseSignal(f.Detail.LatestRelease, asOf))
	add(openSignal(f.Detail))
	return out
}

var (
	retiredWords = regexp.MustCompile(`(?i)\b(deprecated|obsolete|unmaintained|no longer (?:actively )?maintained|not maintained|` +
		`archived|retired|end[ -]of[ -]life|(?:has |was )?moved to|superseded by|replaced by|use \S+ instead)(?:\W|$)`)
	whereTo = regexp.MustCompile(`https://[^\s<>"'()\[\]]+|\b[A-Za-z0-9][A-Za-z0-9-]*/[A-Za-z0-9_.-]+\b`)
)

// retiredTopics are topics by which owners say that a repository is over.
var retiredTopics = []string{"deprecated", "archived", "obsolete", "unmaintained", "retired", "moved", "end-of-life"}

// isRetired reports whether the description or a topic says so.
func isRetired(r Repository) bool { return retiredSignal(r) != "" }

func retiredSignal(r Repository) string {
	if r.Description != nil {
		text := plain(*r.Description, 4*textLimit)
		if at := retiredWords.FindStringSubmatchIndex(text); at != nil {
			s := fmt.Sprintf("Its description says %q", strings.ToLower(text[at[2]:at[3]]))
			if target := whereTo.FindString(text[at[2]:]); target != "" {
				s += " and names " + plain(strings.TrimRight(target, ".,;:!"), textLimit)
			}
			return s + "."
		}
	}
	for _, t := range r.Topics {
		if slices.Contains(retiredTopics, strings.ToLower(t)) {
			return fmt.Sprintf("It carries the topic %s.", plain(t, nameLimit))
		}
	}
	return ""
}

// behindParent reports whether a fork's parent was pushed to after the fork.
func behindParent(f Finding) bool {
	if f.Lane != LaneFork || f.Detail == nil || f.Detail.Parent == nil {
		return false
	}
	parent := f.Detail.Parent
	return parent.PushedAt != nil && (f.PushedAt == nil || parent.PushedAt.After(*f.PushedAt))
}

func parentSignal(f Finding, asOf time.Time) string {
	if f.Lane != LaneFork || f.Detail.Parent == nil {
		return ""
	}
	parent := f.Detail.Parent
	name := plain(parent.NameWithOwner, nameLimit)
	switch {
	case parent.IsArchived:
		return fmt.Sprintf("Its parent %s is archived.", name)
	case behindParent(f):
		return fmt.Sprintf("It is behind its parent %s, which was pushed to %s ago.", name, AgeWords(*parent.PushedAt, asOf))
	}
	return fmt.Sprintf("Its parent %s has no newer push.", name)
}

func releaseSignal(r *Release, asOf time.Time) string {
	if r == nil {
		return ""
	}
	tag := plain(r.TagName, nameLimit)
	if r.PublishedAt == nil {
		return fmt.Sprintf("Its latest release is %s.", tag)
	}
	return fmt.Sprintf("Its latest release, %s, was published on %s, %s ago.", tag, day(*r.PublishedAt), AgeWords(*r.PublishedAt, asOf))
}

func openSignal(d *Detail) string {
	var parts []string
	if d.OpenIssueCount > 0 {
		parts = append(parts, plural(d.OpenIssueCount, "open issue"))
	}
	if d.OpenPullRequestCount > 0 {
		parts = append(parts, plural(d.OpenPullRequestCount, "open pull request"))
	}
	if len(parts) == 0 {
		return ""
	}
	return "It has " + listWords(parts) + "."
}
