package main

import (
	"errors"
	"io"
	"io/fs"
	"log/slog"

	"github.com/lmittmann/tint"
)

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

func isNotExist(err error) bool { return errors.Is(err, fs.ErrNotExist) }
