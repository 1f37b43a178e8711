package verdict

import (
	"regexp"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// KeepTopic exempts the repository that carries it.
const KeepTopic = "stalewatch-keep"

// markerForm is what a marker looks like, for the sentences that refuse one.
const markerForm = "write: stalewatch: keep until 2027-06-30, and the reason"

// marker is a line with which a repository's owners exempt it themselves:
//
//	stalewatch: keep[ until YYYY-MM-DD], reason
type marker struct {
	until   *time.Time
	reason  string
	problem string // why it cannot hold; empty when it is well formed
}

// maxMarkers bounds how many markers of one text are looked at.
const maxMarkers = 20

var (
	markerStart = regexp.MustCompile(`(?i)(?:^|[^\w-])stalewatch:[ \t]*(keep\b.*)?`)
	markerBody  = regexp.MustCompile(`(?i)^keep(?:[ \t]+until[ \t]+([^\s,]*))?[ \t]*(.*)$`)
)

// findMarkers looks for one marker in each line of a text, behind the sign that
// begins a comment; "" for a text in which a marker may stand anywhere.
func findMarkers(text, sign string) []marker {
	var found []marker
	for line := range strings.Lines(text) {
		if !strings.Contains(line, ":") {
			continue // spares most texts the pattern
		}
		_, comment, _ := strings.Cut(line, sign)
		m := markerStart.FindStringSubmatch(strings.TrimSpace(comment))
		if m == nil {
			continue
		}
		if found = append(found, parseMarker(m[1])); len(found) == maxMarkers {
			break
		}
	}
	return found
}

// parseMarker reads what follows "stalewatch:".
func parseMarker(body string) marker {
	m := markerBody.FindStringSubmatch(body)
	if m == nil {
		return marker{problem: "it does not say keep; " + markerForm}
	}
	rest, isList := strings.CutPrefix(m[2], ",")
	mk := marker{reason: pipeline.Plain(rest, pipeline.TextLimit)}
	if m[1] != "" {
		day, err := time.Parse(time.DateOnly, m[1])
		if err != nil {
			mk.problem = "its date " + pipeline.Plain(m[1], pipeline.NameLimit) + " does not exist; " + markerForm
			return mk
		}
		mk.until = &day
	}
	switch {
	case m[2] != "" && !isList:
		mk.problem = "what follows is neither a date nor, after a comma, a reason; " + markerForm
	case mk.reason == "":
		mk.problem = "it gives no reason; " + markerForm
	}
	return mk
}
