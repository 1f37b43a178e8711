package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/stalewatch/stalewatch/graphql/budget"
	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

type runCmd struct {
	jobFlags
	APIURL string   `name:"api-url" placeholder:"URL" help:"GraphQL endpoint, GitHub Enterprise Server included (default: $$GITHUB_GRAPHQL_URL, else github.com's)."`
	Owners []string `arg:"" optional:"" name:"owner" help:"Organizations or users; without one they come from the configuration."`

	SuspendedOK bool `name:"suspended-ok" help:"Exit with 0 instead of 3 when the run stopped in order before the end: for schedulers that start it again anyway."`
}

// Help is what the command's --help says besides its flags.
func (runCmd) Help() string {
	return `The token comes from GH_TOKEN, then GITHUB_TOKEN; for another host than github.com from
GH_ENTERPRISE_TOKEN or GITHUB_ENTERPRISE_TOKEN first. It is never stored or shown.

A run is named by its date and its owners. Started again on the same day it resumes if it is
unfinished, and does nothing if it is over, unless --rerun says otherwise.

Inside GitHub Actions it writes a job summary, annotations, log groups and the step outputs state,
total, stale, dormant, unread, changed, surveyed and site. STALEWATCH_NOTICE is a sentence that
every page shall show.`
}

// Run is the command.
func (c *runCmd) Run(ctx context.Context, p *program) error {
	a := p.actions()
	err := c.run(ctx, p, a)
	a.finish(err)
	if s, ok := errors.AsType[*durable.Suspension](err); ok && c.SuspendedOK {
		fmt.Fprintln(p.stderr, "stalewatch:", s)
		return nil
	}
	return err
}

func (c *runCmd) run(ctx context.Context, p *program, a *actions) error {
	j, err := p.newJob(c.jobFlags, c.Owners)
	if err != nil {
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

// newJob checks everything about a survey that can be checked before it.
func (p *program) newJob(f jobFlags, owners []string) (*job, error) {
	overrides := f.overrides()
	overrides["owners"] = strings.Join(owners, ",")
	cfg, err := p.settings(f.Config, overrides)
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
	policy, err := pipeline.NewPolicy(cfg.Rules())
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

// barWriter is where progress bars are drawn; nil for nowhere.
func (p *program) barWriter(f jobFlags) io.Writer {
	if !p.terminal || f.NoProgress || f.LogFormat == "json" || p.env("CI") != "" {
		return nil
	}
	return p.stderr
}

func (j *job) newBudget() *budget.Budget {
	return budget.New(budget.Config{Concurrency: j.cfg.Concurrency, Observe: j.progress.everybodyWaits})
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
