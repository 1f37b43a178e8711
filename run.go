package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/graphql"
	"github.com/stalewatch/stalewatch/graphql/budget"
	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/config"
	"github.com/stalewatch/stalewatch/pipeline/github"
	"github.com/stalewatch/stalewatch/pipeline/nuget"
	"github.com/stalewatch/stalewatch/pipeline/verdict"
	"github.com/stalewatch/stalewatch/site"
	"github.com/stalewatch/stalewatch/site/publish"
	"github.com/stalewatch/stalewatch/store"
)

type runCmd struct {
	jobFlags
	Only   []string `placeholder:"SOURCES" help:"Which sources to ask: github, nuget (default: all that are configured). What is known of the others stays as it is."`
	NuGet  string   `name:"nuget-url" placeholder:"URL" help:"Service index of the NuGet feed (default: nuget.url in the configuration, else nuget.org's)."`
	APIURL string   `name:"api-url" placeholder:"URL" help:"GraphQL endpoint, GitHub Enterprise Server included (default: $$GITHUB_GRAPHQL_URL, else github.com's)."`
	Owners []string `arg:"" optional:"" name:"owner" help:"Organizations, users, or enterprises/SLUG for all organizations of an enterprise; without one they come from the configuration."`

	SuspendedOK bool `name:"suspended-ok" help:"Exit 0 instead of 3 when the run stopped in order before its end, for schedulers that start it again anyway. Any other error keeps its code."`
}

// jobFlags are those of a survey, real or made up.
type jobFlags struct {
	configFlag
	storeFlag
	siteFlags
	logFlags
	Concurrency string `placeholder:"N" help:"The most GraphQL requests in flight at once (default: 4). The program lowers it by itself when GitHub pushes back."`
	Deadline    string `placeholder:"DURATION" help:"Stop in order before this much time has passed, such as 40m; the next run resumes."`
	Rerun       string `enum:"none,failed,completed" default:"none" placeholder:"WHAT" help:"What to do when today's run is already finished: none, failed (ask again for what could not be read) or completed (survey again)."`
	Refetch     bool   `help:"Read every repository again, even those that did not change. A finished run starts over."`
	AsOf        string `placeholder:"TIME" help:"The run's one 'now', RFC 3339: ages and verdicts are counted from it (default: now)."`
	NoProgress  bool   `help:"No progress bars on a terminal."`
}

// Help is the text of --help above the flags.
func (runCmd) Help() string {
	return `The token comes from GH_TOKEN, then GITHUB_TOKEN; for another host than github.com from
GH_ENTERPRISE_TOKEN or GITHUB_ENTERPRISE_TOKEN first. It is never stored or shown.

A run is named by its date and its owners. Started again on the same day, it resumes if it is
unfinished and does nothing if it is finished, unless --rerun says otherwise.

Inside GitHub Actions it writes a job summary, annotations, log groups and the step outputs state,
total, stale, dormant, unread, changed, surveyed and site. STALEWATCH_NOTICE is a sentence to
show on every page.`
}

// Run is the command.
func (c *runCmd) Run(ctx context.Context, p *program) error {
	a := p.actions()
	err := c.run(ctx, p, a)
	a.finish(err)
	if s := suspension(err); s != nil && c.SuspendedOK {
		fmt.Fprintln(p.stderr, "stalewatch:", s)
		return nil
	}
	return err
}

func (c *runCmd) run(ctx context.Context, p *program, a *actions) error {
	given := c.overrides(c.Owners)
	given.flags["--nuget-url"] = c.NuGet
	j, err := p.newJob(c.jobFlags, given)
	if err != nil {
		return err
	}
	if j.only, err = onlySources(c.Only, j.cfg); err != nil {
		return err
	}
	j.actions = a
	if j.endpoint, err = p.endpoint(c.APIURL); err != nil {
		return err
	}
	if j.token, err = p.token(j.endpoint); err != nil {
		return err
	}
	return j.run(ctx)
}

// job is one execution of the main job: ask, judge, keep, render.
type job struct {
	program  *program
	flags    jobFlags
	cfg      *config.Config
	policy   *verdict.Policy
	asOf     time.Time
	started  time.Time
	endpoint *url.URL
	token    string
	only     []string                   // sources to ask; nil for all
	learnt   map[string]json.RawMessage // see recall
	demo     bool
	// rehearse, when set, is called with the open store before the run begins.
	rehearse func(context.Context, *store.Store) error
	// past keeps the run's result and neither publishes nor tells it.
	past bool

	log      *slog.Logger
	progress *progress
	actions  *actions
}

// newJob checks everything about a survey that can be checked before it.
func (p *program) newJob(f jobFlags, given overrides) (*job, error) {
	cfg, err := p.settings(f.Config, given)
	if err != nil {
		return nil, err
	}
	if len(cfg.Owners) == 0 {
		return nil, &usageError{"nobody to survey; name an organization or a user, as in stalewatch run Azure-Samples, or set owners in stalewatch.yml"}
	}
	asOf, err := f.asOf(p.now)
	if err != nil {
		return nil, err
	}
	policy, err := verdict.NewPolicy(cfg.Rules())
	if err != nil {
		return nil, &usageError{err.Error()}
	}
	j := &job{program: p, flags: f, cfg: cfg, policy: policy, asOf: asOf, started: p.now()}
	j.actions = p.actions()
	j.progress = newProgress(p.barWriter(f))
	j.log = p.logger(f.logFlags, j.progress.writer(p.stderr))
	j.progress.log = j.log
	return j, nil
}

func (f jobFlags) overrides(owners []string) overrides {
	return overrides{owners, map[string]string{"--site-url": f.SiteURL, "--deadline": f.Deadline, "--concurrency": f.Concurrency}}
}

// asOf returns the run's one now, in whole seconds.
func (f jobFlags) asOf(now func() time.Time) (time.Time, error) {
	if f.AsOf == "" {
		return now().UTC().Truncate(time.Second), nil
	}
	t, err := time.Parse(time.RFC3339, f.AsOf)
	if err != nil {
		return time.Time{}, &usageError{fmt.Sprintf("--as-of %q is not an RFC 3339 time; write it like 2026-11-22T07:00:00Z", f.AsOf)}
	}
	return t.UTC().Truncate(time.Second), nil
}

// run executes the job. Whatever happens, the store is closed in order.
func (j *job) run(ctx context.Context) (err error) {
	if err := publish.Check(j.flags.Site, j.flags.Store); err != nil {
		return err
	}
	if err := publish.Recover(j.flags.Site); err != nil {
		return fmt.Errorf("put %s right after an interrupted run: %w", j.flags.Site, err)
	}
	db, err := store.Open(ctx, j.flags.Store, store.Options{Logger: j.log, Now: j.program.now})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if j.rehearse != nil {
		if err := j.rehearse(ctx, db); err != nil {
			return err
		}
	}
	return j.begin(ctx, db)
}

// begin finds the run that is meant, and executes what is left of it.
func (j *job) begin(ctx context.Context, db *store.Store) error {
	begin, err := db.Begin(ctx, store.Wanted{
		Owners:      j.cfg.Owners,
		AsOf:        j.asOf,
		Fingerprint: pipeline.Fingerprint(j.cfg.Owners, j.cfg.Include),
		Rerun:       j.rerun(),
	})
	if err != nil {
		return err
	}
	if begin.Over && j.past {
		return nil
	}
	if begin.Over {
		return j.nothingToDo(ctx, db, begin.Run)
	}
	j.announce(begin)
	return j.survey(ctx, db, begin)
}

// rerun is what to do with a finished run: reading everything again is
// pointless unless it starts again.
func (j *job) rerun() store.Rerun {
	if j.flags.Refetch {
		return store.RerunCompleted
	}
	return store.Rerun(j.flags.Rerun)
}

// announce tells what kind of start this is.
func (j *job) announce(b store.Beginning) {
	if b.Abandoned != nil {
		j.log.Warn("an unfinished run is abandoned", "run", b.Abandoned.ID, "why", b.Abandoned.Reason)
	}
	msg := "run begins"
	if b.Resumed {
		msg = "run resumes"
	}
	j.log.Info(msg, "run", b.Run.ID, "asOf", b.Run.AsOf.Format(time.RFC3339))
}

// nothingToDo ends a job whose run is already finished. It asks GitHub for
// nothing, but renders the report if what the site shows is not it.
func (j *job) nothingToDo(ctx context.Context, db *store.Store, run pipeline.Run) error {
	snap, ok, err := db.Snapshot(ctx, run.Scope)
	if err != nil || !ok {
		return cmp.Or(err, fmt.Errorf("the store says that the run %s is finished, but holds no snapshot of it; --rerun completed makes one", run.ID))
	}
	marker, err := site.MarkerOf(snap, j.options())
	if err != nil {
		return err
	}
	if publish.Digest(j.flags.Site) != marker.Digest {
		if err := j.publish(ctx, snap); err != nil {
			return err
		}
	} else if err := writeDigests(j.flags.Digest, snap, j.options()); err != nil {
		return err
	}
	fmt.Fprintf(j.program.stdout, "%s: the run of %s is already finished, so nothing was asked (--rerun completed surveys again)\n", run.ID, run.AsOf.Format(time.DateOnly))
	j.say(snap)
	j.actions.outcome(snap, j.options(), published{dir: j.flags.Site})
	return pipeline.Allowed(snap)
}

// conclude keeps and shows what a survey came to. What is kept is kept in any
// case; the rendering ends when the job is told to stop, and the next start
// makes up for it.
func (j *job) conclude(ctx context.Context, db *store.Store, snap *pipeline.Snapshot, surveyErr error) error {
	snap.GeneratedAt, snap.Demo = j.seconds(), j.demo
	snap.Run.Counters.ResumedChunks = j.progress.resumedChunks()
	if snap.Run.State.Over() {
		snap.Run.EndedAt = snap.GeneratedAt
	}
	if incident := db.Incident(); incident != "" {
		snap.Notices = append(snap.Notices, incident)
	}
	if notice := j.program.env("STALEWATCH_NOTICE"); notice != "" {
		snap.Notices = append(snap.Notices, notice) // whoever starts the job knows more
	}
	if errors.Is(surveyErr, errInterrupted) {
		// Whoever sent the signal waits for the process to end, not for a report.
		return errors.Join(surveyErr, db.UpdateRun(context.WithoutCancel(ctx), snap.Run))
	}
	if err := db.SaveSnapshot(context.WithoutCancel(ctx), snap); err != nil {
		return errors.Join(surveyErr, err)
	}
	if j.past || snap.Run.State == pipeline.Suspended && len(snap.Findings) == 0 {
		return surveyErr // nothing to show, or nothing known yet that could be
	}
	for _, n := range snap.Notices {
		j.log.Warn(n)
	}
	if err := j.publish(ctx, snap); err != nil {
		return errors.Join(surveyErr, err)
	}
	j.say(snap)
	j.actions.outcome(snap, j.options(), published{dir: j.flags.Site, surveyed: true})
	return surveyErr
}

func (j *job) seconds() time.Time { return j.program.now().UTC().Truncate(time.Second) }

// publish renders a snapshot into the site directory.
func (j *job) publish(ctx context.Context, snap *pipeline.Snapshot) error {
	return j.program.publish(ctx, j.log, j.flags.siteFlags, snap, j.options())
}

func (j *job) options() site.Options {
	return j.program.siteOptions(j.cfg, j.flags.Config)
}

// say prints the outcome for whoever started the job.
func (j *job) say(snap *pipeline.Snapshot) {
	c := snap.Run.Counters
	index := filepath.Join(j.flags.Site, "index.html")
	fmt.Fprintln(j.program.stdout, countsLine(snap))
	fmt.Fprintf(j.program.stdout, "made %d requests for %d points; %d repositories carried over, %d unread\n", c.Requests, c.Points, c.CarriedOver, c.Unread)
	fmt.Fprintf(j.program.stdout, "the report is at %s; look at it with: stalewatch serve --site %s\n", index, j.flags.Site)
}

// sourceKind is a source as the wiring knows it.
type sourceKind struct {
	name string
	// missing says what has to be configured before it is asked; "" for nothing.
	missing func(*config.Config) string
	make    func(*job, *budget.Budget, *pipeline.Snapshot) pipeline.Source
}

// sources are what a survey asks, each in a sub-orchestration of its own. The
// first lists the repositories. Another team adds its own here.
func sources() []sourceKind {
	return []sourceKind{
		{"github", func(*config.Config) string { return "" }, (*job).github},
		{pipeline.PackageSource, func(cfg *config.Config) string {
			if cfg.NuGet.On() {
				return ""
			}
			return "nuget.owners or nuget.references"
		}, (*job).nuget},
	}
}

// onlySources checks what --only names.
func onlySources(names []string, cfg *config.Config) ([]string, error) {
	var known []string
	for _, kind := range sources() {
		known = append(known, kind.name)
	}
	for i, name := range names {
		names[i] = strings.ToLower(strings.TrimSpace(name))
		at := slices.Index(known, names[i])
		if at < 0 {
			return nil, &usageError{fmt.Sprintf("--only %q is no source; there are %s", name, strings.Join(known, ", "))}
		}
		if missing := sources()[at].missing(cfg); missing != "" {
			return nil, &usageError{fmt.Sprintf("--only %s has nothing to ask: set %s in stalewatch.yml", names[i], missing)}
		}
	}
	return names, nil
}

// sources makes those that the configuration asks for.
func (j *job) sources(bud *budget.Budget, prior *pipeline.Snapshot) []pipeline.Source {
	var made []pipeline.Source
	for _, kind := range sources() {
		if kind.missing(j.cfg) == "" {
			made = append(made, kind.make(j, bud, prior))
		}
	}
	return made
}

// github is the source of repositories.
func (j *job) github(bud *budget.Budget, _ *pipeline.Snapshot) pipeline.Source {
	return github.New(j.client(bud), j.policy, j.learnt["github"])
}

// feedConcurrency is the most requests to a NuGet feed in flight. Nuget.org
// states no limit; its own client sends as many.
const feedConcurrency = 8

// nuget is the source of packages. The feed has an account of its own; reading
// repositories' files shares GitHub's with the source of repositories.
func (j *job) nuget(bud *budget.Budget, prior *pipeline.Snapshot) pipeline.Source {
	feed := budget.New(budget.Config{Account: pipeline.PackageSource, Concurrency: feedConcurrency, Observe: j.progress.everybodyWaits})
	s := &nuget.Source{
		Feed:   nuget.NewClient(nuget.Options{URL: j.cfg.NuGet.URL, Share: feed.Pipeline(), UserAgent: "stalewatch/" + version().Version}),
		Owners: j.cfg.NuGet.Owners, Prior: prior, Refetch: j.flags.Refetch,
	}
	if j.cfg.NuGet.References {
		s.Contents = graphql.Files{Client: j.client(bud)}
	}
	return s
}
