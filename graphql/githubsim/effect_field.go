package githubsim

import (
	"fmt"
	"slices"
	"sync/atomic"
)

// onField makes an effect on the values of one field, given as Type.field. With
// ids it strikes inside these repositories only.
func onField(name, field string, ids []string, change func(o object, v value) value) Effect {
	return Effect{name: name, value: func(o object, f *plannedField, v value) value {
		if f.name != field || len(ids) > 0 && !slices.Contains(ids, repositoryID(o)) {
			return v
		}
		return change(o, v)
	}}
}

// repositoryID is the id of the repository that an object lies in.
func repositoryID(o object) string {
	if r, ok := repositoryOf(o).(*repo); ok {
		return r.nodeID()
	}
	return ""
}

// FieldError makes a field, such as "Repository.defaultBranchRef", null with an
// error of the type at its path. A field that cannot be null makes its parent
// null. Without ids it strikes everywhere, with ids only inside these
// repositories.
func FieldError(field, errorType, message string, ids ...string) Effect {
	return onField("field error", field, ids, func(object, value) value { return &failure{typ: errorType, message: message} })
}

// NotAccessible is the [FieldError] of a token that lacks a permission, such as
// Issues for "Repository.issues".
func NotAccessible(field string, ids ...string) Effect {
	e := FieldError(field, "FORBIDDEN", "Resource not accessible by personal access token", ids...)
	e.name = "not accessible"
	return e
}

// FieldValue writes JSON in place of a field's value, whether its type allows
// it or not: an id that is null or a number, a date of the year 10889, a number
// beyond 2^53. Ids are as for [FieldError].
func FieldValue(field, json string, ids ...string) Effect {
	return onField("field value", field, ids, func(object, value) value { return raw(json) })
}

// Reversed gives the elements of nodes(ids:) in the opposite order.
func Reversed() Effect {
	return onField("reversed", "Query.nodes", nil, func(_ object, v value) value {
		items, ok := v.([]object)
		if !ok {
			return v
		}
		items = slices.Clone(items)
		slices.Reverse(items)
		return items
	})
}

// RepeatedPage gives the first repositories of a listing on any page of it, as
// if the cursor had been ignored; the page's cursors are right.
func RepeatedPage() Effect {
	return onField("repeated page", "RepositoryConnection.nodes", nil, func(o object, v value) value {
		c := *o.(*connection)
		c.start, c.end = 0, c.end-c.start
		return c.nodes()
	})
}

// EndlessCursors makes listings and histories never end, in either direction:
// there is always another page, behind a new cursor, and after the last element
// all come again.
func EndlessCursors() Effect {
	var given atomic.Int64
	return Effect{name: "endless cursors", value: func(o object, f *plannedField, v value) value {
		page, ok := o.(pageInfo)
		if !ok || page.typ != "RepositoryConnection" && page.typ != "CommitHistoryConnection" {
			return v
		}
		salt := fmt.Sprintf("\x00%d\x00", given.Add(1))
		switch f.name {
		case "PageInfo.hasNextPage", "PageInfo.hasPreviousPage":
			return true
		case "PageInfo.endCursor":
			if page.end < page.of.n {
				salt += page.of.key(page.end - 1)
			}
			return cursorOf(salt)
		case "PageInfo.startCursor":
			if page.start > 0 {
				salt += page.of.key(page.start)
			}
			return cursorOf(salt)
		}
		return v
	}}
}

// elements makes an effect on single elements of nodes(ids:) and of pages of a
// listing: fail says by what an element is replaced, nil leaves it.
func elements(name string, fail func(id string, index, of int) *failure) Effect {
	return Effect{name: name, value: func(_ object, f *plannedField, v value) value {
		items, ok := v.([]object)
		if !ok || f.name != "Query.nodes" && f.name != "RepositoryConnection.nodes" {
			return v
		}
		items = slices.Clone(items)
		for i, o := range items {
			if r, ok := o.(*repo); ok {
				if failed := fail(r.nodeID(), i, len(items)); failed != nil {
					items[i] = failed
				}
			}
		}
		return items
	}}
}

// ResourceLimits lets the first half of the elements through; the others are
// null with an error of type RESOURCE_LIMITS_EXCEEDED.
func ResourceLimits() Effect {
	return elements("resource limits", func(_ string, index, of int) *failure {
		if index < of/2 {
			return nil
		}
		return &failure{typ: "RESOURCE_LIMITS_EXCEEDED", message: "Resource limits for this query exceeded."}
	})
}

// ForbiddenElement makes the repositories of these ids null with an error of
// type FORBIDDEN, as single sign-on does.
func ForbiddenElement(ids ...string) Effect {
	return oneOf("forbidden element", ids, func(string) *failure {
		return &failure{typ: "FORBIDDEN", extensions: map[string]any{"saml_failure": true}, message: "Resource protected by organization SAML enforcement. " +
			"You must grant your Personal Access token access to this organization."}
	})
}

// MissingElement makes the repositories of these ids null with an error of
// type NOT_FOUND, as if they had just been deleted.
func MissingElement(ids ...string) Effect { return oneOf("missing element", ids, notFoundID) }

// BrokenElement makes the repositories of these ids null with an error that
// has no type, as GitHub words its own bugs.
func BrokenElement(ids ...string) Effect {
	return oneOf("broken element", ids, func(string) *failure { return &failure{message: somethingWentWrong} })
}

func oneOf(name string, ids []string, fail func(id string) *failure) Effect {
	return elements(name, func(id string, _, _ int) *failure {
		if slices.Contains(ids, id) {
			return fail(id)
		}
		return nil
	})
}
