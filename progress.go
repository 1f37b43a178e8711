package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"github.com/stalewatch/stalewatch/graphql/budget"
	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// quiet is how often a log hears how a survey gets on.
const quiet = 10 * time.Second

// progress shows how a survey gets on: bars on a terminal, a plain line now
// and then in a log.
type progress struct {
	log *slog.Logger

	bars    *mpb.Progress // nil without a terminal
	listing *mpb.Bar
	reading *mpb.Bar

	mu       sync.Mutex
	totals   map[string]int // repositories, by owner
	listed   int
	chunks   int // ended
	begun    int // chunks begun or replayed
	resumed  int
	searches int
	said     time.Time

	// waiting is what everybody waits for. The bars read it while they are
	// drawn, and mu may then be held by whoever waits for the drawing.
	waiting atomic.Pointer[string]
}

// newProgress draws bars on w; nil means a log is enough.
func newProgress(w io.Writer) *progress {
	p := &progress{totals: make(map[string]int), said: time.Now()}
	p.waiting.Store(new(string))
	if w == nil {
		return p
	}
	p.bars = mpb.New(mpb.WithOutput(w), mpb.WithWidth(48), mpb.WithRefreshRate(120*time.Millisecond))
	p.listing = p.bar("listing ", "repositories")
	p.reading = p.bar("reading ", "chunks")
	return p
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

// observe is told of every step by the engine.
func (p *progress) observe(ev durable.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch ev.Kind {
	case durable.Started:
		if ev.Key.Step == "fetch" && ev.Attempt == 1 {
			p.begun++
		}
	case durable.Waiting:
		p.waits(fmt.Sprintf("waiting %s: %s", ev.Wait.Round(time.Second), ev.Cause))
		p.log.Debug("trying again", "step", ev.Key.Step, "attempt", ev.Attempt+1, "in", ev.Wait.Round(time.Millisecond), "why", ev.Err)
	case durable.Replayed:
		if ev.Key.Step == "fetch" {
			p.begun++
			p.resumed++
		}
		p.ended(ev)
	case durable.Completed, durable.Gone:
		p.waiting.Store(new(string))
		p.ended(ev)
	}
	p.show()
}

func (p *progress) ended(ev durable.Event) {
	switch ev.Key.Step {
	case "list":
		var page struct {
			Owner        string
			TotalCount   int
			Repositories []struct{}
		}
		if json.Unmarshal(ev.Output, &page) == nil {
			p.totals[page.Owner] = page.TotalCount
			p.listed += len(page.Repositories)
		}
	case "fetch":
		p.chunks++
	case "history":
		p.searches++
	}
}

func (p *progress) waits(why string) { p.waiting.Store(&why) }

// everybodyWaits is told by the budget that everybody waits.
func (p *progress) everybodyWaits(w budget.Wait) {
	p.waits("waiting until " + w.Until.Local().Format("15:04:05") + ": " + w.Reason)
	p.log.Info("waiting", "until", w.Until.UTC().Format(time.RFC3339), "why", w.Reason)
}

func (p *progress) show() {
	total := 0
	for _, n := range p.totals {
		total += n
	}
	if p.bars != nil {
		p.listing.SetTotal(int64(total), false)
		p.listing.SetCurrent(int64(p.listed))
		p.reading.SetTotal(int64(p.begun), false)
		p.reading.SetCurrent(int64(p.chunks))
		return
	}
	if now := time.Now(); now.Sub(p.said) >= quiet {
		p.said = now
		p.log.Info("survey", "listed", p.listed, "of", total, "chunks", p.chunks, "searches", p.searches)
	}
}

// end takes the bars away.
func (p *progress) end() {
	if p.bars == nil {
		return
	}
	p.listing.Abort(true)
	p.reading.Abort(true)
	p.bars.Wait()
}

// resumedChunks counts the chunks that came from the journal.
func (p *progress) resumedChunks() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.resumed
}

// count is n with the status's word, for outputs.
func count(s *pipeline.Snapshot, status pipeline.Status) int { return s.Counts()[status] }
