package pipeline

import (
	"cmp"
	"slices"
	"time"
)

// Gathered is what a data source found.
type Gathered struct {
	// Repositories it listed. Only one source does.
	Repositories []Repository
	// Facts it found, by nameWithOwner folded to lower case.
	Facts map[string][]Fact
	// Items it listed.
	Items []Item
	// Packages it listed or that repositories refer to, by id folded to lower
	// case. Only one source does.
	Packages []Package
	// Dependencies of repositories, by their ids.
	Dependencies map[string]*Dependencies
	// Incomplete reports that the source could not read all it should: the run
	// is then partial, and a notice says why.
	Incomplete bool
	// failed reports that it could not be asked at all.
	failed bool
	// Missing counts repositories that exist as far as the source can tell,
	// but could not even be listed.
	Missing int
	// Short names the owners to whom those belong.
	Short []string
	// Notices are sentences every reader of the report should see.
	Notices []string
	// Counters holds what only the source can count: chunks and what was
	// carried over.
	Counters Counters
	// Listings are those that are whole and add up.
	Listings []Listing
}

// Item is one thing that a source lists and that is no repository: a row of the
// source's page.
type Item struct {
	Source string     `json:"source"` // its name, which the survey fills in
	Name   string     `json:"name"`   // unlike any other of the source's
	URL    string     `json:"url,omitempty"`
	Date   *time.Time `json:"date,omitempty"`  // nil for none
	State  string     `json:"state,omitempty"` // in words, such as "deprecated"; empty for nothing to tell
}

// Listing is how an owner's repositories were listed last. It lets a later run ask
// only for what changed.
type Listing struct {
	Owner string `json:"owner"` // the login as GitHub spells it
	ID    string `json:"id"`    // the owner's global node id
	// AsOf is up to when all changes are known, and Whole the asOf of the last
	// run that listed everything.
	AsOf  time.Time `json:"asOf"`
	Whole time.Time `json:"whole"`
	// Include is the choice it was listed with, and Excluded the ids of what that
	// leaves out.
	Include  Include  `json:"include"`
	Excluded []string `json:"excluded,omitempty"`
	// Basis identifies what else decides what a listing tells and leaves out: the
	// queries, and which repositories were chosen by their custom properties.
	Basis string `json:"basis,omitempty"`
}

// Join puts parts together that were gathered apart, such as an owner each. A
// repository that moved from one owner to another while they were listed counts
// once.
func Join(parts []Gathered) Gathered {
	all := Gathered{Facts: make(map[string][]Fact)}
	seen := make(map[string]bool)
	for _, p := range parts {
		for _, r := range p.Repositories {
			if !seen[r.ID] {
				seen[r.ID] = true
				all.Repositories = append(all.Repositories, r)
			}
		}
		for name, facts := range p.Facts {
			all.Facts[name] = append(all.Facts[name], facts...)
		}
		all.Items = append(all.Items, p.Items...)
		if p.Packages != nil {
			all.Packages = p.Packages
		}
		if p.Dependencies != nil {
			all.Dependencies = p.Dependencies
		}
		all.Incomplete = all.Incomplete || p.Incomplete
		all.Missing += p.Missing
		all.Short = append(all.Short, p.Short...)
		all.Listings = append(all.Listings, p.Listings...)
		all.Notices = append(all.Notices, p.Notices...)
		all.Counters.add(p.Counters)
	}
	return all
}

// mergeItems puts items together, ordered by source and name. Of several of a
// name the first stands.
func mergeItems(a, b []Item) []Item {
	items := slices.Concat(a, b)
	compare := func(a, b Item) int { return cmp.Or(cmp.Compare(a.Source, b.Source), CompareNames(a.Name, b.Name)) }
	slices.SortStableFunc(items, compare)
	return slices.CompactFunc(items, func(a, b Item) bool { return compare(a, b) == 0 })
}
