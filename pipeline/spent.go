package pipeline

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// countItems enters how many items each source's page has, also of those of the
// named sources that have none.
func (s *Snapshot) countItems(sources ...string) {
	counts := make(map[string]int)
	for _, name := range sources {
		counts[name] = 0
	}
	for _, item := range s.Items {
		counts[item.Source]++
	}
	if n := len(s.Packages); n > 0 {
		counts[PackageSource] = n
	}
	c := &s.Run.Counters
	for name, n := range counts {
		c.enter(name, SourceCounters{n, c.Sources[name].Requests})
	}
}

// Spent adds up what the run's journal says it cost, over all processes, and
// enters requests, points, retries and GitHub's time into c, and what was charged
// to other accounts under the sources that have them.
func Spent(ctx context.Context, journal durable.Journal, run Run, c *Counters) error {
	c.Requests, c.Points, c.Sources = 0, 0, nil
	c.Retries, c.GitHubTime = make(map[string]int), make(map[string]int64)
	for e, err := range journal.Records(ctx, JournalID(run)) {
		if err != nil {
			return fmt.Errorf("add up what the run spent: %w", err)
		}
		_, key, _ := durable.ParseKey(e.Key)
		if key.Step == StepPlan || e.Record.Account == Nobody {
			continue
		}
		if account := e.Record.Account; account != "" {
			c.enter(account, SourceCounters{Requests: c.Sources[account].Requests + e.Record.Attempts})
		} else {
			c.Requests += e.Record.Attempts
			if e.Record.Took > 0 {
				c.GitHubTime[key.Step] += e.Record.Took.Milliseconds()
			}
		}
		for _, cause := range e.Record.Causes {
			c.Retries[cause]++
		}
		c.Points += costOf(e.Record.Output)
	}
	return nil
}

// costOf reads the points off an activity's result, in which they come first;
// 0 when there are none.
func costOf(output json.RawMessage) (points int) {
	d := json.NewDecoder(bytes.NewReader(output))
	for _, want := range []json.Token{json.Delim('{'), "cost"} {
		if got, err := d.Token(); err != nil || got != want {
			return 0
		}
	}
	if err := d.Decode(&points); err != nil {
		return 0
	}
	return points
}
