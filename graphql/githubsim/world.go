package githubsim

import (
	"fmt"
	"strings"
	"sync"
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

// Access is what a token may see.
type Access int

const (
	// PublicOnly hides private repositories.
	PublicOnly Access = iota
	// Everything shows private repositories too.
	Everything
)

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

// enterprise is an account that organizations belong to.
type enterprise struct{ organizations []*owner }

func (*enterprise) typeName() string { return "Enterprise" }

// order names one of the lists that an owner caches.
type order struct {
	field  string
	access Access
}

// NewWorld returns a world without owners.
func NewWorld() *World {
	return &World{
		webURL: "https://github.com",
		owners: map[string]*owner{}, repos: map[string]*repo{}, enterprises: map[string]*enterprise{}, byID: map[uint32]*repo{},
	}
}

// AddOrganization adds an organization without repositories. It leaves an owner
// of that login as it is.
func (w *World) AddOrganization(login string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.addOwner(login, false)
}

// AddUser adds a user without repositories. It leaves an owner of that login as
// it is.
func (w *World) AddUser(login string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.addOwner(login, true)
}

// AddEnterprise makes an enterprise of organizations, and adds those that the
// world does not hold.
func (w *World) AddEnterprise(slug string, logins ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	e := &enterprise{}
	for _, login := range logins {
		e.organizations = append(e.organizations, w.addOwner(login, false))
	}
	w.enterprises[strings.ToLower(slug)] = e
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

// touched forgets the cached orders. The caller holds the world's write lock.
func (o *owner) touched() { o.orders = nil }
