package pipeline

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"path"
	"slices"
	"strings"
	"time"
)

// Rules is everything that turns a repository into a finding: the running
// configuration, as the method page shows it and as a run remembers it.
type Rules struct {
	Tiers Tiers `json:"tiers"`
	// Count lets people's commits count that do not by default.
	Count Count `json:"count,omitzero"`
	// Ignore switches off what packages tell.
	Ignore Ignore `json:"ignore,omitzero"`
	// Bots are globs over author name and login, besides the built-in ones.
	Bots       []string        `json:"bots,omitempty"`
	Exemptions []ExemptionRule `json:"exemptions,omitempty"`
	// Codeowners reports whether CODEOWNERS files name owners.
	Codeowners bool            `json:"codeowners"`
	Ownership  []OwnershipRule `json:"ownership,omitempty"`
	// OwnerProperty is the custom property that names a repository's owners;
	// empty for none.
	OwnerProperty string `json:"ownerProperty,omitempty"`
	// Properties are further custom properties that the report shows.
	Properties []string `json:"properties,omitempty"`
	// AllowUnread is how many repositories may stay unread.
	AllowUnread Allowance `json:"allowUnread"`
	// Include says which kinds of repositories are surveyed.
	Include Include `json:"include"`
	// MaxExemption is the longest span an exemption set inside a repository
	// may last; zero means no limit.
	MaxExemption Span `json:"maxExemption,omitzero"`
}

// DefaultRules are the rules in force without a configuration.
func DefaultRules() Rules {
	return Rules{
		Tiers:       Tiers{Fresh: Span{Months: 6}, Active: Span{Years: 1}, Aging: Span{Years: 2}, Stale: Span{Years: 4}},
		Codeowners:  true,
		AllowUnread: Allowance{Percent: 1},
		Include:     Include{Forks: true, Archived: true, Templates: true},
	}
}

// PropertyNames are the custom properties that the rules name anywhere, each
// once, whatever its case: those that are asked for, kept and shown.
func (r *Rules) PropertyNames() []string {
	names := slices.Sorted(maps.Keys(r.Include.Properties))
	if r.OwnerProperty != "" {
		names = append(names, r.OwnerProperty)
	}
	var all []string
	for _, name := range append(names, r.Properties...) {
		if !ContainsFold(all, name) {
			all = append(all, name)
		}
	}
	return all
}

// Tiers are the ends of the statuses that age decides, each exclusive: a
// repository is stale from the moment date + Aging <= asOf. What lies beyond
// Stale is dormant.
type Tiers struct {
	Fresh  Span `json:"fresh"`
	Active Span `json:"active"`
	Aging  Span `json:"aging"`
	Stale  Span `json:"stale"`
}

// ends are the ends of the first four statuses.
func (t Tiers) ends() [4]Span { return [4]Span{t.Fresh, t.Active, t.Aging, t.Stale} }

// Check reports tiers that are zero or do not ascend.
func (t Tiers) Check() error {
	ends := t.ends()
	if ends[0].Compare(Span{}) <= 0 {
		return fmt.Errorf("tiers: fresh is %s; it must be longer than no time", ends[0])
	}
	for i := 1; i < len(ends); i++ {
		if ends[i].Compare(ends[i-1]) <= 0 {
			return fmt.Errorf("tiers: %s ends at %s, not after %s at %s; each must be longer than the one before", Statuses[i], ends[i], Statuses[i-1], ends[i-1])
		}
	}
	return nil
}

// StatusAt returns the status that age alone gives at asOf to a repository
// whose newest human commit is of date.
func (t Tiers) StatusAt(date, asOf time.Time) Status {
	for i, end := range t.ends() {
		if end.After(date).After(asOf) {
			return Statuses[i]
		}
	}
	return Dormant
}

// Count says which of people's commits count although they do not show that
// somebody maintains the repository. The zero Count counts none of them.
type Count struct {
	BotMerges bool `json:"botMerges,omitempty"`
	Campaigns bool `json:"campaigns,omitempty"`
	Notices   bool `json:"notices,omitempty"`
}

// Ignore says which of the things that packages tell are not looked at. The zero
// Ignore looks at all of them.
type Ignore struct {
	Frameworks bool `json:"frameworks,omitempty"` // that a framework is out of support
	Deprecated bool `json:"deprecated,omitempty"` // that a package in use is deprecated
	Vulnerable bool `json:"vulnerable,omitempty"` // that a package in use is vulnerable
	Published  bool `json:"published,omitempty"`  // that a package of the repository was published lately
	Downloads  bool `json:"downloads,omitempty"`  // that a package of the repository is downloaded
}

// ExemptionRule sets apart the repositories that fit: those whose name matches
// Match (a glob over the name, or over owner/name when it holds a slash), or
// that carry Topic, or whose primary language is Language. Exactly one of the
// three is set.
type ExemptionRule struct {
	Match    string     `json:"match,omitempty"`
	Topic    string     `json:"topic,omitempty"`
	Language string     `json:"language,omitempty"`
	Reason   string     `json:"reason"`
	Until    *time.Time `json:"until,omitempty"` // the last day, UTC; nil means without end
	By       string     `json:"by,omitempty"`
}

// Check reports an exemption that is not exactly one of match, topic and
// language, whose pattern does not parse, or that gives no reason.
func (r ExemptionRule) Check() error {
	kinds := 0
	for _, s := range []string{r.Match, r.Topic, r.Language} {
		if s != "" {
			kinds++
		}
	}
	switch {
	case kinds != 1:
		return errors.New("an exemption has exactly one of match, topic and language")
	case strings.TrimSpace(r.Reason) == "":
		return errors.New("an exemption needs a reason")
	case r.Match != "":
		return CheckGlob(r.Match)
	}
	return nil
}

// LastDayOver reports whether an exemption that lasts until the end of a day,
// UTC, is over at asOf; never without a last day.
func LastDayOver(until *time.Time, asOf time.Time) bool {
	if until == nil {
		return false
	}
	y, m, d := until.UTC().Date()
	return !asOf.Before(time.Date(y, m, d+1, 0, 0, 0, 0, time.UTC))
}

// OwnershipRule gives the repositories whose name matches to an owner.
type OwnershipRule struct {
	Match string `json:"match"`
	Owner string `json:"owner"`
}

// CheckGlob reports what is wrong with a pattern of the configuration: nil, or
// an error that shows the syntax.
func CheckGlob(pattern string) error {
	if pattern == "" {
		return fmt.Errorf("the pattern is empty; write * to match everything")
	}
	if _, err := path.Match(strings.ToLower(pattern), ""); err != nil {
		return fmt.Errorf("%q does not parse as a pattern; * stands for any characters, ? for one, [a-z] for one of a range, and \\ makes the next one literal", pattern)
	}
	return nil
}

// Allowance is how many repositories may stay unread before a run fails:
// Count repositories or Percent of all, whichever is set. A share is rounded
// up to whole repositories, so 1 % of 30 allows one.
type Allowance struct {
	Count   int     `json:"count,omitempty"`
	Percent float64 `json:"percent,omitempty"`
}

// Of returns how many of total repositories may stay unread; a share is
// rounded up.
func (a Allowance) Of(total int) int {
	if a.Percent > 0 {
		return int(math.Ceil(a.Percent * float64(total) / 100))
	}
	return a.Count
}

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
