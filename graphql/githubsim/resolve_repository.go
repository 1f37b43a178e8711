package githubsim

import (
	"slices"
	"strings"
	"time"
)

func (*repo) typeName() string { return "Repository" }

// instant is t, or null when it is zero.
func instant(t time.Time) value {
	if t.IsZero() {
		return nil
	}
	return t
}

func (r *repo) resourcePath() string { return "/" + r.fullName() }

// url is the address of a page of the repository.
func (x *execution) url(r *repo, path string) value { return x.world.webURL + r.resourcePath() + path }

func repositoryResolvers() map[string]resolver {
	return map[string]resolver{
		"Repository.id":            with(func(x *execution, r *repo, _ *plannedField) value { return x.id(r.ref()) }),
		"Repository.databaseId":    on(func(r *repo) value { return int(r.id) }),
		"Repository.name":          on(func(r *repo) value { return r.name }),
		"Repository.nameWithOwner": on(func(r *repo) value { return r.fullName() }),
		"Repository.resourcePath":  on(func(r *repo) value { return r.resourcePath() }),
		"Repository.url":           with(func(x *execution, r *repo, _ *plannedField) value { return x.url(r, "") }),
		"Repository.sshUrl": with(func(x *execution, r *repo, _ *plannedField) value {
			return "git@" + strings.TrimPrefix(x.world.webURL, "https://") + ":" + r.fullName() + ".git"
		}),
		"Repository.owner":            on(func(r *repo) value { return r.owner }),
		"Repository.isInOrganization": on(func(r *repo) value { return !r.owner.isUser }),
		"Repository.description":      on(func(r *repo) value { return text(r.Description) }),
		"Repository.homepageUrl":      on(func(r *repo) value { return text(r.Homepage) }),
		"Repository.createdAt":        on(func(r *repo) value { return r.created }),
		"Repository.updatedAt":        on(func(r *repo) value { return r.UpdatedAt }),
		"Repository.pushedAt":         on(func(r *repo) value { return instant(r.PushedAt) }),
		"Repository.archivedAt":       on(func(r *repo) value { return instant(r.ArchivedAt) }),
		"Repository.isArchived":       on(func(r *repo) value { return !r.ArchivedAt.IsZero() }),
		"Repository.isFork":           on(func(r *repo) value { return r.Fork }),
		"Repository.isTemplate":       on(func(r *repo) value { return r.Template }),
		"Repository.isMirror":         on(func(r *repo) value { return r.Mirror != "" }),
		"Repository.mirrorUrl":        on(func(r *repo) value { return text(r.Mirror) }),
		"Repository.isEmpty":          on(func(r *repo) value { return r.def == nil }),
		"Repository.isDisabled":       on(func(r *repo) value { return r.Disabled }),
		"Repository.isLocked":         on(func(r *repo) value { return r.Locked != "" }),
		"Repository.lockReason":       on(func(r *repo) value { return text(r.Locked) }),
		"Repository.isPrivate":        on(func(r *repo) value { return r.Private }),
		"Repository.visibility":       on(func(r *repo) value { return r.visibility() }),
		"Repository.parent":           with(resolveParent),
	}
}

func repositoryCountResolvers() map[string]resolver {
	return map[string]resolver{
		"Repository.hasIssuesEnabled": on(func(r *repo) value { return !r.HasIssuesDisabled }),
		"Repository.stargazerCount":   on(func(r *repo) value { return r.Stars }),
		"Repository.forkCount":        on(func(r *repo) value { return r.Forks }),
		"Repository.diskUsage":        on(func(r *repo) value { return r.DiskKB }),
		"Repository.issues": with(func(_ *execution, r *repo, f *plannedField) value {
			return counted("IssueConnection", f, map[string]int{"OPEN": r.OpenIssues, "CLOSED": r.ClosedIssues})
		}),
		"Repository.pullRequests": with(func(_ *execution, r *repo, f *plannedField) value {
			return counted("PullRequestConnection", f, map[string]int{"OPEN": r.OpenPulls, "MERGED": r.MergedPulls})
		}),
		"IssueConnection.totalCount":       on(func(c *connection) value { return c.of.n }),
		"PullRequestConnection.totalCount": on(func(c *connection) value { return c.of.n }),
	}
}

// counted is a connection of which only the size is known: the sum over the
// states asked for, all of them when none is.
func counted(typ string, f *plannedField, byState map[string]int) value {
	states, _ := f.args.strings("states")
	n := 0
	for state, count := range byState {
		if len(states) == 0 || slices.Contains(states, state) {
			n += count
		}
	}
	return &connection{typ: typ, of: sequence{n: n}}
}

func resolveParent(x *execution, r *repo, _ *plannedField) value {
	if !r.Fork || r.Parent == "" {
		return nil
	}
	parent := x.world.find(r.Parent, true)
	if parent == nil || !x.sees(parent) {
		return nil
	}
	return x.guarded(parent)
}

// label is a language, a licence or a topic: things that are little more than
// their name.
type label struct{ typ, name string }

func (l label) typeName() string { return l.typ }

func (l label) ref() nodeRef { return nodeRef{kind: l.typ, rest: l.name} }

// labelOrNull is a label, or null when the name is empty.
func labelOrNull(typ, name string) value {
	if name == "" {
		return nil
	}
	return label{typ, name}
}

// repositoryTopic is a topic as a repository carries it.
type repositoryTopic struct {
	of   *repo
	name string
}

func (repositoryTopic) typeName() string { return "RepositoryTopic" }

func labelResolvers() map[string]resolver {
	id := with(func(x *execution, l label, _ *plannedField) value { return x.id(l.ref()) })
	name := on(func(l label) value { return l.name })
	none := on(func(label) value { return nil })
	no := on(func(label) value { return false })
	topicURL := func(x *execution, t repositoryTopic, _ *plannedField) value {
		return x.world.webURL + "/topics/" + t.name
	}
	return map[string]resolver{
		"Repository.primaryLanguage": on(func(r *repo) value { return labelOrNull("Language", r.Language) }),
		"Repository.licenseInfo":     on(func(r *repo) value { return labelOrNull("License", r.License) }),
		"Repository.repositoryTopics": with(func(x *execution, r *repo, f *plannedField) value {
			entries := make([]entry, len(r.Topics))
			for i, t := range r.Topics {
				entries[i] = entry{t, repositoryTopic{r, t}}
			}
			return connect(x, f, sorted(sortEntries(entries), false))
		}),
		"Language.id": id, "License.id": id, "Topic.id": id,
		"Language.name": name, "Topic.name": name,
		"Language.color": none,
		"License.name":   on(func(l label) value { return licenseName(l.name) }),
		"License.spdxId": name, "License.key": on(func(l label) value { return strings.ToLower(l.name) }),
		"License.nickname": none, "License.featured": no, "License.hidden": no, "License.pseudoLicense": no,
		"License.url": on(func(l label) value { return "https://choosealicense.com/licenses/" + strings.ToLower(l.name) + "/" }),
		"RepositoryTopic.id": with(func(x *execution, t repositoryTopic, _ *plannedField) value {
			return x.id(nodeRef{"RepositoryTopic", t.of.id, t.name})
		}),
		"RepositoryTopic.resourcePath": on(func(t repositoryTopic) value { return "/topics/" + t.name }),
		"RepositoryTopic.url":          with(topicURL),
		"RepositoryTopic.topic":        on(func(t repositoryTopic) value { return label{"Topic", t.name} }),
	}
}

// licenseName spells out the licences that the made-up repositories use.
func licenseName(spdx string) string {
	switch spdx {
	case "MIT":
		return "MIT License"
	case "Apache-2.0":
		return "Apache License 2.0"
	case "NOASSERTION":
		return "Other"
	case "CC-BY-4.0":
		return "Creative Commons Attribution 4.0 International"
	}
	return spdx
}
