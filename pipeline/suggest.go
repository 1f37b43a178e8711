package pipeline

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// renewalNotice is how long before its end an exemption asks to be extended.
const renewalNotice = 30 * 24 * time.Hour

// suggest returns the one most useful next step, nil when there is none. It
// only ever proposes; stalewatch changes nothing on GitHub.
func (p *Policy) suggest(f Finding, asOf time.Time) *Suggestion {
	if f.Exemption != nil {
		return suggestRenewal(f, asOf)
	}
	if f.Status == Archived {
		return nil
	}
	for _, step := range []func(Finding, time.Time) *Suggestion{
		suggestForState, p.suggestExtension, suggestForRetired, suggestForLane, suggestForBranch, suggestForBots, suggestForAge, suggestOwner,
	} {
		if s := step(f, asOf); s != nil {
			return s
		}
	}
	return nil
}

func suggestRenewal(f Finding, asOf time.Time) *Suggestion {
	if f.Exemption.Until == nil || endOfDay(*f.Exemption.Until).Sub(asOf) > renewalNotice {
		return nil
	}
	return &Suggestion{Action: fmt.Sprintf("Extend the exemption (%s): it ends on %s.", plain(f.Exemption.Rule, nameLimit), day(*f.Exemption.Until))}
}

// suggestForState is for what age says nothing about.
func suggestForState(f Finding, asOf time.Time) *Suggestion {
	switch {
	case f.Lane == LaneDisabled:
		return &Suggestion{Action: "Ask GitHub Support why it is disabled."}
	case f.Lane == LaneLocked:
		return &Suggestion{Action: "Find out why it is locked; a migration that was not finished leaves a lock behind.", Command: gh(f, "repo view", "")}
	case f.Status == Unknown:
		return &Suggestion{Action: "Look at it by hand; a run with --rerun failed asks for it again.", Command: gh(f, "repo view", "")}
	case f.Status == Empty && f.IsEmpty && !(Span{Months: 1}).After(f.CreatedAt).After(asOf):
		return &Suggestion{Action: "Delete it if nothing is going to be pushed; gh asks before it does.", Command: gh(f, "repo delete", "")}
	case f.Status == Empty && f.IsEmpty:
		return &Suggestion{Action: "Push the first commit."}
	case f.Status == Empty:
		return &Suggestion{Action: "Choose a default branch in its settings.", Command: gh(f, "repo view --web", "")}
	}
	return nil
}

// suggestExtension is for a repository that needs attention again because its
// exemption ended.
func (p *Policy) suggestExtension(f Finding, asOf time.Time) *Suggestion {
	e := p.lapsed(f.Repository, asOf)
	if e == nil || !needsAttention(f.Status) {
		return nil
	}
	return &Suggestion{Action: fmt.Sprintf("Extend the exemption (%s), which ended on %s, or archive the repository.",
		plain(e.Rule, nameLimit), day(*e.Until)), Command: gh(f, "repo archive", "")}
}

func suggestForRetired(f Finding, _ time.Time) *Suggestion {
	if !isRetired(f.Repository) {
		return nil
	}
	return &Suggestion{Action: "Archive it: its own words say that it is over.", Command: gh(f, "repo archive", "")}
}

func suggestForLane(f Finding, _ time.Time) *Suggestion {
	switch {
	case f.Lane == LaneFork && f.Detail.Parent != nil && f.Detail.Parent.IsArchived && needsAttention(f.Status):
		return &Suggestion{Action: "Archive the fork as its parent is.", Command: gh(f, "repo archive", "")}
	case f.Lane == LaneFork && behindParent(f):
		return &Suggestion{Action: "Bring the fork up to date with its parent, or delete it if nobody needs it.", Command: gh(f, "repo sync", "")}
	case !needsAttention(f.Status):
		return nil
	case f.Lane == LaneMirror:
		return &Suggestion{Action: "Check that the mirror still runs, and whether its source still lives.", Command: gh(f, "repo view", "")}
	case f.Lane == LaneFork:
		return &Suggestion{Action: "Delete the fork if nobody needs it; gh asks before it does.", Command: gh(f, "repo delete", "")}
	case f.Lane == LaneTemplate:
		return &Suggestion{Action: "Generate a repository from the template and build it; archive the template if that fails."}
	case f.Lane == LaneReadmeOnly:
		return &Suggestion{Action: "Archive it: it holds a README and no code.", Command: gh(f, "repo archive", "")}
	}
	return nil
}

func suggestForBranch(f Finding, _ time.Time) *Suggestion {
	b := activeBranch(f)
	if b == nil || f.DefaultBranch == nil || !needsAttention(f.Status) {
		return nil
	}
	action := fmt.Sprintf("Merge %s into %s, or make it the default branch.", plain(b.Name, nameLimit), branchName(f))
	base, okBase := shellWord(*f.DefaultBranch)
	head, okHead := shellWord(b.Name)
	if !okBase || !okHead {
		return &Suggestion{Action: action}
	}
	return &Suggestion{Action: action, Command: ghRepo(f, "pr create", "--base "+base+" --head "+head+" --web")}
}

var appLogin = regexp.MustCompile(`^([a-z0-9][a-z0-9-]*)\[bot\]$`)

func suggestForBots(f Finding, _ time.Time) *Suggestion {
	if !f.TipIsBot || f.Detail.OpenPullRequestCount == 0 || !needsAttention(f.Status) {
		return nil
	}
	filter := ""
	if s := f.Detail.Search; s != nil && len(s.Bots) > 0 {
		if m := appLogin.FindStringSubmatch(s.Bots[0]); m != nil {
			filter = "--app " + m[1]
		}
	}
	return &Suggestion{Action: "Merge or close the bot's pull requests, then decide whether to keep the repository.", Command: ghRepo(f, "pr list", filter)}
}

func suggestForAge(f Finding, _ time.Time) *Suggestion {
	switch f.Status {
	case Stale, Dormant:
		return &Suggestion{Action: "Archive it, or exempt it with a reason if it is finished and meant to stay.", Command: gh(f, "repo archive", "")}
	case Aging:
		if f.Detail.OpenPullRequestCount > 0 {
			return &Suggestion{Action: "Merge or close the open pull requests.", Command: ghRepo(f, "pr list", "")}
		}
	}
	return nil
}

// suggestOwner writes the missing CODEOWNERS file in the name of whoever pastes
// the command. A file that is there without an owner for everything is left to
// its authors.
func suggestOwner(f Finding, _ time.Time) *Suggestion {
	if len(f.Owners) > 0 {
		return nil
	}
	if f.Detail.Codeowners != nil {
		return &Suggestion{Action: "Add a line to CODEOWNERS that names an owner for everything, such as: * @user"}
	}
	s := &Suggestion{Action: "Name an owner: add a CODEOWNERS file. The command names you."}
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
func needsAttention(s Status) bool { return s == Aging || s == Stale || s == Dormant }

// gh is a command of GitHub's CLI that takes the repository as its argument.
func gh(f Finding, command, flags string) string {
	word, ok := repositoryWord(f)
	if !ok {
		return ""
	}
	return sentence("gh", command, word, flags)
}

// ghRepo is a command that takes the repository by flag.
func ghRepo(f Finding, command, flags string) string {
	word, ok := repositoryWord(f)
	if !ok {
		return ""
	}
	return sentence("gh", command, "--repo", word, flags)
}

// repositoryWord is the repository as gh takes it: with the host before it when
// that is not github.com.
func repositoryWord(f Finding) (string, bool) {
	name := f.NameWithOwner
	if host := hostOf(f); host != "" {
		name = host + "/" + name
	}
	return shellWord(name)
}

var hostName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]*(:[0-9]+)?$`)

func hostOf(f Finding) string {
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
	case s == "" || strings.HasPrefix(s, "-") || plain(s, len(s)) != s:
		return "", false
	case plainWord.MatchString(s):
		return s, true
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'", true
}
