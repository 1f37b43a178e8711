package verdict

import (
	"regexp"
	"slices"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline"
)

// retired is what a repository says of itself, by its README, else by its
// description, else by a topic; nil when it says nothing.
func (p *Policy) retired(r pipeline.Repository) *pipeline.Retired {
	if r.Detail != nil && r.Detail.Readme != nil {
		if found := retiredByText(*r.Detail.Readme, r.NameWithOwner, readmeForms, withoutMarkdown); found != nil {
			found.Where = "readme"
			return found
		}
	}
	if r.Description != nil {
		if found := retiredByText(*r.Description, r.NameWithOwner, descriptionForms, strings.TrimSpace); found != nil {
			found.Where = "description"
			return found
		}
	}
	for _, t := range r.Topics {
		if slices.Contains(retiredTopics, strings.ToLower(t)) {
			return &pipeline.Retired{Words: pipeline.Plain(t, pipeline.NameLimit), Where: "topic"}
		}
	}
	return nil
}

// retiredTopics are topics by which owners say that a repository is over.
var retiredTopics = []string{"deprecated", "archived", "obsolete", "unmaintained", "retired", "moved", "end-of-life", "superseded", "discontinued"}

const (
	readmeLines   = 12 // that are looked at, front matter left out
	readmeKept    = 4  // lines kept from the first that speaks of an end
	readmeLineMax = 400
	wordsLimit    = 160
)

// CondenseReadme keeps of a README's first lines those from the first that says
// the repository is over, usually none. What it returns is Markdown without
// e-mail addresses.
func (p *Policy) CondenseReadme(text string) string {
	lines := slices.Collect(strings.SplitSeq(strings.ReplaceAll(strings.TrimPrefix(text, "\ufeff"), "\r\n", "\n"), "\n"))
	if len(lines) > 0 && strings.TrimSpace(lines[0]) == "---" { // front matter
		end := slices.IndexFunc(lines[1:], func(l string) bool { return strings.TrimSpace(l) == "---" })
		if end < 0 {
			return ""
		}
		lines = lines[end+2:]
	}
	for len(lines) > 0 && strings.TrimSpace(lines[0]) == "" {
		lines = lines[1:]
	}
	lines = lines[:min(len(lines), readmeLines)]
	var kept []string
	for _, l := range lines {
		l = strings.TrimSpace(l)
		if l == "" || len(kept) == 0 && saysRetired(withoutMarkdown(l), markedLine.MatchString(l), readmeForms) == "" {
			continue
		}
		if kept = append(kept, pipeline.Plain(l, readmeLineMax)); len(kept) == readmeKept {
			break
		}
	}
	return strings.Join(kept, "\n")
}

// retiredByText finds the words by which a text says that its repository is
// over, and the successor that it names.
func retiredByText(text, name string, forms []*regexp.Regexp, plain func(string) string) *pipeline.Retired {
	for line := range strings.Lines(text) {
		words := saysRetired(plain(line), markedLine.MatchString(line), forms)
		if words == "" || leadsTo(words, name) {
			continue
		}
		return &pipeline.Retired{Words: words, MovedTo: successor(text, name)}
	}
	return nil
}

// leadsTo reports words that send the reader to the very repository they stand in:
// something else moved there.
func leadsTo(words, name string) bool {
	words = strings.TrimRight(strings.ToLower(words), "/")
	return strings.Contains(words, "moved to") && strings.HasSuffix(words, strings.ToLower(name))
}

// saysRetired returns the sentence of a line that says so, "" for none. The line
// is without Markdown; marked says that it stood out.
func saysRetired(line string, marked bool, forms []*regexp.Regexp) string {
	if !mayBeRetired(line) {
		return ""
	}
	for _, s := range sentenceEnd.Split(line, -1) {
		s = strings.TrimSpace(s)
		for _, form := range forms {
			if form.MatchString(s) && (marked || form != ofProduct) {
				return pipeline.Plain(strings.TrimSuffix(s, " Check it out"), wordsLimit)
			}
		}
	}
	return ""
}

// The forms in which a sentence says that its repository is over. Each begins
// where the sentence does and speaks of "this": the same words elsewhere tell
// what a sample does, or which library it left.
var (
	aboutItself = `^(?:please |note:? |warning:? |important:? |attention:? |caution:? |notice:? |archived:? |deprecated:? )*(?:that )?` +
		`(?:(?:this|the|our)(?: \w+){0,2} (?:` + things + `)(?: in this (?:repository|repo))?|it)` +
		`(?: (?:is|was) \w+ and)? (?:is|are|was|were|has|have|will be|'s)(?: now| been| being| officially| currently| already)* ` + ended
	isMoved   = `^(?:note:? |important:? )?(?:(?:this|the) (?:\w+ )?(?:` + things + `)|it) (?:has |have |is |was )?(?:now )?(?:been )?(?:moved|superseded|replaced|migrated) (?:to|by) \S`
	justMoved = `^(?:now |has |have )?(?:been )?(?:moved|superseded|replaced|migrated) (?:to|by) (?:https?:|[\w-]+/[\w.-]+|the \S+ repo)`
	oneWord   = `^\W*(?:deprecated|obsolete|archived|retired|unmaintained|discontinued|end of life|end-of-life)(?:\W*$|\s*[\])*:!–—-]|[.,;]? (?:in favou?r of|since|as of|use|please use|see)\b)`
	bracketed = `[\[(*](?:deprecated|obsolete|archived|retired|unmaintained|discontinued)[\])*]\W*$|^\W*[\[(*](?:deprecated|obsolete|archived|retired|unmaintained)[\])*]`
	newerOne  = `^(?:note:? |important:? )*(?:there(?:'s| is)|you can find|check out)? ?an? (?:newer|more recent|new|updated) version of this (?:` + things + `)\b`
	noLonger  = `^(?:please know that )?(?:it(?:'s| is) )?(?:no longer|not) (?:being )?(?:actively )?(?:maintained|supported|developed)\b`
	useOther  = `^use [\w-]+/[\w.-]+ instead\b`
	notice    = `^(?:deprecation|retirement|archiv(?:al|e)|end[- ]of[- ]life) (?:notice|note|warning)\b`
	weRetire  = `\bwe(?:'re| are) (?:now )?(?:retiring|discontinuing|sunsetting) \S`

	readmeForms      = append(forms(aboutItself, isMoved, justMoved, oneWord, bracketed, newerOne, noLonger, notice, weRetire), ofProduct)
	descriptionForms = forms(aboutItself, isMoved, justMoved, oneWord, bracketed, newerOne, noLonger, useOther)

	// ofProduct is about what the repository is made for. It is believed only
	// where the line stands out as a notice.
	ofProduct = regexp.MustCompile(`^(?:important |note |notice |warning |attention |:|-)*(?:the )?[A-Z][^.:]{2,80} (?:(?:has|have) been (?:retired|deprecated|discontinued|sunset)|(?:is|are) (?:now )?(?:deprecated and|being retired|retired (?:on|since|as of)))`)
)

// forms compiles patterns that are blind to case.
func forms(patterns ...string) []*regexp.Regexp {
	var compiled []*regexp.Regexp
	for _, s := range patterns {
		compiled = append(compiled, regexp.MustCompile("(?i)"+s))
	}
	return compiled
}

// markedLine is a line that stands out: a heading, a quotation, in bold, or
// with a word of warning before it.
var markedLine = regexp.MustCompile(`(?i)^\s*(?:#|>|\*\*|__|!!|:warning:|⚠|(?:important|note|notice|warning|attention|caution)\b)`)

var (
	markdownLink = regexp.MustCompile(`!?\[([^\]]*)\]\([^)]*\)`)
	htmlTag      = regexp.MustCompile(`<[^>]*>`)
	decoration   = regexp.MustCompile("(?:^[\\s#>*_~`|-]+|[*_`~]{1,3}|:\\w+:)")
	sentenceEnd  = regexp.MustCompile(`[.!?]+(?:\s+|$)|:\s+`)
)

func withoutMarkdown(line string) string {
	line = markdownLink.ReplaceAllString(line, "$1")
	line = htmlTag.ReplaceAllString(line, " ")
	line = strings.NewReplacer("’", "'", "[!NOTE]", "", "[!WARNING]", "", "[!IMPORTANT]", "", "[!CAUTION]", "").Replace(line)
	line = decoration.ReplaceAllString(line, "")
	return strings.Join(strings.Fields(line), " ")
}

var (
	address = regexp.MustCompile(`https://[^\s<>"'()\[\]]+`)
	// ownerAndName is a repository's name where the words before it say that it
	// takes this one's place.
	ownerAndName = regexp.MustCompile("(?i)(?:\\buse|moved to|replaced by|superseded by|in favou?r of|migrated to) [`*_]*([A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9_.-]+)")
)

// successor is the address of what takes a repository's place: the first in the
// text that does not lead back into the repository; "" for none.
func successor(text, name string) string {
	for _, found := range address.FindAllString(text, -1) {
		found = strings.TrimRight(found, ".,;:!*`")
		if rest, ok := strings.CutPrefix(strings.ToLower(found), "https://github.com/"+strings.ToLower(name)); ok && (rest == "" || rest[0] == '/') {
			continue
		}
		return pipeline.Plain(found, pipeline.TextLimit)
	}
	if m := ownerAndName.FindStringSubmatch(text); m != nil {
		if found := strings.TrimRight(m[1], "."); !strings.EqualFold(found, name) {
			return "https://github.com/" + found
		}
	}
	return ""
}
