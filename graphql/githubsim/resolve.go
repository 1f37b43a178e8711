package githubsim

import (
	"fmt"
	"maps"
	"strings"
)

// on makes a resolver of a function that needs the object only.
func on[T object](get func(T) value) resolver {
	return func(_ *execution, o object, _ *plannedField) value { return get(o.(T)) }
}

// with makes a resolver of a function that needs the request too.
func with[T object](get func(x *execution, o T, f *plannedField) value) resolver {
	return func(x *execution, o object, f *plannedField) value { return get(x, o.(T), f) }
}

// text is s, or null when it is empty.
func text(s string) value {
	if s == "" {
		return nil
	}
	return s
}

// newResolvers lists every field of the schema by "Type.field".
func newResolvers() map[string]resolver {
	all := map[string]resolver{}
	for _, part := range []map[string]resolver{
		queryResolvers(), ownerResolvers("Organization"), ownerResolvers("User"), userResolvers(), organizationResolvers(),
		repositoryResolvers(), repositoryCountResolvers(), labelResolvers(), releaseResolvers(),
		refResolvers(), gitObjectResolvers("Commit"), gitObjectResolvers("Tree"), gitObjectResolvers("Blob"),
		commitResolvers(), treeResolvers(), actorResolvers(),
		connectionResolvers("Repository", "Ref", "CommitHistory", "Commit", "GitActor", "Release", "RepositoryTopic"),
	} {
		maps.Copy(all, part)
	}
	return all
}

// resolveOther answers the fields that are not in the schema file.
func resolveOther(_ *execution, o object, f *plannedField) value {
	if f.field.Name == "__typename" {
		return o.typeName()
	}
	return &failure{message: "githubsim does not simulate introspection; its schema is what Schema() returns"}
}

type queryRoot struct{}

func (queryRoot) typeName() string { return "Query" }

// rateLimit is the state that the rateLimit field and the headers tell.
type rateLimit struct {
	Limit, Cost, Remaining, Used, NodeCount int
	Reset                                   int64 // Unix seconds
}

func (rateLimit) typeName() string { return "RateLimit" }

func queryResolvers() map[string]resolver {
	return map[string]resolver{
		"Query.rateLimit":       with(func(x *execution, _ queryRoot, _ *plannedField) value { return x.rate }),
		"Query.viewer":          with(func(x *execution, _ queryRoot, _ *plannedField) value { return x.user(x.viewer) }),
		"Query.repositoryOwner": with(resolveRepositoryOwner),
		"Query.organization":    with(resolveOrganization),
		"Query.user":            with(resolveUser),
		"Query.repository":      with(resolveRepository),
		"Query.node":            with(resolveNode),
		"Query.nodes":           with(resolveNodes),
		"RateLimit.cost":        on(func(r rateLimit) value { return r.Cost }),
		"RateLimit.limit":       on(func(r rateLimit) value { return r.Limit }),
		"RateLimit.remaining":   on(func(r rateLimit) value { return r.Remaining }),
		"RateLimit.used":        on(func(r rateLimit) value { return r.Used }),
		"RateLimit.nodeCount":   on(func(r rateLimit) value { return r.NodeCount }),
		"RateLimit.resetAt":     on(func(r rateLimit) value { return unix(r.Reset) }),
	}
}

// resolveRepositoryOwner is null for an unknown login; whether an error says
// so too is up to [WithSilentUnknownOwner].
func resolveRepositoryOwner(x *execution, _ queryRoot, f *plannedField) value {
	login := f.args.string("login")
	o := x.world.owners[strings.ToLower(login)]
	switch {
	case o == nil && x.silentOwner:
		return nil
	case o == nil:
		return notFound(fmt.Sprintf("Could not resolve to a RepositoryOwner with the login of '%s'.", login))
	case o.saml:
		return samlFailure()
	}
	return o
}

func resolveOrganization(x *execution, _ queryRoot, f *plannedField) value {
	return x.ownerOf(f.args.string("login"), false, "an Organization")
}

func resolveUser(x *execution, _ queryRoot, f *plannedField) value {
	return x.ownerOf(f.args.string("login"), true, "a User")
}

func (x *execution) ownerOf(login string, isUser bool, article string) value {
	o := x.world.owners[strings.ToLower(login)]
	if o == nil || o.isUser != isUser {
		return notFound(fmt.Sprintf("Could not resolve to %s with the login of '%s'.", article, login))
	}
	if o.saml {
		return samlFailure()
	}
	return o
}

func resolveRepository(x *execution, _ queryRoot, f *plannedField) value {
	return x.repositoryNamed(f.args.string("owner")+"/"+f.args.string("name"), f)
}

// repositoryNamed looks a repository up as the repository fields do, with
// their followRenames argument.
func (x *execution) repositoryNamed(name string, f *plannedField) value {
	follow, _ := f.args.bool("followRenames")
	r := x.world.find(name, follow)
	if r == nil || !x.sees(r) {
		return notFound(fmt.Sprintf("Could not resolve to a Repository with the name '%s'.", name))
	}
	return x.guarded(r)
}

// guarded is r, or the failure that single sign-on makes of it.
func (x *execution) guarded(r *repo) object {
	if r.saml || r.owner.saml {
		return samlFailure()
	}
	return r
}

// sees reports whether the token may know of a repository.
func (x *execution) sees(r *repo) bool { return !r.Private || x.access == Everything }

func resolveNode(x *execution, _ queryRoot, f *plannedField) value {
	return x.node(f.args.string("id"))
}

func resolveNodes(x *execution, _ queryRoot, f *plannedField) value {
	ids, _ := f.args.strings("ids")
	if len(ids) > maxPage {
		return &failure{typ: "ARGUMENT_LIMIT",
			message: fmt.Sprintf("You may not provide more than %d node ids; you provided %d.", maxPage, len(ids))}
	}
	x.facts.ids = append(x.facts.ids, ids...)
	items := make([]object, len(ids))
	for i, id := range ids {
		items[i] = x.node(id)
	}
	return items
}

// node returns what an id in either format names, or a failure.
func (x *execution) node(id string) object {
	n, ok := decodeID(id)
	if !ok {
		return notFoundID(id)
	}
	if found := x.lookUp(n); found != nil {
		return found
	}
	return notFoundID(id)
}

// lookUp returns nil for what is not there or must not be seen.
func (x *execution) lookUp(n nodeRef) object {
	switch n.kind {
	case "Organization", "User":
		if o := x.world.ownersID[n.id]; o != nil && o.typeName() == n.kind {
			return o
		}
		return nil
	case "Language", "License", "Topic":
		return label{n.kind, n.rest}
	}
	r := x.world.byID[n.id]
	if r == nil || !x.sees(r) {
		return nil
	}
	if guarded := x.guarded(r); guarded != object(r) || n.kind == "Repository" {
		return guarded
	}
	return r.lookUp(n)
}

// lookUp returns a thing inside a repository, nil for what is not there.
func (r *repo) lookUp(n nodeRef) object {
	switch n.kind {
	case "Commit":
		return r.commit(n.rest)
	case "Ref":
		return r.refNamed(n.rest)
	case "Tree", "Blob":
		return r.gitObject(n.rest)
	case "Release":
		return r.release(n.rest)
	case "RepositoryTopic":
		return repositoryTopic{r, n.rest}
	}
	return nil
}

// id writes a node's id in the format that the request asked for.
func (x *execution) id(n nodeRef) value {
	if x.legacyIDs {
		return n.legacy()
	}
	return n.encode()
}

// user returns the user of that login, nil when there is none.
func (x *execution) user(login string) value {
	if o := x.world.owners[strings.ToLower(login)]; o != nil && o.isUser {
		return o
	}
	return nil
}
