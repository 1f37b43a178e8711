package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/config"
	"github.com/stalewatch/stalewatch/pipeline/verdict"
	"github.com/stalewatch/stalewatch/site"
	"github.com/stalewatch/stalewatch/site/publish"
	"github.com/stalewatch/stalewatch/store"
)

type reportCmd struct {
	configFlag
	storeFlag
	siteFlags
	logFlags
	Owners []string `arg:"" optional:"" name:"owner" help:"Whose report, if the store holds several. Owners that were surveyed separately get one report together."`

	IncompleteOK bool `name:"incomplete-ok" help:"Report although some of the owners have no run of the newest day: as they were last seen, and named."`
}

// Run is the command.
func (c *reportCmd) Run(ctx context.Context, p *program) (err error) {
	a := p.actions()
	defer func() { a.finish(err) }()
	cfg, err := p.settings(c.Config, overrides{c.Owners, map[string]string{"--site-url": c.SiteURL}})
	if err != nil {
		return err
	}
	if err := publish.Check(c.Site, c.Store); err != nil {
		return err
	}
	if err := publish.Recover(c.Site); err != nil {
		return fmt.Errorf("put %s right after an interrupted run: %w", c.Site, err)
	}
	log := p.logger(c.logFlags, p.stderr)
	db, err := store.Open(ctx, c.Store, store.Options{Logger: log, Now: p.now})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	snap, merged, err := c.choose(ctx, db, cfg)
	if err != nil {
		return err
	}
	if merged && cfg.Site.URL != "" {
		recollect(ctx, log, snap, cfg.Site.URL)
	}
	options := p.siteOptions(cfg, c.Config)
	if err := p.publish(ctx, log, c.siteFlags, snap, options); err != nil {
		return err
	}
	a.outcome(snap, options, published{dir: c.Site, surveyed: true})
	fmt.Fprintf(p.stdout, "%s, as of %s\nthe report is at %s\n", countsLine(snap), snap.Run.AsOf.Format(time.RFC3339), filepath.Join(c.Site, "index.html"))
	return nil
}

// choose returns the snapshot to report on, and whether it is a union.
func (c *reportCmd) choose(ctx context.Context, db *store.Store, cfg *config.Config) (*pipeline.Snapshot, bool, error) {
	if !c.IncompleteOK {
		return latest(ctx, db, cfg.Owners)
	}
	judge, err := verdict.NewPolicy(cfg.Rules())
	if err != nil {
		return nil, false, &usageError{err.Error()}
	}
	snap, err := asKnown(ctx, db, judge, cfg.Owners)
	return snap, true, err
}

// countsLine says how many repositories have each status.
func countsLine(s *pipeline.Snapshot) string {
	counts := s.Counts()
	var parts []string
	for _, status := range pipeline.Statuses {
		if n := counts[status]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, status))
		}
	}
	if len(parts) == 0 {
		return "no repositories"
	}
	noun := "repositories"
	if len(s.Findings) == 1 {
		noun = "repository"
	}
	return fmt.Sprintf("%d %s: %s", len(s.Findings), noun, strings.Join(parts, ", "))
}

// siteOptions is what the configuration says about the site. Notes lie beside
// the configuration file.
func (p *program) siteOptions(cfg *config.Config, configFile string) site.Options {
	v := version()
	o := site.Options{Title: cfg.Site.Title, BaseURL: cfg.Site.URL, Version: v.Version, Commit: v.Commit, ConfigSchema: config.Schema()}
	if cfg.Site.Notes != "" {
		o.Notes = os.DirFS(filepath.Join(filepath.Dir(cmp.Or(configFile, "stalewatch.yml")), cfg.Site.Notes))
	}
	return o
}

// publish renders a snapshot, swaps it into the site's place and writes the
// digests.
func (p *program) publish(ctx context.Context, log *slog.Logger, to siteFlags, snap *pipeline.Snapshot, o site.Options) error {
	stats, err := publish.Report(ctx, to.Site, snap, o)
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("publish the report: %w", err)
	}
	for _, w := range stats.Warnings {
		log.Warn(w)
	}
	log.Debug("report published", "dir", to.Site, "files", stats.Files, "bytes", stats.Bytes)
	return writeDigests(to.Digest, snap, o)
}

// writeDigests replaces the digests in dir; without one it does nothing. A
// digest whose owner has nothing stale any more goes; nothing else in dir is
// touched.
func writeDigests(dir string, snap *pipeline.Snapshot, o site.Options) error {
	if dir == "" {
		return nil
	}
	files, err := site.Digests(snap, o)
	if err != nil {
		return fmt.Errorf("write the digests: %w", err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "digest"), 0o755); err != nil {
		return fmt.Errorf("write the digests: %w", err)
	}
	old, err := fs.Glob(os.DirFS(dir), "digest/*.md")
	for _, name := range old {
		err = errors.Join(err, os.Remove(filepath.Join(dir, name)))
	}
	for name, text := range files {
		err = errors.Join(err, os.WriteFile(filepath.Join(dir, filepath.FromSlash(name)), text, 0o644))
	}
	return err
}

// latest returns the snapshot to report on: that of the run over exactly these
// owners, or the union of runs that each cover some of them, whichever is newer.
// Without owners it is the only one there is. The boolean reports a union.
func latest(ctx context.Context, db *store.Store, owners []string) (*pipeline.Snapshot, bool, error) {
	scopes, err := db.Scopes(ctx)
	switch {
	case err != nil:
		return nil, false, err
	case len(scopes) == 0:
		return nil, false, errors.New("the store holds no run yet; stalewatch run OWNER makes one")
	case len(owners) == 0 && len(scopes) > 1:
		return nil, false, &usageError{"the store holds several surveys (" + joinScopes(scopes) + "); name the owners of the one you want, or of several to report on together"}
	case len(owners) == 0:
		snap, err := saved(ctx, db, scopes[0])
		return snap, false, err
	}
	whole := pipeline.ScopeOf(owners...)
	var one *pipeline.Snapshot
	if slices.Contains(scopes, whole) {
		if one, err = saved(ctx, db, whole); err != nil {
			return nil, false, err
		}
	}
	apart := cover(whole.Logins(), slices.DeleteFunc(scopes, func(s pipeline.Scope) bool { return s == whole }))
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

// asKnown returns the union of the owners' own runs, as far as there are any: of
// an owner without a run of the newest day, what its last one saw.
func asKnown(ctx context.Context, db *store.Store, judge pipeline.Judge, owners []string) (*pipeline.Snapshot, error) {
	scopes, err := db.Scopes(ctx)
	if err != nil {
		return nil, err
	}
	var parts []*pipeline.Snapshot
	var missing []string
	var newest time.Time
	for _, owner := range owners {
		scope := pipeline.ScopeOf(owner)
		if !slices.Contains(scopes, scope) {
			missing = append(missing, owner+" was never surveyed and is left out")
			continue
		}
		part, err := saved(ctx, db, scope)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
		if part.Run.AsOf.After(newest) {
			newest = part.Run.AsOf
		}
	}
	if len(parts) == 0 {
		return nil, missingError(owners, scopes)
	}
	for i, part := range parts {
		if was := part.Run.AsOf.Format(time.DateOnly); was != newest.Format(time.DateOnly) {
			parts[i] = part.Carry(judge, newest, "today's survey failed, so this is what the survey of "+was+" saw")
		}
	}
	whole, err := pipeline.Merge(parts)
	if err != nil {
		return nil, fmt.Errorf("one report for %s: %w", strings.Join(owners, ", "), err)
	}
	if len(missing) > 0 {
		whole.Run.State = pipeline.Suspended
		whole.Run.Reason = strings.TrimPrefix(whole.Run.Reason+"; "+strings.Join(missing, "; "), "; ")
	}
	return whole, nil
}

// recollect completes the history of a merged snapshot, where the store of a
// part was lost, with what the published site knows.
func recollect(ctx context.Context, log *slog.Logger, snap *pipeline.Snapshot, siteURL string) {
	taken, err := takeBack(ctx, siteURL, snap.Run.Scope)
	if err != nil {
		log.Info("the published site's history could not be read", "site", siteURL, "why", err)
		return
	}
	snap.Remember(taken.History, taken.Events)
}

// cover chooses scopes that have each of the logins once and nobody else; nil
// when there are none such.
func cover(logins []string, scopes []pipeline.Scope) []pipeline.Scope {
	if len(logins) == 0 {
		return []pipeline.Scope{}
	}
	for _, scope := range scopes {
		members := scope.Logins()
		rest := slices.DeleteFunc(slices.Clone(logins), func(l string) bool { return slices.Contains(members, l) })
		if slices.Contains(rest, logins[0]) || len(rest) != len(logins)-len(members) {
			continue
		}
		if others := cover(rest, scopes); others != nil {
			return append([]pipeline.Scope{scope}, others...)
		}
	}
	return nil
}

// inOrder sorts scopes by the owners' order, which is that of one run over all.
func inOrder(scopes []pipeline.Scope, owners []string) []pipeline.Scope {
	place := func(scope pipeline.Scope) int { return slices.IndexFunc(owners, scope.Has) }
	slices.SortFunc(scopes, func(a, b pipeline.Scope) int { return place(a) - place(b) })
	return scopes
}

func joinScopes(scopes []pipeline.Scope) string {
	var names []string
	for _, s := range scopes {
		names = append(names, string(s))
	}
	return strings.Join(names, ", ")
}

// missingError says which of the owners no run was over.
func missingError(owners []string, scopes []pipeline.Scope) error {
	var missing []string
	for _, o := range owners {
		if !slices.ContainsFunc(scopes, func(s pipeline.Scope) bool { return s.Has(o) }) {
			missing = append(missing, o)
		}
	}
	switch len(missing) {
	case 0:
		return fmt.Errorf("the store holds runs of %s, which do not have each of %s once; stalewatch run %s makes one over all",
			joinScopes(scopes), strings.Join(owners, ", "), strings.Join(owners, " "))
	case len(owners):
		return fmt.Errorf("the store holds no run of %s; stalewatch run %s makes one", strings.Join(owners, ", "), strings.Join(owners, " "))
	}
	return fmt.Errorf("the report would lack %s, of which the store holds no run; import the export of that run, or make one with: stalewatch run %s", strings.Join(missing, ", "), missing[0])
}

// saved is the snapshot of a scope that was saved last.
func saved(ctx context.Context, db *store.Store, scope pipeline.Scope) (*pipeline.Snapshot, error) {
	snap, ok, err := db.Latest(ctx, scope)
	if err == nil && !ok {
		err = fmt.Errorf("the store holds no run of %s yet; stalewatch run %s makes one", scope, strings.Join(scope.Logins(), " "))
	}
	if err != nil {
		return nil, err
	}
	return snap, nil
}

// takeBack reads history and changes from the published site, for a run whose
// store was lost. A site about other owners is of no use.
func takeBack(ctx context.Context, siteURL string, scope pipeline.Scope) (*pipeline.Snapshot, error) {
	base := strings.TrimSuffix(siteURL, "/") + "/data/v1/"
	snap := &pipeline.Snapshot{}
	err := get(ctx, base+"history.json", func(r io.Reader) (err error) {
		snap.History, err = publish.ReadHistory(r)
		return err
	})
	if err != nil {
		return nil, err
	}
	snap.History = slices.DeleteFunc(snap.History, func(h pipeline.HistoryEntry) bool { return !strings.HasSuffix(h.ID, "/"+string(scope)) })
	if len(snap.History) == 0 {
		return nil, errors.New("it has no history of " + string(scope))
	}
	err = get(ctx, base+"changes.json", func(r io.Reader) (err error) {
		snap.Events, err = publish.ReadChanges(r)
		return err
	})
	if err != nil {
		return nil, err
	}
	return snap, nil
}

func get(ctx context.Context, url string, read func(io.Reader) error) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	req.Header.Set("User-Agent", "stalewatch")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("no answer from %s: %w", url, plainly(ctx, err))
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %d %s", url, resp.StatusCode, http.StatusText(resp.StatusCode))
	}
	return read(resp.Body)
}

// plainly is why a request failed, without what the other side said and where it
// sent us: visitors of a private site get a token in the address.
func plainly(ctx context.Context, err error) error {
	if e, ok := errors.AsType[*net.OpError](err); ok {
		return e
	}
	return cmp.Or(ctx.Err(), errors.New("what came is no answer in HTTP, or leads to no address"))
}
