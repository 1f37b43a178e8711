package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/stalewatch/stalewatch/pipeline/config"
	"github.com/stalewatch/stalewatch/site"
)

type serveCmd struct {
	Site string `default:"_site" placeholder:"DIR" help:"The site (default: ${default})."`
	Addr string `default:"127.0.0.1:8080" placeholder:"HOST:PORT" help:"A loopback address; port 0 takes a free one (default: ${default})."`
}

// Run is the command.
func (c *serveCmd) Run(ctx context.Context, p *program) error {
	if _, err := site.Shown(c.Site); err != nil {
		return fmt.Errorf("%s holds no report; stalewatch demo or stalewatch run OWNER makes one, --site names another directory", c.Site)
	}
	host, _, err := net.SplitHostPort(c.Addr)
	if ip := net.ParseIP(host); err != nil || host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return &usageError{fmt.Sprintf("--addr %q is not a loopback address; write it like 127.0.0.1:8080", c.Addr)}
	}
	listener, err := net.Listen("tcp", c.Addr)
	if err != nil {
		return fmt.Errorf("%w; --addr 127.0.0.1:0 takes a free port", err)
	}
	server := &http.Server{Handler: site.Handler(c.Site), ReadHeaderTimeout: 10 * time.Second}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	fmt.Fprintf(p.stdout, "serving %s at http://%s/ until interrupted\n", c.Site, listener.Addr())
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

type configCmd struct {
	configFlag
	JSON bool `help:"Print JSON."`
}

// Run is the command.
func (c *configCmd) Run(p *program) error {
	cfg, err := p.settings(c.Config, nil)
	if err != nil {
		return err
	}
	if c.JSON {
		var entries []map[string]string
		for _, v := range cfg.Values() {
			entries = append(entries, map[string]string{"key": v.Key, "value": v.Text, "origin": v.Origin.String()})
		}
		return json.NewEncoder(p.stdout).Encode(entries)
	}
	w := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	for _, v := range cfg.Values() {
		fmt.Fprintf(w, "%s\t%s\t%s\n", v.Key, cmp.Or(v.Text, "-"), v.Origin)
	}
	return w.Flush()
}

type schemaCmd struct {
	Name string `arg:"" optional:"" help:"Which one: config, summary, repositories, history or changes (default: all, as one JSON object)."`
}

// Run is the command.
func (c *schemaCmd) Run(p *program) error {
	schemas := map[string]json.RawMessage{"config": config.Schema()}
	names := []string{"config"}
	for _, s := range site.Schemas() {
		schemas[s.Name] = s.JSON
		names = append(names, s.Name)
	}
	if c.Name == "" {
		enc := json.NewEncoder(p.stdout)
		enc.SetIndent("", "  ")
		return enc.Encode(schemas)
	}
	s, ok := schemas[c.Name]
	if !ok {
		slices.Sort(names)
		return &usageError{fmt.Sprintf("there is no schema %q; there are %s", c.Name, strings.Join(names, ", "))}
	}
	_, err := fmt.Fprintln(p.stdout, strings.TrimSpace(string(s)))
	return err
}

type versionCmd struct{}

// Run is the command.
func (versionCmd) Run(p *program) error {
	v := version()
	_, err := fmt.Fprintf(p.stdout, "stalewatch %s (commit %s, %s)\n", v.Version, cmp.Or(v.Commit, "unknown"), v.Go)
	return err
}
