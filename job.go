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
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/stalewatch/stalewatch/graphql"
	"github.com/stalewatch/stalewatch/graphql/budget"
	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/config"
	"github.com/stalewatch/stalewatch/pipeline/durable"
	"github.com/stalewatch/stalewatch/site"
	"github.com/stalewatch/stalewatch/store"
)

// job is one execution of the main job: ask, judge, keep, render.
type job struct {
	program  *program
	flags    jobFlags
	cfg      *config.Config
	policy   *pipeline.Policy
	asOf     time.Time
	started  time.Time
	endpoint *url.URL
	token    string
	demo     bool
	// rehearse, when set, is called with the open store before the run begins.
	rehearse func(context.Context, *store.Store) error
	// past keeps the run's result and neither publishes nor tells it.
	past bool

	log      *slog.Logger
	progress *progress
	actions  *actions
}

// run executes the job. Whatever happens, the store is closed in order.
func (j *job) run(ctx context.Context) (err error) {
	if err := site.Check(j.flags.Site); err != nil {
		return err
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
	begin, err := db.Begin(ctx, store.Plan{
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

// rerun is what to do with a run that is over: reading everything again is
// asked for in vain unless it starts again.
func (j *job) rerun() store.Rerun {
	if j.flags.Refetch {
		return store.RerunCompleted
	}
	return store.Rerun(j.flags.Rerun)
}

// announce tells what kind of start this is.
func (j *job) announce(b store.Beginning) {
	if b.Abandoned != nil {
		j.log.Warn("an unfinished run is given up", "run", b.Abandoned.ID, "why", b.Abandoned.Reason)
	}
	msg := "run begins"
	if b.Resumed {
		msg = "run resumes"
	}
	j.log.Info(msg, "run", b.Run.ID, "asOf", b.Run.AsOf.Format(time.RFC3339))
}

// nothingToDo ends a job whose run is over already. It asks nobody, but puts
// the report in its place when it is not there.
func (j *job) nothingToDo(ctx context.Context, db *store.Store, run pipeline.Run) error {
	snap, ok, err := db.Snapshot(ctx, run.Scope)
	if err != nil || !ok {
		return cmp.Or(err, fmt.Errorf("the store says that the run %s is over, but holds no snapshot of it; --rerun completed makes one", run.ID))
	}
	if shown, err := site.Shown(j.flags.Site); err != nil || shown.ID != run.ID || shown.State != run.State || !shown.AsOf.Equal(run.AsOf) {
		if err := recallStatuses(ctx, db, snap); err != nil {
			return err
		}
		if err := j.publish(ctx, snap); err != nil {
			return err
		}
	}
	fmt.Fprintf(j.program.stdout, "%s: the run of %s is over already, nothing was asked (--rerun completed surveys again)\n", run.ID, run.AsOf.Format(time.DateOnly))
	j.say(snap)
	j.actions.outcome(snap, j.options(), published{dir: j.flags.Site})
	return pipeline.Allowed(snap)
}

// survey asks GitHub and takes the result to the store and the site.
func (j *job) survey(ctx context.Context, db *store.Store, begin store.Beginning) error {
	prior, err := j.prior(ctx, db, begin.Run)
	if err != nil {
		return err
	}
	bud := j.newBudget()
	client := j.client(bud)
	known, err := j.known(ctx, db, begin, prior, client)
	if err != nil {
		return err
	}
	learnt := j.recall(ctx, db, bud)

	survey := pipeline.Survey{
		Engine: &durable.Engine{Journal: db, Observe: j.progress.observe, Grace: j.grace()},
		Policy: j.policy,
		Sources: []pipeline.Source{
			&pipeline.GitHub{Catalog: client, Policy: j.policy, Known: known, Sizes: learnt},
		},
	}
	bounded, cancel := j.bounded(ctx)
	defer cancel()
	endGroup := j.actions.group("survey")
	out, surveyErr := survey.Run(bounded, begin.Run, prior)
	j.progress.end()
	endGroup()

	// What was learnt is kept even when the job was told to stop.
	kept := context.WithoutCancel(ctx)
	if out.Sizes != (pipeline.Sizes{}) {
		learnt = out.Sizes
	}
	j.remember(kept, db, bud, learnt)
	if out.Snapshot == nil {
		run := begin.Run
		run.State, run.Reason, run.EndedAt = pipeline.Failed, surveyErr.Error(), j.seconds()
		return errors.Join(surveyErr, db.UpdateRun(kept, run))
	}
	return j.conclude(ctx, db, out.Snapshot, surveyErr)
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
		// Somebody waits for the process to end, not for a report.
		return errors.Join(surveyErr, db.UpdateRun(context.WithoutCancel(ctx), snap.Run))
	}
	if err := db.SaveSnapshot(context.WithoutCancel(ctx), snap); err != nil {
		return errors.Join(surveyErr, err)
	}
	if err := recallStatuses(context.WithoutCancel(ctx), db, snap); err != nil {
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

// prior is the last saved snapshot, or what the published site still knows of
// the history when the store does not; nil on a first run.
func (j *job) prior(ctx context.Context, db *store.Store, run pipeline.Run) (*pipeline.Snapshot, error) {
	snap, ok, err := db.Snapshot(ctx, run.Scope)
	if err != nil {
		return nil, err
	}
	if ok {
		return snap, nil
	}
	if j.cfg.Site.URL == "" || j.demo {
		return nil, nil
	}
	taken, err := takeBack(ctx, j.cfg.Site.URL, run.Scope)
	if err != nil {
		j.log.Warn("the history could not be taken back from the published site; it starts anew", "site", j.cfg.Site.URL, "why", err)
		return nil, nil
	}
	return taken, nil
}

// known are the repositories that need not be read again if they did not
// change: those of the last snapshot, and newer ones from runs of earlier days
// that never ended.
func (j *job) known(ctx context.Context, db *store.Store, begin store.Beginning, prior *pipeline.Snapshot, client *graphql.Client) (map[string]pipeline.Repository, error) {
	known := make(map[string]pipeline.Repository)
	if j.flags.Refetch {
		return known, nil
	}
	if prior != nil {
		known = pipeline.KnownRepositories(prior.Findings)
	}
	for _, name := range begin.Salvage {
		id, _, _ := strings.Cut(name, "#")
		run, ok, err := db.Run(ctx, id)
		if err != nil {
			return nil, err
		}
		if !ok || pipeline.JournalID(run) != name {
			continue // of an attempt that the store no longer knows
		}
		salvaged, err := pipeline.Salvage(ctx, db, name, run.AsOf, pipeline.RecordRevision(client))
		if err != nil {
			return nil, err
		}
		pipeline.TakeNewer(known, salvaged)
	}
	return known, nil
}

func (j *job) client(bud *budget.Budget) *graphql.Client {
	return graphql.New(graphql.Options{
		URL:       j.endpoint.String(),
		Tokens:    oauth2.StaticTokenSource(&oauth2.Token{AccessToken: j.token}),
		Share:     bud.Pipeline(1),
		UserAgent: "stalewatch/" + version().Version,
	})
}

// recall takes over what earlier processes learnt about the account and about
// how much may be asked for at once. Neither is worth failing for.
func (j *job) recall(ctx context.Context, db *store.Store, bud *budget.Budget) pipeline.Sizes {
	var state budget.State
	if b, ok, err := db.LoadBudget(ctx, account(j.endpoint, j.token)); err == nil && ok && json.Unmarshal(b, &state) == nil {
		bud.Restore(state)
	}
	var sizes pipeline.Sizes
	if b, ok, err := db.LoadBudget(ctx, j.endpoint.Host); err == nil && ok && json.Unmarshal(b, &sizes) == nil {
		return sizes
	}
	return pipeline.Sizes{}
}

func (j *job) remember(ctx context.Context, db *store.Store, bud *budget.Budget, sizes pipeline.Sizes) {
	for name, v := range map[string]any{account(j.endpoint, j.token): bud.State(), j.endpoint.Host: sizes} {
		b, err := json.Marshal(v)
		if err == nil {
			err = db.SaveBudget(ctx, name, b)
		}
		if err != nil {
			j.log.Warn("what was learnt about GitHub's limits could not be kept", "why", err)
		}
	}
}

// bounded returns a context that ends before the deadline does, by the time
// that closing and rendering take.
func (j *job) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	d := j.cfg.Deadline
	if d <= 0 {
		return context.WithCancel(ctx)
	}
	at := j.started.Add(d - min(d/5, time.Minute))
	return context.WithDeadlineCause(ctx, at, &durable.Suspension{Reason: fmt.Sprintf("the deadline of %s is reached", d)})
}

// grace is how long requests in flight may go on after a stop: less than the
// five seconds after which the program has to be gone, and than a short
// deadline leaves.
func (j *job) grace() time.Duration {
	if j.cfg.Deadline > 0 {
		return min(2500*time.Millisecond, j.cfg.Deadline/10)
	}
	return 2500 * time.Millisecond
}

func (j *job) seconds() time.Time { return j.program.now().UTC().Truncate(time.Second) }

// publish renders a snapshot into the site directory.
func (j *job) publish(ctx context.Context, snap *pipeline.Snapshot) error {
	return j.program.publish(ctx, j.log, j.flags.Site, snap, j.options())
}

func (j *job) options() site.Options {
	return j.program.siteOptions(j.cfg, cmp.Or(j.flags.Config, "stalewatch.yml"))
}

// say prints the outcome for whoever started the job.
func (j *job) say(snap *pipeline.Snapshot) {
	c := snap.Run.Counters
	index := filepath.Join(j.flags.Site, "index.html")
	fmt.Fprintln(j.program.stdout, countsLine(snap))
	fmt.Fprintf(j.program.stdout, "asked %d requests for %d points; %d repositories carried over, %d unread\n", c.Requests, c.Points, c.CarriedOver, c.Unread)
	fmt.Fprintf(j.program.stdout, "the report is at %s; look at it with: stalewatch serve --site %s\n", index, j.flags.Site)
}
