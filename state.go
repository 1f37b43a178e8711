package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
	"github.com/stalewatch/stalewatch/pipeline/github"
	"github.com/stalewatch/stalewatch/store"
)

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
	Read   int `json:"read"`   // repositories whose newest commit was read
	Left   int `json:"left"`   // repositories listed or known of, and not yet read or found unchanged
}

// Run is the command.
func (c *statusCmd) Run(ctx context.Context, p *program) (err error) {
	db, err := store.Open(ctx, c.Store, store.Options{Logger: p.logger(c.logFlags, p.stderr), Now: p.now})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
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
	var known map[string]pipeline.Repository
	prior, ok, err := db.Snapshot(ctx, run.Scope)
	if err != nil {
		return nil, err
	}
	if ok {
		known = github.KnownRepositories(prior.Findings)
	}
	carried := 0
	for e, err := range db.Records(ctx, pipeline.JournalID(*run)) {
		if err != nil {
			return nil, err
		}
		if e.Record.State != durable.Succeeded {
			continue
		}
		_, key, _ := durable.ParseKey(e.Key)
		switch key.Step {
		case "list":
			var page github.ListPage
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
		case "tips":
			var tips github.Tips
			if err := json.Unmarshal(e.Record.Output, &tips); err != nil {
				return nil, err
			}
			s.Read += len(tips.Elements)
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
	fmt.Fprintln(w, "RUN\tSTATE\tAS OF\tREQUESTS\tPOINTS\tGITHUB'S TIME\tUNREAD\tLEFT\tNOTE")
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
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%s\t%d\t%s\t%s\n", r.ID, r.State, r.AsOf.Format(time.RFC3339), r.Counters.Requests, r.Counters.Points, r.Counters.TotalTime().Round(100*time.Millisecond), r.Counters.Unread, left, note)
		for _, name := range slices.Sorted(maps.Keys(r.Counters.Sources)) {
			s := r.Counters.Sources[name]
			fmt.Fprintf(w, "  %s\t\t\t%d\t\t\t\t\t%s\n", name, s.Requests, s)
		}
	}
	return w.Flush()
}

type exportCmd struct {
	storeFlag
	logFlags
	File string `arg:"" optional:"" help:"Where to write (default: standard output, unless that is a terminal)."`
}

// Run is the command.
func (c *exportCmd) Run(ctx context.Context, p *program) (err error) {
	toStdout := c.File == "" || c.File == "-"
	if toStdout && !p.piped {
		return &usageError{"an export is binary and would garble the terminal; name a file, as in stalewatch export state.swexport, or redirect the output"}
	}
	db, err := store.Open(ctx, c.Store, store.Options{Logger: p.logger(c.logFlags, p.stderr), Now: p.now})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if toStdout {
		return db.Export(ctx, p.stdout)
	}
	if err := db.ExportFile(ctx, c.File); err != nil {
		return fmt.Errorf("export to %s: %w", c.File, err)
	}
	fmt.Fprintf(p.stdout, "the store is in %s\n", c.File)
	return nil
}

type importCmd struct {
	storeFlag
	logFlags
	Files []string `arg:"" optional:"" name:"file" help:"The exports to read (default: standard input)."`
}

// Run is the command.
func (c *importCmd) Run(ctx context.Context, p *program) (err error) {
	db, err := store.Open(ctx, c.Store, store.Options{Logger: p.logger(c.logFlags, p.stderr), Now: p.now})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if len(c.Files) == 0 {
		c.Files = []string{"-"}
	}
	for _, name := range c.Files {
		if err := c.take(ctx, p, db, name); err != nil {
			return err
		}
	}
	return nil
}

func (c *importCmd) take(ctx context.Context, p *program, db *store.Store, name string) error {
	in, shown := p.stdin, "standard input"
	if name != "-" {
		f, err := os.Open(name)
		if e, ok := errors.AsType[*fs.PathError](err); ok {
			return fmt.Errorf("import %s: %w", name, e.Err)
		}
		defer f.Close()
		in, shown = f, name
	}
	did, err := db.Import(ctx, in)
	if err != nil {
		return fmt.Errorf("import %s: %w", shown, err)
	}
	fmt.Fprintf(p.stdout, "imported %s%s%s\n", shown, list("; new: ", did.Taken), list("; already there: ", did.Kept))
	return nil
}

func list(lead string, names []string) string {
	if len(names) == 0 {
		return ""
	}
	return lead + strings.Join(names, ", ")
}
