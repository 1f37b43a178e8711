package graphql_test

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"os"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/oauth2"

	"github.com/stalewatch/stalewatch/graphql"
	"github.com/stalewatch/stalewatch/graphql/budget"
	"github.com/stalewatch/stalewatch/graphql/githubsim"
	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
	"github.com/stalewatch/stalewatch/pipeline/github"
	"github.com/stalewatch/stalewatch/pipeline/verdict"
)

var (
	seeds = flag.Int("simulation.seeds", 0, "how many surveys to simulate in each mode; 0 means 20, 1,000 with STALEWATCH_TESTS=all, and 2 in a short run")
	from  = flag.Uint64("simulation.from", 1, "the first seed")
)

// TestMain: tests have more memory than time.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	os.Exit(m.Run())
}

// keptSeeds are those that failed once, one a line, with what they found.
const keptSeeds = "testdata/simulation/seeds.txt"

// TestSimulation surveys made-up owners in virtual time, through engine,
// budget, client and queries, while a seed decides what GitHub, the clock and
// whoever kills processes do. Faults end some day; then the survey must, with
// what an undisturbed one finds.
func TestSimulation(t *testing.T) { simulate(t, false) }

// TestSimulationWithoutEnd is [TestSimulation] with faults that never end: a
// survey need not come to its end, but whatever it shows must be right.
func TestSimulationWithoutEnd(t *testing.T) { simulate(t, true) }

func simulate(t *testing.T, endless bool) {
	t.Parallel()
	var all []uint64
	if !testing.Short() {
		all = kept(t)
	}
	more := uint64(*seeds)
	switch {
	case more > 0:
	case testing.Short():
		more = 2
	case os.Getenv("STALEWATCH_TESTS") == "all":
		more = 1000
	default:
		more = 20
	}
	for i := range more {
		all = append(all, *from+i)
	}
	var total sum
	made := make(worlds)
	for _, seed := range all {
		var s *simulation
		synctest.Test(t, func(t *testing.T) {
			s = newSimulation(seed, endless, made)
			s.unfold()
		})
		total.add(s)
		if len(s.offences) > 0 {
			t.Errorf("seed %d: %s\nfaults: %s\nagain with: go test ./graphql -run '^%s$' -simulation.from %d -simulation.seeds 1", seed,
				strings.Join(s.offences, "\n\t"), strings.Join(slices.Sorted(maps.Keys(s.drawn)), ", "), t.Name(), seed)
			keep(t, seed, s.offences[0])
			if total.failed++; total.failed > 4 {
				break
			}
		}
	}
	t.Log(total)
}

type sum struct {
	seeds, requests, processes, complete, partial, jumps, refused, failed int
	faults                                                                map[string]int
	time                                                                  time.Duration
}

func (c *sum) add(s *simulation) {
	c.seeds++
	c.processes += s.processes
	c.time += s.ended
	c.jumps += s.watch.jumps
	c.refused += s.refused
	if c.faults == nil {
		c.faults = make(map[string]int)
	}
	for _, r := range s.server.Log() {
		c.requests++
		for _, f := range r.Faults {
			c.faults[f]++
		}
	}
	switch s.state {
	case pipeline.Complete:
		c.complete++
	case pipeline.Partial:
		c.partial++
	}
}

func (c sum) String() string {
	return fmt.Sprintf("%d surveys in %d processes: %d complete, %d partial; %d requests in %v of virtual time, in which clocks jumped %d times; %d refused for want of points; faults: %v",
		c.seeds, c.processes, c.complete, c.partial, c.requests, c.time.Round(time.Hour), c.jumps, c.refused, c.faults)
}

func kept(t *testing.T) (all []uint64) {
	b, err := os.ReadFile(keptSeeds)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if n, err := strconv.ParseUint(strings.TrimSpace(strings.SplitN(line, " ", 2)[0]), 10, 64); err == nil {
			all = append(all, n)
		}
	}
	return all
}

// keep writes a failing seed down, for whoever mends it to commit, unless the
// program is broken on purpose.
func keep(t *testing.T, seed uint64, why string) {
	if os.Getenv("STALEWATCH_BROKEN") != "" || slices.Contains(kept(t), seed) {
		return
	}
	f, err := os.OpenFile(keptSeeds, os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		t.Error(err)
		return
	}
	defer f.Close()
	fmt.Fprintf(f, "%d %s\n", seed, strings.SplitN(why, "\n", 2)[0])
}

// simulation is one survey of a made-up world, disturbed by what a seed drew.
type simulation struct {
	*scene
	random      *rand.Rand
	clocks      *rand.Rand // what it draws leaves the rest of a seed as it is
	jumping     bool       // our clock does, now and then
	hour        int        // points; 0 for GitHub's own
	endless     bool
	server      *githubsim.Server
	watch       *watcher
	journal     *durable.Memory
	run         pipeline.Run
	concurrency int
	renamed     int             // how often somebody renamed a repository
	drawn       map[string]bool // names of the faults that may strike
	plain       bool            // no fault spoils single elements or fields
	left        int             // strikes that are left

	note      budget.State // as the last process kept it, at its start or its orderly end
	starts    map[string]int
	succeeded map[string]int
	crashes   int
	refused   int
	processes int
	state     pipeline.RunState
	ended     time.Duration
	offences  []string
}

func (s *simulation) offend(format string, args ...any) {
	if len(s.offences) < 10 {
		s.offences = append(s.offences, fmt.Sprintf(format, args...))
	}
}

func (s *simulation) chance(p float64) bool { return s.random.Float64() < p }

func newSimulation(seed uint64, endless bool, made worlds) *simulation {
	s := &simulation{random: rand.New(rand.NewPCG(seed, 1)), clocks: rand.New(rand.NewPCG(seed, 3)), endless: endless,
		journal: durable.NewMemory(), drawn: make(map[string]bool), starts: make(map[string]int), succeeded: make(map[string]int)}
	s.concurrency = 1 + s.random.IntN(8)
	s.jumping = s.clocks.IntN(2) == 0
	if s.clocks.IntN(5) == 0 {
		s.hour = 5 + s.clocks.IntN(40)
	}
	s.scene = made.scene(seed % scenes)
	s.run = s.newRun(now)
	return s
}

// scenes is how many worlds there are. Making one and surveying it undisturbed
// takes as long as several disturbed surveys, so seeds share them.
const scenes = 25

// scene is a world, and what is found in it when nothing goes wrong.
type scene struct {
	number    uint64
	owners    []string
	world     *githubsim.World
	judge     *verdict.Policy
	prior     *pipeline.Snapshot // of the day before; nil on a first run
	reference *pipeline.Snapshot
	err       error
}

type worlds map[uint64]*scene

func (made worlds) scene(n uint64) *scene {
	if made[n] == nil {
		made[n] = newScene(n)
	}
	return made[n]
}

func newScene(n uint64) *scene {
	random := rand.New(rand.NewPCG(n, 2))
	size := 1 + random.IntN(24)
	if n == scenes-1 { // several pages
		size += 110 + random.IntN(110)
	}
	s := &scene{number: n, owners: []string{"contoso"}, world: githubsim.Generate("contoso", size, n, now)}
	if n%3 == 0 {
		s.owners = append(s.owners, "fabrikam")
		s.world.AddUser("fabrikam")
		s.world.Populate("fabrikam", 1+random.IntN(8), n, now)
	}
	rules := pipeline.DefaultRules()
	rules.AllowUnread = pipeline.Allowance{Percent: 100}
	s.judge, s.err = verdict.NewPolicy(rules)
	if n%2 == 0 && s.err == nil {
		s.prior = s.undisturbed(now.AddDate(0, 0, -1))
		s.change(random)
	}
	if s.err == nil {
		s.reference = s.undisturbed(now)
	}
	return s
}

// change is what happened in the world since yesterday.
func (s *scene) change(random *rand.Rand) {
	for _, name := range s.world.Names("contoso") {
		at := now.Add(-time.Duration(1+random.IntN(1200)) * time.Minute)
		switch random.IntN(20) {
		case 0, 1:
			s.world.Push(name, at)
		case 2:
			s.world.BotPush(name, at)
		case 3:
			s.world.Archive(name, at)
		case 4:
			s.world.Rename(name, name[len("contoso/"):]+"-anew", at)
		case 5:
			s.world.Delete(name)
		}
	}
}

// undisturbed surveys the world as it is, without limits or faults.
func (s *scene) undisturbed(asOf time.Time) *pipeline.Snapshot {
	server := githubsim.New(s.world, githubsim.WithToken(token, githubsim.PublicOnly), githubsim.WithLimits(githubsim.Limits{}))
	survey := s.survey(clientOf(server, budget.New(budget.Config{})), durable.NewMemory(), nil)
	out, err := survey.Run(context.Background(), s.newRun(asOf), s.prior)
	s.err = err
	return out
}

func clientOf(base http.RoundTripper, b *budget.Budget) *graphql.Client {
	return graphql.New(graphql.Options{URL: "http://github.test/graphql", Base: base, Share: b.Pipeline(),
		Tokens: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token})})
}

func (s *scene) survey(client *graphql.Client, j durable.Journal, observe func(durable.Event)) *pipeline.Survey {
	source := github.New(client, s.judge, nil)
	if s.prior != nil {
		source.Known, source.Listed = github.KnownRepositories(s.prior.Findings), s.prior.Listings
	}
	return &pipeline.Survey{
		Engine:  &durable.Engine{Journal: j, Observe: observe},
		Judge:   s.judge,
		Sources: []pipeline.Source{source},
	}
}

func (s *scene) newRun(asOf time.Time) pipeline.Run {
	return pipeline.Run{ID: pipeline.RunID(s.owners, asOf), Owners: s.owners, AsOf: asOf, Attempt: 1}
}

// unfold starts one process after the other until the run is over.
func (s *simulation) unfold() {
	if s.err != nil {
		s.offend("the undisturbed run ended with %v", s.err)
		return
	}
	began := time.Now()
	limits := githubsim.DefaultLimits()
	limits.PointsPerHour = cmp.Or(s.hour, limits.PointsPerHour)
	s.server = githubsim.New(s.world, githubsim.WithToken(token, githubsim.PublicOnly), githubsim.WithTime(),
		githubsim.WithLimits(limits), githubsim.WithLatency(100*time.Millisecond), githubsim.WithFaults(s.faults()...))
	s.watch = &watcher{s: s}
	for s.processes = 1; ; s.processes++ {
		over := s.process()
		s.ended = time.Since(began)
		if over || len(s.offences) > 0 {
			break
		}
		if s.endless && s.processes == 12 {
			break
		}
		if s.processes == 120 {
			s.offend("it is not over after 120 processes and %v", s.ended)
			break
		}
		pause := time.Duration(s.random.IntN(180)) * time.Minute
		if s.jumping && s.clocks.IntN(4) > 0 {
			s.jump(s.watch.jump())
			pause = min(pause, time.Duration(s.clocks.IntN(180))*time.Second)
		}
		time.Sleep(pause)
	}
	s.checkPoints()
	for key, n := range s.succeeded {
		if n > 1 {
			s.offend("%s succeeded %d times", key, n)
		}
	}
	for e := range s.journal.Records(context.Background(), pipeline.JournalID(s.run)) {
		if more := s.starts[e.Key] - e.Record.Attempts; more > s.crashes {
			s.offend("%s was started %d times more than it counts, after %d stops", e.Key, more, s.crashes)
		}
	}
}

// checkPoints holds that nobody asks on after the hour's points are used up, but
// for what a process that died took along, or a lie.
func (s *simulation) checkPoints() {
	refused := 0
	for _, r := range s.server.Log() {
		if r.Refused == "primary limit" {
			refused++
		}
	}
	s.refused = refused
	for _, lie := range []string{"absurd reset", "primary limit", "no points left"} {
		if s.drawn[lie] {
			return
		}
	}
	if allowed := s.crashes * s.concurrency; refused > allowed && !s.jumping {
		s.offend("GitHub refused %d requests because the hour's points were used up, %d may be", refused, allowed)
	}
}

// jump moves our clock between two processes: what they wrote down is then so
// much older, or younger.
func (s *simulation) jump(d time.Duration) {
	run := pipeline.JournalID(s.run)
	for e := range s.journal.Records(context.Background(), run) {
		rec := e.Record
		earlier(d, &rec.RetryAt, &rec.Ended)
		if err := s.journal.Save(context.Background(), run, e.Key, rec); err != nil {
			s.offend("%v", err)
		}
	}
	earlier(d, &s.note.Reset, &s.note.PausedUntil, &s.note.Saved)
	for i := range s.note.Minute {
		earlier(d, &s.note.Minute[i].At)
	}
}

func earlier(d time.Duration, times ...*time.Time) {
	for _, t := range times {
		if !t.IsZero() {
			*t = t.Add(-d)
		}
	}
}

// process is one execution, from its start to its end or its death.
func (s *simulation) process() (over bool) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	s.watch.begin()
	if s.chance(0.4) {
		d := time.Duration(1+s.random.IntN(3000)) * time.Second
		s.watch.deadline = time.Now().Add(d)
		ctx, cancel = context.WithDeadline(ctx, s.watch.deadline)
		defer cancel()
	}
	if s.chance(0.2) { // a signal
		time.AfterFunc(time.Duration(s.random.IntN(60_000))*time.Millisecond, cancel)
	}
	j := &mortal{Memory: s.journal, s: s, saves: -1}
	if s.chance(0.4) {
		j.saves, j.commits = s.random.IntN(15), s.chance(0.5)
	}
	b := budget.New(budget.Config{Concurrency: s.concurrency})
	state := s.note
	for e := range s.journal.Records(ctx, pipeline.JournalID(s.run)) {
		graphql.Remember(&state, e.Record)
	}
	b.Restore(state)
	s.note = b.State()
	out, err := s.survey(clientOf(s.watch, b), j, s.observe).Run(ctx, s.run, s.prior)
	s.watch.end()
	if j.dead {
		s.watch.forget(s.journal, pipeline.JournalID(s.run))
		s.crashes++
		return false
	}
	if err != nil {
		s.crashes++ // what was cut short, refused or aborted is no attempt
	}
	s.note = b.State()
	suspension, suspended := errors.AsType[*durable.Suspension](err)
	switch {
	case out != nil && suspended:
		if suspension.ResumeAt.After(time.Now().Add(2*time.Hour + time.Second)) {
			s.offend("suspended until %v", suspension.ResumeAt)
		}
		s.check(out, pipeline.Suspended)
		return false
	case suspended:
		s.offend("a suspended run shows nothing: %v", err)
	case out != nil && err == nil:
		s.state = out.Run.State
		s.check(out, pipeline.Complete, pipeline.Partial)
		return true
	case err == nil:
		s.offend("neither a snapshot nor an error")
	case durable.RemedyOf(err).Course == durable.Abort || s.drawn["resource limits"]:
		return false // somebody has to mend something, and starts again
	default:
		s.offend("it failed with %v", err)
	}
	return true
}

// observe counts what an engine starts.
func (s *simulation) observe(ev durable.Event) {
	if ev.Kind == durable.Started {
		s.watch.mu.Lock()
		defer s.watch.mu.Unlock()
		s.starts[keyOf(ev)]++
	}
}

func keyOf(ev durable.Event) string {
	parts := append(slices.Clone(ev.Path), "")
	for i, p := range ev.Path {
		parts[i] = strings.SplitN(durable.Key{Step: p}.String(), ":", 2)[0]
	}
	parts[len(parts)-1] = ev.Key.String()
	return strings.Join(parts, "/")
}

// check holds what a snapshot must be in any case, and at the end of a run.
func (s *simulation) check(snap *pipeline.Snapshot, states ...pipeline.RunState) {
	state := snap.Run.State
	if !slices.Contains(states, state) {
		s.offend("the state is %s, want %v", state, states)
	}
	want := make(map[string]pipeline.Finding)
	for _, f := range s.reference.Findings {
		want[f.ID] = f
	}
	earlier := make(map[string]pipeline.Finding)
	if s.prior != nil {
		earlier = maps.Collect(func(yield func(string, pipeline.Finding) bool) {
			for _, f := range s.prior.Findings {
				if !yield(f.ID, f) {
					return
				}
			}
		})
	}
	seen, unread := make(map[string]bool), 0
	for _, f := range snap.Findings {
		if seen[f.ID] {
			s.offend("%s is listed twice", f.NameWithOwner)
		}
		seen[f.ID] = true
		if f.Status == pipeline.Unknown {
			unread++
			if f.ReadError == "" && f.Reason.Sentence == "" {
				s.offend("%s is unknown without a reason", f.NameWithOwner)
			}
			continue
		}
		w, ok := want[f.ID]
		if old, was := earlier[f.ID]; was && state == pipeline.Suspended && (!ok || s.facts(old) == s.facts(f) || oid(old) == oid(f)) {
			continue // as it was known, or gone since
		}
		switch {
		case !ok:
			s.offend("%s (%s) does not exist", f.NameWithOwner, f.ID)
		case s.facts(f) != s.facts(w):
			s.offend("%s has other facts than undisturbed:\n\t%s\n\t%s", f.NameWithOwner, s.facts(f), s.facts(w))
		}
	}
	if state == pipeline.Suspended {
		return
	}
	if lost := len(s.reference.Findings) - len(seen); lost > snap.Run.Counters.Unread-unread {
		s.offend("%d repositories are lost: %d unread, of which %d are named", lost, snap.Run.Counters.Unread, unread)
	}
	if state == pipeline.Complete && (unread > 0 || len(seen) != len(s.reference.Findings)) {
		s.offend("it says that it is complete, with %d of %d repositories and %d unread", len(seen), len(s.reference.Findings), unread)
	}
	if state == pipeline.Complete && s.plain && slices.Equal(snap.Notices, s.reference.Notices) { // or they tell what is missing
		if got, want := shown(snap), shown(s.reference); !bytes.Equal(got, want) {
			s.offend("it does not show what an undisturbed run shows:\n%s", difference(got, want))
		}
	}
}

// facts are what a repository's status rests on.
func (s *simulation) facts(f pipeline.Finding) string {
	if s.drawn["rename"] {
		f.NameWithOwner = ""
	}
	b, err := json.Marshal([]any{f.NameWithOwner, f.Status, f.StatusSince, oid(f), f.IsArchived, f.IsFork, f.DefaultBranch, f.PushedAt})
	if err != nil {
		return err.Error()
	}
	return string(b)
}

func tip(f pipeline.Finding) *pipeline.Commit {
	if f.Detail == nil {
		return nil
	}
	return f.Detail.Tip
}

func oid(f pipeline.Finding) string {
	if c := tip(f); c != nil {
		return c.OID
	}
	return ""
}

// shown is what a report shows of a snapshot, besides what its run spent. How far
// a search went and how large a commit is shows nowhere.
func shown(snap *pipeline.Snapshot) []byte {
	findings := slices.Clone(snap.Findings)
	sizeless := func(c *pipeline.Commit) *pipeline.Commit {
		if c == nil {
			return nil
		}
		copied := *c
		copied.Size = nil
		return &copied
	}
	for i := range findings {
		f := &findings[i]
		f.LastHumanCommit, f.DecidingCommit = sizeless(f.LastHumanCommit), sizeless(f.DecidingCommit)
		if f.Detail != nil {
			detail := *f.Detail
			detail.Search, detail.Tip = nil, sizeless(detail.Tip)
			f.Detail = &detail
		}
	}
	b, err := json.MarshalIndent([]any{findings, snap.History, snap.Events, snap.Tombstones, snap.Notices}, "", " ")
	if err != nil {
		return []byte(err.Error())
	}
	return b
}

func difference(got, want []byte) string {
	a, b := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d: %s\nwant:   %s\nafter: %s", i+1, a[i], b[i], strings.Join(a[max(0, i-8):i], "\n"))
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(a), len(b))
}

// mortal is a journal whose process dies at its n-th write.
type mortal struct {
	*durable.Memory
	s       *simulation
	saves   int // until death; negative for never
	commits bool
	dead    bool
}

var errDead = errors.New("the process is dead")

func (m *mortal) Save(ctx context.Context, run, key string, rec durable.Record) error {
	m.s.watch.mu.Lock()
	defer m.s.watch.mu.Unlock()
	if m.dead {
		return errDead
	}
	dies := m.saves == 0
	m.saves--
	if !dies || m.commits {
		if err := m.Memory.Save(ctx, run, key, rec); err != nil {
			return err
		}
		if rec.State == durable.Succeeded {
			m.s.succeeded[key]++
		}
	}
	if dies {
		m.dead, m.s.watch.dead = true, true
		return errDead
	}
	return nil
}
