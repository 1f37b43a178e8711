package github

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// list lists the owner's repositories and begins to read tips on the way. What
// does not add up to GitHub's own count is listed once more in another order,
// in which renames move nothing.
func (l *listing) list() error {
	whole, err := l.changes()
	if err == nil && !whole {
		err = l.sweep("NAME")
		short, over := l.missing() > l.hidden, l.surplus() > 0
		if err == nil && (short || over) {
			err = l.sweep("CREATED_AT")
		}
		if err == nil && over && len(l.swept)+l.hidden == l.total {
			l.drop() // they went away while the first was read
		}
	}
	if failure, failed := errors.AsType[*durable.Failure](err); failed {
		l.gone, err = failure.Message, nil
	}
	l.listed = err == nil
	l.flush(true)
	return err
}

// drop forgets what the last sweep did not meet.
func (l *listing) drop() {
	gone := func(id string) bool { return !l.swept[id] }
	maps.DeleteFunc(l.found, func(id string, _ *pipeline.Repository) bool { return gone(id) })
	for _, ids := range []map[string]bool{l.carried, l.excluded} {
		maps.DeleteFunc(ids, func(id string, _ bool) bool { return gone(id) })
	}
	l.order = slices.DeleteFunc(l.order, gone)
	l.pending = slices.DeleteFunc(l.pending, gone)
}

// end is one of the two ends from which a listing is read.
type end struct {
	back   bool
	cursor string
	asked  *durable.Task[ListPage] // nil when nothing is on its way
	size   int                     // rows that are expected of it
	pages  int
	barren int // pages in a row that brought nothing new
	hidden int
	met    bool // it reached the other end, or what that had read
	over   bool
}

// sweep reads the listing in one order from both ends at once until they meet.
// It may come out short: repositories that are renamed meanwhile slip through.
func (l *listing) sweep(order string) error {
	ends := []*end{{}, {back: true}}
	l.swept, l.hidden = make(map[string]bool), 0
	l.sought = l.missing()
	l.ask(order, ends[0], ends)
	if n := len(l.known); n == 0 || n > mostListed {
		l.ask(order, ends[1], ends)
	}
	for ends[0].asked != nil || ends[1].asked != nil {
		for i, e := range ends {
			if e.asked == nil {
				continue
			}
			page, err := e.asked.Await()
			e.asked, e.size = nil, 0
			if err != nil {
				return err
			}
			before := len(l.swept)
			fresh := l.count(page, e, ends)
			if e.barren++; len(l.swept) > before {
				e.barren = 0
			}
			e.met = e.met || page.Next == "" || len(l.swept)-before < len(page.Repositories)
			e.over = page.Next == "" || page.Next == e.cursor
			e.cursor = page.Next
			if page.Next == "" {
				ends[1-i].over = true // this one has seen all of it
			}
			// What follows is asked for before this page is worked on, because
			// everything else waits for the listing.
			l.ask(order, e, ends)
			l.ask(order, ends[1-i], ends)
			l.take(fresh)
		}
	}
	return nil
}

// ask asks an end for its next page, unless the pages on their way leave
// nothing to find. It asks for one more than GitHub's count leaves, so that the
// two ends are seen to meet: that there is nothing between them that GitHub did
// not count. An end that brings nothing new is given up, as is a server whose pages
// never end.
func (l *listing) ask(order string, e *end, ends []*end) {
	size := mostListed
	if l.total > 0 {
		flying := ends[0].size + ends[1].size
		left := l.total - len(l.swept) - l.hidden - flying
		met := ends[0].met || ends[1].met
		if l.sought > 0 && l.missing() == 0 || left <= 0 && (met || flying > 0) {
			return
		}
		size = min(size, max(left+1, leastListed))
	}
	if e.asked != nil || e.over || e.barren > 1 || e.pages > 3+2*l.total/leastListed {
		return
	}
	e.pages++
	e.size = size
	q := ListQuery{Owner: l.owner, Order: order, Back: e.back, Cursor: e.cursor, Size: size,
		Private: l.run.Judge.Rules().Include.Private, Branches: len(l.known) > 0}
	name := fmt.Sprintf("%s %v %s", order, e.back, durable.Digest(e.cursor))
	e.asked = durable.Sub(l.o, name, l.run.page, q)
}

// page reads a page, and a smaller one when GitHub cannot answer in time.
func (s *githubRun) page(o *durable.Orchestration, q ListQuery) (ListPage, error) {
	for {
		var err error
		if q.Size, err = s.plan(o, kindList, q.Cursor, q.Size); err != nil {
			return ListPage{}, err
		}
		key := durable.Key{
			Step:     kindList,
			Item:     fmt.Sprintf("%s %v %d %s", q.Order, q.Back, q.Size, q.Cursor),
			Revision: durable.Digest(s.revision, fmt.Sprint(q.Private, q.Branches)),
		}
		page, err := durable.Go(o, key, s.list, q).Await()
		failure, failed := errors.AsType[*durable.Failure](err)
		if !failed || failure.Code != CauseTimeout && failure.Code != CauseResources {
			return page, err
		}
		s.learner.failed(kindList, q.Size)
		q.Size = max(q.Size/2, leastListed)
	}
}

// list is the activity behind a page.
func (s *githubRun) list(ctx context.Context, q ListQuery) (ListPage, error) {
	defer s.learner.ended(kindList, q.Cursor)
	page, err := s.Catalog.List(ctx, q)
	if err == nil {
		s.learner.answered(kindList, q.Size, page.Took)
		return page, nil
	}
	if q.Size > leastListed {
		return page, s.failWhenTooMuch(ctx, kindList, q.Size, err, 1)
	}
	if r := durable.RemedyOf(err); r.Cause == CauseResources {
		r.Course = durable.Retry // there is no less to ask for
		err = durable.WithRemedy(err, r)
	}
	return page, err
}

// mostListed is the largest page that GitHub allows, leastListed the smallest
// that is asked for.
const (
	mostListed  = 100
	leastListed = 10
)

// count takes note of what a page says of the whole, and returns the
// repositories that were not seen before.
func (l *listing) count(page ListPage, e *end, ends []*end) (fresh []*pipeline.Repository) {
	l.login, l.ownerID, l.total = page.Owner, page.OwnerID, page.TotalCount
	if page.Hidden > 0 {
		l.why = page.HiddenWhy
		e.hidden += page.Hidden
		l.hidden = ends[0].hidden + ends[1].hidden
		if l.total <= mostListed { // both ends see the same
			l.hidden = max(ends[0].hidden, ends[1].hidden)
		}
	}
	for _, r := range page.Repositories {
		l.swept[r.ID] = true
		if r := l.add(r); r != nil {
			fresh = append(fresh, r)
		}
	}
	return fresh
}

// take decides about repositories that were listed: those that nothing was pushed to
// since they were read are carried over, the others are read.
func (l *listing) take(rows []*pipeline.Repository) {
	for _, r := range rows {
		known, ok := l.run.Known[r.ID]
		if ok && r.ReadError != "" {
			flawed, properties := r.ReadError, r.Properties
			*r = known
			r.ReadError, r.Properties = flawed, properties
		}
		if ok {
			r.Detail = known.Detail
		}
		switch {
		case r.ReadError != "":
		case ok && l.run.unchanged(*r, known):
			l.carried[r.ID] = true
		case r.IsEmpty: // there is no tip to ask for
			d := own(r)
			d.ReadAt, d.Revision, d.Tip, d.Search = l.run.moment.AsOf, l.run.revision, nil, nil
		default:
			l.pending = append(l.pending, r.ID)
		}
	}
	l.flush(false)
}
