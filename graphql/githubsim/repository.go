package githubsim

import "time"

// Repository describes a repository to put into a [World]. The zero value of
// every field but Name is usable; empty strings are null to GitHub.
type Repository struct {
	// Name is OWNER/NAME. An owner that the world does not know becomes an
	// organization; see [World.AddUser].
	Name        string
	Description string
	Topics      []string
	// Properties are the custom ones that its organization gave it: each a
	// string, a []string, or nil for one without a value.
	Properties map[string]any
	Language   string // primary language
	License    string // SPDX identifier

	// CreatedAt is when the repository was made; zero means the date of its
	// oldest commit.
	CreatedAt time.Time
	// PushedAt is the last push to any branch; zero means the committed date
	// of the newest commit of all branches.
	PushedAt time.Time
	// UpdatedAt is zero for the same as PushedAt.
	UpdatedAt time.Time
	// ArchivedAt is the date it was archived on; zero means it is not.
	ArchivedAt time.Time

	Private  bool
	Internal bool // private, but the enterprise's members see it
	Disabled bool
	Template bool
	Locked   bool // as while it moves to another owner
	Mirror   bool
	// Fork says that it was forked from Parent (OWNER/NAME). A parent that the
	// world does not hold yet, or that the token may not see, is null to GitHub.
	Fork   bool
	Parent string
	// Collaborators are logins of users in whose own listing it turns up
	// unless they ask for ownerAffiliations: [OWNER].
	Collaborators []string

	Stars, Forks             int
	OpenIssues, ClosedIssues int
	OpenPulls, MergedPulls   int

	// DefaultBranch is "main" when empty. Its history is Older, then Commits,
	// oldest first; with neither the repository is empty.
	DefaultBranch string
	Older         Older
	Commits       []Commit
	// Branches are the other ones.
	Branches []Branch
	Releases []Release
	// Files are the tree, at every commit of every branch.
	Files []File
}

// Older stands for commits that are made up when they are asked for, so that a
// history of any length costs nothing.
type Older struct {
	Count int
	// First is the date of the oldest of them. The others lie between it and
	// the commit after them, in order.
	First time.Time
}

// Commit is one commit. In a push every field may be left zero: the simulator
// takes the date of the push and makes up the rest.
type Commit struct {
	OID           string
	CommittedDate time.Time
	Author        Author
	Message       string
	// Merge gives it a second parent.
	Merge bool
	// Size is what it changed against its first parent; nil means that the
	// simulator makes up something small.
	Size *Size
}

// Size is how much a commit changed: files, and lines added and deleted.
type Size struct{ ChangedFiles, Additions, Deletions int }

// Author is who wrote a commit. The zero value stands for a made-up person.
type Author struct {
	Name  string
	Email string
	// Login is empty when GitHub knows no user by the e-mail address, which is
	// always so for GitHub Apps: author.user is then null.
	Login string
}

// Branch is a branch that leaves the default branch at its tip and continues with
// Commits, oldest first.
type Branch struct {
	Name    string
	Commits []Commit
}

// Release is a published release.
type Release struct {
	Tag         string
	PublishedAt time.Time
	Prerelease  bool
}

// File is a file of a repository's tree. Path is slash-separated.
type File struct {
	Path, Text string
}

// Dependabot is the author that GitHub's dependency updates carry.
func Dependabot() Author {
	return Author{Name: "dependabot[bot]", Email: "49699333+dependabot[bot]@users.noreply.github.com"}
}

// SyncBot is a bot that does not say so: an ordinary user account whose name
// has to be configured.
func SyncBot() Author {
	return Author{Name: "Fabrikam Sync Service", Email: "sync@fabrikam.example", Login: "fabrikam-sync"}
}
