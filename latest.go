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
// whichever is newer. Without owners it is the only one there is. The boolean
// reports whether it is a union.
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
	apart := cover(strings.Split(whole, "+"), slices.DeleteFunc(scopes, func(s string) bool { return s == whole }))
	if apart == nil && one == nil {
		return nil, false, missingError(owners, scopes)
	}
	var parts []*pipeline.Snapshot
	newer := one == nil
	for _, scope := range inOrder(apart, owners) {
		part, err := saved(ctx, db, scope)
		if err != nil {
			return nil, false, err
		}
		parts = append(parts, part)
		newer = newer || part.Run.AsOf.After(one.Run.AsOf)
	}
	if !newer {
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

// cover chooses scopes that have each of the logins once and nobody else; nil
// when there are none such.
func cover(logins, scopes []string) []string {
	if len(logins) == 0 {
		return []string{}
	}
	for _, scope := range scopes {
		members := strings.Split(scope, "+")
		rest := slices.DeleteFunc(slices.Clone(logins), func(l string) bool { return slices.Contains(members, l) })
		if slices.Contains(rest, logins[0]) || len(rest) != len(logins)-len(members) {
			continue
		}
		if others := cover(rest, scopes); others != nil {
			return append([]string{scope}, others...)
		}
	}
	return nil
}

// inOrder sorts scopes by the owners' order, which is that of one run over all.
func inOrder(scopes, owners []string) []string {
	place := func(scope string) int {
		return slices.IndexFunc(owners, func(o string) bool {
			return slices.Contains(strings.Split(scope, "+"), pipeline.Scope([]string{o}))
		})
	}
	slices.SortFunc(scopes, func(a, b string) int { return place(a) - place(b) })
	return scopes
}

// missingError says which of the owners no run was over.
func missingError(owners, scopes []string) error {
	var missing []string
	for _, o := range owners {
		if !slices.ContainsFunc(scopes, func(s string) bool { return slices.Contains(strings.Split(s, "+"), pipeline.Scope([]string{o})) }) {
			missing = append(missing, o)
		}
	}
	switch len(missing) {
	case 0:
		return fmt.Errorf("the store holds runs of %s, which do not have each of %s once; stalewatch run %s makes one over all",
			strings.Join(scopes, ", "), strings.Join(owners, ", "), strings.Join(owners, " "))
	case len(owners):
		return fmt.Errorf("the store holds no run of %s; stalewatch run %s makes one", strings.Join(owners, ", "), strings.Join(owners, " "))
	}
	return fmt.Errorf("the report would lack %s, of which the store holds no run; import the export of that run, or make one with: stalewatch run %s", strings.Join(missing, ", "), missing[0])
}

// saved is the snapshot of a scope that was saved last.
func saved(ctx context.Context, db *store.Store, scope string) (*pipeline.Snapshot, error) {
	snap, ok, err := db.Latest(ctx, scope)
	if err == nil && !ok {
		err = fmt.Errorf("the store holds no run of %s yet; stalewatch run %s makes one", scope, strings.ReplaceAll(scope, "+", " "))
	}
	if err != nil {
		return nil, err
	}
	return snap, recallStatuses(ctx, db, snap)
}

// recallStatuses completes a snapshot with the changes of status that a report
// looks back on.
func recallStatuses(ctx context.Context, db *store.Store, snap *pipeline.Snapshot) (err error) {
	snap.StatusChanges, err = db.StatusChanges(ctx, snap.Run.Scope, pipeline.Span{Years: 2}.Before(snap.Run.AsOf))
	return err
}
