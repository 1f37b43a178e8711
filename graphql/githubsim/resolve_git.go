package githubsim

import (
	"encoding/binary"
	"slices"
	"sort"
	"strings"
	"time"
)

// commitNode is a commit as a place in a history.
type commitNode struct {
	of *repo
	h  *history
	i  int // from the root
}

func (commitNode) typeName() string { return "Commit" }

func (c commitNode) repository() *repo { return c.of }
func (c commitNode) oid() string       { return c.h.oidAt(c.i) }

// commit returns the commit of that id on any branch, nil when there is none.
func (r *repo) commit(oid string) object {
	for _, b := range r.branches {
		if i := b.find(oid); i >= 0 {
			return commitNode{r, &b.history, i}
		}
	}
	return nil
}

// gitObject returns the commit, tree or blob of that id, nil for none.
func (r *repo) gitObject(oid string) object {
	if c := r.commit(oid); c != nil {
		return c
	}
	return r.tree("").find(oid)
}

func commitResolvers() map[string]resolver {
	field := func(get func(Commit) value) resolver {
		return on(func(c commitNode) value { return get(c.h.at(c.i)) })
	}
	author := on(func(c commitNode) value { return actor{c.h.at(c.i)} })
	return map[string]resolver{
		"Commit.committedDate":       on(func(c commitNode) value { return c.h.dateAt(c.i) }),
		"Commit.authoredDate":        field(func(c Commit) value { return c.AuthoredDate }),
		"Commit.message":             field(func(c Commit) value { return c.Message }),
		"Commit.messageHeadline":     field(func(c Commit) value { h, _, _ := strings.Cut(c.Message, "\n"); return h }),
		"Commit.messageBody":         field(func(c Commit) value { _, b, _ := strings.Cut(c.Message, "\n"); return strings.TrimSpace(b) }),
		"Commit.authoredByCommitter": field(func(Commit) value { return true }),
		"Commit.author":              author,
		"Commit.committer":           author,
		"Commit.authors": with(func(x *execution, c commitNode, f *plannedField) value {
			return connect(x, f, sorted([]entry{{"0", actor{c.h.at(c.i)}}}, false))
		}),
		"Commit.history":      with(resolveHistory),
		"Commit.parents":      with(resolveParents),
		"Commit.tree":         on(func(c commitNode) value { return c.of.tree("") }),
		"Commit.resourcePath": on(func(c commitNode) value { return c.of.resourcePath() + "/commit/" + c.oid() }),
		"Commit.url":          with(func(x *execution, c commitNode, _ *plannedField) value { return x.url(c.of, "/commit/"+c.oid()) }),
		"Commit.treeResourcePath": on(func(c commitNode) value {
			return c.of.resourcePath() + "/tree/" + c.oid()
		}),
		"Commit.treeUrl": with(func(x *execution, c commitNode, _ *plannedField) value { return x.url(c.of, "/tree/"+c.oid()) }),
	}
}

// resolveHistory is the line of first parents from a commit down, newest
// first, filtered as the arguments say.
func resolveHistory(x *execution, c commitNode, f *plannedField) value {
	keep := commitFilter(f)
	if keep == nil {
		return connect(x, f, c.line(c.i+1, func(k int) int { return c.i - k }))
	}
	var kept []int
	for i := c.i; i >= 0; i-- {
		if keep(c.h, i) {
			kept = append(kept, i)
		}
	}
	return connect(x, f, c.line(len(kept), func(k int) int { return kept[k] }))
}

// line is a sequence of n commits; index gives the place in the history of the
// k-th, descending. A key is the commit's id and its place, so a cursor holds
// when the branch has grown.
func (c commitNode) line(n int, index func(k int) int) sequence {
	return sequence{
		n:  n,
		at: func(k int) object { return commitNode{c.of, c.h, index(k)} },
		key: func(k int) string {
			i := index(k)
			return string(binary.BigEndian.AppendUint32([]byte(c.h.oidAt(i)), uint32(i)))
		},
		locate: func(key string) (int, int, bool) {
			if len(key) < 4 {
				return 0, 0, false
			}
			oid, i := key[:len(key)-4], int(binary.BigEndian.Uint32([]byte(key[len(key)-4:])))
			if i > c.i || c.h.oidAt(i) != oid {
				if i = c.h.find(oid); i < 0 || i > c.i {
					return 0, 0, false
				}
			}
			before := sort.Search(n, func(k int) bool { return index(k) <= i })
			upTo := sort.Search(n, func(k int) bool { return index(k) < i })
			return before, upTo, true
		},
	}
}

// commitFilter reads since, until and author; nil means there is no filter.
func commitFilter(f *plannedField) func(h *history, i int) bool {
	var tests []func(h *history, i int) bool
	if since, err := time.Parse(time.RFC3339, f.args.string("since")); err == nil {
		tests = append(tests, func(h *history, i int) bool { return !h.dateAt(i).Before(since) })
	}
	if until, err := time.Parse(time.RFC3339, f.args.string("until")); err == nil {
		tests = append(tests, func(h *history, i int) bool { return !h.dateAt(i).After(until) })
	}
	if author, ok := f.args.object("author"); ok {
		if emails, ok := author.strings("emails"); ok {
			tests = append(tests, func(h *history, i int) bool { return slices.Contains(emails, h.at(i).Author.Email) })
		}
	}
	if tests == nil {
		return nil
	}
	return func(h *history, i int) bool {
		for _, test := range tests {
			if !test(h, i) {
				return false
			}
		}
		return true
	}
}

// resolveParents gives the commit before, and for a merge the one before that,
// which stands for the merged branch's tip.
func resolveParents(x *execution, c commitNode, f *plannedField) value {
	n := min(c.i, 1)
	if c.i > 1 && c.h.at(c.i).Merge {
		n = 2
	}
	return connect(x, f, c.line(n, func(k int) int { return c.i - 1 - k }))
}

// actor is a commit's author, who is its committer too.
type actor struct{ Commit }

func (actor) typeName() string { return "GitActor" }

func actorResolvers() map[string]resolver {
	return map[string]resolver{
		"GitActor.name":  on(func(a actor) value { return text(a.Author.Name) }),
		"GitActor.email": on(func(a actor) value { return text(a.Author.Email) }),
		"GitActor.date":  on(func(a actor) value { return a.AuthoredDate }),
		"GitActor.user":  with(func(x *execution, a actor, _ *plannedField) value { return x.user(a.Author.Login) }),
		"GitActor.avatarUrl": with(func(x *execution, _ actor, _ *plannedField) value {
			return x.world.webURL + "/avatars/0"
		}),
	}
}

// repositoryObject is what commits, trees and blobs have in common.
type repositoryObject interface {
	object
	repository() *repo
	oid() string
}

func gitObjectResolvers(typ string) map[string]resolver {
	return map[string]resolver{
		typ + ".id": with(func(x *execution, g repositoryObject, _ *plannedField) value {
			return x.id(nodeRef{typ, g.repository().id, g.oid()})
		}),
		typ + ".oid":            on(func(g repositoryObject) value { return g.oid() }),
		typ + ".abbreviatedOid": on(func(g repositoryObject) value { return g.oid()[:min(7, len(g.oid()))] }),
		typ + ".repository":     on(func(g repositoryObject) value { return g.repository() }),
		typ + ".commitResourcePath": on(func(g repositoryObject) value {
			return g.repository().resourcePath() + "/commit/" + g.oid()
		}),
		typ + ".commitUrl": with(func(x *execution, g repositoryObject, _ *plannedField) value {
			return x.url(g.repository(), "/commit/"+g.oid())
		}),
	}
}
