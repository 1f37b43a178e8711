package publish

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/stalewatch/stalewatch/pipeline"
	"github.com/stalewatch/stalewatch/site"
)

// maxHistory bounds what is read of a published file: 16 MiB hold more than a
// hundred years of daily runs.
const maxHistory = 16 << 20

// ReadHistory reads a published data/v1/history.json, so that a run whose
// store was lost can take its history back. It is strict: what it returns is
// in order, adds up and has all eight counts. Fields it does not know are
// passed over, since later versions may add some.
func ReadHistory(r io.Reader) ([]pipeline.HistoryEntry, error) {
	var f struct {
		Runs []pipeline.HistoryEntry `json:"runs"`
	}
	if err := readPublished(r, &f); err != nil {
		return nil, fmt.Errorf("history.json: %w", err)
	}
	for i := range f.Runs {
		h := &f.Runs[i]
		err := checkEntry(h)
		if err == nil && i > 0 && !f.Runs[i-1].AsOf.Before(h.AsOf) {
			err = fmt.Errorf("asOf %s does not come after the run before it", h.AsOf.Format(time.RFC3339))
		}
		if err != nil {
			return nil, fmt.Errorf("history.json: runs[%d]: %w", i, err)
		}
	}
	return f.Runs, nil
}

func checkEntry(h *pipeline.HistoryEntry) error {
	var err error
	if h.AsOf, err = checkTime(h.AsOf); err != nil {
		return fmt.Errorf("asOf: %w", err)
	}
	if h.ID == "" {
		return errors.New("id is missing")
	}
	if !h.State.Over() {
		return fmt.Errorf("state %q is neither complete nor partial", h.State)
	}
	if len(h.Counts) != len(pipeline.Statuses) {
		return fmt.Errorf("counts has %d keys instead of the %d statuses", len(h.Counts), len(pipeline.Statuses))
	}
	sum := 0
	for _, s := range pipeline.Statuses {
		n, ok := h.Counts[s]
		if !ok || n < 0 || n > 1<<31 {
			return fmt.Errorf("counts.%s is missing or out of range", s)
		}
		sum += n
	}
	if sum != h.Total {
		return fmt.Errorf("counts add up to %d, total says %d", sum, h.Total)
	}
	return nil
}

// ReadChanges reads a published data/v1/changes.json with the strictness of
// [ReadHistory]: known types, newest first.
func ReadChanges(r io.Reader) ([]pipeline.Event, error) {
	var f struct {
		Events []pipeline.Event `json:"events"`
	}
	if err := readPublished(r, &f); err != nil {
		return nil, fmt.Errorf("changes.json: %w", err)
	}
	for i := range f.Events {
		e := &f.Events[i]
		var err error
		switch e.Date, err = checkTime(e.Date); {
		case err != nil:
			err = fmt.Errorf("date: %w", err)
		case !site.Publishes(e.Type):
			err = fmt.Errorf("type %q is not known", e.Type)
		case (e.Type == pipeline.EventRulesChanged || e.Package != "") != (e.NameWithOwner == ""):
			err = fmt.Errorf("%s with the wrong kind of nameWithOwner", e.Type)
		case i > 0 && e.Date.After(f.Events[i-1].Date):
			err = errors.New("newer than the event before it")
		}
		if err != nil {
			return nil, fmt.Errorf("changes.json: events[%d]: %w", i, err)
		}
	}
	return f.Events, nil
}

// readPublished decodes one JSON value of bounded size, of the version that
// this program writes.
func readPublished(r io.Reader, into any) error {
	b, err := io.ReadAll(io.LimitReader(r, maxHistory+1))
	if err != nil {
		return err
	}
	if len(b) > maxHistory {
		return fmt.Errorf("larger than %d MiB", maxHistory>>20)
	}
	var v struct {
		SchemaVersion int `json:"schemaVersion"`
	}
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	if v.SchemaVersion != site.SchemaVersion {
		return fmt.Errorf("schemaVersion %d, this program reads %d; use a newer stalewatch", v.SchemaVersion, site.SchemaVersion)
	}
	return json.Unmarshal(b, into)
}

// checkTime accepts the whole seconds of years that RFC 3339 can write.
func checkTime(t time.Time) (time.Time, error) {
	t = t.UTC()
	if t.Year() < 2008 || t.Year() > 9999 || t.Nanosecond() != 0 {
		return t, fmt.Errorf("%s is no time of a run", t.Format(time.RFC3339Nano))
	}
	return t, nil
}
