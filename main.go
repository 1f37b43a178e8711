// Stalewatch asks GitHub for the last commit of every repository of an
// organization, judges by it which ones are stale, and writes a static report.
//
// This package is the wiring: flags, environment and exit codes, and the only
// place that knows all the others. Each command has a file of its own.
package main

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"runtime/debug"
	"syscall"
	"time"

	"golang.org/x/term"

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
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		s := <-signals
		cancel(&durable.Suspension{Reason: "stopped by a signal (" + s.String() + ")", Err: errInterrupted})
		signal.Stop(signals) // a second signal ends the program at once
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
