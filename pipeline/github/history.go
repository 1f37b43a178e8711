package github

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// searched is the outcome of one repository's search.
type searched struct {
	id     string
	tip    *pipeline.Commit // the newest commit that the walk saw
	search *pipeline.Search
	err    string
}

// apply enters the outcome into what a chunk read.
func (r searched) apply(f *Fetched) {
	if r.err != "" {
		f.Detail, f.Error = nil, r.err
		return
	}
	f.Detail.Search = r.search
	if r.tip != nil { // it may have moved since the chunk was read
		f.Detail.Tip = r.tip
	}
}

// searchAll searches behind the tips of repositories, several to a request.
func (s *githubRun) searchAll(o *durable.Orchestration, ids []string) ([]searched, error) {
	var tasks []*durable.Task[[]searched]
	for group := range slices.Chunk(ids, mostSearched) {
		tasks = append(tasks, durable.Sub(o, "search "+durable.Digest(group...), s.searchGroup, group))
	}
	results, err := durable.All(tasks)
	return slices.Concat(results...), err
}

// searchGroup reads the newest commits of several repositories at once and
// goes on with each that needs more. A group that GitHub cannot answer in time
// is halved.
func (s *githubRun) searchGroup(o *durable.Orchestration, ids []string) ([]searched, error) {
	if len(ids) == 1 {
		one, err := s.searchOne(o, searchFrom{id: ids[0]})
		return one, err
	}
	key := durable.Key{Step: "history", Item: durable.Digest(ids...), Revision: s.revision}
	got, err := durable.Go(o, key, s.history, HistoryQuery{IDs: ids, First: commitsFor(len(ids))}).Await()
	if _, failed := errors.AsType[*durable.Failure](err); failed {
		mid := (len(ids) + 1) / 2
		parts, err := durable.All([]*durable.Task[[]searched]{
			durable.Sub(o, "1", s.searchGroup, ids[:mid]),
			durable.Sub(o, "2", s.searchGroup, ids[mid:]),
		})
		return slices.Concat(parts...), err
	}
	if err != nil {
		return nil, err
	}
	var tasks []*durable.Task[[]searched]
	var out []searched
	for _, page := range got.Pages {
		from := searchFrom{id: page.ID}
		switch {
		case page.Error != "" && !page.Again:
			out = append(out, searched{id: page.ID, err: page.Error})
			continue
		case page.Error == "":
			s.read(&from, page)
		}
		if s.done(from) {
			out = append(out, from.outcome())
			continue
		}
		tasks = append(tasks, durable.Sub(o, "walk "+page.ID, s.searchOne, from))
	}
	parts, err := durable.All(tasks)
	return append(out, slices.Concat(parts...)...), err
}

// commitsFor is how many commits of each of n repositories one request asks
// for: the fewer repositories, the further back, at about the same cost to
// GitHub.
func commitsFor(n int) int {
	return min(max(commitsTogether/n, commitsFirst), commitsOn)
}

// searchFrom is how far the search in one repository has come.
type searchFrom struct {
	id      string
	after   string            // cursor
	commits []pipeline.Commit // newest first, as far as read
	search  *pipeline.Search  // nil before anything was read
}

func (s *githubRun) read(f *searchFrom, page CommitPage) {
	f.after = page.Next
	f.commits = append(f.commits, page.Commits...)
	f.search = s.Judge.Search(f.commits, page.Next == "", s.moment.AsOf)
}

// done reports that the search went far enough.
func (s *githubRun) done(f searchFrom) bool {
	if f.search == nil {
		return false
	}
	r := pipeline.Repository{ID: f.id, Detail: &pipeline.Detail{Search: f.search}}
	if len(f.commits) > 0 {
		r.Detail.Tip = &f.commits[0]
	}
	return !s.wants(r)
}

func (f *searchFrom) outcome() searched {
	r := searched{id: f.id, search: f.search}
	if len(f.commits) > 0 {
		r.tip = &f.commits[0]
	}
	return r
}

// searchOne walks one repository's history page by page, in smaller pages when
// GitHub cannot answer in time.
func (s *githubRun) searchOne(o *durable.Orchestration, from searchFrom) ([]searched, error) {
	most := commitsOn
	for !s.done(from) {
		first := most
		if from.after == "" {
			first = min(most, commitsFirst)
		}
		key := durable.Key{Step: "history", Item: fmt.Sprintf("%s %d after %s", from.id, first, from.after), Revision: s.revision}
		got, err := durable.Go(o, key, s.history, HistoryQuery{IDs: []string{from.id}, After: from.after, First: first}).Await()
		if wantsLess(err) && first > leastCommits {
			most = max(first/2, leastCommits)
			continue
		}
		if failure, failed := errors.AsType[*durable.Failure](err); failed {
			return []searched{{id: from.id, err: failure.Message}}, nil
		}
		if err != nil {
			return nil, err
		}
		page := got.Pages[0]
		if page.Error != "" {
			return []searched{{id: from.id, err: page.Error}}, nil
		}
		if page.Next != "" && page.Next == from.after {
			return []searched{{id: from.id, err: "GitHub's history does not advance"}}, nil
		}
		s.read(&from, page)
	}
	return []searched{from.outcome()}, nil
}

// history is the activity behind a search.
func (s *githubRun) history(ctx context.Context, q HistoryQuery) (Histories, error) {
	h, err := s.Catalog.History(ctx, q)
	if err == nil && len(q.IDs) == 1 && h.Pages[0].Again {
		err = &spoiltError{h.Pages[0].Error}
	}
	return h, s.failAlone(ctx, err, len(q.IDs))
}
