package nuget

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"
)

// words is what the protocol gives as a string or as an array of strings.
type words []string

func (w *words) UnmarshalJSON(b []byte) error {
	if len(b) > 0 && b[0] == '[' {
		return json.Unmarshal(b, (*[]string)(w))
	}
	var one *string
	if err := json.Unmarshal(b, &one); err != nil {
		return err
	}
	*w = nil
	if one != nil {
		*w = words{*one}
	}
	return nil
}

// severity is a number that registrations give as a string.
type severity int

func (s *severity) UnmarshalJSON(b []byte) error {
	n, err := strconv.Atoi(strings.Trim(string(b), `"`))
	if err != nil {
		n = -1
	}
	*s = severity(n)
	return nil
}

// severities are the words for the protocol's numbers.
var severities = []string{"low", "moderate", "high", "critical"}

func (s severity) String() string {
	if s < 0 || int(s) >= len(severities) {
		return "unknown"
	}
	return severities[s]
}

// published reads a date; nil stands for what cannot be read.
func published(s string) *time.Time {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
		if t, err := time.Parse(layout, s); err == nil {
			t = t.UTC().Truncate(time.Second)
			return &t
		}
	}
	return nil
}
