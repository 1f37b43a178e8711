package githubsim

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// resolvers lists every field of the schema by "Type.field". A field is added
// by a line in testdata/schema.graphql and a line here.
var resolvers = sync.OnceValue(func() map[string]resolver {
	all := map[string]resolver{
		"Query.rateLimit":       with(func(x *execution, _ queryRoot, _ *plannedField) value { return x.rate }),
		"Query.repositoryOwner": with(resolveOwner),
		"Query.nodes":           with(resolveNodes),
		"Query.enterprise":      with(resolveEnterprise),

		"Enterprise.organizations": with(resolveOrganizations),

		"RateLimit.cost":      on(func(r rateLimit) value { return r.Cost }),
		"RateLimit.limit":     on(func(r rateLimit) value { return r.Limit }),
		"RateLimit.remaining": on(func(r rateLimit) value { return r.Remaining }),
		"RateLimit.used":      on(func(r rateLimit) value { return r.Used }),
		"RateLimit.nodeCount": on(func(r rateLimit) value { return r.NodeCount }),
		"RateLimit.resetAt":   on(func(r rateLimit) value { return time.Unix(r.Reset, 0) }),

		"Repository.id":                            on(func(r *repo) value { return r.nodeID() }),
		"Repository.name":                          on(func(r *repo) value { return r.name }),
		"Repository.nameWithOwner":                 on(func(r *repo) value { return r.fullName() }),
		"Repository.url":                           with(func(x *execution, r *repo, _ *plannedField) value { return x.world.webURL + "/" + r.fullName() }),
		"Repository.description":                   on(func(r *repo) value { return orNull(r.Description) }),
		"Repository.createdAt":                     on(func(r *repo) value { return r.CreatedAt }),
		"Repository.updatedAt":                     on(func(r *repo) value { return r.UpdatedAt }),
		"Repository.pushedAt":                      on(func(r *repo) value { return orNull(r.PushedAt) }),
		"Repository.isArchived":                    on(func(r *repo) value { return !r.ArchivedAt.IsZero() }),
		"Repository.isFork":                        on(func(r *repo) value { return r.Fork }),
		"Repository.isTemplate":                    on(func(r *repo) value { return r.Template }),
		"Repository.isMirror":                      on(func(r *repo) value { return r.Mirror }),
		"Repository.isEmpty":                       on(func(r *repo) value { return r.def == nil }),
		"Repository.isDisabled":                    on(func(r *repo) value { return r.Disabled }),
		"Repository.isLocked":                      on(func(r *repo) value { return r.Locked }),
		"Repository.isPrivate":                     on(func(r *repo) value { return r.Private }),
		"Repository.visibility":                    on(func(r *repo) value { return r.visibility() }),
		"Repository.isUserConfigurationRepository": on(func(r *repo) value { return r.configures() }),
		"Repository.stargazerCount":                on(func(r *repo) value { return r.Stars }),
		"Repository.forkCount":                     on(func(r *repo) value { return r.Forks }),
		"Repository.primaryLanguage":               on(func(r *repo) value { return labelled("Language", r.Language) }),
		"Repository.licenseInfo":                   on(func(r *repo) value { return labelled("License", r.License) }),
		"Repository.parent":                        with(resolveParent),
		"Repository.latestRelease":                 on(func(r *repo) value { return r.latest() }),
		"Repository.repositoryTopics":              with(resolveTopics),
		"Repository.issues": with(func(_ *execution, r *repo, f *plannedField) value {
			return counted(f, map[string]int{"OPEN": r.OpenIssues, "CLOSED": r.ClosedIssues})
		}),
		"Repository.pullRequests": with(func(_ *execution, r *repo, f *plannedField) value {
			return counted(f, map[string]int{"OPEN": r.OpenPulls, "MERGED": r.MergedPulls})
		}),
		"Repository.defaultBranchRef": on(func(r *repo) value { return r.defaultRef() }),
		"Repository.ref":              with(func(_ *execution, r *repo, f *plannedField) value { return r.refNamed(f.args.string("qualifiedName")) }),
		"Repository.object":           with(resolveObject),

		"Release.tagName":     on(func(n releaseNode) value { return n.Tag }),
		"Release.publishedAt": on(func(n releaseNode) value { return orNull(n.PublishedAt) }),

		"License.spdxId":        on(func(l label) value { return l.name }),
		"Language.name":         on(func(l label) value { return l.name }),
		"Topic.name":            on(func(l label) value { return l.name }),
		"RepositoryTopic.topic": on(func(l label) value { return label{"Topic", l.name} }),

		"Ref.name":   on(func(n refNode) value { return n.name }),
		"Ref.target": on(func(n refNode) value { return n.tip }),

		"Commit.id":                      on(func(c commitNode) value { return nodeRef{"Commit", c.of.id, c.OID}.encode() }),
		"Commit.committedDate":           on(func(c commitNode) value { return c.CommittedDate }),
		"Commit.messageHeadline":         on(func(c commitNode) value { h, _, _ := strings.Cut(c.Message, "\n"); return h }),
		"Commit.author":                  on(func(c commitNode) value { return actor{c.Author} }),
		"Commit.additions":               on(func(c commitNode) value { return c.size().Additions }),
		"Commit.deletions":               on(func(c commitNode) value { return c.size().Deletions }),
		"Commit.changedFilesIfAvailable": on(func(c commitNode) value { return c.size().ChangedFiles }),
		"Commit.history":                 with(resolveHistory),
		"Commit.parents":                 with(resolveParents),

		"GitActor.name":  on(func(a actor) value { return orNull(a.Name) }),
		"GitActor.email": on(func(a actor) value { return orNull(a.Email) }),
		"GitActor.user":  with(func(x *execution, a actor, _ *plannedField) value { return x.user(a.Login) }),

		"Tree.entries":     on(func(t treeNode) value { return t.entries() }),
		"TreeEntry.name":   on(func(e treeEntry) value { return e.name }),
		"TreeEntry.type":   on(func(e treeEntry) value { return e.typ }),
		"Blob.isTruncated": on(func(b blobNode) value { return len(b.file.Text) > maxText }),
		"Blob.text":        on(func(b blobNode) value { return b.text() }),
	}
	for _, typ := range []string{"Organization", "User"} {
		all[typ+".id"] = on(func(o *owner) value { return nodeRef{o.typeName(), o.id, ""}.encode() })
		all[typ+".login"] = on(func(o *owner) value { return o.login })
		all[typ+".repositories"] = with(resolveRepositories)
	}
	for _, typ := range []string{"Commit", "Tree", "Blob"} {
		all[typ+".oid"] = on(func(g gitObject) value { return g.oid() })
	}
	connectionFields(all, "Organization", "Repository", "CommitHistory", "Commit", "RepositoryTopic", "Issue", "PullRequest")
	return all
})

// orNull is v, or null when it is zero.
func orNull[T comparable](v T) value {
	if v == *new(T) {
		return nil
	}
	return v
}

func resolveNodes(x *execution, _ queryRoot, f *plannedField) value {
	ids := f.args.strings("ids")
	if len(ids) > maxPage {
		return &failure{typ: "ARGUMENT_LIMIT",
			message: fmt.Sprintf("You may not provide more than %d node ids; you provided %d.", maxPage, len(ids))}
	}
	items := make([]object, len(ids))
	for i, id := range ids {
		if items[i] = x.node(id); items[i] == nil {
			items[i] = notFoundID(id)
		}
	}
	return items
}

// node returns what an id names, nil for what is not there or must not be
// seen. Repositories and their commits can be asked for, as programs do.
func (x *execution) node(id string) object {
	n, ok := decodeID(id)
	r := x.world.byID[n.id]
	if !ok || r == nil || r.Private && x.access == PublicOnly {
		return nil
	}
	if n.kind == "Commit" {
		return r.commit(n.rest)
	}
	return r
}

// user returns the user of that login, nil when there is none.
func (x *execution) user(login string) value {
	if o := x.world.owners[strings.ToLower(login)]; o != nil && o.isUser {
		return o
	}
	return nil
}

func resolveParent(x *execution, r *repo, _ *plannedField) value {
	if p := r.parent; r.Fork && p != nil && x.world.byID[p.id] == p && (!p.Private || x.access == Everything) {
		return p
	}
	return nil
}

func resolveTopics(_ *execution, r *repo, f *plannedField) value {
	entries := make([]entry, len(r.Topics))
	for i, t := range r.Topics {
		entries[i] = entry{t, label{"RepositoryTopic", t}}
	}
	return connect(f, ordered(byKey(entries), false))
}

// counted is a connection of which only the size is known: the sum over the
// states asked for, all of them when none is.
func counted(f *plannedField, byState map[string]int) value {
	states := f.args.strings("states")
	n := 0
	for state, count := range byState {
		if len(states) == 0 || slices.Contains(states, state) {
			n += count
		}
	}
	return &connection{typ: f.field.Definition.Type.Name(), of: sequence{n: n}}
}

// label is a language, a licence or a topic: things that are little more than
// their name.
type label struct{ typ, name string }

func (l label) typeName() string { return l.typ }

// labelled is a label, or null when the name is empty.
func labelled(typ, name string) value {
	if name == "" {
		return nil
	}
	return label{typ, name}
}
