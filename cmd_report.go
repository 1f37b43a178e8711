package main

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
	"github.com/stalewatch/stalewatch/site"
	"github.com/stalewatch/stalewatch/store"
)

type reportCmd struct {
	configFlag
	storeFlag
	siteFlags
	logFlags
	Owners []string `arg:"" optional:"" name:"owner" help:"Whose report, when the store holds several; owners that were surveyed apart get one report together."`
}

// Run is the command.
func (c *reportCmd) Run(ctx context.Context, p *program) (err error) {
	a := p.actions()
	defer func() { a.finish(err) }()
	cfg, err := p.settings(c.Config, map[string]string{"owners": strings.Join(c.Owners, ","), "site.url": c.SiteURL})
	if err != nil {
		return err
	}
	if err := site.Check(c.Site); err != nil {
		return err
	}
	log := p.logger(c.logFlags, p.stderr)
	db, err := store.Open(ctx, c.Store, store.Options{Logger: log, Now: p.now})
	if err != nil {
		return err
	}
	defer func() { err = joined(err, db.Close()) }()
	snap, merged, err := latest(ctx, db, cfg.Owners)
	if err != nil {
		return err
	}
	if merged && cfg.Site.URL != "" {
		recollect(ctx, log, snap, cfg.Site.URL)
	}
	configFile := c.Config
	if configFile == "" {
		configFile = "stalewatch.yml"
	}
	options := p.siteOptions(cfg, configFile)
	if err := p.publish(ctx, log, c.Site, snap, options); err != nil {
		return err
	}
	a.outcome(snap, options, published{dir: c.Site, surveyed: true})
	fmt.Fprintf(p.stdout, "%s, as of %s\nthe report is at %s\n", countsLine(snap), snap.Run.AsOf.Format(time.RFC3339), filepath.Join(c.Site, "index.html"))
	return nil
}

type statusCmd struct {
	storeFlag
	logFlags
	JSON bool `help:"Print JSON."`
}

// runStatus is a run with what its journal says is done.
type runStatus struct {
	pipeline.Run
	Progress *progressSoFar `json:"progress,omitempty"` // of an unfinished run
}

// progressSoFar is how far an unfinished run has come.
type progressSoFar struct {
	Total  int `json:"total"`  // repositories, as far as the owners' listings told
	Listed int `json:"listed"` // repositories
	Read   int `json:"read"`   // repositories read in chunks
	Left   int `json:"left"`   // repositories listed or known of, and not yet read or found unchanged
}

// Run is the command.
func (c *statusCmd) Run(ctx context.Context, p *program) (err error) {
	db, err := store.Open(ctx, c.Store, store.Options{Logger: p.logger(c.logFlags, p.stderr), Now: p.now})
	if err != nil {
		return err
	}
	defer func() { err = joined(err, db.Close()) }()
	runs, err := db.Runs(ctx)
	if err != nil {
		return err
	}
	list := make([]runStatus, 0, len(runs))
	for _, r := range runs {
		s := runStatus{Run: r}
		if !r.State.Over() && r.State != pipeline.Abandoned {
			if s.Progress, err = progressOf(ctx, db, &s.Run); err != nil {
				return err
			}
		}
		list = append(list, s)
	}
	if c.JSON {
		enc := json.NewEncoder(p.stdout)
		enc.SetIndent("", "  ")
		return enc.Encode(map[string]any{"store": c.Store, "runs": list})
	}
	return p.printRuns(list)
}

// progressOf reads an unfinished run's journal, and completes the counters
// that a killed run could not write.
func progressOf(ctx context.Context, db *store.Store, run *pipeline.Run) (*progressSoFar, error) {
	s := &progressSoFar{}
	totals := make(map[string]int)
	known, err := db.Known(ctx, run.Scope)
	if err != nil {
		return nil, err
	}
	carried := 0
	for e, err := range db.Records(ctx, pipeline.JournalID(*run)) {
		if err != nil {
			return nil, err
		}
		if e.Record.State != durable.Succeeded {
			continue
		}
		switch {
		case strings.Contains(e.Key, "/list:"):
			var page pipeline.ListPage
			if err := json.Unmarshal(e.Record.Output, &page); err != nil {
				return nil, err
			}
			totals[page.Owner] = page.TotalCount
			s.Listed += len(page.Repositories)
			for _, r := range page.Repositories {
				if k, ok := known[r.ID]; ok && pipeline.SamePush(r, k) {
					carried++
				}
			}
		case strings.Contains(e.Key, "/fetch:"):
			var chunk pipeline.Chunk
			if err := json.Unmarshal(e.Record.Output, &chunk); err != nil {
				return nil, err
			}
			s.Read += len(chunk.Repositories)
		}
	}
	for _, n := range totals {
		s.Total += n
	}
	s.Left = max(0, s.Total-s.Read-carried)
	return s, pipeline.Spent(ctx, db, *run, &run.Counters)
}

func (p *program) printRuns(runs []runStatus) error {
	if len(runs) == 0 {
		fmt.Fprintln(p.stdout, "no run yet; stalewatch run OWNER makes one")
		return nil
	}
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "RUN\tSTATE\tAS OF\tREQUESTS\tPOINTS\tUNREAD\tLEFT\tNOTE")
	for _, r := range runs {
		left := "0"
		if r.Progress != nil {
			left = fmt.Sprint(r.Progress.Left)
			if r.Progress.Listed < r.Progress.Total || r.Progress.Total == 0 {
				left += " or more"
			}
		}
		note := r.Reason
		if !r.ResumeAt.IsZero() {
			note += " (resumes from " + r.ResumeAt.Format(time.RFC3339) + ")"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%d\t%s\t%s\n", r.ID, r.State, r.AsOf.Format(time.RFC3339), r.Counters.Requests, r.Counters.Points, r.Counters.Unread, left, note)
	}
	return w.Flush()
}
