package nuget

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// salvageKey names what was read of a repository, in whichever run.
func salvageKey(id string, key durable.Key) string { return id + " " + key.String() }

// Salvage takes over the project files and folders that a run which never ended
// had read: they take most of GitHub's time, and are the same as long as the
// repository's tip is. Packages are not taken over. Each is asked for once in
// every run, and the feed's answer to somebody who knows it is as many requests.
func (s *Source) Salvage(ctx context.Context, journal durable.Journal, name string) error {
	if s.salvaged == nil {
		s.salvaged = make(map[string]Objects)
	}
	for e, err := range journal.Records(ctx, name) {
		if err != nil {
			return fmt.Errorf("salvage what %s had read of project files: %w", name, err)
		}
		path, key, ok := durable.ParseKey(e.Key)
		if !ok || key.Step != stepObjects || e.Record.State != durable.Succeeded || len(path) == 0 {
			continue
		}
		var got Objects
		id, ok := strings.CutPrefix(path[len(path)-1], filesPrefix)
		if ok && json.Unmarshal(e.Record.Output, &got) == nil && !slices.ContainsFunc(got.Objects, func(o Object) bool { return o.Error != "" }) {
			got.Cost = 0
			s.salvaged[salvageKey(id, key)] = got
		}
	}
	return nil
}

var _ pipeline.Salvager = (*Source)(nil)
