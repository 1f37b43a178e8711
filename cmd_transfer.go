package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/stalewatch/stalewatch/store"
)

func joined(a, b error) error { return errors.Join(a, b) }

type exportCmd struct {
	storeFlag
	logFlags
	File string `arg:"" optional:"" help:"Where to (default: standard output, unless that is a terminal)."`
}

// Run is the command.
func (c *exportCmd) Run(ctx context.Context, p *program) (err error) {
	toStdout := c.File == "" || c.File == "-"
	if toStdout && !p.piped {
		return &usageError{"an export is no text for a terminal; name a file, as in stalewatch export state.swx, or send the output to one"}
	}
	db, err := store.Open(ctx, c.Store, store.Options{Logger: p.logger(c.logFlags, p.stderr), Now: p.now})
	if err != nil {
		return err
	}
	defer func() { err = joined(err, db.Close()) }()
	if toStdout {
		return db.Export(ctx, p.stdout)
	}
	if err := db.ExportFile(ctx, c.File); err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "the store is in %s\n", c.File)
	return nil
}

type importCmd struct {
	storeFlag
	logFlags
	Files []string `arg:"" optional:"" name:"file" help:"Exports to take in (default: standard input)."`
}

// Run is the command.
func (c *importCmd) Run(ctx context.Context, p *program) (err error) {
	db, err := store.Open(ctx, c.Store, store.Options{Logger: p.logger(c.logFlags, p.stderr), Now: p.now})
	if err != nil {
		return err
	}
	defer func() { err = joined(err, db.Close()) }()
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
		if err != nil {
			return err
		}
		defer f.Close()
		in, shown = f, name
	}
	did, err := db.Import(ctx, in)
	if err != nil {
		return fmt.Errorf("import %s: %w", shown, err)
	}
	fmt.Fprintf(p.stdout, "%s is imported%s%s\n", shown, list("; taken: ", did.Taken), list("; known already: ", did.Kept))
	return nil
}

func list(lead string, names []string) string {
	if len(names) == 0 {
		return ""
	}
	return lead + strings.Join(names, ", ")
}
