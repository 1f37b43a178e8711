package verdict

import (
	"fmt"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// signals tells what stands beside the verdict, most telling first. None of it
// changes the status.
func (p *Policy) signals(f pipeline.Finding, asOf time.Time) []string {
	var out []string
	for _, r := range f.Outdated {
		out = append(out, r.Sentence)
	}
	for _, s := range []string{
		retiredSignal(f.Retired), p.downloadSignal(f), p.branchSignal(f, asOf), parentSignal(f, asOf),
		releaseSignal("release", f.LatestRelease, asOf), releaseSignal("package", f.LatestPackage, asOf), openSignal(f),
	} {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

// retiredSignal quotes what a repository says of itself.
func retiredSignal(r *pipeline.Retired) string {
	if r == nil {
		return ""
	}
	s := fmt.Sprintf("%s says %q", retiredWhere(r), r.Words)
	if r.MovedTo != "" && !strings.Contains(r.Words, r.MovedTo) {
		s += " and names " + r.MovedTo
	}
	return s + "."
}

// retiredWhere names the place: "Its README".
func retiredWhere(r *pipeline.Retired) string {
	if r.Where == "readme" {
		return "Its README"
	}
	return "Its " + r.Where
}

// behindParent reports whether a fork's parent was pushed to after the fork.
func behindParent(f pipeline.Finding) bool {
	if f.Lane != pipeline.LaneFork || f.Parent == nil {
		return false
	}
	return f.Parent.PushedAt != nil && (f.PushedAt == nil || f.Parent.PushedAt.After(*f.PushedAt))
}

func parentSignal(f pipeline.Finding, asOf time.Time) string {
	if f.Lane != pipeline.LaneFork || f.Parent == nil {
		return ""
	}
	name := parentName(f)
	switch {
	case f.Parent.IsArchived:
		return fmt.Sprintf("Its parent %s is archived.", name)
	case behindParent(f):
		return fmt.Sprintf("Its parent %s was pushed to on %s, after it.", name, dayAgo(*f.Parent.PushedAt, asOf))
	}
	return fmt.Sprintf("Its parent %s has no newer push.", name)
}

func parentName(f pipeline.Finding) string {
	return pipeline.Plain(f.Parent.NameWithOwner, pipeline.NameLimit)
}

func releaseSignal(what string, r *pipeline.Release, asOf time.Time) string {
	if r == nil {
		return ""
	}
	tag := pipeline.Plain(r.TagName, pipeline.NameLimit)
	if r.PublishedAt == nil {
		return fmt.Sprintf("Latest %s: %s.", what, tag)
	}
	return fmt.Sprintf("Latest %s: %s from %s.", what, tag, dayAgo(*r.PublishedAt, asOf))
}

// openSignal counts what people wait for.
func openSignal(f pipeline.Finding) string {
	if open := openWords(f); open != "" {
		return "It has " + open + "."
	}
	return ""
}

// openWords is "12 open issues and 1 open pull request", empty for none.
func openWords(f pipeline.Finding) string {
	if f.Detail == nil {
		return ""
	}
	var parts []string
	if n := f.Detail.OpenIssueCount; n > 0 {
		parts = append(parts, pipeline.Plural(n, "open issue"))
	}
	if n := f.Detail.OpenPullRequestCount; n > 0 {
		parts = append(parts, pipeline.Plural(n, "open pull request"))
	}
	return pipeline.ListWords(parts)
}
