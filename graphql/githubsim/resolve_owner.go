package githubsim

import (
	"encoding/binary"
	"slices"
	"strconv"
	"strings"
	"time"
)

func (o *owner) typeName() string {
	if o.isUser {
		return "User"
	}
	return "Organization"
}

func unix(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }

func ownerResolvers(typ string) map[string]resolver {
	return map[string]resolver{
		typ + ".id":         with(func(x *execution, o *owner, _ *plannedField) value { return x.id(o.ref()) }),
		typ + ".login":      on(func(o *owner) value { return o.login }),
		typ + ".name":       on(func(o *owner) value { return text(o.name) }),
		typ + ".databaseId": on(func(o *owner) value { return int(o.id) }),
		typ + ".createdAt":  on(func(o *owner) value { return o.created }),
		typ + ".websiteUrl": on(func(*owner) value { return nil }),
		typ + ".avatarUrl": with(func(x *execution, o *owner, _ *plannedField) value {
			return x.world.webURL + "/avatars/" + strconv.Itoa(int(o.id))
		}),
		typ + ".resourcePath": on(func(o *owner) value { return "/" + o.login }),
		typ + ".url":          with(func(x *execution, o *owner, _ *plannedField) value { return x.world.webURL + "/" + o.login }),
		typ + ".repositories": with(resolveRepositories),
		typ + ".repository": with(func(x *execution, o *owner, f *plannedField) value {
			return x.repositoryNamed(o.login+"/"+f.args.string("name"), f)
		}),
	}
}

func userResolvers() map[string]resolver {
	return map[string]resolver{
		"User.bio":      on(func(*owner) value { return nil }),
		"User.company":  on(func(*owner) value { return nil }),
		"User.email":    on(func(*owner) value { return "" }), // nobody publishes one
		"User.isViewer": with(func(x *execution, o *owner, _ *plannedField) value { return strings.EqualFold(o.login, x.viewer) }),
	}
}

func organizationResolvers() map[string]resolver {
	return map[string]resolver{
		"Organization.description": on(func(*owner) value { return nil }),
		"Organization.isVerified":  on(func(*owner) value { return false }),
	}
}

// resolveRepositories lists an owner's repositories. Without an order GitHub
// gives them in the order in which they were made.
func resolveRepositories(x *execution, o *owner, f *plannedField) value {
	field, descending := "CREATED_AT", false
	if order, ok := f.args.object("orderBy"); ok {
		field, descending = order.string("field"), order.string("direction") == "DESC"
	}
	entries := o.ordered(field, x.access)
	if o.isUser {
		entries = x.withShared(o, entries, field, f)
	}
	for _, keep := range repositoryFilters(x, f) {
		entries = slices.DeleteFunc(slices.Clone(entries), func(e entry) bool { return !keep(e.object.(*repo)) })
	}
	of := sorted(entries, descending)
	plain := of.at
	of.at = func(i int) object { return x.guarded(plain(i).(*repo)) }
	return connect(x, f, of)
}

// ordered returns the repositories of an owner that a token of the given
// access sees, in an order, ascending.
func (o *owner) ordered(field string, access Access) []entry {
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
	o.orders[key] = sortEntries(entries)
	return entries
}

// orderKey is a repository's place in an order: the value that is ordered by,
// then the id, so that no two are alike.
func (r *repo) orderKey(field string) string {
	var key []byte
	date := func(t time.Time) []byte { return binary.BigEndian.AppendUint64(nil, uint64(t.Unix())^1<<63) }
	switch field {
	case "NAME":
		key = append([]byte(strings.ToLower(r.name)), 0)
	case "PUSHED_AT":
		key = date(r.PushedAt)
	case "UPDATED_AT":
		key = date(r.UpdatedAt)
	case "STARGAZERS":
		key = binary.BigEndian.AppendUint64(nil, uint64(r.Stars))
	default:
		key = date(r.created)
	}
	return string(binary.BigEndian.AppendUint32(key, r.id))
}

// withShared applies ownerAffiliations, whose default includes the
// repositories of others that a user collaborates on.
func (x *execution) withShared(o *owner, own []entry, field string, f *plannedField) []entry {
	affiliations, _ := f.args.strings("ownerAffiliations")
	var all []entry
	if len(affiliations) == 0 || slices.Contains(affiliations, "OWNER") {
		all = own
	}
	if !slices.Contains(affiliations, "COLLABORATOR") {
		return all
	}
	all = slices.Clone(all)
	for _, r := range x.world.repos {
		if x.sees(r) && slices.ContainsFunc(r.Collaborators, func(login string) bool { return strings.EqualFold(login, o.login) }) {
			all = append(all, entry{r.orderKey(field), r})
		}
	}
	return sortEntries(all)
}

// repositoryFilters are the tests that a field's arguments ask for; none in the
// usual case, so that a page of a long listing costs a page.
func repositoryFilters(x *execution, f *plannedField) []func(*repo) bool {
	var tests []func(*repo) bool
	flag := func(name string, of func(*repo) bool) {
		if want, ok := f.args.bool(name); ok {
			tests = append(tests, func(r *repo) bool { return of(r) == want })
		}
	}
	flag("isArchived", func(r *repo) bool { return !r.ArchivedAt.IsZero() })
	flag("isFork", func(r *repo) bool { return r.Fork })
	flag("isLocked", func(r *repo) bool { return r.Locked != "" })
	for _, arg := range []string{"privacy", "visibility"} {
		want := f.args.string(arg)
		if want == "" || want == "PUBLIC" && x.access == PublicOnly {
			continue
		}
		tests = append(tests, func(r *repo) bool { return r.visibility() == want })
	}
	if affiliations, ok := f.args.strings("affiliations"); ok && len(affiliations) > 0 {
		tests = append(tests, func(r *repo) bool { return slices.Contains(affiliations, x.viewerIs(r)) })
	}
	return tests
}

// viewerIs is the viewer's affiliation with a repository, "" for none.
func (x *execution) viewerIs(r *repo) string {
	switch {
	case strings.EqualFold(r.owner.login, x.viewer):
		return "OWNER"
	case slices.ContainsFunc(r.Collaborators, func(login string) bool { return strings.EqualFold(login, x.viewer) }):
		return "COLLABORATOR"
	}
	return ""
}

func (r *repo) visibility() string {
	if r.Private {
		return "PRIVATE"
	}
	return "PUBLIC"
}
