package verdict

import (
	"regexp"
	"slices"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline"
)

// botBranches begin the names that services give to their branches.
const botBranches = `(?:(?:dependabot|renovate|greenkeeper|depfu|pyup|imgbot|whitesource-remediate|whitesource|all-contributors)/` +
	`|snyk-(?:fix|upgrade)-[0-9a-f]|pyup-(?:update|pin|initial)|pre-commit-ci-update-config|imgbot\b)`

// botBranch finds the merge of a branch that a service made, by GitHub's button or
// by git, and the merge that brings such a branch up to date.
var botBranch = regexp.MustCompile(`^Merge (?:pull request #\d+ from [^/\s]+/` + botBranches +
	`|(?:remote-tracking )?branch '(?:origin/|upstream/)?` + botBranches + `|.* into ` + botBranches + `)`)

// serviceBranch is the name of such a branch.
var serviceBranch = regexp.MustCompile(`^` + botBranches)

func isBotMerge(c pipeline.Commit) bool {
	return strings.HasPrefix(c.Headline, "Merge ") && botBranch.MatchString(c.Headline)
}

// noticeWords find a headline that says of the repository that it is over.
// Words of retirement elsewhere are work: "fix deprecation errors", "archive
// blobs after 30 days", "remove deprecated API".
var noticeWords = regexp.MustCompile(`(?i)` + strings.Join([]string{
	`^\W*` + over + `(?:ing)?(?: (?:the|this|our|old))?(?: (?:` + things + `|content|readme))?(?: in favou?r of .*)?\W*(?:\(#\d+\))?$`,
	`\b(?:this|the) (?:` + things + `) (?:is|has been|was) (?:now |being )?` + ended,
	`\b(?:mark|marks|marked|marking)\b.{0,30}\bas (?:deprecated|archived|obsolete|retired|unmaintained)\b`,
	`^\W*(?:no longer maintained|unmaintained|(?:superseded|replaced) by|moved to (?:https?:|[\w-]+/))`,
	`\bremoved? (?:sample|all|the|project) ?(?:sample |the )?(?:content|code|files)\b.{0,20}\b(?:master|main|branch|archiv\w*)\b`,
}, "|"))

// noticeNamed finds a headline that names the notice it adds; noticeUndone one
// that takes it away, or that is about what a compiler says.
var (
	noticeNamed  = regexp.MustCompile(`(?i)\b(?:deprecation|retirement|archiv(?:al|e|ing)|eol|end[- ]of[- ]life|sunset)[ -](?:notice|note|banner|announcement)\b`)
	noticeUndone = regexp.MustCompile(`(?i)^\W*(?:\w+(?:\(.*\))?: *)?(?:fix|remov|drop|silenc|suppress|hid|revert|undo|ignor)`)
)

// The words of retirement that headlines, READMEs and descriptions share.
const (
	over   = `(?:archiv(?:e|ed)?|deprecat(?:e|ed)?|retir(?:e|ed)?|sunset|discontinu(?:e|ed)?)`
	ended  = `(?:archived|deprecated|retired|obsolete|discontinued|superseded|unmaintained|sunset|no longer (?:being )?(?:actively )?(?:maintained|supported|developed|updated))\b`
	things = `samples?|repo|repository|project|code sample|code|package|library|module|action|tool|extension|plugin|app|application|document|demo|template|tutorial|solution|accelerator|sdk|example|quickstart`
)

// retirement finds the words anywhere in a headline: believed only of a
// repository that calls itself retired.
var retirement = regexp.MustCompile(`(?i)\b(?:archiv|deprecat|retir|obsolete|supersed|sunset|discontinu|newer (?:version|sample)|no longer|moved to)`)

// readmeEdit finds the headlines that GitHub's editor proposes for a README, and
// others that say as little.
var readmeEdit = regexp.MustCompile(`(?i)^(?:update|updated|updates|updating|edit|create) (?:the )?(?:\S*/)?read ?me(?:\.\w+)?(?: \(#\d+\))?$`)

// oneDocument finds what GitHub's editor proposes for a change of one document:
// small enough for a campaign without asking.
var oneDocument = regexp.MustCompile(`^(?:Update|Create|Delete|Rename) \S+\.(?i:md|rst|txt)$`)

// The sizes by which a notice is told from work.
const (
	noticeAdds    = 20  // lines at most
	emptiedLines  = 400 // lines taken out, at least
	emptiedFiles  = 10  // files touched, at least
	campaignFiles = 2   // files at most
	campaignLines = 40  // lines at most, added and taken out
)

// tellsOfEnd reports that a headline says that the repository is over.
func tellsOfEnd(headline string) bool {
	return mayBeRetired(headline) && (noticeWords.MatchString(headline) || noticeNamed.MatchString(headline) && !noticeUndone.MatchString(headline))
}

// isNotice reports whether c only says that the repository is over, and whether its
// size is needed to be sure. retired means that the repository calls itself so: then
// a commit that only edits the README, only deletes, or speaks of it, is part of it.
func isNotice(c pipeline.Commit, retired bool) (notice, wantsSize bool) {
	words := tellsOfEnd(c.Headline) || retired && (readmeEdit.MatchString(c.Headline) || retirement.MatchString(c.Headline))
	if c.Size == nil {
		return words, words || retired
	}
	small := c.Size.Additions <= noticeAdds
	emptied := c.Size.Deletions >= emptiedLines && c.Size.ChangedFiles >= emptiedFiles
	return small && (words || emptied || retired && c.Size.Additions == 0 && c.Size.Deletions > 0), false
}

func isSmall(s *pipeline.CommitSize) bool {
	return s != nil && s.ChangedFiles <= campaignFiles && s.Additions+s.Deletions <= campaignLines
}

// mayBeRetired spares nearly all lines the patterns: whatever these find holds one of
// the stems.
func mayBeRetired(text string) bool {
	folded := strings.ToLower(text)
	return slices.ContainsFunc([]string{"deprecat", "obsolete", "archiv", "eol", "removed", "retir", "maintained", "supported", "discontinued", "developed", "updated",
		"moved", "supersede", "replaced", "instead", "newer version", "recent version", "sunset", "end of life", "end-of-life"},
		func(stem string) bool { return strings.Contains(folded, stem) })
}
