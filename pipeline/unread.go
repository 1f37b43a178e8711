package pipeline

import (
	"cmp"
	"fmt"
	"math"
	"strings"
)

// Allowance is how many repositories may stay unread before a run fails:
// Count repositories or Percent of all, whichever is set. A share is rounded
// up to whole repositories, so 1 % of 30 allows one.
type Allowance struct {
	Count   int     `json:"count,omitempty"`
	Percent float64 `json:"percent,omitempty"`
}

// Allowed returns an error when more repositories stayed unread than the
// snapshot's rules allow, and nil otherwise. The run is over all the same, and its
// report is whole but for them.
func Allowed(snap *Snapshot) error {
	unread, unknown := snap.Run.Counters.Unread, snap.Counts()[Unknown]
	total := len(snap.Findings) + unread - unknown // with those that could not even be listed
	allowed := snap.Rules.AllowUnread.Of(total)
	if unread <= allowed {
		return nil
	}
	var examples []string // names with the reason
	for _, f := range snap.Findings {
		if f.Status == Unknown && len(examples) < 3 {
			examples = append(examples, f.NameWithOwner+" ("+cmp.Or(f.ReadError, f.Reason.Sentence)+")")
		}
	}
	if len(examples) == 0 {
		examples = snap.Notices
	}
	why := ""
	if len(examples) > 0 {
		why = ": " + strings.Join(examples, "; ")
	}
	return fmt.Errorf("%d of %d repositories could not be read, %d may be (allow-unread)%s; --rerun failed asks for those again", unread, total, allowed, why)
}

// Of returns how many of total repositories may stay unread; a share is
// rounded up.
func (a Allowance) Of(total int) int {
	if a.Percent > 0 {
		return int(math.Ceil(a.Percent * float64(total) / 100))
	}
	return a.Count
}
