package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
)

// StatusChanges returns every change of status that complete and partial runs
// of the scope noticed since the moment, oldest first. They are kept without
// end, at about 20 bytes a change.
func (s *Store) StatusChanges(ctx context.Context, scope string, since time.Time) ([]pipeline.StatusChange, error) {
	done, err := s.enter(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	var all []pipeline.StatusChange
	err = s.eachPayload(ctx, prefix(kindChanges, scope), func(_, payload []byte) error {
		var some []pipeline.StatusChange
		if err := json.Unmarshal(payload, &some); err != nil {
			return err
		}
		if len(some) > 0 && !some[0].Date.Before(since) {
			all = append(all, some...)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the changes of status of %s: %w", scope, err)
	}
	return all, nil
}

// setStatusChanges stores what the run of snap noticed: the findings that took
// their status with it. A first run notices none.
func (c *change) setStatusChanges(snap *pipeline.Snapshot) error {
	if !snap.Run.State.Over() {
		return nil
	}
	var some []pipeline.StatusChange
	for i := range snap.Findings {
		f := &snap.Findings[i]
		if f.PreviousStatus != nil && f.StatusSince.Equal(snap.Run.AsOf) {
			some = append(some, pipeline.StatusChange{
				ID: f.ID, NameWithOwner: f.NameWithOwner, Date: snap.Run.AsOf.UTC(), From: *f.PreviousStatus, To: f.Status,
			})
		}
	}
	if len(some) == 0 {
		return nil
	}
	return c.setJSON(key(kindChanges, snap.Run.Scope, snap.Run.AsOf.UTC().Format("20060102T150405Z")), some)
}
