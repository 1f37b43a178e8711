package pipeline

import (
	"time"
)

// Repository is what one survey learnt about one GitHub repository: the light
// fields that every listing page carries, and the detail that a chunk request
// reads. Field names are GitHub's own.
//
// It is also the form in which the store keeps a repository, so a change to a
// field that is read from GitHub needs a new [RecordRevision].
type Repository struct {
	// ID is GitHub's global node id, in the new format. It survives renames
	// and transfers and is therefore what one run is compared by with the next.
	ID            string  `json:"id"`
	NameWithOwner string  `json:"nameWithOwner"`
	URL           string  `json:"url"`
	Description   *string `json:"description,omitempty"`

	CreatedAt time.Time `json:"createdAt"`
	// PushedAt is the last push to any branch; nil when GitHub has none.
	PushedAt *time.Time `json:"pushedAt,omitempty"`
	// UpdatedAt is the last change of anything about it that GitHub counts as
	// one: settings, description, stars.
	UpdatedAt time.Time `json:"updatedAt,omitzero"`
	// DefaultBranch is nil in a repository without commits.
	DefaultBranch *string `json:"defaultBranch,omitempty"`

	IsArchived bool `json:"isArchived,omitempty"`
	IsFork     bool `json:"isFork,omitempty"`
	IsTemplate bool `json:"isTemplate,omitempty"`
	IsMirror   bool `json:"isMirror,omitempty"`
	IsEmpty    bool `json:"isEmpty,omitempty"`
	IsDisabled bool `json:"isDisabled,omitempty"`
	IsLocked   bool `json:"isLocked,omitempty"`
	IsPrivate  bool `json:"isPrivate,omitempty"`
	// Visibility is empty in what was read before it was asked for; see
	// [Repository.Seen].
	Visibility Visibility `json:"visibility,omitempty"`
	// OwnerIsUser reports that its owner is a person's account, not an
	// organization.
	OwnerIsUser bool `json:"ownerIsUser,omitempty"`
	// IsUserConfigurationRepository tells OWNER/.github and a user's profile
	// repository, whose files GitHub shows elsewhere.
	IsUserConfigurationRepository bool `json:"isUserConfigurationRepository,omitempty"`

	StargazerCount  int      `json:"stargazerCount,omitempty"`
	ForkCount       int      `json:"forkCount,omitempty"`
	PrimaryLanguage *string  `json:"primaryLanguage,omitempty"`
	License         *string  `json:"license,omitempty"` // SPDX identifier
	Topics          []string `json:"topics,omitempty"`

	// Properties are the custom ones that its organization gave it, as many as
	// [Rules.PropertyNames] tells, named so; one without a value is left out.
	Properties map[string][]string `json:"properties,omitempty"`

	LatestRelease *Release `json:"latestRelease,omitempty"`
	// Parent is the repository this one was forked from; nil for other
	// repositories and for a parent that the token cannot see.
	Parent *Parent `json:"parent,omitempty"`

	// Detail is what a chunk request reads. It is nil when nothing could ever
	// be read; after an unsuccessful read it holds the values of an earlier run.
	Detail *Detail `json:"detail,omitempty"`

	// ReadError says why this run could not read the repository; empty when it
	// could, or when an earlier run's values still hold.
	ReadError string `json:"readError,omitempty"`

	// LatestPackage is the newest version of a package that is made of this
	// repository, as a package source knows it; nil when none is known.
	LatestPackage *Release `json:"latestPackage,omitempty"`

	// Dependencies are what its project files refer to; nil when they were not
	// read, and in a repository that has none.
	Dependencies *Dependencies `json:"dependencies,omitempty"`

	// Uses and Publishes are what the packages of the same snapshot say of it;
	// they are there while it is judged, and not kept. See [Relate].
	Uses      []UsedPackage `json:"-"`
	Publishes []*Package    `json:"-"`

	// Facts are what data sources other than GitHub know about it.
	Facts []Fact `json:"facts,omitempty"`
}

// Visibility says who sees a repository. An internal one is private besides.
type Visibility string

// The visibilities.
const (
	Public   Visibility = "public"
	Internal Visibility = "internal" // to the members of its enterprise
	Private  Visibility = "private"
)

// Visibilities are all there are, the widest first.
var Visibilities = []Visibility{Public, Internal, Private}

// Seen is the visibility as far as it is known.
func (r *Repository) Seen() Visibility {
	switch {
	case r.Visibility != "":
		return r.Visibility
	case r.IsPrivate:
		return Private
	}
	return Public
}

// SamePush reports that nothing was pushed between two sights of a repository,
// so that its tip is the same: a push is the only way a tip can move, besides
// another branch becoming the default.
func SamePush(r, known Repository) bool {
	return same(r.PushedAt, known.PushedAt, time.Time.Equal) && same(r.DefaultBranch, known.DefaultBranch, func(a, b string) bool { return a == b })
}

func same[T any](a, b *T, equal func(a, b T) bool) bool {
	if a == nil || b == nil {
		return a == b
	}
	return equal(*a, *b)
}

// Release is a repository's latest release.
type Release struct {
	TagName     string     `json:"tagName"`
	PublishedAt *time.Time `json:"publishedAt,omitempty"`
}

// Parent is what a fork was made from.
type Parent struct {
	NameWithOwner string     `json:"nameWithOwner"`
	PushedAt      *time.Time `json:"pushedAt,omitempty"`
	IsArchived    bool       `json:"isArchived,omitempty"`
}

// Fact is one line that a data source other than GitHub adds to a repository.
type Fact struct {
	Source string `json:"source"` // the [Source]'s name
	Label  string `json:"label"`
	Value  string `json:"value"`
	URL    string `json:"url,omitempty"` // https only; empty for none
}
