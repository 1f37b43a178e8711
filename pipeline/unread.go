package pipeline

import (
	"cmp"
	"fmt"
	"strings"
)

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
