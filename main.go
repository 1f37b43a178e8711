// Stalewatch asks GitHub for the last commit of every repository of an
// organization, judges by it which ones are stale, and writes a static report.
//
// This package is the wiring: flags, environment and exit codes, and the only
// place that knows all the others. The other files are named for what a user does.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
	"github.com/lmittmann/tint"
	"golang.org/x/term"

	"github.com/stalewatch/stalewatch/pipeline/config"
	"github.com/stalewatch/stalewatch/pipeline/durable"
)

// The exit codes are part of the contract: workflows act on them.
const (
	// exitOK: the report is whole, or only so many repositories could not be
	// read as the configuration allows.
	exitOK = 0
	// exitFailed: credentials, an unknown owner, too many repositories unread, a
	// store that can be neither used nor set aside.
	exitFailed = 1
	// exitUsage: the command line or the configuration is wrong.
	exitUsage = 2
	// exitSuspended: stopped in order before the end; run it again and it
	// resumes.
	exitSuspended = 3
	// exitSignal and the signal's number: a second signal ended the program where
	// it stood, as shells report it.
	exitSignal = 128
)

// program is the whole program as a value, so that tests run it in-process.
type program struct {
	args           []string // without the program's own name
	env            func(string) string
	stdin          io.Reader
	stdout, stderr io.Writer
	now            func() time.Time
	// terminal reports whether stderr is a terminal: progress bars and colours
	// only go there. piped reports whether stdout is something else than one.
	terminal, piped bool
}

func main() {
	if os.Getenv("GOGC") == "" {
		// A survey of 10,000 repositories stays under 150 MB this way, and takes
		// no longer: most of its garbage is short-lived JSON.
		debug.SetGCPercent(60)
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		// A survey of 100,000 repositories and its report stay below 1 GB this way.
		// What the store maps into memory, about 110 MB then, comes on top.
		debug.SetMemoryLimit(700 << 20)
	}
	// What libraries print on their own may hold what a server said: net/http
	// quotes answers that nobody asked for.
	log.SetOutput(io.Discard)
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		s := <-signals
		cancel(&durable.Suspension{Reason: "stopped by a signal (" + s.String() + ")", Err: errInterrupted})
		s = <-signals
		fmt.Fprintln(os.Stderr, "stalewatch: ended at once by a second signal ("+s.String()+"); the next start goes on from what is on disk")
		os.Exit(exitSignal + int(s.(syscall.Signal)))
	}()
	p := &program{
		args:     os.Args[1:],
		env:      os.Getenv,
		stdin:    os.Stdin,
		stdout:   os.Stdout,
		stderr:   os.Stderr,
		now:      time.Now,
		terminal: term.IsTerminal(int(os.Stderr.Fd())),
		piped:    !term.IsTerminal(int(os.Stdout.Fd())),
	}
	os.Exit(p.main(ctx))
}

// errInterrupted is behind the suspension of a run that a signal stopped.
var errInterrupted = errors.New("interrupted")

// cli is the command line. A flag stands with the commands that heed it.
type cli struct {
	Run    runCmd    `cmd:"" help:"Ask GitHub, judge, keep and render: the main job."`
	Demo   demoCmd   `cmd:"" help:"The same job against a small made-up GitHub inside the program: no token, no network."`
	Report reportCmd `cmd:"" help:"Render the report again from the store, without asking GitHub."`
	Status statusCmd `cmd:"" help:"Show the runs, their state, what is left and what they spent."`
	Export exportCmd `cmd:"" help:"Write the store as one portable, checksummed file."`
	Import importCmd `cmd:"" help:"Add exports to the store."`
	Plan   planCmd   `cmd:"" help:"Print a survey's shards as JSON, one per owner, for running it on several machines."`
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
	SiteURL string `name:"site-url" placeholder:"URL" help:"Where the site is published: for feeds and badges, and to recover the history when the store was lost."`
	Digest  string `placeholder:"DIR" help:"Where to write what further steps send on: report.md, digest/OWNER.md and new-stale.json (default: nowhere)."`
}

type logFlags struct {
	LogFormat string `enum:"text,json" default:"text" placeholder:"FORMAT" help:"text or json (default: ${default})."`
	LogLevel  string `enum:"debug,info,warn,error" default:"info" placeholder:"LEVEL" help:"debug, info, warn or error (default: ${default})."`
}

const description = `Tells the maintainers of many GitHub repositories which ones are too old.

  stalewatch demo                 look at it: no token, no network
  stalewatch run Azure-Samples    survey an organization or a user; needs GH_TOKEN
  stalewatch serve                look at the report that run or demo wrote

A run that was stopped or killed is resumed by starting it again. The exit code is
0 when the report is whole, 1 when the run failed, 2 when the command line or the
configuration is wrong, and 3 when it stopped in order before the end.`

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
	if _, err := os.Getwd(); err != nil {
		return p.fail(errors.New("the working directory is gone: somebody removed or renamed it; change into one that is there"))
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

// usageError is a command line that cannot be right.
type usageError struct{ message string }

func (e *usageError) Error() string { return e.message }

// fail tells an error, once, and returns the exit code for it; nil is success.
func (p *program) fail(err error) int {
	if err == nil {
		return exitOK
	}
	if e, ok := errors.AsType[*config.Error](err); ok {
		fmt.Fprintln(p.stderr, e)
		return exitUsage
	}
	fmt.Fprintln(p.stderr, "stalewatch:", err)
	if _, ok := errors.AsType[*usageError](err); ok {
		return exitUsage
	}
	if suspension(err) != nil {
		return exitSuspended
	}
	return exitFailed
}

// suspension returns the suspension that an error is, and nil when the error
// tells of anything else too: whoever waits for the next run to resume would
// never hear of that.
func suspension(err error) *durable.Suspension {
	if s, ok := err.(*durable.Suspension); ok {
		return s
	}
	switch e := err.(type) {
	case interface{ Unwrap() error }:
		return suspension(e.Unwrap())
	case interface{ Unwrap() []error }:
		var first *durable.Suspension
		for _, part := range e.Unwrap() {
			s := suspension(part)
			if s == nil {
				return nil
			}
			first = cmp.Or(first, s)
		}
		return first
	}
	return nil
}

// logger returns the logger that a command writes to.
func (p *program) logger(f logFlags, w io.Writer) *slog.Logger {
	switch {
	case f.LogFormat == "json":
		return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: f.level()}))
	case p.terminal:
		return slog.New(tint.NewTextHandler(w, &tint.Options{Level: f.level(), TimeFormat: "15:04:05", NoColor: p.env("NO_COLOR") != ""}))
	default:
		return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: f.level()}))
	}
}

func (f logFlags) level() slog.Level {
	var l slog.Level
	if err := l.UnmarshalText([]byte(f.LogLevel)); err != nil {
		return slog.LevelInfo
	}
	return l
}

type versionCmd struct{}

// Run is the command.
func (versionCmd) Run(p *program) error {
	v := version()
	_, err := fmt.Fprintf(p.stdout, "stalewatch %s (commit %s, %s)\n", v.Version, cmp.Or(v.Commit, "unknown"), v.Go)
	return err
}

// build identifies the program.
type build struct{ Version, Commit, Go string }

// version reads what the Go tool recorded: the module's version where it was
// built from a tag, and the commit where it was built in a checkout.
func version() build {
	b := build{Version: "devel"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	b.Go = info.GoVersion
	if v := info.Main.Version; v != "" && v != "(devel)" {
		b.Version = v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			b.Commit = s.Value
		}
	}
	return b
}
