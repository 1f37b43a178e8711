package githubsim

import (
	"fmt"
	"slices"
	"time"
)

// repo is a repository as the world keeps it.
type repo struct {
	Repository        // Name, Commits, Branches and Older are not kept up to date
	id         uint32 // GitHub's databaseId
	owner      *owner
	name       string // without the owner
	branches   []*branch
	def        *branch // nil in an empty repository
	parent     *repo   // nil when the world did not hold it
}

type branch struct {
	name string
	history
}

func (r *repo) fullName() string { return r.owner.login + "/" + r.name }

func (r *repo) nodeID() string { return nodeRef{"Repository", r.id, ""}.encode() }

// branch returns the branch of that name, nil for none.
func (r *repo) branch(name string) *branch {
	for _, b := range r.branches {
		if b.name == name {
			return b
		}
	}
	return nil
}

// grow makes the branches that the specification describes.
func (r *repo) grow(spec Repository) {
	if r.DefaultBranch == "" {
		r.DefaultBranch = "main"
	}
	if spec.Older.Count == 0 && len(spec.Commits) == 0 {
		return
	}
	seed := mix(uint64(r.id))
	run := olderRun{n: spec.Older.Count, first: spec.Older.First.UTC(), seed: seed}
	b := &branch{name: r.DefaultBranch, history: history{older: run}}
	if run.n > 0 {
		next := run.first
		if len(spec.Commits) > 0 {
			next = spec.Commits[0].CommittedDate
		}
		b.older.last = run.first.Add(next.Sub(run.first) / time.Duration(run.n) * time.Duration(run.n-1))
	}
	b.push(seed, time.Time{}, spec.Commits)
	r.branches, r.def = []*branch{b}, b
	for _, s := range spec.Branches {
		side := &branch{name: s.Name, history: history{base: &b.history, baseLen: b.len()}}
		side.push(mix(seed+uint64(len(r.branches))), time.Time{}, s.Commits)
		r.branches = append(r.branches, side)
	}
}

// push appends commits and fills what they leave open. The slice given is not
// kept.
func (b *branch) push(seed uint64, at time.Time, commits []Commit) {
	b.commits = slices.Grow(b.commits, len(commits))
	for _, c := range commits {
		if c.CommittedDate.IsZero() {
			c.CommittedDate = at
		}
		c.CommittedDate = c.CommittedDate.UTC()
		n := uint64(b.len())
		if c.OID == "" {
			c.OID = madeUpOID(seed, fmt.Sprint(n, c.CommittedDate.Unix()))
		}
		if c.Author == (Author{}) {
			c.Author = person(mix(seed + n))
		}
		if c.Message == "" {
			c.Message = headline(mix(seed ^ n))
		}
		b.commits = append(b.commits, c)
	}
}

// setDates fills the dates that a specification leaves open.
func (r *repo) setDates() {
	newest, oldest := time.Time{}, time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, b := range r.branches {
		if d := b.at(b.len() - 1).CommittedDate; d.After(newest) {
			newest = d
		}
	}
	if r.def != nil {
		oldest = r.def.at(0).CommittedDate
	}
	set := func(to *time.Time, otherwise time.Time) {
		if to.IsZero() {
			*to = otherwise
		}
		*to = to.UTC()
	}
	set(&r.CreatedAt, oldest)
	set(&r.PushedAt, newest)
	set(&r.UpdatedAt, r.PushedAt)
	set(&r.UpdatedAt, r.CreatedAt)
}
