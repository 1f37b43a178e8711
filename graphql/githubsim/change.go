package githubsim

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// The methods below are the days of a world. Each takes the moment at which
// the thing happens. As on GitHub, a push to any branch moves pushedAt and
// updatedAt; everything else moves updatedAt at most.

// Push puts commits on the default branch, the last one newest. Without
// commits it is one by a person. It returns the new tip. The first push to an
// empty repository makes its default branch.
func (w *World) Push(name string, at time.Time, commits ...Commit) Commit {
	return w.push(name, "", at, commits)
}

// BotPush is a [World.Push] of one commit by [Dependabot].
func (w *World) BotPush(name string, at time.Time) Commit {
	return w.push(name, "", at, []Commit{{Author: Dependabot(), Message: "Bump the dependencies"}})
}

// PushBranch is a [World.Push] to another branch, which leaves the default
// branch at its tip when it does not exist yet.
func (w *World) PushBranch(name, branch string, at time.Time, commits ...Commit) Commit {
	return w.push(name, branch, at, commits)
}

func (w *World) push(name, to string, at time.Time, commits []Commit) Commit {
	if len(commits) == 0 {
		commits = []Commit{{}}
	}
	var tip Commit
	w.edit(name, at, func(r *repo) {
		b := r.branchFor(to)
		b.push(mix(uint64(r.id))+uint64(slices.Index(r.branches, b)), at, commits)
		w.addPeople(false, b.commits[len(b.commits)-len(commits):])
		tip = b.commits[len(b.commits)-1]
		r.PushedAt = at.UTC()
	})
	return tip
}

// branchFor returns the branch of that name, "" being the default one, and
// makes it when it is missing.
func (r *repo) branchFor(name string) *branch {
	if name == "" {
		name = r.DefaultBranch
	}
	if b := r.branch(name); b != nil {
		return b
	}
	b := &branch{name: name}
	if r.def == nil {
		r.def, r.DefaultBranch = b, name
	} else {
		b.history = history{base: &r.def.history, baseLen: r.def.len()}
	}
	r.branches = append(r.branches, b)
	return b
}

// Archive makes a repository read-only.
func (w *World) Archive(name string, at time.Time) {
	w.edit(name, at, func(r *repo) { r.ArchivedAt = at.UTC() })
}

// Rename gives a repository another name under the same owner. Its id stays.
func (w *World) Rename(name, to string, at time.Time) {
	w.edit(name, at, func(r *repo) { w.move(r, r.owner, to) })
}

// Transfer gives a repository to another owner, an organization if the world
// does not know it. Its id stays.
func (w *World) Transfer(name, newOwner string, at time.Time) {
	w.edit(name, at, func(r *repo) { w.move(r, w.addOwner(newOwner, false), r.name) })
}

func (w *World) move(r *repo, to *owner, name string) {
	old, key := strings.ToLower(r.fullName()), strings.ToLower(to.login+"/"+name)
	if taken := w.repos[key]; taken != nil && taken != r {
		panic(fmt.Sprintf("githubsim: %s exists already", taken.fullName()))
	}
	delete(w.repos, old)
	w.repos[key] = r
	if to != r.owner {
		r.owner.remove(r)
		to.repos = append(to.repos, r)
	}
	r.owner, r.name = to, name
	to.touched()
}

func (o *owner) remove(r *repo) {
	o.repos = slices.DeleteFunc(o.repos, func(other *repo) bool { return other == r })
	o.touched()
}

// RenameOwner gives an owner another login. Its repositories go with it and
// keep their ids; nothing leads from the old login to the new.
func (w *World) RenameOwner(login, to string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	o := w.owner(login)
	delete(w.owners, strings.ToLower(login))
	w.owners[strings.ToLower(to)] = o
	for _, r := range o.repos {
		delete(w.repos, strings.ToLower(r.fullName()))
	}
	o.login = to
	for _, r := range o.repos {
		w.repos[strings.ToLower(r.fullName())] = r
	}
}

// DeleteOwner removes an owner with all its repositories.
func (w *World) DeleteOwner(login string) {
	for _, name := range w.Names(login) {
		w.Delete(name)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.owners, strings.ToLower(login))
}

// owner returns the owner of that login, and panics when there is none.
func (w *World) owner(login string) *owner {
	o := w.owners[strings.ToLower(login)]
	if o == nil {
		panic(fmt.Sprintf("githubsim: the world holds no owner %q", login))
	}
	return o
}

// Delete removes a repository: its id leads nowhere from then on.
func (w *World) Delete(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.must(name)
	delete(w.repos, strings.ToLower(name))
	delete(w.byID, r.id)
	r.owner.remove(r)
}

// ChangeDefaultBranch makes another branch, which must exist, the default one.
// It is no push: pushedAt stays.
func (w *World) ChangeDefaultBranch(name, branch string, at time.Time) {
	w.edit(name, at, func(r *repo) {
		b := r.branch(branch)
		if b == nil {
			panic(fmt.Sprintf("githubsim: %s has no branch %q", r.fullName(), branch))
		}
		r.def, r.DefaultBranch = b, branch
	})
}

// Edit changes what a repository's [Repository] says: its description, topics,
// counts, releases, files, flags. Name and history stay as they are; for them
// there are the other methods.
func (w *World) Edit(name string, at time.Time, change func(*Repository)) {
	w.edit(name, at, func(r *repo) { change(&r.Repository) })
}

// edit changes a repository under the lock and moves its updatedAt.
func (w *World) edit(name string, at time.Time, change func(*repo)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r := w.must(name)
	change(r)
	r.UpdatedAt = at.UTC()
	r.owner.touched()
}
