package github

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// Salvage returns the repositories that a run which never ended had read, by
// their ids, as that run saw them. Only chunks read with the given record
// revision count. The name is that of the run's journal, and asOf the run's.
func Salvage(ctx context.Context, journal durable.Journal, name string, asOf time.Time, revision string) (map[string]pipeline.Repository, error) {
	listed := make(map[string]pipeline.Repository)
	details := make(map[string]*pipeline.Detail)
	for e, err := range journal.Records(ctx, name) {
		if err != nil {
			return nil, fmt.Errorf("salvage what %s had read: %w", name, err)
		}
		_, key, _ := durable.ParseKey(e.Key)
		switch {
		case e.Record.State != durable.Succeeded:
		case key.Step == "list":
			var page ListPage
			if json.Unmarshal(e.Record.Output, &page) == nil {
				for _, r := range page.Repositories {
					listed[r.ID] = r
				}
			}
		case key.Step == "fetch" && key.Revision == revision:
			var chunk Chunk
			if json.Unmarshal(e.Record.Output, &chunk) == nil {
				for _, f := range chunk.Repositories {
					if f.Detail != nil && !f.Incomplete {
						f.Detail.ReadAt, f.Detail.Revision = asOf, revision
						details[f.ID] = f.Detail
					}
				}
			}
		}
	}
	read := make(map[string]pipeline.Repository)
	for id, d := range details {
		if r, ok := listed[id]; ok {
			r.Detail = d
			read[id] = r
		}
	}
	return read, nil
}

// TakeNewer adds to known what was read later than what is there.
func TakeNewer(known, more map[string]pipeline.Repository) {
	for id, r := range more {
		old, ok := known[id]
		if !ok || old.Detail == nil || old.Detail.ReadAt.Before(r.Detail.ReadAt) {
			known[id] = r
		}
	}
}
