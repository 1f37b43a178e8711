package site

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// nobody is the owner of repositories that nobody owns, in the facet's query,
// and none the value of those that have none of another facet.
const (
	nobody = "nobody"
	none   = "(none)"
)

// row is a finding as tables show it.
type row struct {
	*pipeline.Finding
	Name string // with its owner only where names alone are not unique
	Path string // of its page, relative to the site's root; "" for none
	step pipeline.Step
	turn int // its place in the worklist, over all groups
	asOf time.Time
	From time.Time // when its status began, see [brief.began]

	once sync.Once // guards made and err, its HTML in the table
	made string
	err  error
}

// attention ranks statuses by how soon a maintainer should look.
var attention = map[pipeline.Status]int{
	pipeline.Dormant: 0, pipeline.Stale: 1, pipeline.Unknown: 2, pipeline.Aging: 3, pipeline.Active: 4,
	pipeline.Fresh: 5, pipeline.Empty: 7, pipeline.Archived: 8,
}

// exemptRank puts what is exempt behind what is fresh.
const exemptRank = 6

func (w *row) rank() int {
	rank := attention[w.Status]
	if w.Exemption != nil {
		rank = max(rank, exemptRank)
	}
	return rank
}

// ageKey orders by age. A dormant repository without a date is older than the
// search goes back, so it ranks as the oldest; one that age does not judge ranks
// as the youngest.
func (w *row) ageKey() int {
	switch {
	case w.AgeDays != nil:
		return *w.AgeDays
	case w.Status == pipeline.Dormant:
		return 1 << 30
	}
	return -1
}

// behind reports a stale or dormant repository.
func (w *row) behind() bool { return isBehind(w.Status) }

// behindOf counts the stale and dormant repositories among counts by status.
func behindOf(counts map[pipeline.Status]int) int {
	return counts[pipeline.Stale] + counts[pipeline.Dormant]
}

func isBehind(s pipeline.Status) bool { return s == pipeline.Stale || s == pipeline.Dormant }

// isLive reports a status that age decides.
func isLive(s pipeline.Status) bool { return slices.Contains(pipeline.Statuses[:5], s) }

func (w *row) unread() bool { return w.ReadError != "" || w.Status == pipeline.Unknown }

// The cells of a row, as text.

// Human is the day of the last human commit.
func (w *row) Human() string {
	if w.LastHumanCommit == nil {
		return "–"
	}
	return isoDate(w.LastHumanCommit.CommittedDate)
}

// Age is the age in short.
func (w *row) Age() string {
	if w.AgeDays == nil {
		return "–"
	}
	return shortAge(*w.AgeDays)
}

// Bot is the day of the last commit where a bot made it.
func (w *row) Bot() string {
	if !w.TipIsBot || w.Detail == nil || w.Detail.Tip == nil {
		return ""
	}
	return isoDate(w.Detail.Tip.CommittedDate)
}

// Language is the primary language.
func (w *row) Language() string { return clean(deref(w.PrimaryLanguage)) }

// Stars is the number of stars.
func (w *row) Stars() string { return count(w.StargazerCount) }

// Owner is the first owner and how many more there are.
func (w *row) Owner() string {
	switch owners := w.owners(); len(owners) {
	case 0:
		return ""
	case 1:
		return clean(owners[0])
	default:
		return clean(owners[0]) + " +" + count(len(owners)-1)
	}
}

func (w *row) owners() []string { return publicOwners(w.Finding) }

// Link is where the row's name leads from a page at the given root: to its
// page, else to GitHub.
func (w *row) Link(root string) string {
	if !w.inside() {
		return w.GitHub()
	}
	return root + cmp.Or(w.Path, "repos/")
}

// GitHub is the repository's own address; "" where that is not safe to follow.
func (w *row) GitHub() string { return safeURL(w.URL) }

// inside reports whether the link stays in the site.
func (w *row) inside() bool { return w.Path != "" || w.GitHub() == "" }

// publicOwners are a finding's owners without those that CODEOWNERS gives by
// e-mail address: no address is ever published.
func publicOwners(f *pipeline.Finding) []string {
	owners := make([]string, 0, len(f.Owners))
	for _, o := range f.Owners {
		if !isMail(o) {
			owners = append(owners, o)
		}
	}
	return owners
}
