package site

import (
	"slices"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// brief is a snapshot prepared for reporting: what pages, data, the job summary
// and digests all need of it.
type brief struct {
	snap  *pipeline.Snapshot
	opts  Options
	title string
	asOf  time.Time
	bare  bool // names are shown without their owners

	rows     []row            // by name, as the findings
	byName   map[string]int32 // row by lower-case nameWithOwner
	whole    view             // all rows
	sections []section
	packages map[string]string                  // the path of its page, by lower-case id
	concerns map[string]map[string]bool         // the owners who use a package that changed, likewise
	events   map[string][]pipeline.Event        // by name
	statuses map[string][]pipeline.StatusChange // by ID, oldest first
}

func newBrief(snap *pipeline.Snapshot, opts Options) *brief {
	recent := *snap
	recent.Events = snap.RecentEvents()
	snap = &recent
	r := &brief{snap: snap, opts: opts, title: siteTitle(snap, opts), asOf: snap.Run.AsOf.UTC(), packages: map[string]string{},
		byName: make(map[string]int32, len(snap.Findings)),
		events: map[string][]pipeline.Event{}, statuses: map[string][]pipeline.StatusChange{}}
	for _, e := range snap.Events {
		r.events[e.NameWithOwner] = append(r.events[e.NameWithOwner], e)
	}
	for _, c := range snap.StatusChanges {
		r.statuses[c.ID] = append(r.statuses[c.ID], c)
	}
	r.rows = make([]row, len(snap.Findings))
	for i := range snap.Findings {
		f := &snap.Findings[i]
		r.rows[i] = row{Finding: f, Name: clean(f.NameWithOwner), asOf: r.asOf, From: r.began(f)}
		r.byName[strings.ToLower(f.NameWithOwner)] = int32(i)
	}
	turn := 0
	for _, g := range pipeline.Worklist(snap.Findings, r.asOf) {
		for _, i := range g.Findings {
			turn++
			r.rows[i].step, r.rows[i].turn = g.Step, turn
		}
	}
	r.whole = newView(r.rows, "", "", "repos/", indices(len(r.rows)))
	if s := snap.Since; s != nil {
		r.whole.before, r.whole.stepsBefore = s.Counts, s.Steps
	}
	r.concerns = make(map[string]map[string]bool)
	for _, e := range r.events[""] {
		r.concerns[strings.ToLower(e.Package)] = make(map[string]bool)
	}
	for i := range snap.Packages {
		p := &snap.Packages[i]
		id := strings.ToLower(p.ID)
		r.packages[id] = "packages/" + segment(p.ID) + "/"
		if owners := r.concerns[id]; owners != nil {
			for _, u := range p.UsedBy {
				for _, o := range r.ownersOf(u.NameWithOwner) {
					owners[o] = true
				}
			}
		}
	}
	if len(snap.Packages) > 0 {
		r.sections = append(r.sections, packageSection)
	}
	for _, i := range snap.Items {
		if s := sectionOf(i.Source); !slices.Contains(r.sections, s) {
			r.sections = append(r.sections, s)
		}
	}
	return r
}

// bareNames reports whether every repository can be told apart by its name,
// so that lists need not repeat the owners.
func bareNames(findings []pipeline.Finding) bool {
	seen := make(map[string]bool, len(findings))
	for i := range findings {
		_, name, _ := strings.Cut(strings.ToLower(findings[i].NameWithOwner), "/")
		if seen[name] {
			return false
		}
		seen[name] = true
	}
	return true
}

// displayName is how lists name a repository.
func (r *brief) displayName(nameWithOwner string) string {
	if _, name, ok := strings.Cut(nameWithOwner, "/"); ok && r.bare {
		return clean(name)
	}
	return clean(nameWithOwner)
}

// began is when a finding's status began: at the run that saw it change or, for
// a status older than the history, on the day its age passed the limit.
func (r *brief) began(f *pipeline.Finding) time.Time {
	since := f.StatusSince.UTC()
	if f.StatusSince.IsZero() {
		since = r.asOf
	}
	if f.PreviousStatus == nil {
		for _, p := range r.implied(f) {
			if p.Status == f.Status && p.From.Before(since) {
				return p.From
			}
		}
	}
	return since
}

// phase is a status and the moment it began.
type phase struct {
	Status pipeline.Status // "" where nothing is known
	From   time.Time
}

// implied is the past that age implies: after the date that decided, each limit
// was passed in turn.
func (r *brief) implied(f *pipeline.Finding) []phase {
	if f.DecidedBy == nil {
		return nil
	}
	at, t := f.DecidedBy.UTC(), r.snap.Rules.Tiers
	return []phase{
		{pipeline.Fresh, at}, {pipeline.Active, t.Fresh.After(at)}, {pipeline.Aging, t.Active.After(at)},
		{pipeline.Stale, t.Aging.After(at)}, {pipeline.Dormant, t.Stale.After(at)},
	}
}

// tombstone finds the tombstone of a name.
func (r *brief) tombstone(nameWithOwner string) (int, bool) {
	return slices.BinarySearchFunc(r.snap.Tombstones, nameWithOwner, func(t pipeline.Tombstone, name string) int {
		return pipeline.CompareNames(t.NameWithOwner, name)
	})
}

// tombstonePath is where a gone repository's page lives; "" for one that never
// was, or whose name is in use again.
func (r *brief) tombstonePath(nameWithOwner string) string {
	_, known := r.tombstone(nameWithOwner)
	if _, listed := r.byName[strings.ToLower(nameWithOwner)]; !known || listed {
		return ""
	}
	return repositoryPath(nameWithOwner)
}

// ownersOf are the owners of a repository that is listed or was, as the table
// names them.
func (r *brief) ownersOf(nameWithOwner string) []string {
	var owners []string
	if i, ok := r.byName[strings.ToLower(nameWithOwner)]; ok {
		owners = r.rows[i].owners()
	} else if i, ok := r.tombstone(nameWithOwner); ok {
		owners = publicOwners(&r.snap.Tombstones[i].Finding)
	}
	if len(owners) == 0 {
		return []string{nobody}
	}
	for i := range owners {
		owners[i] = clean(owners[i])
	}
	return owners
}

// hostPrefix is what precedes nameWithOwner in the repositories' addresses.
func (r *brief) hostPrefix() string {
	for i := range r.rows {
		if p, ok := strings.CutSuffix(r.rows[i].URL, r.rows[i].NameWithOwner); ok && safeURL(p) != "" {
			return p
		}
	}
	return "https://github.com/"
}

// section is the page of a source beside the one that lists repositories.
type section struct{ Nav, Path, Title string }

var packageSection = section{"packages", "packages/", "Packages"}

func sectionOf(source string) section {
	name := clean(source)
	return section{"source " + source, "sources/" + segment(source) + "/", capital(name)}
}
