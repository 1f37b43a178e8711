package github

import (
	"context"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// Catalog is what a survey needs to ask GitHub. Each method is one API call
// and leaves waiting and repeating to its caller: its errors say by their
// durable.Remedy what helps. Package graphql implements it.
//
// A method that asks about several things returns one element for each id, in the
// order of the ids, and has checked that each is about its id.
type Catalog interface {
	// Enterprise reads one page of an enterprise's organizations.
	Enterprise(ctx context.Context, q EnterpriseQuery) (EnterprisePage, error)
	// Properties reads one page of the custom properties that an organization
	// gave its repositories.
	Properties(ctx context.Context, q PropertiesQuery) (PropertiesPage, error)
	// List reads one page of an owner's repositories.
	List(ctx context.Context, q ListQuery) (ListPage, error)
	// Changes reads an owner's repositories that were pushed to or updated last.
	Changes(ctx context.Context, q ChangesQuery) (Changes, error)
	// Tips reads the default branches' newest commits of up to 100 repositories.
	Tips(ctx context.Context, ids []string) (Tips, error)
	// Histories reads the newest commits of the default branches of several
	// repositories, or, with a cursor, further ones of a single one.
	Histories(ctx context.Context, q HistoryQuery) (Histories, error)
	// Sizes reads how much commits changed, by the commits' own ids.
	Sizes(ctx context.Context, commits []string) (Sizes, error)
	// Trees reads the root directories of repositories, and some branches.
	Trees(ctx context.Context, ids []string) (Trees, error)
	// Files reads a file of the same path in several repositories.
	Files(ctx context.Context, q FilesQuery) (Files, error)
	// Counts counts open issues and pull requests.
	Counts(ctx context.Context, q CountsQuery) (Counts, error)
	// Revision identifies everything that decides what the methods return
	// besides their arguments: query texts and the rules of mapping.
	Revision() string
}

// The causes in the durable.Remedy of a catalog's errors: the words by which
// failures are counted and kept.
const (
	// It helps to ask for less at once.
	CauseTimeout   = "timeout"         // GitHub could not answer in time
	CauseResources = "resource-limits" // GitHub refuses to compute as much

	// One owner is concerned, and no other.
	CauseOwner      = "unknown-owner"
	CauseForbidden  = "forbidden"
	CauseProperties = "properties"

	// Everybody waits.
	CauseSecondary = "secondary-limit"
	CauseRateLimit = "rate-limit"

	CauseNetwork     = "network"
	CauseEmpty       = "empty-answer"
	CauseOutage      = "outage"
	CauseCredentials = "credentials"
	CauseEndpoint    = "endpoint"
	CauseQuery       = "query"
)

// Spent is what an answer cost. It comes first in every answer, so that the
// points are found in a record without reading the rest.
type Spent struct {
	Cost int           `json:"cost"` // points
	Took time.Duration `json:"-"`    // from the sending to the answer
}

// Answer is what was said about several things asked for together.
type Answer[E any] struct {
	Spent
	Elements []E `json:"elements"`
}

// Element is what every element of an [Answer] begins with.
type Element struct {
	ID string `json:"id"`
	// Error says why it could not be read; Again, that asking for it apart from
	// the others may help.
	Error string `json:"error,omitempty"`
	Again bool   `json:"again,omitempty"`
}

func (e *Element) element() *Element { return e }

// The answers.
type (
	Tips      = Answer[Tip]
	Histories = Answer[CommitPage]
	Sizes     = Answer[Size]
	Trees     = Answer[Tree]
	Files     = Answer[File]
	Counts    = Answer[Count]
)

// EnterpriseQuery asks for organizations of an enterprise.
type EnterpriseQuery struct {
	Slug  string `json:"slug"`
	After string `json:"after"` // a cursor; empty for the first
}

// EnterprisePage answers an [EnterpriseQuery].
type EnterprisePage struct {
	Spent
	Logins []string `json:"logins,omitempty"`
	Next   string   `json:"next,omitempty"` // empty after the last page
}

// PropertiesQuery asks for custom properties.
type PropertiesQuery struct {
	Owner string   `json:"owner"`
	Names []string `json:"names"` // of the properties that are wanted, in whatever case
	Page  string   `json:"page"`  // opaque; empty for the first
}

// PropertiesPage answers a [PropertiesQuery]. Repositories without any of the
// properties are left out.
type PropertiesPage struct {
	Spent
	Repositories []PropertyValues `json:"repositories,omitempty"`
	Next         string           `json:"next,omitempty"` // empty after the last page
}

// PropertyValues are a repository's custom properties, named as the query did.
type PropertyValues struct {
	NameWithOwner string              `json:"nameWithOwner"`
	Values        map[string][]string `json:"values"`
}

// ListQuery asks for one page of a listing.
type ListQuery struct {
	Owner   string `json:"owner"`
	Order   string `json:"order"`  // "NAME" or "CREATED_AT", ascending
	Back    bool   `json:"back"`   // from the end on
	Cursor  string `json:"cursor"` // opaque; empty for the page at the end where it begins
	Size    int    `json:"size"`   // at most 100
	Private bool   `json:"private"`
	// Branches asks for the default branches' names, which GitHub has to look up
	// in each repository.
	Branches bool `json:"branches"`
}

// ListPage is one page of a listing.
type ListPage struct {
	Spent
	Owner        string                `json:"owner"` // the login as GitHub spells it
	OwnerID      string                `json:"ownerId"`
	TotalCount   int                   `json:"totalCount"`
	Repositories []pipeline.Repository `json:"repositories"`
	// Hidden counts elements that are null, or without an id or a name.
	Hidden    int    `json:"hidden,omitempty"`
	HiddenWhy string `json:"hiddenWhy,omitempty"`
	Next      string `json:"next,omitempty"` // goes on in the same direction; empty after the last page
}

// ChangesQuery asks for an owner's repositories, those first that changed last.
type ChangesQuery struct {
	Owner   string `json:"owner"`
	Private bool   `json:"private"`
	Size    int    `json:"size"` // of each list, at most 100
	// Pushed and Updated are the cursors of the two lists; empty for their
	// beginnings, nil for a list that is not wanted any more.
	Pushed  *string `json:"pushed"`
	Updated *string `json:"updated"`
}

// Changes answers a [ChangesQuery].
type Changes struct {
	Spent
	OwnerID    string     `json:"ownerId"`
	TotalCount int        `json:"totalCount"`
	Pushed     ChangeList `json:"pushed"`
	Updated    ChangeList `json:"updated"`
	Hidden     int        `json:"hidden,omitempty"` // as in [ListPage]
}

// ChangeList is a piece of a list of repositories, newest first.
type ChangeList struct {
	Repositories []pipeline.Repository `json:"repositories,omitempty"`
	Next         string                `json:"next,omitempty"`
}

// Tip is the newest commit of a default branch.
type Tip struct {
	Element
	// Branch is nil in a repository without a default branch, Commit also where
	// the branch shows nothing.
	Branch *string          `json:"branch,omitempty"`
	Commit *pipeline.Commit `json:"commit,omitempty"`
}

// HistoryQuery asks for commits of default branches, newest first.
type HistoryQuery struct {
	IDs   []string `json:"ids"`
	After string   `json:"after"` // a cursor, with a single id; empty for the newest
	First int      `json:"first"` // commits of each, at most 100
}

// CommitPage is a piece of a default branch's history.
type CommitPage struct {
	Element
	Total   int               `json:"total,omitempty"` // commits in the whole history
	Commits []pipeline.Commit `json:"commits,omitempty"`
	After   string            `json:"after,omitempty"` // the cursor it was asked for by
	Next    string            `json:"next,omitempty"`  // empty when the history ends here
}

// Size is how much a commit changed. Its element's id is the commit's.
type Size struct {
	Element
	Size *pipeline.CommitSize `json:"size,omitempty"`
}

// Tree is what the root of a default branch shows.
type Tree struct {
	Element
	// Entries are the names in the root, as many as a detail keeps.
	Entries []string `json:"entries,omitempty"`
	// Paths are the files that are worth reading: the README, and where
	// CODEOWNERS is or may be.
	Paths        []string         `json:"paths,omitempty"`
	ActiveBranch *pipeline.Branch `json:"activeBranch,omitempty"`
}

// FilesQuery asks for one file in each repository.
type FilesQuery struct {
	IDs  []string `json:"ids"`
	Path string   `json:"path"`
}

// File is a file's text; nil when there is none, or it is no text.
type File struct {
	Element
	Path string  `json:"path"`
	Text *string `json:"text,omitempty"`
}

// CountsQuery asks for the counts that are still worth asking for.
type CountsQuery struct {
	IDs          []string `json:"ids"`
	Issues       bool     `json:"issues"`
	PullRequests bool     `json:"pullRequests"`
}

// Count is how much is open in a repository; nil for what was not asked for or
// is refused to this token.
type Count struct {
	Element
	Issues       *int `json:"issues,omitempty"`
	PullRequests *int `json:"pullRequests,omitempty"`
	// Refused names what the token may not see: [Issues], [PullRequests].
	Refused []string `json:"refused,omitempty"`
}

// What is counted.
const (
	Issues       = "issues"
	PullRequests = "pull requests"
)
