package github

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

const (
	// week is how old a fact may be that changes without a push, less half a day
	// so that a run that comes late does not find it older than seven days.
	week = 7*24*time.Hour - 12*time.Hour
	// skew is by how much the clocks that date changes may differ from the one
	// that dates runs.
	skew = 10 * time.Minute
)

// changes lists only what changed since the owner was listed last, and reports
// whether that is enough: that nobody else came or went, by GitHub's count. On
// a quiet day it is one request. It is not tried a week after the whole listing
// was read, because not everything that a listing tells dates its changes.
func (l *listing) changes() (whole bool, err error) {
	p, m := l.prior, l.run.moment
	if p == nil || len(l.known) == 0 || !reflect.DeepEqual(p.Include, l.run.Judge.Rules().Include) || p.Basis != l.basis() ||
		m.AsOf.Before(p.AsOf) || m.AsOf.Sub(p.Whole) >= week {
		return false, nil
	}
	rows, last, err := l.changedRows()
	if err != nil || rows == nil {
		return false, err
	}
	for _, id := range p.Excluded {
		l.excluded[id] = true
	}
	var all []*pipeline.Repository
	for _, id := range slices.Sorted(maps.Keys(rows)) {
		delete(l.excluded, id)
		if rows[id].ReadError != "" {
			l.forget()
			return false, nil
		}
		if r := l.add(rows[id]); r != nil {
			all = append(all, r)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(l.known)) {
		if _, changed := rows[id]; !changed && !l.excluded[id] {
			r := l.known[id]
			r.ReadError, r.Properties = "", l.properties[strings.ToLower(r.NameWithOwner)]
			l.found[id], l.order = &r, append(l.order, id)
			all = append(all, &r)
		}
	}
	if l.seen() != last.TotalCount {
		l.forget()
		return false, nil
	}
	l.total, l.ownerID, l.login, l.changed = last.TotalCount, last.OwnerID, p.Owner, true
	l.take(all)
	return true, nil
}

// changedRows reads both lists back to the last listing. Nil rows mean that
// they are not to be relied upon, or that so much changed that the whole listing
// costs no more.
func (l *listing) changedRows() (map[string]pipeline.Repository, Changes, error) {
	since := l.prior.AsOf.Add(-skew)
	rows := make(map[string]pipeline.Repository)
	begin := ""
	q := ChangesQuery{Owner: l.owner, Private: l.run.Judge.Rules().Include.Private, Size: firstChanges, Pushed: &begin, Updated: &begin}
	for {
		key := durable.Key{Step: kindChanges, Item: fmt.Sprintf("%d %s %s", q.Size, words(q.Pushed), words(q.Updated)),
			Revision: durable.Digest(l.run.revision, fmt.Sprint(q.Private))}
		page, err := durable.Go(l.o, key, l.run.changes, q).Await()
		if _, failed := errors.AsType[*durable.Failure](err); failed {
			return nil, page, nil
		}
		if err != nil {
			return nil, page, err
		}
		before := len(rows)
		for _, list := range []ChangeList{page.Pushed, page.Updated} {
			for _, r := range list.Repositories {
				rows[r.ID] = r
			}
		}
		if page.OwnerID != l.prior.ID || page.Hidden > 0 || len(rows)*2 > page.TotalCount && len(rows) > 2*firstChanges {
			return nil, page, nil
		}
		q.Pushed = onward(q.Pushed, page.Pushed, since, func(r pipeline.Repository) *time.Time { return r.PushedAt })
		q.Updated = onward(q.Updated, page.Updated, since, func(r pipeline.Repository) *time.Time { return &r.UpdatedAt })
		if q.Pushed == nil && q.Updated == nil {
			return rows, page, nil
		}
		if len(rows) == before {
			return nil, page, nil // the lists do not advance
		}
		q.Size = moreChanges
	}
}

// firstChanges and moreChanges are how many rows of each list are asked for:
// enough for a quiet day, and as many as GitHub answers in about three seconds.
const (
	firstChanges = 25
	moreChanges  = 50
)

// onward is the cursor from which a list has to be read on; nil when it was read
// back far enough.
func onward(was *string, list ChangeList, since time.Time, at func(pipeline.Repository) *time.Time) *string {
	n := len(list.Repositories)
	if was == nil || n == 0 || list.Next == "" || list.Next == *was {
		return nil
	}
	if last := at(list.Repositories[n-1]); last == nil || last.Before(since) {
		return nil
	}
	return &list.Next
}

func words(cursor *string) string {
	if cursor == nil {
		return "none"
	}
	return "after " + *cursor
}

// changes is the activity behind a page of changes.
func (s *githubRun) changes(ctx context.Context, q ChangesQuery) (Changes, error) {
	page, err := s.Catalog.Changes(ctx, q)
	return page, s.failWhenTooMuch(ctx, kindChanges, q.Size, err, 1)
}
