package githubsim

import (
	"encoding/binary"
	"strings"
)

// headsPrefix is what qualified names of branches begin with. There are no
// tags.
const headsPrefix = "refs/heads/"

// gitObject is what commits, trees and blobs have in common.
type gitObject interface {
	object
	repository() *repo
	oid() string
}

// commitNode is a commit in its place in a history.
type commitNode struct {
	Commit
	of *repo
	h  *history
	i  int // from the root
}

func (h *history) node(of *repo, i int) commitNode { return commitNode{h.at(i), of, h, i} }

func (commitNode) typeName() string    { return "Commit" }
func (c commitNode) repository() *repo { return c.of }
func (c commitNode) oid() string       { return c.OID }

// size is what a commit changed, made up from its id when it is not given.
func (c commitNode) size() Size {
	if c.Size != nil {
		return *c.Size
	}
	n := uint64(0)
	for _, b := range []byte(c.OID) {
		n = mix(n + uint64(b))
	}
	return Size{ChangedFiles: 1 + int(n%9), Additions: int(n >> 8 % 300), Deletions: int(n >> 32 % 120)}
}

// actor is a commit's author.
type actor struct{ Author }

func (actor) typeName() string { return "GitActor" }

// commit returns the commit of that id on any branch, nil when there is none.
func (r *repo) commit(oid string) object {
	for _, b := range r.branches {
		if i := b.find(oid); i >= 0 {
			return b.node(r, i)
		}
	}
	return nil
}

// refNode is a branch.
type refNode struct {
	of   *repo
	name string
	tip  commitNode
}

func (refNode) typeName() string { return "Ref" }

func (b *branch) ref(of *repo) refNode { return refNode{of, b.name, b.node(of, b.len()-1)} }

// refNamed finds a branch by its qualified name, or by a short one as git
// does. It returns nil for none.
func (r *repo) refNamed(name string) value {
	if b := r.branch(strings.TrimPrefix(name, headsPrefix)); b != nil {
		return b.ref(r)
	}
	return nil
}

func (r *repo) defaultRef() value {
	if r.def == nil {
		return nil
	}
	return r.def.ref(r)
}

// resolveObject finds what the forms of git rev-parse name that consist of a
// branch, HEAD or a commit, with an optional ":path".
func resolveObject(_ *execution, r *repo, f *plannedField) value {
	rev, path, hasPath := strings.Cut(f.args.string("expression"), ":")
	start := r.revision(rev)
	if start == nil || !hasPath {
		return start
	}
	return r.at(strings.Trim(path, "/"))
}

// revision returns the commit that a revision names, nil for none.
func (r *repo) revision(rev string) value {
	if rev == "HEAD" {
		rev = r.DefaultBranch
	}
	if ref, ok := r.refNamed(rev).(refNode); ok {
		return ref.tip
	}
	return r.commit(rev)
}

// resolveHistory is the line of first parents from a commit down, newest first.
func resolveHistory(_ *execution, c commitNode, f *plannedField) value {
	return connect(f, c.line(c.i, c.i+1))
}

// resolveParents gives the commit before, and for a merge the one before that,
// which stands for the merged branch's tip.
func resolveParents(_ *execution, c commitNode, f *plannedField) value {
	n := min(c.i, 1)
	if c.i > 1 && c.Merge {
		n = 2
	}
	return connect(f, c.line(c.i-1, n))
}

// line is a sequence of n commits from place top down. A key is the commit's
// id and its place, so a cursor holds when the branch has grown.
func (c commitNode) line(top, n int) sequence {
	return sequence{
		n:  n,
		at: func(k int) object { return c.h.node(c.of, top-k) },
		key: func(k int) string {
			return string(binary.BigEndian.AppendUint32([]byte(c.h.at(top-k).OID), uint32(top-k)))
		},
		locate: func(key string) (int, int, bool) {
			if len(key) < 4 {
				return 0, 0, false
			}
			oid, i := key[:len(key)-4], int(binary.BigEndian.Uint32([]byte(key[len(key)-4:])))
			if i > c.i || c.h.at(i).OID != oid {
				return 0, 0, false
			}
			k := min(max(top-i, 0), n)
			return k, min(k+1, n), true
		},
	}
}
