package github

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// salvage is what the journal of a run that never ended holds.
type salvage struct {
	listed    map[string]pipeline.Repository
	tips      map[string]Tip
	histories map[string]map[string]CommitPage // by repository and cursor
	trees     map[string]Tree
	files     map[string]map[string]File // by path and repository
	counts    map[string]Count
}

// Salvage returns the repositories whose tips a run that never ended had read,
// by their ids, as that run saw them. Only what was read with this source's
// record revision counts. The name is that of the run's journal, and asOf the
// run's.
func (g *Source) Salvage(ctx context.Context, journal durable.Journal, name string, asOf time.Time) (map[string]pipeline.Repository, error) {
	s := salvage{make(map[string]pipeline.Repository), make(map[string]Tip), make(map[string]map[string]CommitPage),
		make(map[string]Tree), make(map[string]map[string]File), make(map[string]Count)}
	revision := RecordRevision(g.Catalog)
	for e, err := range journal.Records(ctx, name) {
		if err != nil {
			return nil, fmt.Errorf("salvage what %s had read: %w", name, err)
		}
		_, key, ok := durable.ParseKey(e.Key)
		if ok && e.Record.State == durable.Succeeded && (key.Step == kindList || key.Revision == revision) {
			s.take(key.Step, e.Record.Output)
		}
	}
	read := make(map[string]pipeline.Repository)
	for id, tip := range s.tips {
		r, ok := s.listed[id]
		if !ok || r.ReadError != "" || tip.Error != "" {
			continue
		}
		r.DefaultBranch = tip.Branch
		r.Detail = &pipeline.Detail{ReadAt: asOf, Revision: revision, Tip: tip.Commit}
		if commits, ended := s.history(id); len(commits) > 0 {
			r.Detail.Tip, r.Detail.Search = &commits[0], g.Judge.Search(commits, ended, asOf)
		}
		if c, ok := s.counts[id]; ok && c.Issues != nil && c.PullRequests != nil {
			r.Detail.CountsAt, r.Detail.OpenIssueCount, r.Detail.OpenPullRequestCount = asOf, *c.Issues, *c.PullRequests
		}
		if t, ok := s.trees[id]; ok {
			if contents, whole, _ := g.contents(t, s.files); whole {
				enterContents(r.Detail, contents, asOf)
			}
		}
		read[id] = r
	}
	return read, nil
}

// take sorts a record's elements. One that does not decode is passed over: what
// is not salvaged is read again.
func (s *salvage) take(step string, output json.RawMessage) {
	switch step {
	case kindList:
		var page ListPage
		if json.Unmarshal(output, &page) == nil {
			for _, r := range page.Repositories {
				s.listed[r.ID] = r
			}
		}
	case kindTips:
		elements(output, func(t Tip) { s.tips[t.ID] = t })
	case kindHistory:
		elements(output, func(p CommitPage) {
			if p.Error == "" {
				entry(s.histories, p.ID)[p.After] = p
			}
		})
	case kindTrees:
		elements(output, func(t Tree) { s.trees[t.ID] = t })
	case kindFiles:
		elements(output, func(f File) { entry(s.files, f.Path)[f.ID] = f })
	case kindCounts:
		elements(output, func(c Count) { s.counts[c.ID] = c })
	}
}

func elements[E any](output json.RawMessage, do func(E)) {
	var answer Answer[E]
	if json.Unmarshal(output, &answer) == nil {
		for _, e := range answer.Elements {
			do(e)
		}
	}
}

// history puts a repository's pages in order, as far as they hang together.
func (s *salvage) history(id string) (commits []pipeline.Commit, ended bool) {
	pages := s.histories[id]
	for after := ""; ; {
		page, ok := pages[after]
		if !ok {
			return commits, false
		}
		delete(pages, after)
		commits = append(commits, page.Commits...)
		if after = page.Next; after == "" {
			return commits, true
		}
	}
}

// TakeNewer adds to known what was read later. What the later reading left out
// stays.
func TakeNewer(known, more map[string]pipeline.Repository) {
	for id, r := range more {
		old := known[id].Detail
		if old != nil && !old.ReadAt.Before(r.Detail.ReadAt) {
			continue
		}
		if old != nil {
			d := *old
			d.ReadAt, d.Revision, d.Tip, d.Search = r.Detail.ReadAt, r.Detail.Revision, r.Detail.Tip, r.Detail.Search
			if !r.Detail.FilesAt.IsZero() {
				enterContents(&d, *r.Detail, r.Detail.FilesAt)
			}
			if !r.Detail.CountsAt.IsZero() {
				d.CountsAt, d.OpenIssueCount, d.OpenPullRequestCount = r.Detail.CountsAt, r.Detail.OpenIssueCount, r.Detail.OpenPullRequestCount
			}
			r.Detail = &d
		}
		known[id] = r
	}
}
