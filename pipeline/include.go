package pipeline

import (
	"slices"
	"strings"
)

// Include says which kinds of repositories a survey covers.
type Include struct {
	Forks     bool `json:"forks"`
	Archived  bool `json:"archived"`
	Templates bool `json:"templates"`
	Private   bool `json:"private"`
	// Topics and Languages narrow the survey to repositories that carry one of
	// the topics, and whose primary language is one of those; nil is any. Case
	// does not matter.
	Topics    []string `json:"topics,omitempty"`
	Languages []string `json:"languages,omitempty"`
	// Visibility narrows it to repositories of one of these; nil is any. One that
	// is not public needs Private besides.
	Visibility []string `json:"visibility,omitempty"`
	// Properties narrows it to repositories whose custom properties have, each,
	// one of the values; nil is any. Case does not matter.
	Properties map[string][]string `json:"properties,omitempty"`
}

// Covers reports whether a survey with this choice lists r. One that could not
// be read is covered whatever its topics, language and visibility may be, and
// so is named.
func (i Include) Covers(r Repository) bool {
	var language []string
	if r.PrimaryLanguage != nil {
		language = []string{*r.PrimaryLanguage}
	}
	return (i.Forks || !r.IsFork) && (i.Archived || !r.IsArchived) &&
		(i.Templates || !r.IsTemplate) && (i.Private || !r.IsPrivate) &&
		(r.ReadError != "" || fits(i.Topics, r.Topics...) && fits(i.Languages, language...) && fits(i.Visibility, string(r.Seen()))) &&
		i.Chooses(r.Properties)
}

// fits reports whether one of the values is in a list; an empty one holds any.
func fits(list []string, values ...string) bool {
	return len(list) == 0 || slices.ContainsFunc(values, func(v string) bool { return ContainsFold(list, v) })
}

// Chooses reports whether custom properties have what is asked of them.
func (i Include) Chooses(properties map[string][]string) bool {
	for name, values := range i.Properties {
		if !slices.ContainsFunc(Property(properties, name), func(v string) bool { return ContainsFold(values, v) }) {
			return false
		}
	}
	return true
}

// Property returns the values under a name, whatever its case.
func Property(properties map[string][]string, name string) []string {
	for n, values := range properties {
		if strings.EqualFold(n, name) {
			return values
		}
	}
	return nil
}
