package verdict

import (
	"fmt"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// archiveUnless proposes to archive the repository, in these words, unless something
// speaks against it.
func (s *stepper) archiveUnless(action string) *pipeline.Suggestion {
	if against := s.against(); against != nil {
		return against
	}
	return step(action, s.archive())
}

// inNumber is how many open issues and pull requests together show that people
// use a repository.
const inNumber = 5

// against returns another step where a fact speaks against archiving: people who
// wait, a release or a package of the last year, an import, a recent push to any
// branch. It is nil when nothing does.
func (s *stepper) against() *pipeline.Suggestion {
	lately := func(at *time.Time, span pipeline.Span) bool { return at != nil && span.After(*at).After(s.asOf) }
	year := pipeline.Span{Years: 1}
	switch {
	case s.waited():
		return step(fmt.Sprintf("Answer the %s, or find somebody who does, before anything else.", openWords(s.Finding)), s.openList())
	case s.LatestRelease != nil && lately(s.LatestRelease.PublishedAt, year):
		return step(fmt.Sprintf("Find out who looks after it: release %s is from %s.", pipeline.Plain(s.LatestRelease.TagName, pipeline.NameLimit), day(*s.LatestRelease.PublishedAt)),
			gh(s.Finding, "release view --repo %s"))
	case s.LatestPackage != nil && lately(s.LatestPackage.PublishedAt, year):
		return step(fmt.Sprintf("Find out who looks after it: package %s is from %s.", pipeline.Plain(s.LatestPackage.TagName, pipeline.NameLimit), day(*s.LatestPackage.PublishedAt)), "")
	case s.DecidedBy != nil && imported(s.Finding, *s.DecidedBy, s.asOf):
		return step(fmt.Sprintf("Leave it: it was imported on %s.", day(s.CreatedAt)), "")
	case lately(s.PushedAt, s.rules.Tiers.Fresh) && s.pushedElsewhere():
		return step(fmt.Sprintf("See what was pushed on %s, and merge or drop it.", day(*s.PushedAt)), ghActivity(s.Finding))
	}
	return nil
}

// waited reports that several people wait for an answer.
func (s *stepper) waited() bool {
	return s.Detail != nil && s.Detail.OpenIssueCount+s.Detail.OpenPullRequestCount >= inNumber
}

// openList lists what they wait for.
func (s *stepper) openList() string {
	if s.Detail.OpenIssueCount == 0 {
		return gh(s.Finding, "pr list --repo %s")
	}
	return gh(s.Finding, "issue list --repo %s")
}

// pushedElsewhere reports that the last push did not bring the tip, whoever made it.
// Commits are pushed some days after they were made.
func (s *stepper) pushedElsewhere() bool {
	return s.Detail == nil || s.Detail.Tip == nil || s.PushedAt.Sub(s.Detail.Tip.CommittedDate) > 30*24*time.Hour
}

func (s *stepper) archive() string { return gh(s.Finding, "repo archive %s") }
