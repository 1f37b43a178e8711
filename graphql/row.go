package graphql

import (
	"net/url"
	"strings"

	"github.com/shurcooL/githubv4"

	"github.com/stalewatch/stalewatch/pipeline"
)

// listed is a repository as a listing shows it.
type listed struct {
	ID                            githubv4.ID
	NameWithOwner                 text
	URL                           text
	Description                   text
	CreatedAt                     moment
	PushedAt                      moment
	UpdatedAt                     moment
	IsArchived                    flag
	IsFork                        flag
	IsTemplate                    flag
	IsMirror                      flag
	IsEmpty                       flag
	IsDisabled                    flag
	IsLocked                      flag
	IsPrivate                     flag
	Visibility                    text
	IsUserConfigurationRepository flag
	StargazerCount                number
	ForkCount                     number
	PrimaryLanguage               *struct{ Name text }
	LicenseInfo                   *struct{ SpdxID text }
	LatestRelease                 *struct {
		TagName     text
		PublishedAt moment
	}
	Parent *struct {
		NameWithOwner text
		PushedAt      moment
		IsArchived    flag
	}
	RepositoryTopics struct {
		Nodes []*struct{ Topic struct{ Name text } }
	} `graphql:"repositoryTopics(first: 20)"` // GitHub allows 20 topics
	DefaultBranchRef *struct{ Name text } `graphql:"defaultBranchRef @include(if: $branches)"`
}

// isNamed reports a name of both parts.
func (n *listed) isNamed() bool {
	owner, name := pipeline.SplitName(n.NameWithOwner.string)
	return owner != "" && name != ""
}

// flaw names a value that cannot be used; empty when all can.
func (n *listed) flaw() string {
	if webAddress(n.URL) == "" {
		return "url"
	}
	values := []named{
		{"nameWithOwner", n.NameWithOwner.state, false}, {"description", n.Description.state, true},
		{"createdAt", n.CreatedAt.state, false}, {"pushedAt", n.PushedAt.state, true}, {"updatedAt", n.UpdatedAt.state, false},
		{"isArchived", n.IsArchived.state, false}, {"isFork", n.IsFork.state, false}, {"isTemplate", n.IsTemplate.state, false},
		{"isMirror", n.IsMirror.state, false}, {"isEmpty", n.IsEmpty.state, false}, {"isDisabled", n.IsDisabled.state, false},
		{"isLocked", n.IsLocked.state, false}, {"isPrivate", n.IsPrivate.state, false}, {"visibility", n.Visibility.state, false},
		{"isUserConfigurationRepository", n.IsUserConfigurationRepository.state, false},
		{"stargazerCount", n.StargazerCount.state, false}, {"forkCount", n.ForkCount.state, false},
	}
	if n.LatestRelease != nil {
		values = append(values, named{"latestRelease", n.LatestRelease.PublishedAt.state, true})
	}
	if n.Parent != nil {
		values = append(values, named{"parent", n.Parent.PushedAt.state, true})
	}
	return flaw(values...)
}

func (n *listed) repository() pipeline.Repository {
	r := pipeline.Repository{
		ID:                            id(n.ID),
		NameWithOwner:                 n.NameWithOwner.string,
		URL:                           webAddress(n.URL),
		Description:                   n.Description.pointer(),
		CreatedAt:                     n.CreatedAt.Time,
		PushedAt:                      n.PushedAt.pointer(),
		UpdatedAt:                     n.UpdatedAt.Time,
		IsArchived:                    n.IsArchived.bool,
		IsFork:                        n.IsFork.bool,
		IsTemplate:                    n.IsTemplate.bool,
		IsMirror:                      n.IsMirror.bool,
		IsEmpty:                       n.IsEmpty.bool,
		IsDisabled:                    n.IsDisabled.bool,
		IsLocked:                      n.IsLocked.bool,
		IsPrivate:                     n.IsPrivate.bool,
		Visibility:                    pipeline.Visibility(strings.ToLower(n.Visibility.string)),
		IsUserConfigurationRepository: n.IsUserConfigurationRepository.bool,
		StargazerCount:                n.StargazerCount.int,
		ForkCount:                     n.ForkCount.int,
	}
	if n.DefaultBranchRef != nil {
		r.DefaultBranch = n.DefaultBranchRef.Name.pointer()
	}
	if n.PrimaryLanguage != nil {
		r.PrimaryLanguage = n.PrimaryLanguage.Name.pointer()
	}
	if n.LicenseInfo != nil {
		r.License = n.LicenseInfo.SpdxID.pointer()
	}
	if n.LatestRelease != nil {
		r.LatestRelease = &pipeline.Release{TagName: n.LatestRelease.TagName.string, PublishedAt: n.LatestRelease.PublishedAt.pointer()}
	}
	if p := n.Parent; p != nil {
		r.Parent = &pipeline.Parent{NameWithOwner: p.NameWithOwner.string, PushedAt: p.PushedAt.pointer(), IsArchived: p.IsArchived.bool}
	}
	for _, t := range n.RepositoryTopics.Nodes {
		if t != nil && t.Topic.Name.string != "" {
			r.Topics = append(r.Topics, t.Topic.Name.string)
		}
	}
	return r
}

// webAddress is the text when it is an address on the web, and else empty.
func webAddress(t text) string {
	u, err := url.Parse(t.string)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return ""
	}
	return u.String()
}
