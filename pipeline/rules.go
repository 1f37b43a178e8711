package pipeline

import "time"

// Rules is everything that turns a repository into a finding: the running
// configuration, as the method page shows it and as a run remembers it.
type Rules struct {
	Tiers Tiers `json:"tiers"`
	// Bots are globs over author name and login, besides the built-in ones.
	Bots       []string        `json:"bots,omitempty"`
	Exemptions []ExemptionRule `json:"exemptions,omitempty"`
	// Codeowners reports whether CODEOWNERS files name owners.
	Codeowners bool            `json:"codeowners"`
	Ownership  []OwnershipRule `json:"ownership,omitempty"`
	// AllowUnread is how many repositories may stay unread.
	AllowUnread Allowance `json:"allowUnread"`
	// Include says which kinds of repositories are surveyed.
	Include Include `json:"include"`
	// MaxExemption is the longest span an exemption set inside a repository
	// may last; zero means no limit.
	MaxExemption Span `json:"maxExemption,omitzero"`
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

// OwnershipRule gives the repositories whose name matches to an owner.
type OwnershipRule struct {
	Match string `json:"match"`
	Owner string `json:"owner"`
}

// Include says which kinds of repositories a survey covers.
type Include struct {
	Forks     bool `json:"forks"`
	Archived  bool `json:"archived"`
	Templates bool `json:"templates"`
	Private   bool `json:"private"`
}

// Allowance is how many repositories may stay unread before a run fails:
// Count repositories or Percent of all, whichever is set. A share is rounded
// up to whole repositories, so 1 % of 30 allows one.
type Allowance struct {
	Count   int     `json:"count,omitempty"`
	Percent float64 `json:"percent,omitempty"`
}
