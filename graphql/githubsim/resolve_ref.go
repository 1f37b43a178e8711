package githubsim

import (
	"encoding/binary"
	"slices"
	"strings"
	"time"
)

const (
	headsPrefix = "refs/heads/"
	tagsPrefix  = "refs/tags/"
)

// refNode is a branch or a tag.
type refNode struct {
	of     *repo
	prefix string // headsPrefix or tagsPrefix
	name   string
	tip    commitNode
}

func (refNode) typeName() string { return "Ref" }

// refs yields all branches, then all tags.
func (r *repo) refs(yield func(refNode) bool) {
	for _, b := range r.branches {
		if !yield(refNode{r, headsPrefix, b.name, commitNode{r, &b.history, b.len() - 1}}) {
			return
		}
	}
	if r.def == nil {
		return
	}
	for _, release := range r.Releases {
		i := r.def.notAfter(release.PublishedAt)
		if !yield(refNode{r, tagsPrefix, release.Tag, commitNode{r, &r.def.history, i}}) {
			return
		}
	}
}

// refNamed finds a ref by its qualified name, or by a short one as git does:
// branches before tags. It returns nil for none.
func (r *repo) refNamed(name string) object {
	for ref := range r.refs {
		if full := ref.prefix + ref.name; name == full || name == ref.name || "refs/"+name == full {
			return ref
		}
	}
	return nil
}

func (r *repo) defaultRef() value {
	if r.def == nil {
		return nil
	}
	return r.refNamed(headsPrefix + r.def.name)
}

func refResolvers() map[string]resolver {
	return map[string]resolver{
		"Repository.defaultBranchRef": on(func(r *repo) value { return r.defaultRef() }),
		"Repository.ref": with(func(_ *execution, r *repo, f *plannedField) value {
			return r.refNamed(f.args.string("qualifiedName"))
		}),
		"Repository.refs":   with(resolveRefs),
		"Repository.object": with(resolveObject),
		"Ref.id": with(func(x *execution, n refNode, _ *plannedField) value {
			return x.id(nodeRef{"Ref", n.of.id, n.prefix + n.name})
		}),
		"Ref.name":       on(func(n refNode) value { return n.name }),
		"Ref.prefix":     on(func(n refNode) value { return n.prefix }),
		"Ref.repository": on(func(n refNode) value { return n.of }),
		"Ref.target":     on(func(n refNode) value { return n.tip }),
	}
}

// resolveRefs lists branches or tags. TAG_COMMIT_DATE orders branches by their
// tip's date too, as GitHub does whatever the name says.
func resolveRefs(x *execution, r *repo, f *plannedField) value {
	prefix, query := f.args.string("refPrefix"), strings.ToLower(f.args.string("query"))
	byDate, descending := false, f.args.string("direction") == "DESC"
	if order, ok := f.args.object("orderBy"); ok {
		byDate, descending = order.string("field") == "TAG_COMMIT_DATE", order.string("direction") == "DESC"
	}
	var entries []entry
	for ref := range r.refs {
		full := ref.prefix + ref.name
		if !strings.HasPrefix(full, prefix) || !strings.Contains(strings.ToLower(ref.name), query) {
			continue
		}
		key := full
		if byDate {
			date := ref.tip.h.dateAt(ref.tip.i)
			key = string(binary.BigEndian.AppendUint64(nil, uint64(date.Unix())^1<<63)) + full
		}
		entries = append(entries, entry{key, ref})
	}
	return connect(x, f, sorted(sortEntries(entries), descending))
}

// resolveObject finds a git object by oid, or by the forms of git rev-parse
// that name a branch, HEAD or a commit, with an optional ":path".
func resolveObject(_ *execution, r *repo, f *plannedField) value {
	if oid := f.args.string("oid"); oid != "" {
		return r.gitObject(oid)
	}
	rev, path, hasPath := strings.Cut(f.args.string("expression"), ":")
	start := r.revision(rev)
	if start == nil || !hasPath {
		return start
	}
	return r.tree("").at(strings.Trim(path, "/"))
}

// revision returns the commit that a revision names, nil for none.
func (r *repo) revision(rev string) object {
	if rev == "HEAD" && r.def != nil {
		rev = headsPrefix + r.def.name
	}
	if ref, ok := r.refNamed(rev).(refNode); ok {
		return ref.tip
	}
	return r.commit(rev)
}

// releaseNode is a release with its repository.
type releaseNode struct {
	of *repo
	Release
}

func (releaseNode) typeName() string { return "Release" }

// release returns the release of that tag, nil for none.
func (r *repo) release(tag string) object {
	for _, release := range r.Releases {
		if release.Tag == tag {
			return releaseNode{r, release}
		}
	}
	return nil
}

// latest is the newest release that is no prerelease.
func (r *repo) latest() value {
	var newest *Release
	for i, release := range r.Releases {
		if !release.Prerelease && (newest == nil || release.PublishedAt.After(newest.PublishedAt)) {
			newest = &r.Releases[i]
		}
	}
	if newest == nil {
		return nil
	}
	return releaseNode{r, *newest}
}

func resolveReleases(x *execution, r *repo, f *plannedField) value {
	order, _ := f.args.object("orderBy")
	entries := make([]entry, len(r.Releases))
	for i, release := range r.Releases {
		key := release.Name + "\x00" + release.Tag
		if order.string("field") != "NAME" {
			key = release.PublishedAt.UTC().Format(time.RFC3339) + release.Tag
		}
		entries[i] = entry{key, releaseNode{r, release}}
	}
	return connect(x, f, sorted(sortEntries(entries), order.string("direction") == "DESC"))
}

func releaseResolvers() map[string]resolver {
	published := on(func(n releaseNode) value { return instant(n.PublishedAt) })
	path := func(n releaseNode) string { return "/releases/tag/" + n.Tag }
	return map[string]resolver{
		"Repository.latestRelease": on(func(r *repo) value { return r.latest() }),
		"Repository.releases":      with(resolveReleases),
		"Repository.release": with(func(_ *execution, r *repo, f *plannedField) value {
			return r.release(f.args.string("tagName"))
		}),
		"Release.id": with(func(x *execution, n releaseNode, _ *plannedField) value {
			return x.id(nodeRef{"Release", n.of.id, n.Tag})
		}),
		"Release.databaseId":   on(func(n releaseNode) value { return int(n.of.id)*100 + slices.Index(n.of.Releases, n.Release) }),
		"Release.name":         on(func(n releaseNode) value { return text(n.Name) }),
		"Release.tagName":      on(func(n releaseNode) value { return n.Tag }),
		"Release.description":  on(func(releaseNode) value { return nil }),
		"Release.author":       on(func(releaseNode) value { return nil }),
		"Release.createdAt":    published,
		"Release.updatedAt":    published,
		"Release.publishedAt":  published,
		"Release.isDraft":      on(func(releaseNode) value { return false }),
		"Release.isPrerelease": on(func(n releaseNode) value { return n.Prerelease }),
		"Release.isLatest": on(func(n releaseNode) value {
			latest, ok := n.of.latest().(releaseNode)
			return ok && latest.Tag == n.Tag
		}),
		"Release.repository":   on(func(n releaseNode) value { return n.of }),
		"Release.tag":          on(func(n releaseNode) value { return n.of.refNamed(tagsPrefix + n.Tag) }),
		"Release.tagCommit":    on(func(n releaseNode) value { return n.of.revision(tagsPrefix + n.Tag) }),
		"Release.resourcePath": on(func(n releaseNode) value { return n.of.resourcePath() + path(n) }),
		"Release.url":          with(func(x *execution, n releaseNode, _ *plannedField) value { return x.url(n.of, path(n)) }),
	}
}
