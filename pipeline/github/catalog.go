package github

import (
	"context"

	"github.com/stalewatch/stalewatch/pipeline"
)

// Catalog is what a survey needs to ask GitHub. Each method is one API call
// and leaves waiting and repeating to its caller: its errors say by their
// durable.Remedy what helps. Package graphql implements it.
type Catalog interface {
	// List reads one page of an owner's repositories, in the order of their
	// names.
	List(ctx context.Context, q ListQuery) (ListPage, error)
	// Fetch reads the detail of up to 50 repositories by their ids.
	Fetch(ctx context.Context, ids []string) (Chunk, error)
	// History reads the newest commits of the default branches of several
	// repositories, or, with a cursor, further ones of a single one.
	History(ctx context.Context, q HistoryQuery) (Histories, error)
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
	CauseOwner     = "unknown-owner"
	CauseForbidden = "forbidden"

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

// ListQuery asks for one page of a listing.
type ListQuery struct {
	Owner   string `json:"owner"`
	After   string `json:"after"` // an opaque cursor; empty for the first page
	First   int    `json:"first"` // at most 100
	Private bool   `json:"private"`
}

// ListPage is one page of a listing.
type ListPage struct {
	Cost         int                   `json:"cost"`  // points; first, so that it is found without reading the rest
	Owner        string                `json:"owner"` // the login as GitHub spells it
	TotalCount   int                   `json:"totalCount"`
	Repositories []pipeline.Repository `json:"repositories"`
	// Hidden counts elements of the page that GitHub returned as null.
	Hidden    int    `json:"hidden,omitempty"`
	HiddenWhy string `json:"hiddenWhy,omitempty"`
	Next      string `json:"next,omitempty"` // empty after the last page
}

// Chunk is the answer to one chunk request, one element for each id asked for,
// in that order.
type Chunk struct {
	Cost         int       `json:"cost"` // points; first, as in [ListPage]
	Repositories []Fetched `json:"repositories"`
}

// Fetched is what a chunk says about one repository.
type Fetched struct {
	ID string `json:"id"`
	// Detail is nil when Error is set. Its ReadAt and Revision are not.
	Detail *pipeline.Detail `json:"detail,omitempty"`
	// Incomplete reports that something beside the commits could not be read.
	// It is read again by the next run.
	Incomplete bool `json:"incomplete,omitempty"`
	// Error says why it could not be read; Again, that asking for it apart from
	// the others may help.
	Error string `json:"error,omitempty"`
	Again bool   `json:"again,omitempty"`
}

// HistoryQuery asks for commits of default branches, newest first.
type HistoryQuery struct {
	IDs   []string `json:"ids"`
	After string   `json:"after"` // a cursor, with a single id; empty for the newest
	First int      `json:"first"` // commits of each, at most 100
}

// Histories answers a [HistoryQuery], one element for each id, in that order.
type Histories struct {
	Cost  int          `json:"cost"` // points; first, as in [ListPage]
	Pages []CommitPage `json:"pages"`
}

// CommitPage is a piece of a default branch's history.
type CommitPage struct {
	ID      string            `json:"id"`
	Commits []pipeline.Commit `json:"commits,omitempty"`
	Next    string            `json:"next,omitempty"` // empty when the history ends here
	// Error says why the history could not be read; Again, that asking for it
	// apart from the others may help.
	Error string `json:"error,omitempty"`
	Again bool   `json:"again,omitempty"`
}
