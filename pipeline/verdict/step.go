package verdict

import (
	"fmt"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// renewalNotice is how long before its end an exemption asks to be extended.
const renewalNotice = 30 * 24 * time.Hour

// stepper has what a next step depends on.
type stepper struct {
	*Policy
	pipeline.Finding
	verdict verdict
	asOf    time.Time
}

func step(action, command string) *pipeline.Suggestion {
	return &pipeline.Suggestion{Action: action, Command: command}
}

// suggest returns the one most useful next step, nil when there is none. It
// only ever proposes; stalewatch changes nothing on GitHub. Nothing is to be
// archived or deleted while a fact speaks against it, see [stepper.against].
func (p *Policy) suggest(f pipeline.Finding, v verdict, asOf time.Time) *pipeline.Suggestion {
	s := &stepper{p, f, v, asOf}
	switch {
	case f.Exemption != nil:
		return s.renew()
	case f.Status == pipeline.Archived:
		return nil
	}
	for _, next := range []func() *pipeline.Suggestion{
		s.forState, s.forLapsed, s.forRetired, s.forPackages, s.forProfile, s.forFork, s.forLane, s.forBranch, s.forPullRequests, s.forAge, s.forOwner,
	} {
		if suggestion := next(); suggestion != nil {
			return suggestion
		}
	}
	return nil
}

func (s *stepper) renew() *pipeline.Suggestion {
	e := s.Exemption
	if e.Until == nil || e.Until.UTC().Truncate(aDay).Add(aDay).Sub(s.asOf) > renewalNotice {
		return nil
	}
	return step(fmt.Sprintf("Extend the exemption (%s), or let it end on %s.", pipeline.Plain(e.Rule, pipeline.NameLimit), day(*e.Until)), "")
}

// forState is for what age says nothing about.
func (s *stepper) forState() *pipeline.Suggestion {
	switch {
	case s.Lane == pipeline.LaneDisabled:
		return step("Ask GitHub Support why it is disabled.", "")
	case s.Lane == pipeline.LaneLocked:
		return step("Find out why it is locked: a migration that was not finished leaves a lock behind.", gh(s.Finding, "repo view %s"))
	case s.Status == pipeline.Unknown:
		return step("Look at it by hand; a run with --rerun failed asks for it again.", gh(s.Finding, "repo view %s"))
	case s.Status != pipeline.Empty:
		return nil
	case !s.IsEmpty:
		return step("Choose a default branch in its settings.", gh(s.Finding, "repo view %s --web"))
	case s.Lane == pipeline.LaneEmpty && s.untouched() && !(pipeline.Span{Months: 1}).After(s.CreatedAt).After(s.asOf):
		return step(fmt.Sprintf("Delete it if nothing is going to be pushed: it has been empty since %s. gh asks before it deletes.", day(s.CreatedAt)),
			gh(s.Finding, "repo delete %s"))
	}
	return step("Push the first commit.", "")
}

// untouched reports that nobody has left anything in it that a deletion would
// take away.
func (s *stepper) untouched() bool {
	nothing := s.StargazerCount == 0 && s.ForkCount == 0 && s.LatestRelease == nil && s.LatestPackage == nil && openWords(s.Finding) == ""
	return nothing && (s.PushedAt == nil || !s.PushedAt.After(s.CreatedAt.Add(time.Hour)))
}

// forLapsed is for a repository that needs attention again because its
// exemption ended.
func (s *stepper) forLapsed() *pipeline.Suggestion {
	e := s.lapsed(s.Repository, s.asOf)
	if e == nil || !needsAttention(s.Status) {
		return nil
	}
	what := fmt.Sprintf("Extend the exemption (%s), which ended on %s", pipeline.Plain(e.Rule, pipeline.NameLimit), day(*e.Until))
	if s.against() != nil {
		return step(what+".", "")
	}
	return step(what+", or archive the repository.", s.archive())
}

func (s *stepper) forRetired() *pipeline.Suggestion {
	r := s.Retired
	if r == nil {
		return nil
	}
	says := fmt.Sprintf("%s says %q", retiredWhere(r), pipeline.Plain(r.Words, headlineLimit))
	if s.verdict.deciding != nil && s.DecidedBy != nil && !needsAttention(s.Status) {
		return step(fmt.Sprintf("%s, but somebody committed on %s: archive it, or take the words out.", says, day(*s.DecidedBy)), "")
	}
	if s.waited() {
		return step(fmt.Sprintf("Close the %s with a word on what to use instead, then archive it. %s.", openWords(s.Finding), says), s.openList())
	}
	return s.archiveUnless("Archive it. " + says + ".")
}

// forPackages is for what is built on things that are over, and would else be
// taken for healthy.
func (s *stepper) forPackages() *pipeline.Suggestion {
	if len(s.Outdated) == 0 || needsAttention(s.Status) {
		return nil
	}
	return step("Move it to packages and frameworks that are supported.", gh(s.Finding, "repo clone %s"))
}

// forProfile spares what GitHub shows on its owner's page: it is small and rests
// by its nature.
func (s *stepper) forProfile() *pipeline.Suggestion {
	if s.Lane != pipeline.LaneProfile || !needsAttention(s.Status) {
		return nil
	}
	return step("Read it once: GitHub shows it on its owner's page.", gh(s.Finding, "repo view %s --web"))
}

// forFork never has a fork deleted that may hold what its parent lacks: only
// what was never pushed to is known to hold nothing of its own.
func (s *stepper) forFork() *pipeline.Suggestion {
	if s.Lane != pipeline.LaneFork {
		return nil
	}
	own := s.PushedAt != nil && s.PushedAt.After(s.CreatedAt)
	switch {
	case !needsAttention(s.Status) && !(behindParent(s.Finding) && !own):
		return nil
	case needsAttention(s.Status) && !own && s.PushedAt != nil && s.untouched():
		return step(fmt.Sprintf("Delete the fork: nothing was pushed to it since it was made on %s. gh asks before it deletes.", day(s.CreatedAt)),
			gh(s.Finding, "repo delete %s"))
	case s.Parent != nil && s.Parent.IsArchived:
		return s.archiveUnless(fmt.Sprintf("Archive the fork, as its parent %s is.", parentName(s.Finding)))
	case behindParent(s.Finding):
		return step(fmt.Sprintf("Bring the fork up to date with %s, which was pushed to on %s.", parentName(s.Finding), day(*s.Parent.PushedAt)),
			gh(s.Finding, "repo sync %s"))
	}
	return step("See on its page whether the fork is ahead of its parent, and offer upstream what it has.", gh(s.Finding, "repo view %s --web"))
}

func (s *stepper) forLane() *pipeline.Suggestion {
	if !needsAttention(s.Status) {
		return nil
	}
	switch s.Lane {
	case pipeline.LaneMirror:
		return step("Check that the mirror still runs, and whether its source still lives.", gh(s.Finding, "repo view %s"))
	case pipeline.LaneTemplate:
		return step("Generate a repository from the template and build it.", gh(s.Finding, "repo view %s --web"))
	case pipeline.LaneReadmeOnly:
		return s.archiveUnless("Archive it: it holds a README and no code.")
	}
	return nil
}

// forBranch is for work that goes on where the default branch does not show it.
func (s *stepper) forBranch() *pipeline.Suggestion {
	b := s.activeBranch(s.Finding)
	if b == nil || s.DefaultBranch == nil || !needsAttention(s.Status) {
		return nil
	}
	action := fmt.Sprintf("Merge %s into %s, or make it the default branch: its newest commit is from %s.", branchWord(b.Name), branchName(s.Finding), day(b.CommittedDate))
	base, okBase := shellWord(*s.DefaultBranch)
	head, okHead := shellWord(b.Name)
	if !okBase || !okHead {
		return step(action, "")
	}
	return step(action, gh(s.Finding, "pr create --repo %s --base "+base+" --head "+head+" --web"))
}

func (s *stepper) forPullRequests() *pipeline.Suggestion {
	if s.Detail == nil || s.Detail.OpenPullRequestCount == 0 || !needsAttention(s.Status) {
		return nil
	}
	what := "open pull request"
	if n := s.Detail.OpenPullRequestCount; n > 1 {
		what = pipeline.Plural(n, what)
	}
	return step(fmt.Sprintf("Merge or close the %s, then decide whether to keep the repository.", what), gh(s.Finding, "pr list --repo %s"))
}

func (s *stepper) forAge() *pipeline.Suggestion {
	if s.Status != pipeline.Stale && s.Status != pipeline.Dormant {
		return nil
	}
	since := ""
	switch {
	case s.DecidedBy == nil || s.verdict.deciding == nil:
	case len(s.verdict.skipped) > 0:
		since = fmt.Sprintf(": no commit has counted since %s", day(*s.DecidedBy))
	default:
		since = fmt.Sprintf(": nobody has committed since %s", day(*s.DecidedBy))
	}
	return s.archiveUnless(fmt.Sprintf("Archive it%s. Exempt it with a reason if it is finished and meant to stay.", since))
}

// forOwner proposes a pull request, which others look at: a commit to the
// default branch in the reader's name would make the repository fresh. A
// person's own repositories have an owner.
func (s *stepper) forOwner() *pipeline.Suggestion {
	if len(s.Owners) > 0 || s.OwnerIsUser || s.Detail == nil || s.DefaultBranch == nil || s.Lane == pipeline.LaneFork || s.Lane == pipeline.LaneMirror {
		return nil
	}
	if s.Detail.Codeowners != nil {
		return step("Add a line to CODEOWNERS that names an owner for everything, such as: * @user", "")
	}
	return step("Name an owner: open a pull request that adds CODEOWNERS. The command names you in it.", nameOwner(s.Finding))
}
