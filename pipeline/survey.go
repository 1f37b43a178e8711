package pipeline

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
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

// Outcome is what a survey came to.
type Outcome struct {
	// Snapshot is what is known at the end, whole or not; its GeneratedAt and
	// the run's EndedAt are the caller's to set.
	Snapshot *Snapshot
}

// JournalID is the name under which a run's execution keeps its journal.
func JournalID(run Run) string { return fmt.Sprintf("%s#%d", run.ID, run.Attempt) }

// Run executes the run, or resumes it. The prior snapshot is that of the last
// run that was saved, nil on the first.
//
// A suspended run returns what is known so far together with the
// [*durable.Suspension]; one in which more repositories stayed unread than the
// rules allow returns its whole outcome with a [*TooManyUnreadError]. Any other
// error comes alone and leaves the run as it is, to be resumed.
func (s *Survey) Run(ctx context.Context, run Run, prior *Snapshot) (Outcome, error) {
	if prior == nil {
		prior = &Snapshot{}
	}
	gathered, err := durable.Run(ctx, s.Engine, JournalID(run), func(o *durable.Orchestration, m Moment) (Gathered, error) {
		return s.orchestrate(o, m, prior)
	}, Moment{Owners: run.Owners, AsOf: run.AsOf})
	suspension, suspended := errors.AsType[*durable.Suspension](err)
	if err != nil && !suspended {
		return Outcome{}, err
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
		return Outcome{}, err
	}
	out := Outcome{Snapshot: snap}
	if suspended {
		return out, suspension
	}
	return out, Allowed(snap)
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
			return told(source, prior, g, err, i == 0)
		}, m))
	}
	parts, err := durable.All(tasks)
	all := Join(parts)
	if err == nil {
		var next []Gathered
		next, err = s.follow(o, m, parts, all, prior)
		parts = append(parts, next...)
		all = Join(append([]Gathered{all}, next...))
	}
	all.Items = mergeItems(all.Items, nil)
	facts := make(map[string][]Fact)
	for _, p := range parts {
		for name, f := range p.Facts {
			facts[name] = append(facts[name], f...)
		}
	}
	for i := range all.Repositories {
		r := &all.Repositories[i]
		r.Facts = facts[strings.ToLower(r.NameWithOwner)]
	}
	return all, err
}

// asks reports whether the source is to be asked.
func (s *Survey) asks(source Source) bool {
	return s.Only == nil || slices.Contains(s.Only, source.Name())
}

// told is what a source came to. Where one fails that the others can do without,
// what was known of it stands, and the run is incomplete.
func told(source Source, prior *Snapshot, g Gathered, err error, vital bool) (Gathered, error) {
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
				return told(source, prior, g, err, i == 0)
			}, m))
		}
	}
	return durable.All(tasks)
}

// mergeItems puts items together, ordered by source and name. Of several of a
// name the first stands.
func mergeItems(a, b []Item) []Item {
	items := slices.Concat(a, b)
	compare := func(a, b Item) int { return cmp.Or(cmp.Compare(a.Source, b.Source), CompareNames(a.Name, b.Name)) }
	slices.SortStableFunc(items, compare)
	return slices.CompactFunc(items, func(a, b Item) bool { return compare(a, b) == 0 })
}

// countItems enters how many items each source's page has, also of those of the
// named sources that have none.
func (s *Snapshot) countItems(sources ...string) {
	counts := make(map[string]int)
	for _, name := range sources {
		counts[name] = 0
	}
	for _, item := range s.Items {
		counts[item.Source]++
	}
	if n := len(s.Packages); n > 0 {
		counts[PackageSource] = n
	}
	all := maps.Clone(s.Run.Counters.Sources)
	for name, n := range counts {
		if all == nil {
			all = make(map[string]SourceCounters)
		}
		all[name] = SourceCounters{n, all[name].Requests}
	}
	s.Run.Counters.Sources = all
}

// withPackages completes a suspended run with the packages and dependencies
// that the run before knew.
func withPackages(g Gathered, prior *Snapshot) Gathered {
	seen := make(map[string]bool)
	for _, p := range g.Packages {
		seen[strings.ToLower(p.ID)] = true
	}
	for _, p := range prior.Packages {
		if !seen[strings.ToLower(p.ID)] {
			g.Packages = append(g.Packages, p)
		}
	}
	slices.SortStableFunc(g.Packages, func(a, b Package) int { return CompareNames(a.ID, b.ID) })
	known := make(map[string]*Dependencies)
	for _, f := range prior.Findings {
		known[f.ID] = f.Dependencies
	}
	maps.Copy(known, g.Dependencies)
	g.Dependencies = known
	return g
}

// withKnown completes what a suspended run has with what the run before knew,
// so that the report shows everything there is to show.
//
// What was pushed to since then and not read again is unread: the tip that is
// known of it is not its tip any more.
func withKnown(repos []Repository, known []Finding) []Repository {
	before := byID(known)
	seen := make(map[string]bool, len(repos))
	for i := range repos {
		r := &repos[i]
		seen[r.ID] = true
		old := before[r.ID]
		moved := old != nil && r.Detail != nil && old.Detail != nil && r.Detail.ReadAt.Equal(old.Detail.ReadAt) && !SamePush(*r, old.Repository)
		if (r.Detail == nil || moved) && r.ReadError == "" {
			r.ReadError = "not read yet: the run was suspended before its turn came"
		}
	}
	for _, f := range known {
		if !seen[f.ID] {
			repos = append(repos, f.Repository)
		}
	}
	return repos
}

// withHidden keeps what is known of repositories that were not listed this time
// by owners of whom the token does not see everything: they are more likely
// hidden than gone.
func withHidden(g Gathered, known []Finding) Gathered {
	if len(g.Short) == 0 {
		return g
	}
	listed := make(map[string]bool, len(g.Repositories))
	for _, r := range g.Repositories {
		listed[r.ID] = true
	}
	for _, f := range known {
		owner, _ := SplitName(f.NameWithOwner)
		if !listed[f.ID] && slices.ContainsFunc(g.Short, func(s string) bool { return strings.EqualFold(s, owner) }) {
			r := f.Repository
			r.ReadError = "it was not listed this time, and the token does not see all that " + owner + " has"
			g.Repositories = append(g.Repositories, r)
			g.Missing = max(0, g.Missing-1)
		}
	}
	return g
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
	snap.Since = comparable(prior.History, run)
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

// comparable is the run that another, of asOf, is compared with: the last
// complete one of the days before. Where one repository can never be read no
// run is complete, so when a week has none the last partial one serves.
func comparable(history []HistoryEntry, run Run) *HistoryEntry {
	week := Span{Days: 7}.Before(run.AsOf)
	var last *HistoryEntry
	for _, h := range slices.Backward(history) {
		switch {
		case h.ID == run.ID || !h.AsOf.Before(run.AsOf):
		case h.State == Complete && !h.AsOf.Before(week):
			return &h
		case last == nil:
			last = &h
		}
	}
	return last
}

// withEntry adds an entry in the order of time, in place of one of the same run.
func withEntry(history []HistoryEntry, e HistoryEntry) []HistoryEntry {
	out := slices.DeleteFunc(slices.Clone(history), func(h HistoryEntry) bool { return h.ID == e.ID })
	out = append(out, e)
	slices.SortStableFunc(out, func(a, b HistoryEntry) int { return a.AsOf.Compare(b.AsOf) })
	return out
}

// Spent adds up what the run's journal says it cost, over all processes, and
// enters requests, points, retries and GitHub's time into c, and what was charged
// to other accounts under the sources that have them.
func Spent(ctx context.Context, journal durable.Journal, run Run, c *Counters) error {
	c.Requests, c.Points, c.Sources = 0, 0, nil
	c.Retries, c.GitHubTime = make(map[string]int), make(map[string]int64)
	for e, err := range journal.Records(ctx, JournalID(run)) {
		if err != nil {
			return fmt.Errorf("add up what the run spent: %w", err)
		}
		_, key, _ := durable.ParseKey(e.Key)
		if key.Step == StepPlan || e.Record.Account == Nobody {
			continue
		}
		if account := e.Record.Account; account != "" {
			if c.Sources == nil {
				c.Sources = make(map[string]SourceCounters)
			}
			c.Sources[account] = SourceCounters{Requests: c.Sources[account].Requests + e.Record.Attempts}
		} else {
			c.Requests += e.Record.Attempts
			if e.Record.Took > 0 {
				c.GitHubTime[key.Step] += e.Record.Took.Milliseconds()
			}
		}
		for _, cause := range e.Record.Causes {
			c.Retries[cause]++
		}
		c.Points += costOf(e.Record.Output)
	}
	return nil
}

// costOf reads the points off an activity's result, in which they come first;
// 0 when there are none.
func costOf(output json.RawMessage) (points int) {
	d := json.NewDecoder(bytes.NewReader(output))
	for _, want := range []json.Token{json.Delim('{'), "cost"} {
		if got, err := d.Token(); err != nil || got != want {
			return 0
		}
	}
	if err := d.Decode(&points); err != nil {
		return 0
	}
	return points
}

// TooManyUnreadError says that more repositories could not be read than the
// rules allow. The run is over all the same, and its report is whole but for
// them.
type TooManyUnreadError struct {
	Unread, Allowed, Total int
	Examples               []string // names with the reason, up to three
}

func (e *TooManyUnreadError) Error() string {
	s := fmt.Sprintf("%d of %d repositories could not be read, %d may be (allow-unread)", e.Unread, e.Total, e.Allowed)
	if len(e.Examples) > 0 {
		s += ": " + strings.Join(e.Examples, "; ")
	}
	return s + "; --rerun failed asks for those again"
}

// Allowed returns a [*TooManyUnreadError] when more repositories stayed unread
// than the snapshot's rules allow, and nil otherwise.
func Allowed(snap *Snapshot) error {
	unread, unknown := snap.Run.Counters.Unread, snap.Counts()[Unknown]
	total := len(snap.Findings) + unread - unknown // with those that could not even be listed
	allowed := snap.Rules.AllowUnread.Of(total)
	if unread <= allowed {
		return nil
	}
	e := &TooManyUnreadError{Unread: unread, Allowed: allowed, Total: total}
	for _, f := range snap.Findings {
		if f.Status == Unknown && len(e.Examples) < 3 {
			e.Examples = append(e.Examples, f.NameWithOwner+" ("+cmp.Or(f.ReadError, f.Reason.Sentence)+")")
		}
	}
	if len(e.Examples) == 0 {
		e.Examples = snap.Notices
	}
	return e
}

// Of returns how many of total repositories may stay unread; a share is
// rounded up.
func (a Allowance) Of(total int) int {
	if a.Percent > 0 {
		return int(math.Ceil(a.Percent * float64(total) / 100))
	}
	return a.Count
}

// Fingerprint identifies what a run covers: a run that was begun with another
// one cannot be resumed.
func Fingerprint(owners []string, include Include) string {
	return durable.Digest(string(ScopeOf(owners...)), fmt.Sprint(include))
}
