package pipeline

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// Survey is the main orchestrator: it starts a sub-orchestration per source,
// fans their results in, judges, and compares with the run before.
type Survey struct {
	Engine *durable.Engine
	// Sources are asked in parallel. The first lists the repositories, and the
	// run fails with it; where another fails the run is partial.
	Sources []Source
	// Only names the sources to ask; nil for all. What is known of the others
	// stays as it is.
	Only  []string
	Judge Judge
}

// Run executes the run, or resumes it. The prior snapshot is that of the last
// run that was saved, nil on the first.
//
// It returns what is known at the end, whole or not; its GeneratedAt and the
// run's EndedAt are the caller's to set. A suspended run returns that together
// with the [*durable.Suspension], one in which too many repositories stayed
// unread together with the error of [Allowed]. Any other error comes alone and
// leaves the run as it is, to be resumed.
func (s *Survey) Run(ctx context.Context, run Run, prior *Snapshot) (*Snapshot, error) {
	if prior == nil {
		prior = &Snapshot{}
	}
	gathered, err := durable.Run(ctx, s.Engine, JournalID(run), func(o *durable.Orchestration, m Moment) (Gathered, error) {
		return s.orchestrate(o, m, prior)
	}, Moment{Owners: run.Owners, AsOf: run.AsOf})
	suspension, suspended := errors.AsType[*durable.Suspension](err)
	if err != nil && !suspended {
		return nil, err
	}
	// A run that was told to stop is still added up and judged.
	ctx = context.WithoutCancel(ctx)
	run.State = Complete
	if suspended {
		run.State, run.Reason, run.ResumeAt = Suspended, suspension.Reason, suspension.ResumeAt
		gathered.Repositories = withKnown(gathered.Repositories, prior.Findings)
		gathered = withPackages(gathered, prior)
		gathered.Items = mergeItems(gathered.Items, prior.Items)
	}
	for i := range gathered.Repositories {
		r := &gathered.Repositories[i]
		r.Dependencies = gathered.Dependencies[r.ID]
	}
	Relate(gathered.Repositories, gathered.Packages)
	gathered = withHidden(gathered, prior.Findings)
	snap, err := s.assemble(ctx, run, gathered, prior)
	if err != nil {
		return nil, err
	}
	if suspended {
		return snap, suspension
	}
	return snap, Allowed(snap)
}

// orchestrate is the root orchestrator.
func (s *Survey) orchestrate(o *durable.Orchestration, m Moment, prior *Snapshot) (Gathered, error) {
	var tasks []*durable.Task[Gathered]
	for i, source := range s.Sources {
		tasks = append(tasks, durable.Sub(o, source.Name(), func(o *durable.Orchestration, m Moment) (Gathered, error) {
			if !s.asks(source) {
				return Recall(source, prior), nil
			}
			g, err := source.Orchestrate(o, m)
			return settled(source, prior, g, err, i == 0)
		}, m))
	}
	parts, err := durable.All(tasks)
	all := Join(parts)
	if err == nil {
		var next []Gathered
		next, err = s.follow(o, m, parts, all, prior)
		all = Join(append([]Gathered{all}, next...))
	}
	all.Items = mergeItems(all.Items, nil)
	for i := range all.Repositories {
		r := &all.Repositories[i]
		r.Facts = all.Facts[strings.ToLower(r.NameWithOwner)]
	}
	return all, err
}

// asks reports whether the source is to be asked.
func (s *Survey) asks(source Source) bool {
	return s.Only == nil || slices.Contains(s.Only, source.Name())
}

// settled is what a source found. Where a source fails that is not vital, what was
// known of it before stands in, and the run is incomplete.
func settled(source Source, prior *Snapshot, g Gathered, err error, vital bool) (Gathered, error) {
	failure, failed := errors.AsType[*durable.Failure](err)
	if failed && !vital && !errors.Is(err, durable.ErrStopped) {
		g, err = Recall(source, prior), nil
		g.Incomplete, g.failed = true, true
		g.Notices = []string{fmt.Sprintf("The source %s could not be asked, so what is said of it is what was known before: %s.", source.Name(), strings.TrimSuffix(failure.Message, "."))}
	}
	for i := range g.Items {
		g.Items[i].Source = source.Name()
	}
	return g, err
}

// follow starts the sources that go on from what all of them listed.
func (s *Survey) follow(o *durable.Orchestration, m Moment, parts []Gathered, found Gathered, prior *Snapshot) ([]Gathered, error) {
	var tasks []*durable.Task[Gathered]
	for i, source := range s.Sources {
		if f, ok := source.(Follower); ok && s.asks(source) && !parts[i].failed {
			tasks = append(tasks, durable.Sub(o, "after "+source.Name(), func(o *durable.Orchestration, m Moment) (Gathered, error) {
				g, err := f.Follow(o, m, found)
				return settled(source, prior, g, err, i == 0)
			}, m))
		}
	}
	return durable.All(tasks)
}

// assemble judges what was gathered and compares it with the run before.
func (s *Survey) assemble(ctx context.Context, run Run, g Gathered, prior *Snapshot) (*Snapshot, error) {
	for _, r := range g.Repositories {
		if r.Detail == nil && r.ReadError == "" {
			return nil, fmt.Errorf("%s was listed, but neither read nor found unreadable; this is a defect of stalewatch, please report it", r.NameWithOwner)
		}
	}
	findings := judged(s.Judge, g.Repositories, run.AsOf)
	slices.SortFunc(findings, func(a, b Finding) int { return CompareNames(a.NameWithOwner, b.NameWithOwner) })

	before := Baseline{Events: prior.Events}
	if !prior.Run.AsOf.IsZero() {
		before = BaselineOf(prior)
	}
	before.Events = append(packageEvents(prior.Packages, g.Packages, run.AsOf), before.Events...)
	changes := Compare(s.Judge, before, findings, run.AsOf)
	snap := &Snapshot{Rules: s.Judge.Rules(), RuleVersion: s.Judge.Version(), Findings: changes.Findings, Packages: g.Packages, Items: g.Items, Notices: g.Notices,
		SuggestedBots: s.Judge.SuggestBots(g.Repositories)}
	counts := snap.Counts()
	run.Counters.Unread = counts[Unknown] + g.Missing
	run.Counters.Chunks = g.Counters.Chunks
	run.Counters.SplitChunks = g.Counters.SplitChunks
	run.Counters.CarriedOver = g.Counters.CarriedOver
	if run.State == Complete && (run.Counters.Unread > 0 || g.Incomplete) {
		run.State = Partial
	}
	if err := Spent(ctx, s.Engine.Journal, run, &run.Counters); err != nil {
		return nil, err
	}
	snap.Run = run
	var others []string
	for _, source := range s.Sources[1:] {
		others = append(others, source.Name())
	}
	snap.countItems(others...)
	snap.Since = comparedWith(prior.History, run)
	snap.History = prior.History
	snap.Events, snap.Tombstones = prior.Events, prior.Tombstones
	if run.State.Over() {
		for _, l := range g.Listings {
			if run.BeganAt.Before(l.AsOf) {
				l.AsOf = run.BeganAt // what came after it may not have been seen
			}
			snap.Listings = append(snap.Listings, l)
		}
		snap.Events, snap.Tombstones = changes.Events, changes.Tombstones
		snap.History = withEntry(prior.History, HistoryEntry{
			ID: run.ID, AsOf: run.AsOf, State: run.State,
			RuleVersion: s.Judge.Version(), Total: len(findings), Counts: counts, Steps: CountSteps(findings, run.AsOf),
		})
	}
	return snap, nil
}

// Allowed returns an error when more repositories stayed unread than the
// snapshot's rules allow, and nil otherwise. The run is over all the same, and its
// report is whole but for them.
func Allowed(snap *Snapshot) error {
	unread, unknown := snap.Run.Counters.Unread, snap.Counts()[Unknown]
	total := len(snap.Findings) + unread - unknown // with those that could not even be listed
	allowed := snap.Rules.AllowUnread.Of(total)
	if unread <= allowed {
		return nil
	}
	var examples []string // names with the reason
	for _, f := range snap.Findings {
		if f.Status == Unknown && len(examples) < 3 {
			examples = append(examples, f.NameWithOwner+" ("+cmp.Or(f.ReadError, f.Reason.Sentence)+")")
		}
	}
	if len(examples) == 0 {
		examples = snap.Notices
	}
	why := ""
	if len(examples) > 0 {
		why = ": " + strings.Join(examples, "; ")
	}
	return fmt.Errorf("%d of %d repositories could not be read, %d may be (allow-unread)%s; --rerun failed asks for those again", unread, total, allowed, why)
}
