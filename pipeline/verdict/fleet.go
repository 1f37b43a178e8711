package verdict

import (
	"slices"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// fleet is what an owner's repositories show together: on which days an author
// committed to how many of them.
type fleet struct {
	byAuthor map[string][]touch // ordered by time
}

// touch is one commit to one repository.
type touch struct {
	at   time.Time
	repo int // its index
}

const (
	// campaignRepositories is how many of an owner's repositories an author has to
	// commit to within a day before it may be a campaign.
	campaignRepositories = 3
	// keeps is how long before a commit its author must have committed to the same
	// repository to count as its keeper: a campaign passes through.
	keeps = 90 * 24 * time.Hour
	aDay  = 24 * time.Hour
)

// newFleet indexes all that was read of repositories, of all owners.
func (p *Policy) newFleet(repos []pipeline.Repository) *fleet {
	f := &fleet{byAuthor: make(map[string][]touch)}
	for i, r := range repos {
		people, recent := p.people(r)
		owner, _ := pipeline.SplitName(r.NameWithOwner)
		for _, c := range people[:recent] {
			if a := authorKey(owner, c.Author); a != "" && !isBotMerge(c) {
				f.byAuthor[a] = append(f.byAuthor[a], touch{c.CommittedDate, i})
			}
		}
	}
	for _, touches := range f.byAuthor {
		slices.SortFunc(touches, func(a, b touch) int { return a.at.Compare(b.at) })
	}
	return f
}

// authorKey tells one author of an owner's repositories from another; empty for
// one without a name.
func authorKey(owner string, a pipeline.Author) string {
	key := ""
	switch {
	case a.Login != nil && *a.Login != "":
		key = "@" + *a.Login
	case a.Name != nil && strings.TrimSpace(*a.Name) != "":
		key = strings.TrimSpace(*a.Name)
	default:
		return ""
	}
	return strings.ToLower(owner + "/" + key)
}

// alike counts the owner's repositories to which the author of c committed
// within a day of it, its own included.
func (f *fleet) alike(owner string, c pipeline.Commit) int {
	touches := f.byAuthor[authorKey(owner, c.Author)]
	if len(touches) < campaignRepositories {
		return c.Campaign
	}
	from, _ := slices.BinarySearchFunc(touches, c.CommittedDate.Add(-aDay), func(t touch, at time.Time) int { return t.at.Compare(at) })
	var repos []int
	for _, t := range touches[from:] {
		if t.at.After(c.CommittedDate.Add(aDay)) {
			break
		}
		repos = append(repos, t.repo)
	}
	slices.Sort(repos)
	return max(len(slices.Compact(repos)), c.Campaign)
}
