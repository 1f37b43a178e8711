package verdict

import (
	"strings"

	"github.com/stalewatch/stalewatch/pipeline"
)

// CondenseCodeowners keeps of a CODEOWNERS file what judging looks at: the last
// rule that applies to every path, and comments that mark an exemption. The
// rest, often hundreds of lines, would be kept for nothing; e-mail addresses
// are masked. The result is a CODEOWNERS file again.
func (*Policy) CondenseCodeowners(text string) string {
	var rule string
	var kept []string
	for line := range strings.Lines(strings.TrimPrefix(text, "\ufeff")) {
		line = strings.TrimSpace(line)
		entry, comment, _ := strings.Cut(line, "#")
		if markerStart.MatchString(strings.TrimSpace(comment)) && len(kept) < maxMarkers {
			kept = append(kept, "#"+comment)
		}
		if r := parseRule(line); r != nil {
			if ok, err := r.Match(anyPath); err == nil && ok {
				rule = strings.TrimSpace(entry)
			}
		}
	}
	if rule != "" {
		kept = append(kept, rule)
	}
	return pipeline.MaskEmails(strings.Join(kept, "\n"))
}
