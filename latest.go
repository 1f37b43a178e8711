package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/store"
)

// latest returns the snapshot of the owners that a report shows: of the run
// over exactly these owners, or the union of runs over some of them each,
// whichever is newer. Without owners it is the only one there is.
// The boolean reports whether it is a union.
func latest(ctx context.Context, db *store.Store, owners []string) (*pipeline.Snapshot, bool, error) {
	scopes, err := db.Scopes(ctx)
	switch {
	case err != nil:
		return nil, false, err
	case len(scopes) == 0:
		return nil, false, errors.New("the store holds no run yet; stalewatch run OWNER makes one")
	case len(owners) == 0 && len(scopes) > 1:
		return nil, false, &usageError{"the store holds several surveys (" + strings.Join(scopes, ", ") + "); name the owners of the one you want, or of several to report on together"}
	case len(owners) == 0:
		snap, err := saved(ctx, db, scopes[0])
		return snap, false, err
	}
	whole := pipeline.Scope(owners)
	var one *pipeline.Snapshot
	if slices.Contains(scopes, whole) {
		if one, err = saved(ctx, db, whole); err != nil {
			return nil, false, err
		}
	}
	parts, missing, err := partsOf(ctx, db, owners, scopes)
	switch {
	case err != nil:
		return nil, false, err
	case len(missing) > 0 && one == nil:
		return nil, false, missingError(missing, len(owners))
	case one != nil && (len(missing) > 0 || !slices.ContainsFunc(parts, func(s *pipeline.Snapshot) bool { return s.Run.AsOf.After(one.Run.AsOf) })):
		return one, false, nil
	}
	merged, err := pipeline.Merge(parts)
	if err != nil {
		return nil, false, fmt.Errorf("one report for %s: %w", strings.Join(owners, ", "), err)
	}
	return merged, true, nil
}

// recollect completes the history of a merged snapshot, where the store of a
// part was lost, with what the published site knows.
func recollect(ctx context.Context, log *slog.Logger, snap *pipeline.Snapshot, siteURL string) {
	taken, err := takeBack(ctx, siteURL, snap.Run.Scope)
	if err != nil {
		log.Info("no history was taken back from the published site", "site", siteURL, "why", err)
		return
	}
	snap.Remember(taken.History, taken.Events)
}

// partsOf returns the snapshots of runs that were over some of the owners and
// nobody else, in the order of the owners, and the owners that none covers.
func partsOf(ctx context.Context, db *store.Store, owners, scopes []string) (parts []*pipeline.Snapshot, missing []string, err error) {
	wanted := strings.Split(pipeline.Scope(owners), "+")
	covered := make(map[string]bool)
	for _, owner := range owners {
		login := pipeline.Scope([]string{owner})
		if covered[login] {
			continue
		}
		i := slices.IndexFunc(scopes, func(scope string) bool {
			members := strings.Split(scope, "+")
			return slices.Contains(members, login) && len(members) < len(wanted) &&
				!slices.ContainsFunc(members, func(m string) bool { return !slices.Contains(wanted, m) || covered[m] })
		})
		if i < 0 {
			missing = append(missing, owner)
			continue
		}
		snap, err := saved(ctx, db, scopes[i])
		if err != nil {
			return nil, nil, err
		}
		parts = append(parts, snap)
		for member := range strings.SplitSeq(scopes[i], "+") {
			covered[member] = true
		}
	}
	return parts, missing, nil
}

func missingError(missing []string, of int) error {
	if len(missing) == of {
		return fmt.Errorf("the store holds no run of %s; stalewatch run %s makes one", strings.Join(missing, ", "), strings.Join(missing, " "))
	}
	return fmt.Errorf("the report would lack %s, of which the store holds no run; import the export of that run, or make one with: stalewatch run %s", strings.Join(missing, ", "), missing[0])
}

// saved is the snapshot of a scope that was saved last.
func saved(ctx context.Context, db *store.Store, scope string) (*pipeline.Snapshot, error) {
	snap, ok, err := db.Latest(ctx, scope)
	if err == nil && !ok {
		err = fmt.Errorf("the store holds no run of %s yet; stalewatch run %s makes one", scope, strings.ReplaceAll(scope, "+", " "))
	}
	return snap, err
}
