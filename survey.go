package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
	"golang.org/x/oauth2"

	"github.com/stalewatch/stalewatch/graphql"
	"github.com/stalewatch/stalewatch/graphql/budget"
	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
	"github.com/stalewatch/stalewatch/pipeline/github"
	"github.com/stalewatch/stalewatch/store"
)

// survey asks GitHub and takes the result to the store and the site.
func (j *job) survey(ctx context.Context, db *store.Store, begin store.Beginning) error {
	prior, err := j.prior(ctx, db, begin.Run)
	if err != nil {
		return err
	}
	bud := budget.New(budget.Config{Concurrency: j.cfg.Concurrency, Observe: j.progress.everybodyWaits})
	j.learnt = j.recall(ctx, db, bud, begin.Run)
	sources := j.sources(bud, prior)
	repositories := sources[0].(*github.Source)
	if err := j.know(ctx, db, begin, prior, repositories, sources); err != nil {
		return err
	}
	survey := pipeline.Survey{
		Engine:  &durable.Engine{Journal: db, Observe: j.progress.observe, Grace: j.grace()},
		Judge:   j.policy,
		Only:    j.only,
		Sources: sources,
	}
	bounded, cancel := j.bounded(ctx)
	defer cancel()
	endGroup := j.actions.group("survey")
	snap, surveyErr := survey.Run(bounded, begin.Run, prior)
	j.progress.end()
	endGroup()

	// What was learnt is kept even when the job was told to stop.
	kept := context.WithoutCancel(ctx)
	j.learnt[repositories.Name()] = repositories.Learnt()
	j.remember(kept, db, bud)
	if snap == nil {
		run := begin.Run
		run.State, run.Reason, run.EndedAt = pipeline.Failed, surveyErr.Error(), j.seconds()
		return errors.Join(surveyErr, db.UpdateRun(kept, run))
	}
	return j.conclude(ctx, db, snap, surveyErr)
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
		j.log.Warn("the published site's history could not be read; the history starts again today", "site", j.cfg.Site.URL, "why", err)
		return nil, nil
	}
	return taken, nil
}

// know tells the source of the repositories that need not be read again if they
// did not change: those of the last snapshot, and newer ones from runs of
// earlier days that never ended. What else such runs had read, the other sources
// take over.
func (j *job) know(ctx context.Context, db *store.Store, begin store.Beginning, prior *pipeline.Snapshot, source *github.Source, all []pipeline.Source) error {
	if j.flags.Refetch {
		return nil
	}
	source.Known = make(map[string]pipeline.Repository)
	if prior != nil {
		source.Known, source.Listed = github.KnownRepositories(prior.Findings), prior.Listings
	}
	for _, run := range begin.Salvage {
		salvaged, err := source.Salvage(ctx, db, pipeline.JournalID(run), run.AsOf)
		if err != nil {
			return err
		}
		github.TakeNewer(source.Known, salvaged)
		for _, s := range all {
			if s, ok := s.(pipeline.Salvager); ok {
				if err := s.Salvage(ctx, db, pipeline.JournalID(run)); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

func (j *job) client(bud *budget.Budget) *graphql.Client {
	return graphql.New(graphql.Options{
		URL:       j.endpoint.String(),
		Tokens:    oauth2.StaticTokenSource(&oauth2.Token{AccessToken: j.token}),
		Share:     bud.Pipeline(),
		UserAgent: "stalewatch/" + version().Version,
	})
}

// recall takes over what earlier processes learnt: about the account, and by
// name, each source about how much may be asked for at once. Neither is worth
// failing for. What a process learnt that was killed stands in the run's journal;
// so that it is told from older records also after a clock jumped back, the note
// is written anew before anything is asked.
func (j *job) recall(ctx context.Context, db *store.Store, bud *budget.Budget, run pipeline.Run) map[string]json.RawMessage {
	var state budget.State
	if b, ok, err := db.Note(ctx, account(j.endpoint, j.token)); err != nil || !ok || json.Unmarshal(b, &state) != nil {
		state = budget.State{}
	}
	for e, err := range db.Records(ctx, pipeline.JournalID(run)) {
		if err == nil {
			graphql.Remember(&state, e.Record)
		}
	}
	bud.Restore(state)
	j.note(ctx, db, account(j.endpoint, j.token), bud.State())
	learnt := make(map[string]json.RawMessage)
	if b, ok, err := db.Note(ctx, j.endpoint.Host); err == nil && ok && json.Unmarshal(b, &learnt) == nil && learnt != nil {
		return learnt
	}
	return make(map[string]json.RawMessage)
}

func (j *job) remember(ctx context.Context, db *store.Store, bud *budget.Budget) {
	j.note(ctx, db, account(j.endpoint, j.token), bud.State())
	j.note(ctx, db, j.endpoint.Host, j.learnt)
}

func (j *job) note(ctx context.Context, db *store.Store, name string, v any) {
	b, err := json.Marshal(v)
	if err == nil {
		err = db.SaveNote(ctx, name, b)
	}
	if err != nil {
		j.log.Warn("could not save what was learnt about GitHub's limits", "why", err)
	}
}

// account names the API account that a budget belongs to. Of the token it
// holds 48 bits of a hash: enough to tell accounts apart, too few to find it.
func account(u *url.URL, token string) string {
	sum := sha256.Sum256([]byte("stalewatch account\x00" + token))
	return strings.ToLower(u.Host) + "#" + hex.EncodeToString(sum[:6])
}

// bounded returns a context that ends early enough before the deadline to
// render and close in time.
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

// quiet is the time between two lines of a log about a survey's progress.
const quiet = 10 * time.Second

// progress shows a survey's progress: bars on a terminal, a plain line now and
// then in a log.
type progress struct {
	log *slog.Logger

	bars    *mpb.Progress // nil without a terminal
	listing *mpb.Bar
	reading *mpb.Bar
	further map[string]*mpb.Bar // of the other sources, by name

	mu      sync.Mutex
	totals  map[string]int // repositories, by owner
	listed  int
	chunks  tally            // of repositories
	others  map[string]tally // activities of the other sources, by name
	resumed int
	said    time.Time

	// waiting is what everybody waits for. The bars read it while they are
	// drawn, and mu may then be held by whoever waits for the drawing.
	waiting atomic.Pointer[string]
}

// tally counts activities.
type tally struct{ begun, ended int }

// newProgress draws bars on w; nil means a log is enough.
func newProgress(w io.Writer) *progress {
	p := &progress{totals: make(map[string]int), others: make(map[string]tally), said: time.Now()}
	p.waiting.Store(new(string))
	if w == nil {
		return p
	}
	p.bars = mpb.New(mpb.WithOutput(w), mpb.WithWidth(48), mpb.WithRefreshRate(120*time.Millisecond))
	p.listing = p.bar("listing ", "repositories")
	p.reading = p.bar("reading ", "chunks")
	p.further = make(map[string]*mpb.Bar)
	return p
}

// barWriter is where progress bars are drawn; nil when there are none.
func (p *program) barWriter(f jobFlags) io.Writer {
	if !p.terminal || f.NoProgress || f.LogFormat == "json" || p.env("CI") != "" {
		return nil
	}
	return p.stderr
}

func (p *progress) bar(name, unit string) *mpb.Bar {
	return p.bars.AddBar(0,
		mpb.PrependDecorators(decor.Name(name), decor.CountersNoUnit("%d of %d "+unit, decor.WC{W: 26})),
		mpb.AppendDecorators(decor.Any(func(decor.Statistics) string {
			return *p.waiting.Load()
		})))
}

// writer is where log lines go so that they do not tear the bars.
func (p *progress) writer(w io.Writer) io.Writer {
	if p.bars == nil {
		return w
	}
	return p.bars
}

// observe hears of every step from the engine.
func (p *progress) observe(ev durable.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch ev.Kind {
	case durable.Started:
		if ev.Attempt == 1 {
			p.count(ev, tally{begun: 1})
		}
	case durable.Waiting:
		p.waits(fmt.Sprintf("waiting %s: %s", ev.Wait.Round(time.Second), ev.Cause))
		p.log.Debug("trying again", "step", ev.Key.Step, "attempt", ev.Attempt+1, "in", ev.Wait.Round(time.Millisecond), "why", ev.Err)
	case durable.Replayed:
		if github.Reads(ev.Key.Step) {
			p.resumed++
		}
		p.count(ev, tally{1, 1})
		p.sawPage(ev)
	case durable.Completed, durable.Gone:
		p.waiting.Store(new(string))
		p.count(ev, tally{ended: 1})
		p.sawPage(ev)
	}
	p.show()
}

// count counts an activity for its source: of the first one its chunks, of the
// others each.
func (p *progress) count(ev durable.Event, n tally) {
	source := strings.TrimPrefix(ev.Path[0], "after ")
	switch {
	case github.Reads(ev.Key.Step):
		p.chunks.begun, p.chunks.ended = p.chunks.begun+n.begun, p.chunks.ended+n.ended
	case source != "github":
		old := p.others[source]
		p.others[source] = tally{old.begun + n.begun, old.ended + n.ended}
	}
}

// sawPage hears how many repositories an owner has.
func (p *progress) sawPage(ev durable.Event) {
	if ev.Key.Step == "list" {
		var page struct {
			Owner        string
			TotalCount   int
			Repositories []struct{}
		}
		if json.Unmarshal(ev.Output, &page) == nil && page.Owner != "" {
			p.totals[page.Owner] = page.TotalCount
			p.listed += len(page.Repositories)
		}
	}
}

func (p *progress) waits(why string) { p.waiting.Store(&why) }

// everybodyWaits hears from the budget that every request waits.
func (p *progress) everybodyWaits(w budget.Wait) {
	p.waits("waiting until " + w.Until.Local().Format("15:04:05") + ": " + w.Reason)
	p.log.Info("waiting", "until", w.Until.UTC().Format(time.RFC3339), "why", w.Reason)
}

func (p *progress) show() {
	total := 0
	for _, n := range p.totals {
		total += n
	}
	listed := min(p.listed, total) // both ends of a listing may tell of the same ones
	if p.bars != nil {
		p.listing.SetTotal(int64(total), false)
		p.listing.SetCurrent(int64(listed))
		p.reading.SetTotal(int64(p.chunks.begun), false)
		p.reading.SetCurrent(int64(p.chunks.ended))
		for _, name := range slices.Sorted(maps.Keys(p.others)) {
			if p.further[name] == nil {
				p.further[name] = p.bar(name+" ", "steps")
			}
			p.further[name].SetTotal(int64(p.others[name].begun), false)
			p.further[name].SetCurrent(int64(p.others[name].ended))
		}
		return
	}
	if now := time.Now(); now.Sub(p.said) >= quiet {
		p.said = now
		line := []any{"listed", listed, "of", total, "chunks", p.chunks.ended}
		for _, name := range slices.Sorted(maps.Keys(p.others)) {
			line = append(line, name, fmt.Sprintf("%d of %d", p.others[name].ended, p.others[name].begun))
		}
		p.log.Info("survey", line...)
	}
}

// end takes the bars away.
func (p *progress) end() {
	if p.bars == nil {
		return
	}
	p.listing.Abort(true)
	p.reading.Abort(true)
	for _, bar := range p.further {
		bar.Abort(true)
	}
	p.bars.Wait()
}

// resumedChunks counts the chunks that came from the journal.
func (p *progress) resumedChunks() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.resumed
}
