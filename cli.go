package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/alecthomas/kong"

	"github.com/stalewatch/stalewatch/pipeline/config"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// cli is the command line. A flag stands with the commands that heed it.
type cli struct {
	Run    runCmd    `cmd:"" help:"Ask GitHub, judge, keep and render: the main job."`
	Demo   demoCmd   `cmd:"" help:"The same job against a small made-up GitHub inside the program: no token, no network."`
	Report reportCmd `cmd:"" help:"Render the report again from the store, without asking GitHub."`
	Status statusCmd `cmd:"" help:"Show the runs, their state, what is left and what they spent."`
	Export exportCmd `cmd:"" help:"Write the store as one portable, checksummed file."`
	Import importCmd `cmd:"" help:"Take exports into the store."`
	Plan   planCmd   `cmd:"" help:"Print the shards of a survey as JSON: one per owner, for runs on several machines."`
	Serve  serveCmd  `cmd:"" help:"Preview the site on loopback."`
	Config configCmd `cmd:"" help:"Show the configuration in force, and where each value comes from."`
	Schema schemaCmd `cmd:"" help:"Print the JSON Schemas of config and data."`

	Version versionCmd `cmd:"" help:"Print the version."`
}

type configFlag struct {
	Config string `placeholder:"FILE" help:"The configuration (default: stalewatch.yml if there is one)."`
}

type storeFlag struct {
	Store string `default:".stalewatch" placeholder:"DIR" help:"The Badger store (default: ${default})."`
}

type siteFlags struct {
	Site    string `default:"_site" placeholder:"DIR" help:"Where the report goes; replaced as a whole or not at all (default: ${default})."`
	SiteURL string `name:"site-url" placeholder:"URL" help:"Where the site is published: for feeds and badges, and to take the history back when the store was lost."`
}

type logFlags struct {
	LogFormat string `enum:"text,json" default:"text" placeholder:"FORMAT" help:"text or json (default: ${default})."`
	LogLevel  string `enum:"debug,info,warn,error" default:"info" placeholder:"LEVEL" help:"debug, info, warn or error (default: ${default})."`
}

// jobFlags are those of a survey, real or made up.
type jobFlags struct {
	configFlag
	storeFlag
	siteFlags
	logFlags
	Concurrency string `placeholder:"N" help:"Most GraphQL requests in flight (default: 4); the program goes below it by itself when GitHub pushes back."`
	Deadline    string `placeholder:"DURATION" help:"Stop in order before this much time has passed, such as 40m; the next run resumes."`
	Rerun       string `enum:"none,failed,completed" default:"none" placeholder:"WHAT" help:"What to do when today's run is over already: none, failed (ask again for what could not be read) or completed (survey again)."`
	Refetch     bool   `help:"Read every repository again, also those that did not change; a run that is over starts again."`
	AsOf        string `placeholder:"TIME" help:"The one 'now' of the run, RFC 3339, from which ages and verdicts are reckoned (default: now)."`
	NoProgress  bool   `help:"No progress bars on a terminal."`
}

const description = `Tells the maintainers of many GitHub repositories which ones are too old.

  stalewatch demo                 look at it: no token, no network
  stalewatch run Azure-Samples    survey an organization or a user; needs GH_TOKEN
  stalewatch serve                look at the report that run or demo wrote

A run that was stopped or killed is resumed by starting it again. The exit code is
0 when the report is whole, 1 when the run failed, 2 when the command line or the
configuration is wrong, and 3 when it stopped in order before the end.`

// usageError is a command line that cannot be right.
type usageError struct{ message string }

func (e *usageError) Error() string { return e.message }

// silentExit carries an exit code for which everything has been said.
type silentExit int

func (e silentExit) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// main runs the program and returns its exit code.
func (p *program) main(ctx context.Context) (code int) {
	type exit int
	defer func() { // kong ends --help through Exit
		if r := recover(); r != nil {
			c, ok := r.(exit)
			if !ok {
				panic(r)
			}
			code = int(c)
		}
	}()
	var c cli
	parser, err := kong.New(&c,
		kong.Name("stalewatch"),
		kong.Description(description),
		kong.Writers(p.stdout, p.stderr),
		kong.Exit(func(code int) { panic(exit(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
	)
	if err != nil {
		return p.fail(err)
	}
	args := p.args
	if len(args) == 0 {
		args = []string{"--help"}
	}
	command, err := parser.Parse(args)
	if err != nil {
		return p.fail(&usageError{err.Error() + "; see " + commandName(err) + " --help"})
	}
	command.BindTo(ctx, (*context.Context)(nil))
	return p.fail(command.Run(p))
}

// commandName is the command in which a parse error lies.
func commandName(err error) string {
	if e, ok := errors.AsType[*kong.ParseError](err); ok && e.Context != nil && e.Context.Command() != "" {
		if s := e.Context.Selected(); s != nil {
			return "stalewatch " + s.Name
		}
	}
	return "stalewatch"
}

// fail tells an error, once, and returns the exit code for it; nil is success.
func (p *program) fail(err error) int {
	if err == nil {
		return exitOK
	}
	if s, ok := errors.AsType[silentExit](err); ok {
		return int(s)
	}
	if e, ok := errors.AsType[*config.Error](err); ok {
		fmt.Fprintln(p.stderr, e)
		return exitUsage
	}
	fmt.Fprintln(p.stderr, "stalewatch:", err)
	if _, ok := errors.AsType[*usageError](err); ok {
		return exitUsage
	}
	if _, ok := errors.AsType[*durable.Suspension](err); ok {
		return exitSuspended
	}
	return exitFailed
}

// settings is the configuration in force for one command.
func (p *program) settings(file string, overrides map[string]string) (*config.Config, error) {
	cfg := config.Default()
	path := file
	if path == "" {
		path = "stalewatch.yml"
	}
	loaded, err := config.Load(path)
	switch {
	case err == nil:
		cfg = loaded
	case file == "" && isNotExist(err):
	case isNotExist(err):
		return nil, &usageError{fmt.Sprintf("there is no configuration %s; leave out --config, or name a file that exists", file)}
	default:
		return nil, err
	}
	for key, variable := range variables {
		if v := p.env(variable); v != "" {
			if err := cfg.Set(key, v, config.Origin{Kind: config.FromEnvironment, Where: "$" + variable}); err != nil {
				return nil, err
			}
		}
	}
	for key, v := range overrides {
		if v == "" {
			continue
		}
		if err := cfg.Set(key, v, config.Origin{Kind: config.FromFlag, Where: flagNames[key]}); err != nil {
			return nil, err
		}
	}
	return cfg, cfg.Check()
}

// variables are the environment's names for configuration keys.
var variables = map[string]string{
	"owners":      "STALEWATCH_OWNERS",
	"site.url":    "STALEWATCH_SITE_URL",
	"site.title":  "STALEWATCH_SITE_TITLE",
	"deadline":    "STALEWATCH_DEADLINE",
	"concurrency": "STALEWATCH_CONCURRENCY",
}

var flagNames = map[string]string{
	"owners":      "the command line",
	"site.url":    "--site-url",
	"deadline":    "--deadline",
	"concurrency": "--concurrency",
}

func (f jobFlags) overrides() map[string]string {
	return map[string]string{"site.url": f.SiteURL, "deadline": f.Deadline, "concurrency": f.Concurrency}
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

func (f logFlags) level() slog.Level {
	var l slog.Level
	if err := l.UnmarshalText([]byte(f.LogLevel)); err != nil {
		return slog.LevelInfo
	}
	return l
}
