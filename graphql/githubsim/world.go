package githubsim

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// World is what a simulated GitHub holds: owners, their repositories, and the
// repositories' histories. It may be changed while it is served; a request
// sees it as it was at one moment.
//
// Worlds are written by tests and by the demonstration, so a method that is
// given a repository name the world does not hold, or a repository it cannot
// hold, panics and says which. Names are OWNER/NAME; case does not matter.
type World struct {
	mu          sync.RWMutex
	webURL      string // without a slash at the end
	lastID      uint32
	peopled     bool                   // the made-up authors are users
	owners      map[string]*owner      // by lower-case login
	repos       map[string]*repo       // by lower-case name
	enterprises map[string]*enterprise // by lower-case slug
	byID        map[uint32]*repo
}

// owner is an organization or a user.
type owner struct {
	id     uint32
	login  string
	isUser bool
	repos  []*repo // in the order they were made

	// orders caches the repositories in the orders that were asked for; any
	// change to the owner's repositories empties it.
	ordersMu sync.Mutex
	orders   map[order][]entry
}

// order names one of the lists that an owner caches.
type order struct {
	field  string
	access Access
}

// repo is a repository as the world keeps it.
type repo struct {
	Repository        // Name, Commits, Branches and Older are not kept up to date
	id         uint32 // GitHub's databaseId
	owner      *owner
	name       string // without the owner
	branches   []*branch
	def        *branch // nil in an empty repository
	parent     *repo   // nil when the world did not hold it
}

type branch struct {
	name string
	history
}

// NewWorld returns a world without owners.
func NewWorld() *World {
	return &World{
		webURL: "https://github.com",
		owners: map[string]*owner{}, repos: map[string]*repo{}, enterprises: map[string]*enterprise{}, byID: map[uint32]*repo{},
	}
}

// AddOrganization adds an organization without repositories. An owner of that
// login that is there already stays as it is.
func (w *World) AddOrganization(login string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.addOwner(login, false)
}

// AddUser adds a user without repositories. An owner of that login that is
// there already stays as it is.
func (w *World) AddUser(login string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.addOwner(login, true)
}

func (w *World) addOwner(login string, isUser bool) *owner {
	key := strings.ToLower(login)
	if o := w.owners[key]; o != nil {
		return o
	}
	if login == "" {
		panic("githubsim: an owner needs a login")
	}
	o := &owner{id: w.nextID(), login: login, isUser: isUser}
	w.owners[key] = o
	return o
}

// nextID numbers owners and repositories from 10,000,001 on, by one sequence.
func (w *World) nextID() uint32 {
	w.lastID++
	return 10_000_000 + w.lastID
}

// Create adds a repository and returns its global node id in the new format.
func (w *World) Create(spec Repository) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	login, name, ok := strings.Cut(spec.Name, "/")
	if !ok || login == "" || name == "" || strings.Contains(name, "/") {
		panic(fmt.Sprintf("githubsim: %q is no repository name; write OWNER/NAME", spec.Name))
	}
	key := strings.ToLower(spec.Name)
	if w.repos[key] != nil {
		panic(fmt.Sprintf("githubsim: %s exists already", spec.Name))
	}
	o := w.addOwner(login, false)
	r := &repo{Repository: spec, id: w.nextID(), owner: o, name: name, parent: w.repos[strings.ToLower(spec.Parent)]}
	r.grow(spec)
	w.addPeople(spec.Older.Count > 0, spec.Commits)
	for _, b := range spec.Branches {
		w.addPeople(false, b.Commits)
	}
	r.Older, r.Commits, r.Branches = Older{}, nil, nil
	r.Private = r.Private || r.Internal
	r.setDates()

	w.repos[key], w.byID[r.id] = r, r
	o.repos = append(o.repos, r)
	o.touched()
	return r.nodeID()
}

// addPeople makes users of the authors that have a login.
func (w *World) addPeople(madeUp bool, commits []Commit) {
	if madeUp && !w.peopled {
		w.peopled = true
		for i := range uint64(40) {
			w.addOwner(person(i).Login, true)
		}
	}
	for _, c := range commits {
		if c.Author.Login != "" {
			w.addOwner(c.Author.Login, true)
		}
	}
}

// grow makes the branches that the specification describes.
func (r *repo) grow(spec Repository) {
	if r.DefaultBranch == "" {
		r.DefaultBranch = "main"
	}
	if spec.Older.Count == 0 && len(spec.Commits) == 0 {
		return
	}
	seed := mix(uint64(r.id))
	run := olderRun{n: spec.Older.Count, first: spec.Older.First.UTC(), seed: seed}
	b := &branch{name: r.DefaultBranch, history: history{older: run}}
	if run.n > 0 {
		next := run.first
		if len(spec.Commits) > 0 {
			next = spec.Commits[0].CommittedDate
		}
		b.older.last = run.first.Add(next.Sub(run.first) / time.Duration(run.n) * time.Duration(run.n-1))
	}
	b.push(seed, time.Time{}, spec.Commits)
	r.branches, r.def = []*branch{b}, b
	for _, s := range spec.Branches {
		side := &branch{name: s.Name, history: history{base: &b.history, baseLen: b.len()}}
		side.push(mix(seed+uint64(len(r.branches))), time.Time{}, s.Commits)
		r.branches = append(r.branches, side)
	}
}

// push appends commits and fills what they leave open. The slice given is not
// kept.
func (b *branch) push(seed uint64, at time.Time, commits []Commit) {
	b.commits = slices.Grow(b.commits, len(commits))
	for _, c := range commits {
		if c.CommittedDate.IsZero() {
			c.CommittedDate = at
		}
		c.CommittedDate = c.CommittedDate.UTC()
		n := uint64(b.len())
		if c.OID == "" {
			c.OID = madeUpOID(seed, fmt.Sprint(n, c.CommittedDate.Unix()))
		}
		if c.Author == (Author{}) {
			c.Author = person(mix(seed + n))
		}
		if c.Message == "" {
			c.Message = headline(mix(seed ^ n))
		}
		b.commits = append(b.commits, c)
	}
}

// ID returns a repository's global node id in the new format.
func (w *World) ID(name string) string {
	w.mu.RLock()
	defer w.mu.RUnlock()
	return w.must(name).nodeID()
}

// Names returns the names of an owner's repositories, private ones included,
// in the order in which they were made; nil for an unknown owner.
func (w *World) Names(login string) []string {
	w.mu.RLock()
	defer w.mu.RUnlock()
	o := w.owners[strings.ToLower(login)]
	if o == nil {
		return nil
	}
	names := make([]string, len(o.repos))
	for i, r := range o.repos {
		names[i] = r.fullName()
	}
	return names
}

// must returns the repository of that name, and panics when there is none.
func (w *World) must(name string) *repo {
	r := w.repos[strings.ToLower(name)]
	if r == nil {
		panic(fmt.Sprintf("githubsim: the world holds no repository %q", name))
	}
	return r
}

func (r *repo) fullName() string { return r.owner.login + "/" + r.name }

// touched forgets the cached orders. The caller holds the world's write lock.
func (o *owner) touched() { o.orders = nil }
