package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/pipeline/config"
	"github.com/stalewatch/stalewatch/site"
)

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

// siteOptions is what the configuration says about the site. Notes lie beside
// the configuration file.
func (p *program) siteOptions(cfg *config.Config, configFile string) site.Options {
	v := version()
	o := site.Options{Title: cfg.Site.Title, BaseURL: cfg.Site.URL, Version: v.Version, Commit: v.Commit}
	if cfg.Site.Notes != "" {
		o.Notes = os.DirFS(filepath.Join(filepath.Dir(configFile), cfg.Site.Notes))
	}
	return o
}

// publish renders a snapshot and swaps it into dir.
func (p *program) publish(ctx context.Context, log *slog.Logger, dir string, snap *pipeline.Snapshot, o site.Options) error {
	var stats site.Stats
	err := site.Publish(dir, func(sink site.Sink) (err error) {
		stats, err = site.Render(ctx, snap, o, sink)
		return err
	})
	if err != nil && ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("publish the report: %w", err)
	}
	for _, w := range stats.Warnings {
		log.Warn(w)
	}
	log.Debug("report published", "dir", dir, "files", stats.Files, "bytes", stats.Bytes)
	return nil
}

// takeBack reads history and changes from the published site, for a run whose
// store was lost. A site about other owners is of no use.
func takeBack(ctx context.Context, siteURL, scope string) (*pipeline.Snapshot, error) {
	base := strings.TrimSuffix(siteURL, "/") + "/data/v1/"
	snap := &pipeline.Snapshot{}
	err := get(ctx, base+"history.json", func(r io.Reader) (err error) {
		snap.History, err = site.ReadHistory(r)
		return err
	})
	if err != nil {
		return nil, err
	}
	snap.History = slices.DeleteFunc(snap.History, func(h pipeline.HistoryEntry) bool { return !strings.HasSuffix(h.ID, "/"+scope) })
	if len(snap.History) == 0 {
		return nil, errors.New("it has no history of " + scope)
	}
	err = get(ctx, base+"changes.json", func(r io.Reader) (err error) {
		snap.Events, err = site.ReadChanges(r)
		return err
	})
	if err != nil {
		return nil, err
	}
	return snap, nil
}

func get(ctx context.Context, url string, read func(io.Reader) error) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	req.Header.Set("User-Agent", "stalewatch")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s", url, resp.Status)
	}
	return read(resp.Body)
}
