package verdict

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// renewalNotice is how long before its end an exemption asks to be extended.
const renewalNotice = 30 * 24 * time.Hour

// suggest returns the one most useful next step, nil when there is none. It
// only ever proposes; stalewatch changes nothing on GitHub.
func (p *Policy) suggest(f pipeline.Finding, _ verdict, asOf time.Time) *pipeline.Suggestion {
	if f.Exemption != nil {
		return suggestRenewal(f, asOf)
	}
	if f.Status == pipeline.Archived {
		return nil
	}
	for _, step := range []func(pipeline.Finding, time.Time) *pipeline.Suggestion{
		suggestForState, p.suggestExtension, suggestForRetired, suggestForLane, suggestForBranch, suggestForBots, suggestForAge, suggestOwner,
	} {
		if s := step(f, asOf); s != nil {
			return s
		}
	}
	return nil
}

func suggestRenewal(f pipeline.Finding, asOf time.Time) *pipeline.Suggestion {
	if f.Exemption.Until == nil || endOfDay(*f.Exemption.Until).Sub(asOf) > renewalNotice {
		return nil
	}
	return &pipeline.Suggestion{Action: fmt.Sprintf("Extend the exemption (%s): it ends on %s.", pipeline.Plain(f.Exemption.Rule, pipeline.NameLimit), day(*f.Exemption.Until))}
}

// suggestForState is for what age says nothing about.
func suggestForState(f pipeline.Finding, asOf time.Time) *pipeline.Suggestion {
	switch {
	case f.Lane == pipeline.LaneDisabled:
		return &pipeline.Suggestion{Action: "Ask GitHub Support why it is disabled."}
	case f.Lane == pipeline.LaneLocked:
		return &pipeline.Suggestion{Action: "Find out why it is locked; a migration that was not finished leaves a lock behind.", Command: gh(f, "repo view", "")}
	case f.Status == pipeline.Unknown:
		return &pipeline.Suggestion{Action: "Look at it by hand; a run with --rerun failed asks for it again.", Command: gh(f, "repo view", "")}
	case f.Status == pipeline.Empty && f.IsEmpty && !(pipeline.Span{Months: 1}).After(f.CreatedAt).After(asOf):
		return &pipeline.Suggestion{Action: "Delete it if nothing is going to be pushed; gh asks before it does.", Command: gh(f, "repo delete", "")}
	case f.Status == pipeline.Empty && f.IsEmpty:
		return &pipeline.Suggestion{Action: "Push the first commit."}
	case f.Status == pipeline.Empty:
		return &pipeline.Suggestion{Action: "Choose a default branch in its settings.", Command: gh(f, "repo view --web", "")}
	}
	return nil
}

// suggestExtension is for a repository that needs attention again because its
// exemption ended.
func (p *Policy) suggestExtension(f pipeline.Finding, asOf time.Time) *pipeline.Suggestion {
	e := p.lapsed(f.Repository, asOf)
	if e == nil || !needsAttention(f.Status) {
		return nil
	}
	return &pipeline.Suggestion{Action: fmt.Sprintf("Extend the exemption (%s), which ended on %s, or archive the repository.",
		pipeline.Plain(e.Rule, pipeline.NameLimit), day(*e.Until)), Command: gh(f, "repo archive", "")}
}

func suggestForRetired(f pipeline.Finding, _ time.Time) *pipeline.Suggestion {
	if f.Retired == nil {
		return nil
	}
	return &pipeline.Suggestion{Action: "Archive it: its own words say that it is over.", Command: gh(f, "repo archive", "")}
}

func suggestForLane(f pipeline.Finding, _ time.Time) *pipeline.Suggestion {
	switch {
	case f.Lane == pipeline.LaneFork && f.Parent != nil && f.Parent.IsArchived && needsAttention(f.Status):
		return &pipeline.Suggestion{Action: "Archive the fork as its parent is.", Command: gh(f, "repo archive", "")}
	case f.Lane == pipeline.LaneFork && behindParent(f):
		return &pipeline.Suggestion{Action: "Bring the fork up to date with its parent, or delete it if nobody needs it.", Command: gh(f, "repo sync", "")}
	case !needsAttention(f.Status):
		return nil
	case f.Lane == pipeline.LaneMirror:
		return &pipeline.Suggestion{Action: "Check that the mirror still runs, and whether its source still lives.", Command: gh(f, "repo view", "")}
	case f.Lane == pipeline.LaneFork:
		return &pipeline.Suggestion{Action: "Delete the fork if nobody needs it; gh asks before it does.", Command: gh(f, "repo delete", "")}
	case f.Lane == pipeline.LaneTemplate:
		return &pipeline.Suggestion{Action: "Generate a repository from the template and build it; archive the template if that fails."}
	case f.Lane == pipeline.LaneReadmeOnly:
		return &pipeline.Suggestion{Action: "Archive it: it holds a README and no code.", Command: gh(f, "repo archive", "")}
	}
	return nil
}

func suggestForBranch(f pipeline.Finding, _ time.Time) *pipeline.Suggestion {
	b := activeBranch(f)
	if b == nil || f.DefaultBranch == nil || !needsAttention(f.Status) {
		return nil
	}
	action := fmt.Sprintf("Merge %s into %s, or make it the default branch.", pipeline.Plain(b.Name, pipeline.NameLimit), branchName(f))
	base, okBase := shellWord(*f.DefaultBranch)
	head, okHead := shellWord(b.Name)
	if !okBase || !okHead {
		return &pipeline.Suggestion{Action: action}
	}
	return &pipeline.Suggestion{Action: action, Command: ghRepo(f, "pr create", "--base "+base+" --head "+head+" --web")}
}

var appLogin = regexp.MustCompile(`^([a-z0-9][a-z0-9-]*)\[bot\]$`)

func suggestForBots(f pipeline.Finding, _ time.Time) *pipeline.Suggestion {
	if !f.TipIsBot || f.Detail.OpenPullRequestCount == 0 || !needsAttention(f.Status) {
		return nil
	}
	filter := ""
	if s := f.Detail.Search; s != nil && len(s.Bots) > 0 {
		if m := appLogin.FindStringSubmatch(s.Bots[0]); m != nil {
			filter = "--app " + m[1]
		}
	}
	return &pipeline.Suggestion{Action: "Merge or close the bot's pull requests, then decide whether to keep the repository.", Command: ghRepo(f, "pr list", filter)}
}

func suggestForAge(f pipeline.Finding, _ time.Time) *pipeline.Suggestion {
	switch f.Status {
	case pipeline.Stale, pipeline.Dormant:
		return &pipeline.Suggestion{Action: "Archive it, or exempt it with a reason if it is finished and meant to stay.", Command: gh(f, "repo archive", "")}
	case pipeline.Aging:
		if f.Detail.OpenPullRequestCount > 0 {
			return &pipeline.Suggestion{Action: "Merge or close the open pull requests.", Command: ghRepo(f, "pr list", "")}
		}
	}
	return nil
}

// suggestOwner writes the missing CODEOWNERS file in the name of whoever pastes
// the command. A file that is there without an owner for everything is left to
// its authors.
func suggestOwner(f pipeline.Finding, _ time.Time) *pipeline.Suggestion {
	if len(f.Owners) > 0 {
		return nil
	}
	if f.Detail.Codeowners != nil {
		return &pipeline.Suggestion{Action: "Add a line to CODEOWNERS that names an owner for everything, such as: * @user"}
	}
	s := &pipeline.Suggestion{Action: "Name an owner: add a CODEOWNERS file. The command names you."}
	host, name := hostOf(f), f.NameWithOwner
	if _, ok := shellWord(name); !ok {
		return s
	}
	api := "gh api"
	if host != "" {
		api += " --hostname " + host
	}
	s.Command = fmt.Sprintf(`%s --method PUT repos/%s/contents/.github/CODEOWNERS -f message='Name an owner' -f content="$(printf '* @%%s\n' "$(%s user --jq .login)" | base64)"`, api, name, api)
	return s
}

// needsAttention reports whether age asks somebody to act.
func needsAttention(s pipeline.Status) bool {
	return s == pipeline.Aging || s == pipeline.Stale || s == pipeline.Dormant
}

// gh is a command of GitHub's CLI that takes the repository as its argument.
func gh(f pipeline.Finding, command, flags string) string {
	word, ok := repositoryWord(f)
	if !ok {
		return ""
	}
	return sentence("gh", command, word, flags)
}

// ghRepo is a command that takes the repository by flag.
func ghRepo(f pipeline.Finding, command, flags string) string {
	word, ok := repositoryWord(f)
	if !ok {
		return ""
	}
	return sentence("gh", command, "--repo", word, flags)
}

// repositoryWord is the repository as gh takes it: with the host before it when
// that is not github.com.
func repositoryWord(f pipeline.Finding) (string, bool) {
	name := f.NameWithOwner
	if host := hostOf(f); host != "" {
		name = host + "/" + name
	}
	return shellWord(name)
}

var hostName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*(:[0-9]+)?$`)

func hostOf(f pipeline.Finding) string {
	u, err := url.Parse(f.URL)
	if err != nil || u.Host == "github.com" || !hostName.MatchString(u.Host) {
		return ""
	}
	return u.Host
}

var plainWord = regexp.MustCompile(`^[A-Za-z0-9_./:@%+=,][A-Za-z0-9_./:@%+=,-]*$`)

// shellWord quotes s for a POSIX shell. It refuses what is empty, begins like
// a flag, or holds characters that a terminal would not show as they are.
func shellWord(s string) (string, bool) {
	switch {
	case s == "" || strings.HasPrefix(s, "-") || pipeline.Plain(s, len(s)) != s:
		return "", false
	case plainWord.MatchString(s):
		return s, true
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'", true
}
