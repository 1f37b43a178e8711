package githubsim

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"
)

func (o *owner) typeName() string {
	if o.isUser {
		return "User"
	}
	return "Organization"
}

func (*repo) typeName() string { return "Repository" }

func (r *repo) visibility() string {
	switch {
	case r.Internal:
		return "INTERNAL"
	case r.Private:
		return "PRIVATE"
	}
	return "PUBLIC"
}

// configures reports whether a repository configures its owner's account: the
// profile of a user, or .github.
func (r *repo) configures() bool {
	return r.name == ".github" || r.owner.isUser && strings.EqualFold(r.name, r.owner.login)
}

func resolveOwner(x *execution, _ queryRoot, f *plannedField) value {
	login := f.args.string("login")
	if o := x.world.owners[strings.ToLower(login)]; o != nil {
		return o
	}
	return notFound(fmt.Sprintf("Could not resolve to a RepositoryOwner with the login of '%s'.", login))
}

// resolveRepositories lists an owner's repositories. Without an order GitHub
// gives them in the order in which they were made.
func resolveRepositories(x *execution, o *owner, f *plannedField) value {
	field, descending := f.args.order("orderBy")
	access := x.access
	if f.args.string("privacy") == "PUBLIC" {
		access = PublicOnly
	}
	entries := o.inOrder(field, access)
	if o.isUser {
		entries = x.withShared(o, entries, field, f)
	}
	return connect(f, ordered(entries, descending))
}

// inOrder returns the repositories of an owner that a token of the given
// access sees, in an order, ascending.
func (o *owner) inOrder(field string, access Access) []entry {
	o.ordersMu.Lock()
	defer o.ordersMu.Unlock()
	key := order{field, access}
	if entries, ok := o.orders[key]; ok {
		return entries
	}
	entries := make([]entry, 0, len(o.repos))
	for _, r := range o.repos {
		if !r.Private || access == Everything {
			entries = append(entries, entry{r.orderKey(field), r})
		}
	}
	if o.orders == nil {
		o.orders = map[order][]entry{}
	}
	o.orders[key] = byKey(entries)
	return entries
}

// orderKey is a repository's place in an order: the value that is ordered by,
// then the id, so that no two are alike.
func (r *repo) orderKey(field string) string {
	var key []byte
	number := func(n int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)^1<<63) }
	switch field {
	case "NAME":
		key = append([]byte(strings.ToLower(r.name)), 0)
	case "PUSHED_AT":
		key = number(r.PushedAt.Unix())
	case "UPDATED_AT":
		key = number(r.UpdatedAt.Unix())
	default:
		key = number(r.CreatedAt.Unix())
	}
	return string(binary.BigEndian.AppendUint32(key, r.id))
}

// withShared applies ownerAffiliations, whose default includes the
// repositories of others that a user collaborates on.
func (x *execution) withShared(o *owner, own []entry, field string, f *plannedField) []entry {
	affiliations := f.args.strings("ownerAffiliations")
	var all []entry
	if len(affiliations) == 0 || slices.Contains(affiliations, "OWNER") {
		all = slices.Clone(own)
	}
	if !slices.Contains(affiliations, "COLLABORATOR") {
		return all
	}
	for _, r := range x.world.repos {
		if !r.Private && slices.ContainsFunc(r.Collaborators, func(login string) bool { return strings.EqualFold(login, o.login) }) {
			all = append(all, entry{r.orderKey(field), r})
		}
	}
	return byKey(all)
}

func resolveEnterprise(x *execution, _ queryRoot, f *plannedField) value {
	slug := f.args.string("slug")
	if e := x.world.enterprises[strings.ToLower(slug)]; e != nil {
		return e
	}
	return notFound(fmt.Sprintf("Could not resolve to a Business with the URL slug of '%s'.", slug))
}

func resolveOrganizations(_ *execution, e *enterprise, f *plannedField) value {
	entries := make([]entry, len(e.organizations))
	for i, o := range e.organizations {
		entries[i] = entry{strings.ToLower(o.login), o}
	}
	return connect(f, ordered(byKey(entries), false))
}

type releaseNode struct{ Release }

func (releaseNode) typeName() string { return "Release" }

// latest is the newest release that is no prerelease.
func (r *repo) latest() value {
	releases := slices.DeleteFunc(slices.Clone(r.Releases), func(r Release) bool { return r.Prerelease })
	if len(releases) == 0 {
		return nil
	}
	return releaseNode{slices.MaxFunc(releases, func(a, b Release) int { return a.PublishedAt.Compare(b.PublishedAt) })}
}
