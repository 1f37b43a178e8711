package verdict

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline"
)

// gh is a command of GitHub's CLI. The first %s in it stands for the repository.
// It is empty when the repository's name is not fit for a shell.
func gh(f pipeline.Finding, command string) string {
	word, ok := repositoryWord(f)
	if !ok {
		return ""
	}
	return "gh " + strings.Replace(command, "%s", word, 1)
}

// ghActivity lists the last pushes to any branch.
func ghActivity(f pipeline.Finding) string {
	path, ok := shellWord("repos/" + f.NameWithOwner + "/activity?per_page=5")
	if !ok {
		return ""
	}
	return "gh api" + onHost(f) + " " + path
}

// nameOwner adds a CODEOWNERS file on a branch of its own and opens a pull
// request from it.
func nameOwner(f pipeline.Finding) string {
	word, ok := repositoryWord(f)
	_, name := pipeline.SplitName(f.NameWithOwner)
	folder, okFolder := shellWord(name)
	if !ok || !okFolder {
		return ""
	}
	return fmt.Sprintf(`gh repo clone %s -- --depth 1 && cd %s && git switch -c name-an-owner && mkdir -p .github && `+
		`echo "* @$(gh api%s user --jq .login)" > .github/CODEOWNERS && git add .github/CODEOWNERS && `+
		`git commit -m 'Name an owner' && git push -u origin name-an-owner && gh pr create --fill`, word, folder, onHost(f))
}

// onHost is the flag that sends gh api elsewhere than to github.com.
func onHost(f pipeline.Finding) string {
	if host := hostOf(f); host != "" {
		return " --hostname " + host
	}
	return ""
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
